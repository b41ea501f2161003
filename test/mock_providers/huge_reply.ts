import { withBody } from "../../brightstaff/src/demo_providers/bedrock/event_stream.ts";
import { isStream, type Reply, type StreamFrame } from "../../brightstaff/src/demo_providers/wire.ts";

/** One event stays below what providers send in one, so a huge text comes in many. */
const EVENT_TEXT_BYTES = 4096;

/** The reply with its text replaced by one of `textBytes` bytes; tool calls stay as they are. */
export function hugeReply(reply: Reply, textBytes: number): Reply {
  if (!isStream(reply)) return { ...reply, body: withText(reply.body, "x".repeat(textBytes)) };
  const frames: StreamFrame[] = [];
  let replaced = false;
  for (const frame of reply.frames) {
    const longer = frame.mark === "content" ? inFrame(frame.data, "x") : frame.data;
    if (longer === frame.data) frames.push(frame);
    else if (!replaced) {
      replaced = true;
      for (let left = textBytes; left > 0; left -= EVENT_TEXT_BYTES) {
        frames.push({ ...frame, data: inFrame(frame.data, "x".repeat(Math.min(left, EVENT_TEXT_BYTES))) });
      }
    }
  }
  return { ...reply, frames };
}

function inFrame(data: string | Buffer, text: string): string | Buffer {
  return typeof data === "string" ? withText(data, text) : withBody(data, (body) => withText(body, text));
}

/** The value of the first "text" or "content" string; of a response's event, that of its "delta" where it is one of text. */
const TEXT = /("(?:text|content)":\s*"|"response\.output_text\.delta",.*?"delta":")(?:[^"\\]|\\.)*"/;

function withText(json: string, text: string): string {
  return json.replace(TEXT, (_, opening: string) => `${opening}${text}"`);
}
