import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_FORMATS, Facade, FORMATS } from "./facade.ts";
import { fixturesOf } from "./golden.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

/** Memory of WebAssembly never shrinks, so what is kept after each stream or request shows as growth. */
function bytesAfter(count: number, use: (round: number) => void): number {
  for (let round = 0; round < count; round++) use(round);
  return facade.memoryBytes;
}

describe("a module that has served for long has the memory that it had after the first thousand", () => {
  const streams = FORMATS.flatMap((format) => fixturesOf(format, "streams"));

  test("100,000 streams, each cut in two", () => {
    let count = 0;
    for (const [index, { format, bytes }] of streams.entries()) {
      for (const client of CLIENT_FORMATS)
        facade.replays(format, client, bytes, { includeUsage: index % 2 === 0, wantsLogprobs: true, searchesWeb: true }).otherInChunks(4);
    }
    const early = facade.memoryBytes;
    for (let round = 0; count < 100_000; round++) {
      for (const [index, { format, bytes }] of streams.entries()) {
        const client = CLIENT_FORMATS[(index + round) % CLIENT_FORMATS.length] ?? "openai_chat";
        facade.replays(format, client, bytes, { includeUsage: index % 2 === 0, wantsLogprobs: true, searchesWeb: true }).otherInTwo();
        count += bytes.length;
      }
    }
    expect(facade.memoryBytes).toBe(early);
  });

  test("100 streams at once, over and over", () => {
    const serve = () => {
      const open = streams.map((fixture) => facade.openStream(fixture.format, "openai_chat"));
      for (const [index, stream] of open.entries()) stream.feed(streams[index]?.bytes.subarray(0, 300) ?? "");
      for (const [index, stream] of open.entries()) stream.feed(streams[index]?.bytes.subarray(300) ?? "");
      for (const stream of open.reverse()) stream.close();
    };
    const early = bytesAfter(20, serve);
    expect(bytesAfter(500, serve)).toBe(early);
  });

  test("20,000 requests, answers and errors", () => {
    const requests = CLIENT_FORMATS.flatMap((format) => fixturesOf(format, "requests"));
    const responses = FORMATS.flatMap((format) => fixturesOf(format, "responses"));
    const serve = (round: number) => {
      const request = requests[round % requests.length];
      const response = responses[round % responses.length];
      if (request === undefined || response === undefined) throw new Error("no fixtures");
      const target = FORMATS[round % FORMATS.length] ?? "openai_chat";
      facade.translateRequest(request.format, target, request.text, "model");
      facade.routingView(request.format, request.text);
      facade.translateResponse(response.format, target, response.text, { wantsLogprobs: true, searchesWeb: true });
      facade.providerError(response.format, target, 500, response.text);
    };
    const early = bytesAfter(1000, serve);
    expect(bytesAfter(19_000, serve)).toBe(early);
  });

  test("40 bodies of 5 MB take the room of a few", () => {
    const serve = (round: number) => {
      const text = `${'long "text"\n'.repeat(100_000)}${round}`;
      const call = { id: "a", type: "function", function: { name: "f", arguments: JSON.stringify({ text }) } };
      const messages = [
        { role: "user", content: [{ type: "text", text }] },
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: "a", content: text },
      ];
      const body = JSON.stringify({ model: "m", messages });
      const result = facade.translateRequest("openai_chat", "anthropic_messages", body, "claude-sonnet-4-5");
      if ("problem" in result) throw new Error(result.problem.message);
      facade.routingView("openai_chat", body);
    };
    // The allocator doubles the memory when small pieces lie in a large one's way; bodies that were kept would be 200 MB.
    expect(bytesAfter(40, serve)).toBeLessThan(64 * 1024 * 1024);
  });
});
