import { encodeError, encodeEvent, encodeException } from "../../brightstaff/src/demo_providers/bedrock/event_stream.ts";

/**
 * A binary event stream written as JSON lines, {"<type>": <payload>} for each message, as recordings have it. Types that end in Exception
 * become exceptions. Lines of other kinds: {"#raw": [type, payload as text]}, {"#error": {code, message}} for an error that the API does not know,
 * {"#cut": bytes} off the end of what stands before, {"#damage": bytes} before its end where one bit is changed.
 */
export function eventStreamOf(lines: string): Buffer {
  let stream = Buffer.alloc(0);
  for (const line of lines.split("\n").filter((one) => one.trim() !== "")) {
    const [[type, payload]] = Object.entries(JSON.parse(line) as Record<string, unknown>) as [[string, unknown]];
    if (type === "#cut") stream = stream.subarray(0, -(payload as number));
    else if (type === "#damage") {
      const at = stream.length - (payload as number);
      stream[at] = (stream[at] as number) ^ 1;
    } else stream = Buffer.concat([stream, messageOf(type, payload)]);
  }
  return stream;
}

function messageOf(type: string, payload: unknown): Buffer {
  if (type === "#raw") return encodeEvent(...(payload as [string, string]));
  if (type === "#error") {
    const { code, message } = payload as { code: string; message: string };
    return encodeError(code, message);
  }
  return (type.endsWith("Exception") ? encodeException : encodeEvent)(type, JSON.stringify(payload));
}
