// What is asked besides answers: embeddings, which are passed on, and counts of tokens, which each provider takes in a form of its own.

import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { Facade, FORMATS, OPERATION_FORMATS } from "./facade.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../../test/fixtures");

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const fixture = (name: string) => fs.readFileSync(path.join(FIXTURES, name), "utf8");
const problemOf = (result: object) => (result as { problem?: { param: string; message: string } }).problem;

test("formats of other operations stand behind the others, each at its clients' path", () => {
  expect(OPERATION_FORMATS.map((name) => facade.formatNamed(name))).toEqual(OPERATION_FORMATS.map((_, index) => FORMATS.length + index));
  expect(facade.formatOfPath("/v1/embeddings")).toBe(facade.formatNamed("openai_embeddings"));
  expect(facade.formatOfPath("/v1/messages/count_tokens")).toBe(facade.formatNamed("anthropic_count_tokens"));
});

describe("embeddings", () => {
  const scan = (body: unknown) => facade.scanHead("openai_embeddings", JSON.stringify(body));

  test.each(["text", ["two", "texts"], [1, 2, 3], [[1], [2, 3]]].map((input) => [input]))("the input may be %j", (input) => {
    expect(scan({ model: "m", input, stream: true })).toMatchObject({ head: { model: "m", stream: 0 } });
  });

  test.each([
    [{ model: "m" }, "input", "is required"],
    [{ model: "m", input: null }, "input", "must be a string or an array"],
    [{ model: "m", input: { a: 1 } }, "input", "must be a string or an array"],
    [{ input: "a" }, "model", "is required"],
    [[], "body", "must be a JSON object"],
  ])("%j is refused", (body, param, why) => {
    const problem = problemOf(scan(body));
    expect(problem?.param ?? problem?.message).toContain(param === "model" || param === "input" || param === "body" ? param : "");
    expect(problem?.message).toContain(why);
  });

  test("only the model's name is changed, and what a provider's rules say", () => {
    const body = '{ "input":["a", "\\u0062"],"model" :"alias",  "dimensions":256,"user":"u","future":1e400 }';
    const kept = facade.translateRequest("openai_embeddings", "openai_embeddings", body, "text-embedding-3-small");
    expect(kept).toMatchObject({ body: body.replace('"alias"', '"text-embedding-3-small"') });
    const rules = { drop: ["user"], rename: [["dimensions", "output_dimension"]] as [string, string][] };
    const ruled = facade.translateRequest("openai_embeddings", "openai_embeddings", body, "mistral-embed", rules);
    expect((ruled as { body: string }).body).toBe(
      '{"input":["a", "\\u0062"],"model":"mistral-embed","output_dimension":256,"future":1e400}',
    );
  });

  test.each(["float", "base64"])("an answer in %s is one, and tells its tokens", (encoding) => {
    const body = fixture(`openai_embeddings/responses/${encoding}.json`);
    const { result, summary } = facade.translateResponse("openai_embeddings", "openai_embeddings", body);
    expect(result).toBe("unchanged");
    const { model, usage } = JSON.parse(body);
    expect(summary).toMatchObject({ model, inputTokens: usage.prompt_tokens });
  });

  test("what has no vectors is none, and errors are OpenAI's", () => {
    expect(facade.translateResponse("openai_embeddings", "openai_embeddings", '{"object":"list"}').result).toBe("malformed");
    const { error, body } = facade.providerError(
      "openai_embeddings",
      "openai_embeddings",
      400,
      fixture("openai_embeddings/errors/400.json"),
    );
    expect(error).toMatchObject({ kind: 0, param: "dimensions" });
    expect(JSON.parse(body)).toMatchObject({ error: { type: "invalid_request_error", param: "dimensions" } });
  });

  test.each(FORMATS)("are not translated for %s", (format) => {
    const result = facade.translateRequest("openai_embeddings", format, '{"model":"m","input":"a"}', "m");
    expect(problemOf(result)?.message).toContain("not served");
  });
});

describe("counts of tokens", () => {
  const REQUEST = {
    model: "alias",
    system: "Be brief.",
    messages: [
      { role: "user", content: "What is the weather in Oslo?" },
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Oslo" } }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "21 degrees" }] },
    ],
    tools: [{ name: "weather", description: "Of a city", input_schema: { type: "object", properties: { city: { type: "string" } } } }],
    thinking: { type: "enabled", budget_tokens: 2048 },
  };
  const count = (to: "gemini_count_tokens" | "openai_input_tokens", model: string, drop: string[] = []) => {
    const translated = facade.translateRequest("anthropic_count_tokens", to, JSON.stringify(REQUEST), model, { drop });
    return JSON.parse((translated as { body: string }).body);
  };

  test("need no max_tokens, and are never streamed", () => {
    expect(facade.scanHead("anthropic_count_tokens", JSON.stringify({ ...REQUEST, stream: true }))).toMatchObject({ head: { stream: 0 } });
  });

  test("of Gemini are asked for with the request that would be sent, and the model's name in it", () => {
    const { generateContentRequest, ...more } = count("gemini_count_tokens", 'gemini"2.5-flash');
    expect(more).toEqual({});
    const sent = facade.translateRequest("anthropic_messages", "gemini", JSON.stringify({ ...REQUEST, max_tokens: 9 }), 'gemini"2.5-flash');
    const { maxOutputTokens, ...config } = JSON.parse((sent as { body: string }).body).generationConfig;
    expect(maxOutputTokens).toBe(9);
    expect(generateContentRequest).toEqual({
      model: 'models/gemini"2.5-flash',
      ...JSON.parse((sent as { body: string }).body),
      generationConfig: config,
    });
  });

  test("of OpenAI are asked for with what it reads, and not with what steers the answer", () => {
    const openai = parse(fs.readFileSync(path.join(FIXTURES, "../../config/providers/openai.yaml"), "utf8"));
    const unread = openai.native.openai_input_tokens.drop as string[];
    const body = count("openai_input_tokens", "gpt-5.2", unread);
    expect(Object.keys(body).sort()).toEqual(["input", "model", "reasoning", "tools"]);
    expect(body).toMatchObject({ model: "gpt-5.2", tools: [{ type: "function", name: "weather" }] });
  });

  test.each([
    ["anthropic_count_tokens", '{"input_tokens":14}', "unchanged"],
    ["gemini_count_tokens", '{"totalTokens":14,"promptTokensDetails":[{"modality":"TEXT","tokenCount":14}]}', "rewritten"],
    ["openai_input_tokens", '{"object":"response.input_tokens","input_tokens":14}', "rewritten"],
  ] as const)("%s answers with a number", (format, body, result) => {
    const answer = facade.translateResponse(format, "anthropic_count_tokens", body);
    expect(answer).toMatchObject({ result, summary: { inputTokens: 14 } });
    if (result === "rewritten") expect(answer.body).toBe('{"input_tokens":14}');
  });

  test.each(["anthropic_count_tokens", "gemini_count_tokens", "openai_input_tokens"] as const)(
    "%s without a number is no answer",
    (format) => {
      for (const body of ["{}", '{"input_tokens":"x","totalTokens":null}', "[]", "14"])
        expect(facade.translateResponse(format, "anthropic_count_tokens", body).result).toBe("malformed");
    },
  );

  test("errors come in Anthropic's form", () => {
    const gemini = '{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}';
    const { body } = facade.providerError("gemini_count_tokens", "anthropic_count_tokens", 404, gemini);
    expect(JSON.parse(body)).toMatchObject({ type: "error", error: { type: "not_found_error", message: "models/x is not found" } });
  });

  test("of a router show its resolver the conversation", () => {
    expect(facade.routingView("anthropic_count_tokens", JSON.stringify(REQUEST))).toContain("weather in Oslo");
  });
});
