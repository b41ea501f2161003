import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_FORMATS, Facade, FORMATS, type FormatName, type StreamState } from "./facade.ts";
import { expectGolden, fixturesOf, orphanGoldens } from "./golden.ts";
import { type ResponsesEvent, responsesStreamProblem } from "./responses_api.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const encoder = new TextEncoder();

interface Replay {
  /** What the client gets: the chunks that went on as they came, and what was written. */
  out: string;
  /** What was written. */
  written: string;
  progress: string;
  /** A StreamState as JSON. */
  state: string;
}

const decoder = new TextDecoder();

/** Sends a stream through the translator in chunks of a size, up to where it cannot be read on. */
function replay(provider: FormatName, client: FormatName, bytes: Uint8Array, chunkBytes: number, includeUsage: boolean): Replay {
  const stream = facade.openStream(provider, client, { includeUsage, wantsLogprobs: true, searchesWeb: true });
  let written = "";
  let passed = 0;
  let progress = "unchanged";
  for (let at = 0; at < bytes.length && progress !== "failed"; at += chunkBytes) {
    const fed = stream.feed(bytes.subarray(at, at + chunkBytes));
    progress = fed.progress;
    written += fed.out;
    if (progress === "unchanged") passed = at + chunkBytes;
  }
  written += stream.finish().out;
  const state = stream.stateText();
  stream.close();
  return { out: decoder.decode(bytes.subarray(0, passed)) + written, written, progress, state };
}

interface SseEvent {
  event?: string;
  data?: unknown;
  comment?: string;
}

/** Takes well-formed output apart; anything that is not of the form that the writers write is an error. */
function eventsOf(text: string): SseEvent[] {
  expect(text === "" || text.endsWith("\n\n")).toBe(true);
  return text
    .split("\n\n")
    .slice(0, -1)
    .map((block) => {
      const match = /^(?:event: (?<event>[\w.]+)\n)?(?:data: (?<data>[^\n]*)|: (?<comment>\w+))$/.exec(block);
      if (!match?.groups) throw new Error(`not an event: ${block}`);
      const { event, data, comment } = match.groups;
      if (comment !== undefined) return { comment };
      return { ...(event === undefined ? {} : { event }), data: data === "[DONE]" ? data : JSON.parse(data ?? "") };
    });
}

for (const provider of FORMATS) {
  for (const client of CLIENT_FORMATS) {
    describe(`${provider} to ${client}`, () => {
      const fixtures = fixturesOf(provider, "streams").map((fixture) => [fixture.name, fixture] as const);

      test.each(fixtures)("%s", (_, fixture) => {
        const { written, progress, state } = replay(provider, client, fixture.bytes, fixture.bytes.length, true);
        expectGolden(fixture, client, { progress, state: JSON.parse(state) as StreamState, events: eventsOf(written.trimStart()) });
      });

      test.each(fixtures)("%s: the same in chunks of every size, and cut in two anywhere", (_, fixture) => {
        for (const includeUsage of client === "openai_chat" && provider !== client ? [true, false] : [false]) {
          const replays = facade.replays(provider, client, fixture.bytes, { includeUsage, wantsLogprobs: true, searchesWeb: true });
          const { out, progress } = replay(provider, client, fixture.bytes, fixture.bytes.length, includeUsage);
          const isRefused = progress === "failed" && replays.whole.state.contentSeen === 0;
          expect(replays.whole.out).toBe(isRefused ? "" : out);
          expect(replays.otherInChunks(fixture.bytes.length)).toBeNull();
          expect(replays.otherInTwo()).toBeNull();
        }
      });
    });
  }

  test(`${provider} has no golden without its fixture`, () => {
    expect(orphanGoldens(provider, "streams", CLIENT_FORMATS)).toEqual([]);
  });
}

describe("content and end", () => {
  const stateAfter = (provider: FormatName, text: string) => {
    const stream = facade.openStream(provider, provider);
    stream.feed(text);
    const { contentSeen, terminalSeen, errorSeen } = stream.state();
    stream.close();
    return { contentSeen, terminalSeen, errorSeen };
  };
  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const event = (data: { type: string; [key: string]: unknown }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

  test.each([
    ["a role", chunk({ role: "assistant", content: "" }), 0],
    ["nulls", chunk({ content: null, reasoning_content: null, tool_calls: null, refusal: null }), 0],
    ["a comment", ": ping\n\n", 0],
    ["an unfinished event", chunk({ content: "x" }).slice(0, -1), 0],
    ["text", chunk({ content: "x" }), 1],
    ["reasoning", chunk({ reasoning_content: "x" }), 1],
    ["a tool call's start", chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "" } }] }), 1],
    ["a refusal", chunk({ refusal: "x" }), 1],
  ])("OpenAI: %s", (_, text, contentSeen) => {
    expect(stateAfter("openai_chat", text)).toEqual({ contentSeen, terminalSeen: 0, errorSeen: 0 });
  });

  const start = event({ type: "message_start", message: { id: "1", model: "m", usage: { input_tokens: 1, output_tokens: 1 } } });
  test.each([
    ["message_start", start, 0],
    ["a ping", start + event({ type: "ping" }), 0],
    ["a text block's start", start + event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }), 0],
    [
      "a thinking block's start",
      start + event({ type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } }),
      0,
    ],
    [
      "a tool's start",
      start + event({ type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "a", name: "f", input: {} } }),
      1,
    ],
    [
      "a server tool's start",
      start + event({ type: "content_block_start", index: 0, content_block: { type: "server_tool_use", id: "a" } }),
      1,
    ],
    ["text", start + event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "x" } }), 1],
    ["empty text", start + event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "" } }), 0],
    ["thinking", start + event({ type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "x" } }), 1],
  ])("Anthropic: %s", (_, text, contentSeen) => {
    expect(stateAfter("anthropic_messages", text)).toEqual({ contentSeen, terminalSeen: 0, errorSeen: 0 });
  });

  test("an empty answer is whole", () => {
    expect(stateAfter("openai_chat", `${chunk({}, "stop")}data: [DONE]\n\n`)).toEqual({ contentSeen: 0, terminalSeen: 1, errorSeen: 0 });
    expect(stateAfter("anthropic_messages", start + event({ type: "message_stop" }))).toEqual({
      contentSeen: 0,
      terminalSeen: 1,
      errorSeen: 0,
    });
  });

  test("a finish reason alone is no end", () => {
    expect(stateAfter("openai_chat", chunk({ content: "x" }, "stop")).terminalSeen).toBe(0);
  });

  test("an error after the end is none, and nothing after it is written", () => {
    const stream = facade.openStream("openai_chat", "anthropic_messages");
    stream.feed(`${chunk({ content: "x" }, "stop")}data: [DONE]\n\n`);
    expect(stream.feed('data: {"error":{"message":"late"}}\n\n').out).toBe("");
    expect(stream.finish().out).toBe("");
    expect(stream.state()).toMatchObject({ terminalSeen: 1, errorSeen: 0 });
    stream.close();
  });
});

describe("a stream that was cut", () => {
  test.each(FORMATS.flatMap((provider) => CLIENT_FORMATS.map((client) => [provider, client] as const)))(
    "%s to %s ends with the error event and no end",
    (provider, client) => {
      for (const fixture of fixturesOf(provider, "streams").filter((one) => one.name.startsWith("cut_"))) {
        const { out, written, state } = replay(provider, client, fixture.bytes, 1000, true);
        expect(JSON.parse(state)).toMatchObject({ terminalSeen: 0 });
        expect(out).not.toContain("[DONE]");
        expect(out).not.toContain("message_stop");
        expect(out).not.toContain('"response.completed"');
        const events = eventsOf(written.trimStart());
        const told = { error: { message: "The provider's stream ended before the answer was complete." } };
        // OpenAI's Responses API says once more that the answer failed, with what there is of it.
        const isTold = events.filter(({ data }) => (data as { error?: unknown } | undefined)?.error !== undefined);
        expect(isTold.map(({ data }) => data)).toMatchObject([told]);
        const after = events.slice(events.indexOf(isTold[0] as SseEvent) + 1);
        expect(after.map(({ event, data }) => ({ event, data }))).toMatchObject(
          client === "openai_responses" && provider !== client ? [{ event: "response.failed", data: { response: told } }] : [],
        );
      }
    },
  );

  test("inside of an event that has gone on already, the error stands apart from it", () => {
    const stream = facade.openStream("openai_chat", "openai_chat");
    stream.feed('data: {"choices":[{"delta":{"content":"x"}}]}\n\ndata: {"cho');
    expect(stream.finish().out).toMatch(/^\n\ndata: \{"error"/);
    stream.close();
  });
});

describe("usage that the client did not ask for", () => {
  const said = 'data: {"id":"1","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}],"usage":null}\n\n';
  const stop = 'data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\r\n\r\n';
  const usage = 'data: {"id":"1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}\n\n';
  const both = 'data: {"id":"1","choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}\n\n';
  const done = "data: [DONE]\n\n";
  const comment = ": ping\n\n";

  const seenBy = (stream: string, size: number, addsUsage: boolean) => {
    const bytes = encoder.encode(stream);
    const opened = facade.openStream("openai_chat", "openai_chat", { addsUsage });
    let out = "";
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size);
      const fed = opened.feed(chunk);
      out += fed.progress === "unchanged" ? decoder.decode(chunk) : fed.out;
    }
    out += opened.finish().out;
    const { summary, terminalSeen } = opened.state();
    opened.close();
    return { out: out.replace(/\r/g, ""), output: summary.outputTokens, terminalSeen };
  };

  test.each([
    ["its event is kept back", said + stop + usage + done, said + stop + done],
    [
      "and nothing around it",
      `${said}${stop}${comment}event: x\nid: 1\n${usage}${comment}${done}`,
      `${said}${stop}${comment}event: x\nid: 1\n${comment}${done}`,
    ],
    ["without a last word", said + stop + usage, said + stop],
    ["without its last line's end", said + stop + usage.trimEnd(), said + stop],
    ["a last word without its line's end stays", said + stop + usage + done.trimEnd(), said + stop + done.trimEnd()],
    ["in the chunk with the finish reason it stays", said + both + done, said + both + done],
    ["before the end it is the provider's own idea", said + usage + said + stop + done, said + usage + said + stop + done],
  ])("%s, however the stream is cut", (_, stream, seen) => {
    for (let size = 1; size <= stream.length; size++) {
      expect(seenBy(stream, size, true), `chunks of ${size}`).toEqual({ out: seen.replace(/\r/g, ""), output: 5, terminalSeen: 1 });
    }
  });

  test("a client that asked gets all of it", () => {
    const stream = said + stop + usage + done;
    expect(seenBy(stream, 7, false).out).toBe(stream.replace(/\r/g, ""));
  });

  test("a cut stream behind the finish reason still ends with an error only when it is not whole", () => {
    expect(seenBy(`${said}${stop}data: {"choi`, 11, true).out).toBe(`${said}${stop}data: {"choi`.replace(/\r/g, ""));
  });
});

describe("limits", () => {
  test("an event is not waited for without end", () => {
    const stream = facade.openStream("openai_chat", "openai_chat");
    const megabyte = new Uint8Array(1024 * 1024).fill(0x61);
    stream.feed('data: "');
    let progress = "unchanged";
    let count = 0;
    while (progress !== "failed" && count++ < 20) progress = stream.feed(megabyte).progress;
    expect(count).toBe(16);
    expect(stream.finish().out).toContain("too long");
    stream.close();
  });

  test("an answer has only so many tool calls", () => {
    const stream = facade.openStream("openai_chat", "anthropic_messages");
    const call = (index: number) =>
      `data: ${JSON.stringify({ id: "1", choices: [{ delta: { tool_calls: [{ index, id: `c${index}`, function: { name: "f", arguments: "{}" } }] } }] })}\n\n`;
    for (let i = 0; i < 256; i++) expect(stream.feed(call(i)).progress).toBe("rewritten");
    expect(stream.feed(call(256)).progress).toBe("failed");
    stream.close();
  });

  test("arguments are held back only so long", () => {
    const stream = facade.openStream("openai_chat", "anthropic_messages");
    const delta = (index: number, args: string, id?: string) =>
      `data: ${JSON.stringify({ id: "1", choices: [{ delta: { tool_calls: [{ index, id, function: { name: "f", arguments: args } }] } }] })}\n\n`;
    stream.feed(delta(0, '{"open":', "a"));
    let progress = "rewritten";
    for (let i = 0; i < 12 && progress !== "failed"; i++) progress = stream.feed(delta(1, "x".repeat(100_000), "b")).progress;
    expect(progress).toBe("failed");
    stream.close();
  });
});

describe("openai_responses: events are numbered, nested and summed up as the API's own", () => {
  const fixtures = FORMATS.filter((format) => format !== "openai_responses").flatMap((format) => fixturesOf(format, "streams"));
  test.each(fixtures.map((fixture) => [fixture.format, fixture.name, fixture.bytes] as const))("%s: %s", (format, name, bytes) => {
    const { written } = replay(format, "openai_responses", bytes, 1000, false);
    const events = eventsOf(written.trimStart()).flatMap(({ event, data }) => (event === undefined ? [] : [data as ResponsesEvent]));
    if (events[0]?.type === "error") expect(name).toMatch(/^(cut_before|error_|html|not_json)/);
    else expect(responsesStreamProblem(events)).toBeNull();
  });
});

describe("the official clients read what is written", () => {
  const responseOf = (text: string) => new Response(text, { headers: { "content-type": "text/event-stream" } });
  const broken = /^(cut_|error_|not_json|html|spliced_)/;

  test.each(fixturesOf("anthropic_messages", "streams").map((fixture) => [fixture.name, fixture.text] as const))(
    "openai: %s",
    async (name, text) => {
      const { out } = replay("anthropic_messages", "openai_chat", encoder.encode(text), 500, true);
      const client = new OpenAI({ apiKey: "none", maxRetries: 0, fetch: async () => responseOf(out) });
      const stream = client.chat.completions.stream({ model: "m", messages: [], stream_options: { include_usage: true } });
      if (broken.test(name)) {
        await expect(stream.finalChatCompletion()).rejects.toThrow();
        return;
      }
      const completion = await stream.finalChatCompletion();
      expect(completion.choices).toHaveLength(1);
      expect(completion.usage?.total_tokens).toBeGreaterThanOrEqual(0);
      for (const call of completion.choices[0]?.message.tool_calls ?? []) {
        if (call.type === "function") JSON.parse(call.function.arguments);
      }
    },
  );

  const forResponses = [...fixturesOf("openai_chat", "streams"), ...fixturesOf("anthropic_messages", "streams")];
  test.each(forResponses.map((fixture) => [fixture.format, fixture.name, fixture.text] as const))(
    "openai's responses: %s, %s",
    async (format, name, text) => {
      const { out, progress } = replay(format, "openai_responses", encoder.encode(text), 500, true);
      const client = new OpenAI({ apiKey: "none", maxRetries: 0, fetch: async () => responseOf(out) });
      const stream = client.responses.stream({ model: "m", input: "x" });
      if (broken.test(name) || progress === "failed") {
        await expect(stream.finalResponse()).rejects.toThrow();
        return;
      }
      const response = await stream.finalResponse();
      expect(response.usage?.total_tokens).toBeGreaterThanOrEqual(0);
      if (response.status === "incomplete") return; // a call may have been cut
      for (const item of response.output) if (item.type === "function_call") JSON.parse(item.arguments);
    },
  );

  test.each(fixturesOf("openai_chat", "streams").map((fixture) => [fixture.name, fixture.text] as const))(
    "@anthropic-ai/sdk: %s",
    async (name, text) => {
      const { out } = replay("openai_chat", "anthropic_messages", encoder.encode(text), 500, true);
      const client = new Anthropic({ apiKey: "none", maxRetries: 0, fetch: async () => responseOf(out) });
      const stream = client.messages.stream({ model: "m", max_tokens: 1, messages: [] });
      if (broken.test(name)) {
        await expect(stream.finalMessage()).rejects.toThrow();
        return;
      }
      const message = await stream.finalMessage();
      expect(message.stop_reason).not.toBeNull();
      expect(message.content.every((block) => ["text", "thinking", "tool_use"].includes(block.type))).toBe(true);
    },
  );
});
