import { ContentSink } from "../../canonical/content_sink";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, sliceIs } from "../../json/slice";

/**
 * Reads the `content` of an answer: a string, null, or (Mistral's reasoning models, https://docs.mistral.ai/capabilities/reasoning) a list
 * of `text` and `thinking` parts, where `thinking` is itself a list of text parts.
 */
export function readContent(cursor: Cursor, sink: ContentSink): void {
  if (cursor.kind() == Kind.String) {
    sink.text(cursor.takeString());
    return;
  }
  if (!cursor.enterArray()) {
    cursor.skip();
    return;
  }
  while (cursor.nextElement()) readPart(cursor, sink);
}

function readPart(cursor: Cursor, sink: ContentSink): void {
  const type = cursor.peekMember("type");
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("text") && sliceIs(type, "text")) sink.text(cursor.takeString());
    else if (cursor.keyIs("refusal")) sink.refusal(cursor.takeString());
    else if (cursor.keyIs("thinking")) readThinking(cursor, sink);
    else cursor.skip();
  }
}

function readThinking(cursor: Cursor, sink: ContentSink): void {
  if (!cursor.enterArray()) {
    sink.reasoning(cursor.takeString());
    return;
  }
  while (cursor.nextElement()) {
    let text = ABSENT;
    if (cursor.enterObject()) {
      while (cursor.nextKey()) {
        if (cursor.keyIs("text")) text = cursor.takeString();
        else cursor.skip();
      }
    } else cursor.skip();
    sink.reasoning(text);
  }
}

/**
 * Compatible servers tell reasoning under either key: DeepSeek, xAI and Qwen under the first, Groq and OpenRouter under the second, vLLM
 * under both by version.
 */
export function isReasoningKey(cursor: Cursor): bool {
  return cursor.keyIs("reasoning_content") || cursor.keyIs("reasoning");
}
