import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { buildApp } from "../app.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { EventHub } from "../traffic/event_hub.ts";
import { countableOf } from "./countable.ts";
import { TokenEstimator, TooManyCounts } from "./estimator.ts";

const user = (content: unknown) => ({ messages: [{ role: "user", content }] });
const textsOf = (body: unknown) => countableOf(body).texts;

describe("what is counted", () => {
  test("all texts, wherever they stand", () => {
    const texts = textsOf({
      system: [{ type: "text", text: "system" }],
      tools: [
        { name: "tool", description: "described", input_schema: { type: "object" } },
        { type: "web_search_20260209", name: "search", max_uses: 2 },
      ],
      messages: [
        { role: "user", content: "plain" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "said" },
            { type: "tool_use", id: "1", name: "tool", input: { a: 1 } },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: [{ type: "text", text: "result" }] }] },
        { role: "user", content: [{ type: "document", title: "title", source: { type: "text", data: "document" } }] },
        { role: "user", content: [{ type: "search_result", source: "https://a.example" }] },
      ],
    });
    expect(texts).toEqual([
      "system",
      ...["plain", "said", "tool", '{"a":1}', "result", "title", "document", '{"type":"search_result","source":"https://a.example"}'],
      ...["tool", "described", '{"type":"object"}', "search", '{"type":"web_search_20260209","max_uses":2}'],
    ]);
  });

  test("pictures and pages by the piece, and not by their bytes", () => {
    const source = { type: "base64", media_type: "image/png", data: "iVBOR".repeat(10_000) };
    const { texts, tokens } = countableOf(
      user([
        { type: "image", source },
        { type: "document", source },
      ]),
    );
    expect(texts).toEqual([]);
    expect(tokens).toBe(1600 + 2000 + 2 * 3);
  });

  test("earlier turns' thoughts are not", () => {
    expect(textsOf(user([{ type: "thinking", thinking: "hm", signature: "s" }]))).toEqual([]);
  });

  test.each([null, 1, "x", [], {}, user(null), user(7), user([null, 1, "x"]), { messages: "x" }, { messages: [null] }, { tools: {} }])(
    "%j has nothing to count",
    (body) => {
      expect(textsOf(body)).toEqual([]);
    },
  );
});

describe("the estimate", () => {
  const estimator = new TokenEstimator();
  /** What stands around one message's text. */
  const FRAME = 6;

  test("is that of OpenAI's tokenizer, control tokens being plain text", async () => {
    // tiktoken, o200k_base: [13225, 11, 2375, 0]
    expect(await estimator.estimate(user("Hello, world!"))).toBe(4 + FRAME);
    expect(await estimator.estimate(user("<|endoftext|>"))).toBeGreaterThan(1 + FRAME);
  });

  test("of prose does not depend on where it is cut", async () => {
    const sentence = "The quick brown fox jumps over the lazy dog. ";
    const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
    const text = sentence.repeat(500);
    expect(await estimator.estimate(user(text))).toBe(countTokens(text) + FRAME);
  });

  test("of a run without spaces is not far off, and holds nobody up", async () => {
    const started_ms = performance.now();
    // Of 5,000 ideographs, in an order that repeats nothing.
    const ideograph = (_: unknown, index: number) => String.fromCodePoint(0x4e00 + ((index * index * 7919) % 5003));
    const counting = estimator.estimate(user(Array.from({ length: 40_000 }, ideograph).join("")));
    let turns = 0;
    let done = false;
    void counting.finally(() => {
      done = true;
    });
    while (!done) {
      await nextTurn();
      turns++;
    }
    expect(turns).toBeGreaterThan(2);
    expect(await counting).toBeGreaterThan(20_000);
    expect(performance.now() - started_ms).toBeLessThan(20_000); // in one piece it takes minutes
  });

  test("of very long texts is taken from their beginning", async () => {
    const estimate = await estimator.estimate(user("word ".repeat(1_200_000)));
    expect(estimate).toBeGreaterThan(1_100_000);
    expect(estimate).toBeLessThan(1_300_000);
  });

  test("is refused where too many wait", async () => {
    const busy = new TokenEstimator();
    const counts = Array.from({ length: 65 }, () => busy.estimate(user("a")));
    const refused = (await Promise.allSettled(counts)).filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(1);
    expect((refused[0] as PromiseRejectedResult).reason).toBeInstanceOf(TooManyCounts);
    expect(await busy.estimate(user("a"))).toBe(1 + FRAME);
  });
});

describe("POST /v1/messages/count_tokens", () => {
  let app: ReturnType<typeof buildApp>;
  afterEach(() => app.close());
  const post = (payload: string) => {
    app = buildApp({ current: () => null, metrics: createMetrics(), events: new EventHub() });
    return app.inject({ method: "POST", url: "/v1/messages/count_tokens", headers: { "content-type": "application/json" }, payload });
  };

  test("answers in Anthropic's form, and says that it is an estimate", async () => {
    const response = await post(JSON.stringify(user("Hello, world!")));
    expect(response.json()).toEqual({ input_tokens: 10 });
    expect(response.headers["x-model-router-token-count"]).toBe("estimate");
  });

  test("what is no JSON is refused in that form, and not quoted", async () => {
    const response = await post('{"messages": secret');
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect(response.body).not.toContain("secret");
  });
});
