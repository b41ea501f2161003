import type { ErrorObject } from "ajv";
import { bodySchema } from "../body_schema.ts";
import { isObject } from "../wire.ts";
import { invalidRequest, type OpenaiError } from "./errors.ts";
import { conversationProblem } from "./message_rules.ts";
import { modelProblem, parameterProblem } from "./parameter_rules.ts";
import { CHAT_COMPLETION_REQUEST } from "./schema.ts";
import { describeSchemaError } from "./schema_error.ts";
import { schemaProblem } from "./tool_schema_rules.ts";

const schemaError = bodySchema(CHAT_COMPLETION_REQUEST, { discriminator: true, verbose: true });

/** The error that the API would answer for this body, or null when it takes it. One error at a time, as the API does. */
export function openaiRequestProblem(body: unknown): OpenaiError | null {
  if (!isObject(body)) return invalidRequest("The request body has to be a JSON object.", null, null);
  if (body.model === undefined || body.model === "") return invalidRequest("you must provide a model parameter", null, null);
  const unsupported = typeof body.model === "string" ? modelProblem(body, body.model) : null;
  if (unsupported !== null) return unsupported;
  const error = schemaError(body);
  if (error !== null) return describe(error);
  return parameterProblem(body) ?? conversationProblem(body) ?? schemaProblem(body);
}

/** An unknown field of the body itself is told in words of this API's own. */
function describe(error: ErrorObject): OpenaiError {
  if (error.keyword !== "additionalProperties" || error.instancePath !== "") return describeSchemaError(error);
  return invalidRequest(`Unrecognized request argument supplied: ${error.params.additionalProperty}`, null, null);
}
