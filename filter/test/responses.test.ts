import type { Message } from "@anthropic-ai/sdk/resources/messages";
import type { ChatCompletion } from "openai/resources/chat/completions";
import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_FORMATS, Facade, FORMATS } from "./facade.ts";
import { expectGolden, fixturesOf, orphanGoldens } from "./golden.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

for (const provider of FORMATS) {
  for (const client of CLIENT_FORMATS.filter((format) => format !== provider)) {
    describe(`${provider} to ${client}`, () => {
      test.each(fixturesOf(provider, "responses").map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
        const { result, body, summary } = facade.translateResponse(provider, client, fixture.text, { wantsLogprobs: true });
        expect(result).toBe("rewritten");
        expectGolden(fixture, client, { summary, body: JSON.parse(body) });
      });

      test("has no golden without its fixture", () => {
        const clients = CLIENT_FORMATS.filter((format) => format !== provider);
        expect(orphanGoldens(provider, "responses", clients)).toEqual([]);
      });
    });
  }
}

/** Where a reader of the whole answer says more than the provider did. */
const REASONS_SETTLED = ["forced_tool_call", "refusal"];

for (const provider of CLIENT_FORMATS) {
  describe(`${provider} to ${provider}`, () => {
    const fixtures = fixturesOf(provider, "responses").map((fixture) => [fixture.name, fixture.text] as const);
    const other = provider === "anthropic_messages" ? "openai_chat" : "anthropic_messages";

    test.each(fixtures)("%s goes on as it came", (_, text) => {
      const { result, body } = facade.translateResponse(provider, provider, text);
      expect({ result, body }).toEqual({ result: "unchanged", body: "" });
    });

    test.each(fixtures)("%s says at its end what all of it says", (name, text) => {
      const { model: _own, stopReason: ownReason, ...own } = facade.translateResponse(provider, provider, text).summary;
      const { model: _all, stopReason: allReason, ...all } = facade.translateResponse(provider, other, text).summary;
      expect(own).toEqual(all);
      if (!REASONS_SETTLED.includes(name)) expect(ownReason).toBe(allReason);
    });
  });
}

describe("the end of an answer", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
  const choices = [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }];
  const tokensOf = (answer: object | string) => {
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    const { result, summary } = facade.translateResponse("openai_chat", "openai_chat", text);
    return { result, input: summary.inputTokens, output: summary.outputTokens };
  };
  const told = { result: "unchanged", input: 3, output: 5 };

  test.each([
    ["last", { id: "c", choices, usage }],
    ["before others", { id: "c", choices, usage, service_tier: "default", system_fingerprint: "fp" }],
    ["first", { usage, id: "c", choices }],
    ["far from the end", { id: "c", choices, usage, note: "x".repeat(5000) }],
    ["beside one of an object at the end", { id: "c", choices, usage, extra: { usage: { prompt_tokens: 70, completion_tokens: 90 } } }],
    ["beside one in the text", { id: "c", choices: [{ ...choices[0], message: { content: '"usage":{"prompt_tokens":70}}' } }], usage }],
  ])("has the usage that is %s", (_, answer) => {
    expect(tokensOf(answer)).toEqual(told);
    expect(tokensOf(JSON.stringify(answer, null, 2))).toEqual(told);
  });

  test("of a body that breaks off is no answer's", () => {
    const text = JSON.stringify({ id: "c", choices, usage });
    for (let length = text.length - 1; length > 0; length--)
      expect(tokensOf(text.slice(0, length)).result, String(length)).toBe("malformed");
  });
});

describe("usage", () => {
  const responseOf = (provider: (typeof FORMATS)[number], name: string) => {
    const fixture = fixturesOf(provider, "responses").find((one) => one.name === name);
    return fixture?.text ?? "";
  };

  test("OpenAI's prompt tokens are the sum of Anthropic's three", () => {
    const text = responseOf("anthropic_messages", "cached");
    const { body, summary } = facade.translateResponse("anthropic_messages", "openai_chat", text);
    const from = (JSON.parse(text) as Message).usage;
    const to = (JSON.parse(body) as ChatCompletion).usage;
    const sum = from.input_tokens + (from.cache_read_input_tokens ?? 0) + (from.cache_creation_input_tokens ?? 0);
    expect(to).toMatchObject({
      prompt_tokens: sum,
      total_tokens: sum + from.output_tokens,
      prompt_tokens_details: { cached_tokens: from.cache_read_input_tokens, cache_write_tokens: from.cache_creation_input_tokens },
    });
    expect(summary).toMatchObject({ inputTokens: sum, cachedInputTokens: 1000, cacheWriteTokens: 188086, outputTokens: 393 });
  });

  test("and the other way around", () => {
    const text = responseOf("openai_chat", "cached");
    const { body } = facade.translateResponse("openai_chat", "anthropic_messages", text);
    expect((JSON.parse(body) as Message).usage).toMatchObject({
      input_tokens: 2006 - 1920 - 50,
      cache_read_input_tokens: 1920,
      cache_creation_input_tokens: 50,
      output_tokens: 300,
    });
  });

  test("reasoning that a provider counts apart is output", () => {
    const { summary } = facade.translateResponse("openai_chat", "openai_chat", responseOf("openai_chat", "reasoning_content"));
    expect(summary).toMatchObject({ inputTokens: 20, outputTokens: 105, reasoningTokens: 100 });
  });
});

describe("logprobs", () => {
  const answerOf = (logprobs: unknown, wantsLogprobs = true) => {
    const choices = [{ index: 0, message: { role: "assistant", content: "x" }, logprobs, finish_reason: "stop" }];
    const text = JSON.stringify({ id: "1", model: "m", choices });
    const { result, body } = facade.translateResponse("openai_chat", "openai_responses", text, { wantsLogprobs });
    return result === "rewritten" ? JSON.parse(body).output[0].content[0].logprobs : result;
  };
  const token = { token: "x", logprob: -1, bytes: [120], top_logprobs: [] };

  test("are for those who asked", () => {
    expect(answerOf({ content: [token] })).toEqual([token]);
    expect(answerOf({ content: [token] }, false)).toEqual([]);
  });

  test.each([
    ["null", null],
    ["no list", { content: null }],
    ["those of a refusal", { content: null, refusal: [token] }],
    ["the form before this one", { tokens: ["x"], token_logprobs: [-1], top_logprobs: null, text_offset: [0] }],
    ["elements of other forms", { content: [null, 1, "x", [], {}, { token: "x" }, { logprob: 1 }, { token: 1, logprob: 2 }] }],
    ["a token without its probability, with others", { content: [{ token: "x", logprob: null, top_logprobs: [token] }] }],
  ])("are none: %s", (_, logprobs) => {
    expect(answerOf(logprobs)).toEqual([]);
  });

  test("what is missing of a token is made of its text, or empty", () => {
    expect(answerOf({ content: [{ token: "é", logprob: -1 }] })).toEqual([
      { token: "é", bytes: [195, 169], logprob: -1, top_logprobs: [] },
    ]);
  });

  test("Gemini's lists go side by side, however long each is", () => {
    const candidates = (...tokens: string[]) => tokens.map((one) => ({ token: one, logProbability: -1 }));
    const logprobsResult = {
      topCandidates: [{ candidates: candidates("a", "b") }, { candidates: candidates("lost") }, {}, { candidates: candidates("d") }, {}],
      chosenCandidates: [...candidates("a"), { tokenId: 7 }, ...candidates("c", "d")],
    };
    const text = JSON.stringify({ candidates: [{ content: { parts: [{ text: "acd" }] }, logprobsResult, finishReason: "STOP" }] });
    const { body } = facade.translateResponse("gemini", "openai_chat", text, { wantsLogprobs: true });
    const content = (JSON.parse(body) as ChatCompletion).choices[0]?.logprobs?.content;
    expect(content?.map((one) => [one.token, ...one.top_logprobs.map((other) => other.token)])).toEqual([
      ["a", "a", "b"],
      ["c"],
      ["d", "d"],
    ]);
  });
});

describe("citations", () => {
  const page = { type: "url_citation", url_citation: { url: "https://a.example", title: "A", start_index: 2, end_index: 4 } };
  const blocksOf = (content: string, ...annotations: unknown[]) => {
    const choices = [{ index: 0, message: { role: "assistant", content, annotations }, finish_reason: "stop" }];
    const utf8 = JSON.stringify({ id: "1", model: "m", choices });
    // As some servers write JSON.
    const ascii = utf8.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const [blocks, same] = [utf8, ascii].map((text) => {
      const { body } = facade.translateResponse("openai_chat", "anthropic_messages", text);
      return (JSON.parse(body) as Message).content.map((block) => block.type === "text" && [block.text, block.citations?.length ?? 0]);
    });
    expect(same).toEqual(blocks);
    return blocks;
  };
  const at = (start_index: number, end_index: number) => ({ ...page, url_citation: { ...page.url_citation, start_index, end_index } });

  test.each([
    [
      "in the middle",
      "a😀é☕b",
      [at(1, 4)],
      [
        ["a", 0],
        ["😀é☕", 1],
        ["b", 0],
      ],
    ],
    [
      "overlapping",
      "abcdef",
      [at(3, 5), at(1, 4)],
      [
        ["a", 0],
        ["bcde", 2],
        ["f", 0],
      ],
    ],
    [
      "side by side",
      "abcd",
      [at(2, 4), at(0, 2)],
      [
        ["ab", 1],
        ["cd", 1],
      ],
    ],
    [
      "with white space between",
      " a \n b ",
      [at(1, 2), at(5, 6)],
      [
        [" a", 1],
        [" \n b ", 1],
      ],
    ],
    [
      "of white space",
      "a  b",
      [at(1, 2)],
      [
        ["a", 0],
        ["  b", 1],
      ],
    ],
    [
      "of white space before another",
      "a   bc d",
      [at(1, 2), at(4, 6)],
      [
        ["a", 0],
        ["   bc", 2],
        [" d", 0],
      ],
    ],
    ["without a place", "abc", [at(0, 0), at(1, 2)], [["abc", 2]]],
    ["past the end", "abc", [at(2, 9), at(7, 9), at(1e12, -5)], [["abc", 3]]],
    ["none with a URL", "abc", [{ type: "file_citation", file_id: "f" }, { type: "url_citation" }, 1, null], [["abc", 0]]],
  ] as const)("%s", (_, content, annotations, blocks) => {
    expect(blocksOf(content, ...annotations)).toEqual(blocks);
  });

  test("more than anyone can have meant are no answer", () => {
    const answer = (count: number) => {
      const annotations = Array.from({ length: count }, (_, index) => at(index % 9, 9));
      const choices = [{ index: 0, message: { role: "assistant", content: "x".repeat(9), annotations }, finish_reason: "stop" }];
      return facade.translateResponse("openai_chat", "anthropic_messages", JSON.stringify({ id: "1", model: "m", choices })).result;
    };
    expect([answer(4096), answer(4097)]).toEqual(["rewritten", "malformed"]);
  });

  test("of Gemini are placed by the text's bytes, and by no source that is not there", () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { title: "no URL" } }, { web: { uri: "https://a.example" } }],
      groundingSupports: [{ segment: { startIndex: 3, endIndex: 7 }, groundingChunkIndices: [0, 1, 2, -1] }],
    };
    const text = JSON.stringify({ candidates: [{ content: { parts: [{ text: "☕😀x" }] }, groundingMetadata, finishReason: "STOP" }] });
    const { body } = facade.translateResponse("gemini", "openai_chat", text);
    expect((JSON.parse(body) as ChatCompletion).choices[0]?.message.annotations).toEqual([
      { type: "url_citation", url_citation: { start_index: 1, end_index: 2, title: "https://a.example", url: "https://a.example" } },
    ]);
  });
});

describe("a 200 that is no answer", () => {
  test.each([
    ["openai_chat", '{"error":{"message":"Overloaded","type":"server_error","code":"server_overloaded"}}', "overloaded"],
    ["openai_chat", '{"object":"error","message":"no such model","type":"NotFoundError","code":404}', "not found"],
    ["openai_chat", '{"error":"model is loading"}', "server"],
    ["anthropic_messages", '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "overloaded"],
    ["bedrock_converse", '{"__type":"ServiceUnavailableException","message":"Try again."}', "overloaded"],
    [
      "bedrock_converse",
      '{"output":{"message":{"role":"assistant","content":[{"text":"I"}]}},"stopReason":"malformed_tool_use"}',
      "server",
    ],
  ] as const)("%s: an error is told as one: %s", (format, text, kind) => {
    const { result, error } = facade.translateResponse(format, "openai_chat", text);
    expect(result).toBe("provider error");
    expect(error.message.length).toBeGreaterThan(0);
    expect(error).toMatchObject({ kind: ["overloaded", "server", "not found"].indexOf(kind) >= 0 ? KIND[kind] : -1 });
  });

  test.each(["", "{}", "[]", "null", "<html></html>", '{"choices":[]}', '{"choices":[{"message":', '{"content":"x"}'])(
    "malformed: %s",
    (text) => {
      for (const format of FORMATS) expect(facade.translateResponse(format, "openai_chat", text).result).toBe("malformed");
    },
  );
});

const KIND = { "not found": 3, overloaded: 6, server: 8 };

test("an answer without a date gets the time that the gateway was told", () => {
  const [fixture] = fixturesOf("anthropic_messages", "responses");
  const { body } = facade.translateResponse("anthropic_messages", "openai_chat", fixture?.text ?? "");
  expect((JSON.parse(body) as ChatCompletion).created).toBe(1_760_000_000);
});
