import { EventStreamCodec } from "@smithy/eventstream-codec";

const toUtf8 = (bytes: Uint8Array | string): string => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8"));
const codec = new EventStreamCodec(toUtf8, (text) => Buffer.from(text, "utf8"));

export type EventStreamMessage = Parameters<EventStreamCodec["encode"]>[0];

function header(value: string) {
  return { type: "string", value } as const;
}

function encode(kind: "event" | "exception", type: string, body: string): Buffer {
  const headers = {
    [`:${kind}-type`]: header(type),
    ":content-type": header("application/json"),
    ":message-type": header(kind),
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(body) }));
}

/** One event of a binary event stream (smithy.io/2.0/aws/amazon-eventstream.html); `body` is its payload, JSON as a rule. */
export function encodeEvent(type: string, body: string): Buffer {
  return encode("event", type, body);
}

/** An error that the API knows, as an event. */
export function encodeException(type: string, body: string): Buffer {
  return encode("exception", type, body);
}

/** An error that the API does not know: all of it stands in headers. */
export function encodeError(code: string, message: string): Buffer {
  const headers = { ":message-type": header("error"), ":error-code": header(code), ":error-message": header(message) };
  return Buffer.from(codec.encode({ headers, body: Buffer.alloc(0) }));
}

/** The message again with its payload replaced. */
export function withBody(message: Uint8Array, replace: (body: string) => string): Buffer {
  const { headers, body } = codec.decode(message);
  return Buffer.from(codec.encode({ headers, body: Buffer.from(replace(toUtf8(body))) }));
}
