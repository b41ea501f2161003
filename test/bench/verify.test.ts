import { describe, expect, it } from "vitest";
import { type Expectation, ReplyChecker } from "./verify.ts";
import { type Api, BURST_CHUNKS, replyBody, streamWrites } from "./workload.ts";

const APIS: Api[] = ["openai_chat", "anthropic_messages"];

function check(expected: Expectation, body: string, status = 200): string | null {
  return new ReplyChecker(expected).check(status, Buffer.from(body));
}

describe.each(APIS)("a reply in the form of %s", (api) => {
  const whole = replyBody(api);
  const stream = streamWrites(api, BURST_CHUNKS).join("");

  it("is right as the provider sent it", () => {
    for (const exact of [true, false]) {
      expect(check({ api, exact, stream_chunks: null }, whole)).toBeNull();
      expect(check({ api, exact, stream_chunks: BURST_CHUNKS }, stream)).toBeNull();
    }
  });

  it("may differ in form, not in meaning, where it was translated", () => {
    const pretty = JSON.stringify(JSON.parse(whole), null, 2);
    expect(check({ api, exact: false, stream_chunks: null }, pretty)).toBeNull();
    expect(check({ api, exact: true, stream_chunks: null }, pretty)).toContain("not the provider's bytes");
  });

  it("is wrong with one character missing, in either form", () => {
    const shorter = whole.replace("some 40 ms", "some 4 ms");
    expect(check({ api, exact: true, stream_chunks: null }, shorter)).not.toBeNull();
    expect(check({ api, exact: false, stream_chunks: null }, shorter)).not.toBeNull();
  });

  it("is wrong with an event missing, wherever it stood", () => {
    const writes = streamWrites(api, BURST_CHUNKS);
    for (let missing = 1; missing < writes.length; missing++) {
      const cut = writes.toSpliced(missing, 1).join("");
      expect(check({ api, exact: true, stream_chunks: BURST_CHUNKS }, cut)).not.toBeNull();
      expect(check({ api, exact: false, stream_chunks: BURST_CHUNKS }, cut)).not.toBeNull();
    }
  });

  it("is wrong with another status, an error body, or no JSON", () => {
    const expected = { api, exact: false, stream_chunks: null };
    expect(check(expected, whole, 502)).toContain("status 502");
    expect(check(expected, '{"error":{"message":"x"}}')).not.toBeNull();
    expect(check(expected, "<html>")).toContain("not JSON");
  });

  it("is compared anew after a right one", () => {
    const checker = new ReplyChecker({ api, exact: false, stream_chunks: null });
    expect(checker.check(200, Buffer.from(whole))).toBeNull();
    expect(checker.check(200, Buffer.from(whole.replace("some 40 ms", "some 4 ms")))).not.toBeNull();
    expect(checker.check(200, Buffer.from(whole))).toBeNull();
  });
});
