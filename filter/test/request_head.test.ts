import { beforeAll, describe, expect, test } from "vitest";
import { Facade, FORMATS } from "./facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const messages = '"messages":[{"role":"user","content":"x"}]';

describe("reads", () => {
  test("where the model stands, and what routing needs", () => {
    const body = ` {"messages":[{"role":"user","content":"é"}], "tools":[{"a":1}], "model" : "gpt-5", "stream":true,"stream_options":{"include_usage":true}} `;
    const result = facade.scanHead("openai_chat", body);
    if (!("head" in result)) throw new Error(result.problem.message);
    expect(result.head).toMatchObject({ model: "gpt-5", stream: 1, includeUsage: 1, hasTools: 1 });
    expect(Buffer.from(body).subarray(result.head.modelStart, result.head.modelEnd).toString()).toBe('"gpt-5"');
  });

  test("a model with escapes, under an escaped key", () => {
    const body = `{"mod\\u0065l":"a\\/b\\u00e9\\n",${messages}}`;
    const result = facade.scanHead("openai_chat", body);
    if (!("head" in result)) throw new Error(result.problem.message);
    expect(result.head.model).toBe("a/bé\n");
    expect(body.slice(result.head.modelStart, result.head.modelEnd)).toBe('"a\\/b\\u00e9\\n"');
  });

  test("nulls as absent", () => {
    const body = `{"model":"m","stream":null,"stream_options":null,"tools":null,${messages}}`;
    expect(facade.scanHead("openai_chat", body)).toMatchObject({ head: { stream: 0, includeUsage: 0, hasTools: 0 } });
  });

  test("an Anthropic request", () => {
    const body = `{"model":"m","max_tokens":1,"system":[{"type":"text","text":"s"}],"stream":true,${messages}}`;
    expect(facade.scanHead("anthropic_messages", body)).toMatchObject({ head: { model: "m", stream: 1, includeUsage: 0 } });
  });

  test("a body of ten megabytes", () => {
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "é".repeat(5 * 1024 * 1024) }] });
    expect(facade.scanHead("openai_chat", body)).toMatchObject({ head: { model: "m" } });
  });
});

test.each(["", '"max_tokens":null,'])("Anthropic's API wants a limit of output tokens: {%s…}", (limit) => {
  const body = `{"model":"m",${limit}${messages}}`;
  expect(facade.scanHead("anthropic_messages", body)).toMatchObject({ problem: { status: 400, param: "max_tokens" } });
  expect(facade.scanHead("anthropic_count_tokens", body)).toMatchObject({ head: { model: "m" } });
});

describe.each(["openai_chat", "anthropic_messages"] as const)("%s refuses", (format) => {
  test.each([
    ["no JSON", "hello", "", "must be a JSON object"],
    ["an array", "[]", "body", "must be a JSON object"],
    ["nothing", "", "body", "must be a JSON object"],
    ["a cut body", '{"model":"m","messages":[{"role":"user"', "", "byte 39: the text ends too early"],
    ["something after the body", `{"model":"m",${messages}} x`, "", "something follows"],
    ["a wrong number deep inside", `{"model":"m",${messages},"x":{"y":[01]}}`, "", "byte 66: the number is not well formed"],
    ["no model", `{${messages}}`, "model", "is required"],
    ["an empty model", `{"model":"",${messages}}`, "model", "must not be empty"],
    ["a number for a model", `{"model":5,${messages}}`, "model", "must be a string"],
    ["null for a model", `{"model":null,${messages}}`, "model", "must be a string"],
    ["a model of 600 characters", `{"model":"${"m".repeat(600)}",${messages}}`, "model", "too long"],
    ["two models", `{"model":"a","model":"b",${messages}}`, "model", "given twice"],
    ["two models, one escaped", `{"model":"a","\\u006dodel":"b",${messages}}`, "model", "given twice"],
    ["two lists of messages", `{"model":"a",${messages},${messages}}`, "messages", "given twice"],
    ["two of a field it does not know", `{"model":"a",${messages},"x":1,"x":1}`, "x", "given twice"],
    ["no messages", '{"model":"m"}', "messages", "is required"],
    ["empty messages", '{"model":"m","messages":[]}', "messages", "must not be empty"],
    ["a string for messages", '{"model":"m","messages":"x"}', "messages", "must be an array"],
    ["a string for a message", '{"model":"m","messages":["x"]}', "messages[0]", "must be an object"],
    ["a message without role", '{"model":"m","messages":[{"role":"user"},{"content":"x"}]}', "messages[1].role", "is required"],
    ["a number for a role", '{"model":"m","messages":[{"role":1}]}', "messages[0].role", "must be a string"],
    ["two roles", '{"model":"m","messages":[{"role":"user","role":"user"}]}', "messages[0].role", "given twice"],
    [
      "a number for content",
      '{"model":"m","messages":[{"role":"user","content":1}]}',
      "messages[0].content",
      "must be a string or an array",
    ],
    ["a string for stream", `{"model":"m","stream":"yes",${messages}}`, "stream", "must be true or false"],
    ["an object for tools", `{"model":"m","tools":{},${messages}}`, "tools", "must be an array"],
  ])("%s", (_, body, param, message) => {
    const result = facade.scanHead(format, body);
    if (!("problem" in result)) throw new Error("it was accepted");
    expect(result.problem).toMatchObject({ status: 400, kind: 0 });
    expect(result.problem.message).toContain(message);
    if (param !== "") expect(result.problem.param).toBe(param);
  });

  test("invalid UTF-8, with its place", () => {
    const body = Buffer.concat([Buffer.from(`{"model":"m",${messages},"x":"`), Buffer.from([0xff]), Buffer.from('"}')]);
    const result = facade.scanHead(format, body);
    expect(result).toMatchObject({ problem: { status: 400, offset: body.length - 3 } });
    expect("problem" in result && result.problem.message).toContain("not UTF-8");
  });

  test("10,000 levels, with the limit named", () => {
    const deep = `{"model":"m",${messages},"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    const result = facade.scanHead(format, deep, 64);
    expect("problem" in result && result.problem.message).toContain("nested too deeply (at most 64 levels)");
  });

  test("more fields than any API has", () => {
    const fields = Array.from({ length: 200 }, (_, i) => `"f${i}":1`).join();
    expect(facade.scanHead(format, `{"model":"m",${messages},${fields}}`)).toMatchObject({ problem: { status: 400, param: "body" } });
  });
});

describe("openai_responses", () => {
  test.each([
    ["a string", '"input":"x"'],
    ["items", '"input":[{"type":"function_call_output","call_id":"a","output":"x"}]'],
    ["what the provider keeps", '"previous_response_id":"resp_1"'],
    ["a conversation that the provider keeps", '"conversation":{"id":"conv_1"},"input":[]'],
    ["a prompt that the provider keeps", '"prompt":{"id":"pmpt_1"},"input":null'],
  ])("takes %s", (_, input) => {
    const result = facade.scanHead("openai_responses", `{"model":"m",${input},"stream":true,"tools":[{}]}`);
    expect(result).toMatchObject({ head: { model: "m", stream: 1, hasTools: 1 } });
  });

  test.each([
    ["no input", '{"model":"m"}', "input", "is required"],
    ["an empty list", '{"model":"m","input":[]}', "input", "is required"],
    ["an empty string", '{"model":"m","input":"","previous_response_id":null}', "input", "is required"],
    ["a number", '{"model":"m","input":5}', "input", "must be a string or an array"],
    ["a string for an item", '{"model":"m","input":[{},"x"]}', "input[1]", "must be an object"],
    ["two inputs", '{"model":"m","input":"a","inpu\\u0074":"b"}', "input", "given twice"],
    ["no model", '{"input":"x"}', "model", "is required"],
    ["a wrong stream", '{"model":"m","input":"x","stream":1}', "stream", "must be true or false"],
  ])("refuses %s", (_, body, param, message) => {
    const result = facade.scanHead("openai_responses", body);
    expect(result).toMatchObject({ problem: { status: 400, param } });
    expect("problem" in result && result.problem.message).toContain(message);
  });
});

test("formats are found by name and by path", () => {
  expect(FORMATS.map((name) => facade.formatNamed(name))).toEqual(FORMATS.map((_, index) => index));
  expect(facade.formatNamed("openai")).toBe(-1);
  expect(facade.formatOfPath("/v1/chat/completions")).toBe(0);
  expect(facade.formatOfPath("/v1/messages")).toBe(1);
  expect(facade.formatOfPath("/v1/responses")).toBe(2);
  expect(facade.formatOfPath("/v1/messages/batches")).toBe(-1);
});
