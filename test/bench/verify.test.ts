import { describe, expect, it } from "vitest";
import { CLIENT_FORMATS } from "./formats/index.ts";
import { type Expectation, ReplyChecker } from "./verify.ts";
import { BURST_CHUNKS, REPLY_TEXT } from "./workload.ts";

function check(expected: Expectation, body: string, status = 200): string | null {
  return new ReplyChecker(expected).check(status, Buffer.from(body));
}

describe.each(CLIENT_FORMATS)("a reply in the form of $id", (format) => {
  const api = format.id;
  const whole = format.reply(REPLY_TEXT);
  const stream = format.streamWrites(BURST_CHUNKS).join("");

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
    const writes = format.streamWrites(BURST_CHUNKS);
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
