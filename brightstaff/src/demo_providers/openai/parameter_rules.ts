import { asArray, isObject, type JsonObject } from "../wire.ts";
import { invalidRequest, type OpenaiError } from "./errors.ts";
import { isOpenaiModel, openaiModelTraits } from "./models.ts";

/** Parameters that the model itself refuses. These are checked before the body's types, as a recorded answer shows. */
export function modelProblem(body: JsonObject, model: string): OpenaiError | null {
  if (!isOpenaiModel(model)) return null;
  const traits = openaiModelTraits(model);
  const effort = body.reasoning_effort;
  if (!traits.reasoning) {
    return isSet(effort) ? invalidRequest("Unrecognized request argument supplied: reasoning_effort", null, null) : null;
  }
  if (isSet(body.max_tokens)) {
    return invalidRequest(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      "max_tokens",
      "unsupported_parameter",
    );
  }
  if (typeof effort === "string" && !traits.efforts.includes(effort)) {
    return invalidRequest(
      `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${traits.efforts.join(", ")}.`,
      "reasoning_effort",
      "unsupported_value",
    );
  }
  if (isSet(body.stop) && !traits.stopSequences) return unsupportedParameter("stop");
  const reasons = (typeof effort === "string" ? effort : traits.effortDefault) !== "none";
  return traits.sampling === "never" || reasons ? samplingProblem(body) : null;
}

/** Numbers that a reasoning model takes only at their default; the rest of the sampling parameters it does not know at all. */
const FIXED_DEFAULTS: Record<string, number> = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0 };

function samplingProblem(body: JsonObject): OpenaiError | null {
  for (const [name, standard] of Object.entries(FIXED_DEFAULTS)) {
    const value = body[name];
    if (typeof value === "number" && value !== standard) {
      return invalidRequest(
        `Unsupported value: '${name}' does not support ${value} with this model. Only the default (${standard}) value is supported.`,
        name,
        "unsupported_value",
      );
    }
  }
  for (const name of ["logprobs", "top_logprobs", "logit_bias"]) {
    if (isSet(body[name]) && body[name] !== false) return unsupportedParameter(name);
  }
  return null;
}

function unsupportedParameter(name: string): OpenaiError {
  return invalidRequest(`Unsupported parameter: '${name}' is not supported with this model.`, name, "unsupported_parameter");
}

/** Parameters that contradict each other. The body has passed the schema. */
export function parameterProblem(body: JsonObject): OpenaiError | null {
  if (isSet(body.max_tokens) && isSet(body.max_completion_tokens)) {
    return invalidRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      "max_tokens",
      "invalid_parameter_combination",
    );
  }
  if (isSet(body.stream_options) && body.stream !== true) {
    return invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", null);
  }
  if (isSet(body.top_logprobs) && body.logprobs !== true) {
    return invalidRequest("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs", null);
  }
  if (asArray(body.modalities).includes("audio")) {
    return invalidRequest("This model does not answer with audio.", "modalities", "unsupported_value");
  }
  for (const key of Object.keys(isObject(body.metadata) ? body.metadata : {})) {
    if (key.length > 64)
      return invalidRequest("Invalid 'metadata': a key has more than 64 characters.", "metadata", "string_above_max_length");
  }
  return toolParameterProblem(body) ?? jsonModeProblem(body);
}

function toolParameterProblem(body: JsonObject): OpenaiError | null {
  for (const name of ["tool_choice", "parallel_tool_calls"]) {
    if (isSet(body[name]) && body.tools === undefined && !(name === "tool_choice" && body[name] === "none")) {
      return invalidRequest(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name, null);
    }
  }
  const choice = body.tool_choice;
  if (!isObject(choice)) return null;
  const named = choice[String(choice.type)];
  if (choice.type === "allowed_tools" || !isObject(named)) return null;
  const known = asArray(body.tools).some((tool) => {
    const described = isObject(tool) && tool.type === choice.type ? tool[String(tool.type)] : null;
    return isObject(described) && described.name === named.name;
  });
  return known ? null : invalidRequest(`The tool '${named.name}' of 'tool_choice' is not among 'tools'.`, "tool_choice", null);
}

/** JSON mode wants the word itself in the conversation (developers.openai.com/api/docs/guides/structured-outputs#json-mode). */
function jsonModeProblem(body: JsonObject): OpenaiError | null {
  if (!isObject(body.response_format) || body.response_format.type !== "json_object") return null;
  if (/json/i.test(JSON.stringify(body.messages))) return null;
  return invalidRequest("'messages' must contain the word 'json' to use a 'response_format' of type 'json_object'.", "messages", null);
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
