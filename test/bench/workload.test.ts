import { expect, it } from "vitest";
import { CLIENT_FORMATS, PROVIDER_FORMATS } from "./formats/index.ts";
import { requestBytes } from "./request_bytes.ts";
import { CONVERSATIONS, MODEL, REPLY_TEXT, TOKENS_MAX } from "./workload.ts";

function bodyOf(request: Buffer): string {
  return request.toString().split("\r\n\r\n")[1] ?? "";
}

it.each(CLIENT_FORMATS)("asks in the size that the report names: $id", ({ id }) => {
  const asked = Buffer.byteLength(bodyOf(requestBytes({ api: id, model: MODEL, stream: false, long: false })));
  expect(asked).toBeGreaterThan(900);
  expect(asked).toBeLessThan(1400);
});

it.each(PROVIDER_FORMATS)("answers in the sizes that the report names: $id", (format) => {
  const answered = Buffer.byteLength(format.reply(REPLY_TEXT));
  expect(answered).toBeGreaterThan(1200);
  expect(answered).toBeLessThan(2200);
  for (const event of format.streamWrites(8).slice(1, -1)) {
    expect(event.length).toBeGreaterThan(120);
    expect(event.length).toBeLessThan(400);
  }
});

it.each(CLIENT_FORMATS)("reads out of a request what was asked: $id", (format) => {
  for (const [stream, long] of [
    [false, false],
    [true, false],
    [false, true],
  ] as const) {
    const asked = format.read(format.path, JSON.parse(bodyOf(requestBytes({ api: format.id, model: MODEL, stream, long }))));
    expect(asked).toEqual({ model: MODEL, stream, conversation: CONVERSATIONS[long ? 1 : 0], tokens_max: TOKENS_MAX });
  }
});
