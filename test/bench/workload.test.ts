import { expect, it } from "vitest";
import { type Api, CONVERSATION, conversationOf, MODEL, replyBody, requestBytes, streamWrites } from "./workload.ts";

const APIS: Api[] = ["openai_chat", "anthropic_messages"];

function bodyOf(request: Buffer): string {
  return request.toString().split("\r\n\r\n")[1] ?? "";
}

it.each(APIS)("asks and answers in the sizes that the report names: %s", (api) => {
  const asked = Buffer.byteLength(bodyOf(requestBytes(api, MODEL, false)));
  const answered = Buffer.byteLength(replyBody(api));
  expect(asked).toBeGreaterThan(900);
  expect(asked).toBeLessThan(1400);
  expect(answered).toBeGreaterThan(1300);
  expect(answered).toBeLessThan(1900);
  for (const event of streamWrites(api, 8).slice(1, -1)) {
    expect(event.length).toBeGreaterThan(120);
    expect(event.length).toBeLessThan(330);
  }
});

it("reads the same conversation out of both APIs' requests", () => {
  for (const api of APIS) expect(conversationOf(api, JSON.parse(bodyOf(requestBytes(api, MODEL, true))))).toBe(CONVERSATION);
});
