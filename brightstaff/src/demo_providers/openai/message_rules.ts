import { asArray, isObject, type JsonObject } from "../wire.ts";
import { invalidRequest, type OpenaiError } from "./errors.ts";

/** What no schema says of `messages`: who may follow whom, and what a picture may be. The body has passed the schema. */
export function conversationProblem(body: JsonObject): OpenaiError | null {
  const messages = asArray(body.messages).filter(isObject);
  let open: Set<string> | null = null;
  for (const [index, message] of messages.entries()) {
    // The API writes these two params with a dot before the bracket, unlike those of the schema's errors.
    const param = `messages.[${index}].role`;
    if (message.role === "tool") {
      if (open === null) {
        return invalidRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          param,
          null,
        );
      }
      if (!open.delete(String(message.tool_call_id))) {
        return invalidRequest(
          `Invalid parameter: 'tool_call_id' of '${message.tool_call_id}' not found in 'tool_calls' of previous message.`,
          `messages.[${index}].tool_call_id`,
          null,
        );
      }
      continue;
    }
    if (open !== null && open.size > 0) return unanswered(open, param);
    open = null;
    const problem = message.role === "assistant" ? assistantProblem(message, index) : partsProblem(message, index);
    if (problem !== null) return problem;
    const ids = asArray(message.tool_calls)
      .filter(isObject)
      .map((call) => String(call.id));
    if (ids.length > 0) open = new Set(ids);
  }
  return open !== null && open.size > 0 ? unanswered(open, "messages") : null;
}

function unanswered(ids: Set<string>, param: string): OpenaiError {
  return invalidRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. These tool_call_ids have no response: ${[...ids].join(", ")}`,
    param,
    null,
  );
}

function assistantProblem(message: JsonObject, index: number): OpenaiError | null {
  const says = [message.content, message.tool_calls, message.function_call, message.refusal, message.audio];
  if (says.some((value) => value !== undefined && value !== null)) return null;
  return invalidRequest("Invalid value for 'content': expected a string, got null.", `messages.[${index}].content`, null);
}

function partsProblem(message: JsonObject, index: number): OpenaiError | null {
  for (const [partIndex, part] of asArray(message.content).entries()) {
    if (!isObject(part) || part.type !== "image_url" || !isObject(part.image_url)) continue;
    const problem = imageProblem(String(part.image_url.url));
    if (problem !== null) return invalidRequest(problem, `messages[${index}].content[${partIndex}].image_url.url`, "invalid_value");
  }
  return null;
}

/** PNG, JPEG, GIF and WEBP (developers.openai.com/api/docs/guides/images-vision#image-input-requirements). */
const IMAGE_DATA_URL = /^data:image\/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/** What is wrong with the URL of an image; null when nothing is. */
export function imageProblem(url: string): string | null {
  if (/^https?:\/\/\S+$/.test(url) || IMAGE_DATA_URL.test(url)) return null;
  return "Invalid image URL: expected an http(s) URL or a base64 data URL with an image MIME type that is supported.";
}
