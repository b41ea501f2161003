// What Bedrock's Converse asks of requests, beyond what the goldens show.

import { beforeAll, describe, expect, test } from "vitest";
import { converseRequestProblem } from "../../brightstaff/src/demo_providers/bedrock/validate.ts";
import { Facade } from "./facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA = "us.amazon.nova-pro-v1:0";
const LLAMA = "meta.llama3-3-70b-instruct-v1:0";
const user = { role: "user", content: "Hi" };

interface Converse {
  messages: { role: string; content: Record<string, unknown>[] }[];
  toolConfig?: { tools: { toolSpec: Record<string, unknown> }[]; toolChoice?: unknown };
  [field: string]: unknown;
}

/** What an OpenAI client's request becomes; it is what the API takes. */
function converse(fields: object, model = CLAUDE): { body: Converse; dropped: string[] } {
  const body = JSON.stringify({ model: "m", messages: [user], ...fields });
  const result = facade.translateRequest("openai_chat", "bedrock_converse", body, model);
  if ("problem" in result) throw new Error(result.problem.message);
  const written = JSON.parse(result.body) as Converse;
  expect(converseRequestProblem(written, model)).toBeNull();
  return { body: written, dropped: result.dropped };
}

function converseOfAnthropic(fields: object, model: string): { body: Converse; dropped: string[] } {
  const body = JSON.stringify({ model: "m", max_tokens: 10, messages: [user], ...fields });
  const result = facade.translateRequest("anthropic_messages", "bedrock_converse", body, model);
  if ("problem" in result) throw new Error(result.problem.message);
  return { body: JSON.parse(result.body) as Converse, dropped: result.dropped };
}

function refusal(fields: object): { message: string; param: string } {
  const body = JSON.stringify({ model: "m", messages: [user], ...fields });
  const result = facade.translateRequest("openai_chat", "bedrock_converse", body, CLAUDE);
  if (!("problem" in result)) throw new Error(`taken: ${result.body}`);
  return result.problem;
}

const saying = (...content: object[]) => ({ messages: [{ role: "user", content }] });

describe("documents", () => {
  const fileOf = (filename: string | undefined, type: string) => ({
    type: "file",
    file: { filename, file_data: `data:${type};base64,AAAA` },
  });

  test("have names in the API's characters, no two alike, and a text beside them", () => {
    const first = fileOf("Q3 über  alles.pdf", "application/pdf");
    const more = [fileOf("a.pdf", "application/pdf"), fileOf(undefined, "text/csv"), fileOf("a.pdf", "text/html")];
    const { body } = converse(saying(first, ...more));
    const names = body.messages[0]?.content.map(({ document }) => (document as { name: string } | undefined)?.name);
    expect(names).toEqual(["Q3 -ber alles-pdf", "a-pdf (2)", "document (3)", "a-pdf (4)", undefined]);
    expect(body.messages[0]?.content.at(-1)).toEqual({ text: "(See the document.)" });
  });

  test("a name never grows beyond the limit", () => {
    const { body } = converse(saying(fileOf(`${"n".repeat(500)}.pdf`, "application/pdf")));
    expect(body.messages[0]?.content[0]?.document).toMatchObject({ name: expect.stringMatching(/^n{1,200}$/) });
  });

  test("of other kinds are refused", () => {
    expect(refusal(saying(fileOf("a.zip", "application/zip")))).toMatchObject({ param: "messages[0].content" });
  });
});

describe("images", () => {
  const image = (url: string) => ({ type: "image_url", image_url: { url } });

  test.each([
    ["image/png", "png"],
    ["image/jpg", "jpeg"],
    ["image/webp", "webp"],
    ["image/gif", "gif"],
  ])("%s is %s", (type, format) => {
    const { body } = converse(saying(image(`data:${type};base64,AAAA`)));
    expect(body.messages[0]?.content).toEqual([{ image: { format, source: { bytes: "AAAA" } } }]);
  });

  test.each(["https://example.com/a.png", "data:image/tiff;base64,AAAA"])("%s is refused", (url) => {
    expect(refusal(saying(image(url)))).toMatchObject({ param: "messages[0].content" });
  });
});

describe("tools", () => {
  const parameters = { type: "object", properties: {} };
  const tool = (name: string, more: object = {}) => ({ type: "function", function: { name, parameters, ...more } });
  const call = { role: "assistant", tool_calls: [{ id: "call.1", type: "function", function: { name: "f", arguments: "{}" } }] };
  const loop = [user, call, { role: "tool", tool_call_id: "call.1", content: "done" }];

  test("are declared when the conversation has calls of them", () => {
    const { body } = converse({ messages: loop });
    expect(body.toolConfig?.tools.map(({ toolSpec }) => toolSpec.name)).toEqual(["f"]);
  });

  test("none is no tools at all, but behind calls", () => {
    const fresh = converse({ tools: [tool("f")], tool_choice: "none" });
    expect(fresh.body.toolConfig).toBeUndefined();
    expect(fresh.dropped).toEqual([]);
    const after = converse({ messages: loop, tools: [tool("f")], tool_choice: "none" });
    expect(after.body.toolConfig?.tools).toHaveLength(1);
    expect(after.body.toolConfig?.toolChoice).toBeUndefined();
    expect(after.dropped).toEqual(["tool_choice (none, after tool calls)"]);
  });

  test("a blank description is left out", () => {
    const { body } = converse({ tools: [tool("f", { description: " " })] });
    expect(body.toolConfig?.tools[0]?.toolSpec).not.toHaveProperty("description");
  });

  test.each(["a.b", "x".repeat(65), "näme"])("the name %s is refused", (name) => {
    expect(refusal({ tools: [tool("f"), tool(name)] })).toMatchObject({
      param: "tools[1].name",
      message: expect.stringContaining("1 to 64"),
    });
  });

  test.each([
    [CLAUDE, true],
    [NOVA, true],
    [LLAMA, false],
  ])("%s is told of a tool's error: %s", (model, isTold) => {
    const result = { type: "tool_result", tool_use_id: "a", is_error: true, content: "No" };
    const called = { role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: {} }] };
    const messages = [user, called, { role: "user", content: [result] }];
    const { body, dropped } = converseOfAnthropic({ messages, tools: [{ name: "f", input_schema: { type: "object" } }] }, model);
    expect(body.messages.at(-1)?.content[0]?.toolResult).toMatchObject(isTold ? { status: "error" } : { toolUseId: "a" });
    expect(dropped).toEqual(isTold ? [] : ["messages[].is_error"]);
  });
});

describe("what only some models take", () => {
  const fieldsOf = (fields: object, model: string) => {
    const { additionalModelRequestFields: additional, outputConfig: output } = converse(fields, model).body;
    return { additional, output };
  };
  const nova = (maxReasoningEffort: string) => ({ additional: { reasoningConfig: { type: "enabled", maxReasoningEffort } } });

  test.each([
    ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "low", { additional: { thinking: { type: "enabled", budget_tokens: 2048 } } }],
    ["anthropic.claude-opus-4-6-v1", "high", { additional: { thinking: { type: "adaptive" } }, output: { effort: "high" } }],
    ["us.amazon.nova-2-lite-v1:0", "low", nova("low")],
    ["us.amazon.nova-2-lite-v1:0", "high", nova("high")],
    ["openai.gpt-oss-120b-1:0", "xhigh", { additional: { reasoning_effort: "high" } }],
    ["us.openai.gpt-5.6-sol", "minimal", { additional: { reasoning: { effort: "low" } } }],
    ["us.amazon.nova-2-lite-v1:0", "none", {}],
    [LLAMA, "high", {}],
  ])("%s reasons at %s", (model, reasoning_effort, expected) => {
    expect(fieldsOf({ reasoning_effort }, model)).toEqual(expected);
  });

  test("Nova's high effort excludes a limit, so that one makes it the next lower", () => {
    expect(fieldsOf({ reasoning_effort: "high", max_tokens: 100 }, "us.amazon.nova-2-lite-v1:0")).toEqual(nova("medium"));
  });

  test.each([
    [CLAUDE, { top_k: 5 }],
    [NOVA, { inferenceConfig: { topK: 5 } }],
    ["mistral.mistral-large-2407-v1:0", undefined],
  ])("%s: top_k", (model, expected) => {
    expect(converseOfAnthropic({ top_k: 5 }, model).body.additionalModelRequestFields).toEqual(expected);
  });

  test.each([
    [CLAUDE, true],
    ["anthropic.claude-3-haiku-20240307-v1:0", false],
    ["qwen.qwen3-32b-v1:0", true],
    [NOVA, false],
  ])("%s answers by a schema: %s", (model, isTaken) => {
    const response_format = { type: "json_schema", json_schema: { name: "n", schema: { type: "object" } } };
    const { body } = converse({ response_format }, model);
    expect(body.outputConfig !== undefined).toBe(isTaken);
    expect(JSON.stringify(body.system ?? "").includes("JSON Schema")).toBe(!isTaken); // else it is told in words
  });
});

describe("cache marks", () => {
  const marked = (text: string, more: object = {}) => ({ type: "text", text, cache_control: { type: "ephemeral", ...more } });
  const request = {
    system: [marked("Be brief.", { ttl: "1h" })],
    tools: [{ name: "f", input_schema: { type: "object" }, cache_control: { type: "ephemeral" } }],
    messages: [{ role: "user", content: [marked("one"), marked("two"), marked("three")] }],
  };
  const pointsIn = (list: unknown) => JSON.stringify(list).split('"cachePoint":').length - 1;

  test("become points behind their blocks, four at most", () => {
    const { body, dropped } = converseOfAnthropic(request, CLAUDE);
    expect(converseRequestProblem(body, CLAUDE)).toBeNull();
    expect(body.system).toEqual([{ text: "Be brief." }, { cachePoint: { type: "default", ttl: "1h" } }]);
    expect(body.toolConfig?.tools.at(-1)).toEqual({ cachePoint: { type: "default" } });
    expect(pointsIn(body)).toBe(4);
    expect(dropped).toEqual(["cache_control (more than four)"]);
  });

  test("Nova has none behind tools, others have none at all", () => {
    const nova = converseOfAnthropic(request, NOVA);
    expect([pointsIn(nova.body.toolConfig), pointsIn(nova.body)]).toEqual([0, 4]);
    for (const model of [LLAMA, "anthropic.claude-3-haiku-20240307-v1:0"]) {
      const { body, dropped } = converseOfAnthropic(request, model);
      expect(pointsIn(body)).toBe(0);
      expect(dropped).toEqual(["cache_control"]);
    }
  });
});

test("an end user's id is told where its characters are allowed", () => {
  expect(converse({ user: "user_1 @here:/x-y.z" }).body.requestMetadata).toEqual({ user: "user_1 @here:/x-y.z" });
  for (const id of ["zöe", "a*b", "x".repeat(257)]) {
    const { body, dropped } = converse({ user: id });
    expect(body.requestMetadata).toBeUndefined();
    expect(dropped).toEqual(["user"]);
  }
});
