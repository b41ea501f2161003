import { bodySchema } from "../body_schema.ts";
import { invalidRequest, type OpenaiError } from "../openai/errors.ts";
import { imageProblem } from "../openai/message_rules.ts";
import { isOpenaiModel, openaiModelTraits } from "../openai/models.ts";
import { isSet } from "../openai/parameter_rules.ts";
import { describeSchemaError } from "../openai/schema_error.ts";
import { parametersProblem } from "../openai/tool_schema_rules.ts";
import { asArray, isObject, type JsonObject } from "../wire.ts";
import { RESPONSE_REQUEST } from "./schema.ts";

const schemaError = bodySchema(RESPONSE_REQUEST, { discriminator: true, verbose: true });

/** The error that the API would answer for this body, whatever was said before; null when it takes it. Messages have their types. */
export function responseRequestProblem(body: JsonObject): OpenaiError | null {
  if (body.model === undefined || body.model === "") {
    return invalidRequest("Missing required parameter: 'model'.", "model", "missing_required_parameter");
  }
  const unsupported = typeof body.model === "string" ? modelProblem(body, body.model) : null;
  if (unsupported !== null) return unsupported;
  const error = schemaError(body);
  if (error !== null) return describeSchemaError(error);
  return statefulProblem(body) ?? toolProblem(body) ?? formatProblem(body) ?? imagesProblem(body);
}

/** Parameters that OpenAI's own models refuse (developers.openai.com/api/docs/guides/reasoning); recorded answers have no code with it. */
function modelProblem(body: JsonObject, model: string): OpenaiError | null {
  if (!isOpenaiModel(model)) return null;
  const traits = openaiModelTraits(model);
  const { effort } = isObject(body.reasoning) ? body.reasoning : {};
  if (!traits.reasoning) {
    if (isSet(effort)) return unsupportedParameter("reasoning.effort", "unsupported_parameter");
    // https://github.com/pydantic/pydantic-ai/pull/3332
    if (!asArray(body.include).includes("reasoning.encrypted_content")) return verbosityProblem(body);
    return invalidRequest("Encrypted content is not supported with this model.", "include", null);
  }
  if (typeof effort === "string" && !traits.efforts.includes(effort)) {
    const supported = traits.efforts.map((one) => `'${one}'`).join(", ");
    const message = `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported values are: ${supported}.`;
    return invalidRequest(message, "reasoning.effort", "unsupported_value");
  }
  const reasons = (typeof effort === "string" ? effort : traits.effortDefault) !== "none";
  const refused = ["temperature", "top_p", "top_logprobs"].find((name) => isSet(body[name]));
  return refused === undefined || !(reasons || traits.sampling === "never") ? null : unsupportedParameter(refused, null);
}

function unsupportedParameter(name: string, code: string | null): OpenaiError {
  return invalidRequest(`Unsupported parameter: '${name}' is not supported with this model.`, name, code);
}

/** Models before GPT-5 have one verbosity only. */
function verbosityProblem({ model, text }: JsonObject): OpenaiError | null {
  const verbosity = isObject(text) ? text.verbosity : null;
  if (!isSet(verbosity) || verbosity === "medium") return null;
  const message = `Unsupported value: '${verbosity}' is not supported with the '${model}' model. Supported values are: 'medium'.`;
  return invalidRequest(message, "text.verbosity", "unsupported_value");
}

/** What is kept elsewhere than in responses is not part of the demo: nothing is found of it. */
function statefulProblem({
  background,
  conversation,
  prompt,
  previous_response_id: previous,
  stream,
  stream_options,
}: JsonObject): OpenaiError | null {
  if (background === true) return invalidRequest("Background mode is not supported with this model.", "background", "unsupported_value");
  if (isSet(conversation) && isSet(previous)) {
    const message = "Mutually exclusive parameters: 'previous_response_id' and 'conversation' can't be given together.";
    return invalidRequest(message, "conversation", "mutually_exclusive_parameters");
  }
  for (const [name, value] of Object.entries({ conversation, prompt })) {
    if (!isSet(value)) continue;
    const id = isObject(value) ? value.id : value;
    return { ...invalidRequest(`No ${name} with id '${id}' found.`, name, null), status: 404 };
  }
  if (!isSet(stream_options) || stream === true) return null;
  return invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", null);
}

function toolProblem({ tools, tool_choice: choice }: JsonObject): OpenaiError | null {
  const known = asArray(tools).filter(isObject);
  for (const [index, { type, name, parameters, strict }] of known.entries()) {
    const wrong = type === "function" ? parametersProblem(parameters, strict === true) : null;
    if (wrong === null) continue;
    const message = `Invalid schema for function '${name}': ${wrong}`;
    return invalidRequest(message, `tools[${index}].parameters`, "invalid_function_parameters");
  }
  if (!isObject(choice) || typeof choice.name !== "string") return null;
  const isThere = known.some(({ type, name }) => type === choice.type && name === choice.name);
  return isThere ? null : invalidRequest(`Tool choice '${choice.name}' not found in 'tools' parameter.`, "tool_choice", null);
}

function formatProblem(body: JsonObject): OpenaiError | null {
  const format = isObject(body.text) && isObject(body.text.format) ? body.text.format : {};
  if (format.type === "json_object" && !/json/i.test(JSON.stringify([body.input, body.instructions]))) {
    return invalidRequest("The input has to contain the word 'json' to use a 'text.format' of type 'json_object'.", "input", null);
  }
  const wrong = format.type === "json_schema" ? parametersProblem(format.schema, format.strict === true) : null;
  if (wrong === null) return null;
  return invalidRequest(`Invalid schema for response_format '${format.name}': ${wrong}`, "text.format.schema", "invalid_json_schema");
}

function imagesProblem({ input }: JsonObject): OpenaiError | null {
  for (const [index, item] of asArray(input).filter(isObject).entries()) {
    for (const [partIndex, part] of asArray(item.content ?? item.output).entries()) {
      if (!isObject(part) || part.type !== "input_image" || typeof part.image_url !== "string") continue;
      const wrong = imageProblem(part.image_url);
      if (wrong !== null) return invalidRequest(wrong, `input[${index}].content[${partIndex}].image_url`, "invalid_value");
    }
  }
  return null;
}
