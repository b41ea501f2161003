import type { Endpoint } from "../engine.ts";
import { isObject, parseJson, type Reply } from "../wire.ts";
import { converse } from "./answer.ts";
import { bedrockErrorReply, bedrockHeaders, invalidRequest } from "./errors.ts";
import { streamMessage, writeMessage } from "./message.ts";
import { converseRequestProblem } from "./validate.ts";

const PATH = /^\/model\/([^/?]+)\/(converse|converse-stream)$/;
/** The service's model, ConversationalModelId. */
const MODEL_ID = /^[A-Za-z0-9:/._-]{1,2048}$/;

/** Amazon Bedrock's Converse and ConverseStream (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
export const bedrockEndpoint: Endpoint = {
  serves: (path) => PATH.test(path),
  // Images of 3.75 MB and documents of 4.5 MB, 20 and 5 at most (API_runtime_Message.html), and their base64.
  bodyBytesMax: 132 * 1024 * 1024,

  respond(request, { requireKey, models, cache }): Reply {
    const [, escapedModel, method] = PATH.exec(request.path.split("?", 1)[0] ?? "") ?? [];
    if (escapedModel === undefined)
      return bedrockErrorReply({ status: 404, message: "Unknown operation.", type: "UnknownOperationException" });
    const model = decodeURIComponent(escapedModel);
    if (requireKey && !/^(?:Bearer \S|AWS4-HMAC-SHA256 )/.test(request.headers.authorization ?? "")) {
      return bedrockErrorReply({ status: 403, message: "Missing Authentication Token", type: "MissingAuthenticationTokenException" });
    }
    if (!MODEL_ID.test(model) || (models !== null && !models.includes(model))) {
      return bedrockErrorReply(invalidRequest("The provided model identifier is invalid."));
    }
    const parsed = parseJson(request.body);
    if (parsed === null) return bedrockErrorReply({ status: 400, message: "The body is no JSON.", type: "SerializationException" });
    const problem = converseRequestProblem(parsed.value, model);
    if (problem !== null) return bedrockErrorReply(problem);
    const body = parsed.value;
    if (!isObject(body)) throw new TypeError("a validated body is an object");
    const answer = converse(body, model, cache);
    if (method === "converse") return { status: 200, headers: bedrockHeaders(), body: writeMessage(answer) };
    const headers = { ...bedrockHeaders(), "content-type": "application/vnd.amazon.eventstream" };
    return { status: 200, headers, frames: streamMessage(answer) };
  },

  tooLarge() {
    return bedrockErrorReply({ status: 413, message: "Request entity too large." });
  },

  refuse(status, message) {
    return bedrockErrorReply({ status, message });
  },

  /** The runtime's address lists no models. */
  listModels() {
    return bedrockErrorReply({ status: 404, message: "Unknown operation.", type: "UnknownOperationException" });
  },
};
