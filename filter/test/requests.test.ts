import { beforeAll, describe, expect, test } from "vitest";
import { anthropicRequestProblem } from "../../brightstaff/src/demo_providers/anthropic/validate.ts";
import { converseRequestProblem } from "../../brightstaff/src/demo_providers/bedrock/validate.ts";
import { geminiRequestProblem } from "../../brightstaff/src/demo_providers/gemini/validate.ts";
import { openaiRequestProblem } from "../../brightstaff/src/demo_providers/openai/validate.ts";
import { CLIENT_FORMATS, Facade, FORMATS, type FormatName } from "./facade.ts";
import { expectGolden, fixturesOf, orphanGoldens } from "./golden.ts";
import { MODELS } from "./models.ts";
import { responsesRequestProblem } from "./responses_api.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

/** What the API itself would refuse a request for, by its published schema and rules; null when it takes it. */
function refusalOf(format: FormatName, body: unknown): string | null {
  if (format === "bedrock_converse") return converseRequestProblem(body, MODELS.bedrock_converse)?.message ?? null;
  if (format === "gemini") return geminiRequestProblem(body, MODELS.gemini)?.message ?? null;
  if (format === "anthropic_messages") return anthropicRequestProblem(body, "2023-06-01");
  if (format === "openai_responses") return responsesRequestProblem(body);
  return openaiRequestProblem(body)?.message ?? null;
}

function parsed(result: ReturnType<Facade["translateRequest"]>): { dropped: string[]; body: unknown } | { refused: unknown } {
  if ("problem" in result) return { refused: result.problem };
  return { dropped: result.dropped, body: JSON.parse(result.body) };
}

for (const from of CLIENT_FORMATS) {
  for (const to of FORMATS.filter((format) => format !== from)) {
    describe(`${from} to ${to}`, () => {
      test.each(fixturesOf(from, "requests").map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
        const result = parsed(facade.translateRequest(from, to, fixture.text, MODELS[to]));
        expectGolden(fixture, to, result);
        if ("body" in result) expect(refusalOf(to, result.body)).toBeNull();
      });

      test("has no golden without its fixture", () => {
        const targets = FORMATS.filter((format) => format !== from);
        expect(orphanGoldens(from, "requests", targets)).toEqual([]);
      });
    });
  }

  describe(`${from} to ${from}`, () => {
    test.each(fixturesOf(from, "requests").map((fixture) => [fixture.name, fixture.text] as const))(
      "%s: only the model changes",
      (_, text) => {
        const model = /"model": ?"([^"]*)"/.exec(text)?.[1] ?? "";
        const result = facade.translateRequest(from, from, text, 'other "model" é');
        if ("problem" in result) throw new Error(result.problem.message);
        expect(result.body).toBe(text.replace(JSON.stringify(model), '"other \\"model\\" é"'));
        expect(result.dropped).toEqual([]);
      },
    );
  });
}

describe("a stream's usage is asked for when the client does not", () => {
  const messages = '"messages":[{"role":"user","content":"x"}]';
  const bodyOf = (body: string, rules = {}) => {
    const result = facade.translateRequest("openai_chat", "openai_chat", body, "n", rules);
    return "body" in result ? result.body : result;
  };
  const asks = '"stream_options":{"include_usage":true}';

  test.each([
    [
      "in what else goes as it came",
      `{ "model" : "m", "stream":true, ${messages} }`,
      {},
      `{ "model" : "n",${asks}, "stream":true, ${messages} }`,
    ],
    [
      "beside other options",
      `{"model":"m","stream":true,"stream_options":{"include_usage":false,"x":[1.0]},${messages}}`,
      {},
      `{"model":"n","stream":true,"stream_options":{"include_usage":true,"x":[1.0]},${messages}}`,
    ],
    [
      "in place of null",
      `{"model":"m","stream_options":null,"stream":true,${messages}}`,
      {},
      `{"model":"n",${asks},"stream":true,${messages}}`,
    ],
    [
      "by providers with rules",
      `{"model":"m","stream":true,"seed":1,${messages}}`,
      { drop: ["seed"] },
      `{"model":"n","stream":true,${messages},${asks}}`,
    ],
    [
      "not by those that refuse it",
      `{"model":"m","stream":true,${messages}}`,
      { drop: ["stream_options"] },
      `{"model":"n","stream":true,${messages}}`,
    ],
    ["not when the client did", `{"model":"m","stream":true,${asks},${messages}}`, {}, `{"model":"n","stream":true,${asks},${messages}}`],
    ["not of whole answers", `{"model":"m","stream":false,${messages}}`, {}, `{"model":"n","stream":false,${messages}}`],
  ])("%s", (_, body, rules, sent) => {
    expect(bodyOf(body, rules)).toBe(sent);
  });
});

describe("what a provider does not take", () => {
  const body = '{ "a": 1.50, "model" : "m", "max_tokens":5, "messages": [{"role":"user","content":"x"}], "z\\u0061": {"seed": 1} }';

  test("is dropped from the top level, and all else stays as it came", () => {
    const result = facade.translateRequest("openai_chat", "openai_chat", body, "n", { drop: ["a", "seed"] });
    expect(result).toEqual({
      body: '{"model":"n","max_tokens":5,"messages":[{"role":"user","content":"x"}],"za":{"seed": 1}}',
      dropped: [],
    });
  });

  test("is renamed", () => {
    const result = facade.translateRequest("openai_chat", "openai_chat", body, "n", { rename: [["max_tokens", "max_completion_tokens"]] });
    expect("body" in result && JSON.parse(result.body)).toMatchObject({ max_completion_tokens: 5, a: 1.5 });
  });

  test("is dropped when the field has its new name beside it", () => {
    const both = '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}],"max_completion_tokens":6}';
    const result = facade.translateRequest("openai_chat", "openai_chat", both, "n", { rename: [["max_tokens", "max_completion_tokens"]] });
    expect("body" in result && JSON.parse(result.body)).toEqual({
      model: "n",
      messages: [{ role: "user", content: "x" }],
      max_completion_tokens: 6,
    });
  });

  test("is dropped and renamed in translated requests too", () => {
    const rules = { drop: ["temperature"], rename: [["max_tokens", "max_output"]] as [string, string][] };
    const text = '{"model":"m","max_tokens":5,"temperature":0.5,"messages":[{"role":"user","content":"x"}]}';
    const result = facade.translateRequest("anthropic_messages", "openai_chat", text, "n", rules);
    expect("body" in result && JSON.parse(result.body)).toEqual({ model: "n", messages: [{ role: "user", content: "x" }], max_output: 5 });
  });
});

describe("what a provider wants besides", () => {
  const rules = { drop: ["model"], add: [["anthropic_version", "vertex-2023-10-16"]] as [string, string][] };
  const translate = (from: FormatName, body: string) => {
    const result = facade.translateRequest(from, "anthropic_messages", body, "claude-sonnet-4-5", rules);
    return "body" in result ? result.body : result;
  };

  test("is added to a request in its own format, which else goes on as it came", () => {
    expect(
      translate("anthropic_messages", '{"max_tokens": 5, "model":"m","messages":[ {"role":"user","content":"a\\u0062"}],"x":1.50}'),
    ).toBe('{"max_tokens":5,"messages":[ {"role":"user","content":"a\\u0062"}],"x":1.50,"anthropic_version":"vertex-2023-10-16"}');
  });

  test("takes the place of what the client says", () => {
    expect(
      translate("anthropic_messages", '{"model":"m","anthropic_version":"x","max_tokens":5,"messages":[{"role":"user","content":"a"}]}'),
    ).toBe('{"max_tokens":5,"messages":[{"role":"user","content":"a"}],"anthropic_version":"vertex-2023-10-16"}');
  });

  test("is added to what is written from another format", () => {
    const body = translate("openai_chat", '{"model":"m","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"a"}]}');
    expect(JSON.parse(body as string)).toEqual({
      max_tokens: 5,
      messages: [{ role: "user", content: [{ type: "text", text: "a" }] }],
      stream: true,
      anthropic_version: "vertex-2023-10-16",
    });
  });
});

describe("a provider that takes no ids of tool calls", () => {
  const call = (id: string, name: string) => ({ id, type: "function", function: { name, arguments: '{"n":1}' } });
  const result = (id: string) => ({ role: "tool", tool_call_id: id, content: `of ${id}` });
  const contentsOf = (noToolIds: boolean, results: string[]) => {
    const body = {
      model: "m",
      messages: [
        { role: "user", content: "u" },
        { role: "assistant", tool_calls: [call("a", "look"), call("b", "look"), call("c", "tell")] },
        ...results.map(result),
        { role: "user", content: "and?" },
      ],
    };
    const translated = facade.translateRequest("openai_chat", "gemini", JSON.stringify(body), "gemini-2.5-pro", { noToolIds });
    return "body" in translated ? JSON.parse(translated.body).contents : translated;
  };
  const responses = (contents: { parts: { functionResponse?: { id?: string; name: string; response: { output: string } } }[] }[]) =>
    contents[2]?.parts.map(({ functionResponse }) => functionResponse);

  test("gets none, and results in the order of their calls", () => {
    const contents = contentsOf(true, ["c", "b", "a"]);
    expect(contents[1].parts.map((part: { functionCall: object }) => part.functionCall)).toEqual([
      { name: "look", args: { n: 1 } },
      { name: "look", args: { n: 1 } },
      { name: "tell", args: { n: 1 } },
    ]);
    expect(responses(contents)).toEqual([
      { name: "look", response: { output: "of a" } },
      { name: "look", response: { output: "of b" } },
      { name: "tell", response: { output: "of c" } },
    ]);
  });

  test("others get ids, and the results as the client has them", () => {
    expect(responses(contentsOf(false, ["c", "b", "a"]))?.map((response) => [response?.id, response?.name])).toEqual([
      ["c", "tell"],
      ["b", "look"],
      ["a", "look"],
    ]);
  });

  test("a result of no call is refused", () => {
    expect(contentsOf(true, ["c", "x", "a"])).toMatchObject({ problem: { param: "messages[3].content" } });
  });
});

describe("what a provider does not take of messages", () => {
  const rules = { messageDrop: ["name", "refusal"], messageRoles: [["developer", "system"]] as [string, string][] };
  const patch = (body: string) => {
    const result = facade.translateRequest("openai_chat", "openai_chat", body, "n", rules);
    return "body" in result ? result.body : result;
  };

  test("is dropped from each, and all else stays as it came", () => {
    expect(
      patch(
        '{"model":"m", "messages" : [ {"role":"user","name":"Ann","content":[ {"type":"text","name":"kept","text":"a\\u0062"} ]},' +
          '{"refusal":null,"role":"assistant","content":"x", "n\\u0061me": "b"}], "name": "kept" }',
      ),
    ).toBe(
      '{"model":"n","messages":[{"role":"user","content":[ {"type":"text","name":"kept","text":"a\\u0062"} ]},' +
        '{"role":"assistant","content":"x"}],"name":"kept"}',
    );
  });

  test("a body without any of it goes over byte for byte, and one in which it may be is looked through", () => {
    const body = '{ "messages" : [ {"role":"user" ,"content":"name"} ], "model": "m" }';
    const dropping = { drop: ["seed"], rename: [["max_tokens", "max_completion_tokens"]] as [string, string][], messageDrop: ["name"] };
    const send = (text: string, stream = false) => {
      const result = facade.translateRequest("openai_chat", "openai_chat", text, "n", stream ? { drop: ["stream_options"] } : dropping);
      return "body" in result ? result.body : result;
    };
    expect(send(body)).toBe(body.replace('"m"', '"n"'));
    expect(send(body.replace("{ ", '{ "s\\u0065ed": 1, '))).toBe('{"messages":[{"role":"user","content":"name"}],"model":"n"}');
    expect(send(body.replace("{ ", '{ "max_tokens": 1, '))).toContain('"max_completion_tokens":1');
    expect(send(body.replace('"role"', '"n\\u0061me":"a","role"'))).toContain('[{"role":"user","content":"name"}]');
    // What the gateway would add itself is not added for those who do not take it.
    expect(send(body.replace("{ ", '{ "stream": true, '), true)).not.toContain("stream_options");
  });

  test("is dropped from tool calls as well", () => {
    expect(
      patch('{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","name":"x","function":{"name":"f","arguments":""}}]}]}'),
    ).toBe('{"model":"n","messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":""}}]}]}');
  });

  test("roles are sent by the name that it knows, however they are spelt", () => {
    expect(
      patch(
        '{"messages":[{"content":"developer","role":"developer"},{"role":"d\\u0065veloper","content":"b"},{"role":"user","content":"c"}],"model":"m"}',
      ),
    ).toBe(
      '{"messages":[{"content":"developer","role":"system"},{"role":"system","content":"b"},{"role":"user","content":"c"}],"model":"n"}',
    );
  });

  test("is nothing of what is written for it from another format", () => {
    const body = '{"model":"m","max_tokens":5,"system":"s","messages":[{"role":"user","content":"x"}]}';
    const result = facade.translateRequest("anthropic_messages", "openai_chat", body, "n", rules);
    expect("body" in result && JSON.parse(result.body)).toEqual({
      model: "n",
      messages: [
        { role: "system", content: "s" },
        { role: "user", content: "x" },
      ],
      max_tokens: 5,
    });
  });
});

describe("by model", () => {
  const openai = (fields: object) => JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }], ...fields });
  const anthropic = (fields: object) =>
    JSON.stringify({ model: "m", max_tokens: 30000, messages: [{ role: "user", content: "x" }], ...fields });
  const tools = [{ name: "f", input_schema: { type: "object" } }];
  const functions = [{ type: "function", function: { name: "f" } }];

  test.each([
    ["claude-sonnet-4-5", { thinking: { type: "enabled", budget_tokens: 8192 }, max_tokens: 16384 }, ["temperature"]],
    ["claude-opus-4-20250514", { thinking: { type: "enabled", budget_tokens: 8192 } }, ["temperature"]],
    ["claude-3-7-sonnet-20250219", { thinking: { type: "enabled", budget_tokens: 8192 } }, ["temperature"]],
    ["claude-sonnet-4-6", { thinking: { type: "adaptive" }, output_config: { effort: "medium" }, max_tokens: 8192 }, ["temperature"]],
    ["anthropic.claude-opus-4-7-v1", { thinking: { type: "adaptive" } }, ["temperature"]],
    ["claude-mythos-preview", { thinking: { type: "adaptive" } }, ["temperature"]],
    ["claude-opus-5", { thinking: { type: "adaptive" }, output_config: { effort: "medium" } }, ["temperature"]],
    ["claude-fable-5-2", { thinking: { type: "adaptive" }, output_config: { effort: "medium" } }, ["temperature"]],
    ["deepseek-chat", { thinking: { type: "enabled", budget_tokens: 8192 }, temperature: 0.5 }, []],
  ])("effort becomes thinking as %s takes it", (model, expected, dropped) => {
    const result = facade.translateRequest(
      "openai_chat",
      "anthropic_messages",
      openai({ reasoning_effort: "medium", temperature: 0.5 }),
      model,
    );
    if ("problem" in result) throw new Error(result.problem.message);
    expect(JSON.parse(result.body)).toMatchObject(expected);
    expect(result.dropped).toEqual(dropped);
  });

  test.each([
    ["claude-sonnet-4-6", { temperature: 0.5 }],
    ["claude-opus-4-7", {}],
    ["claude-opus-5", {}],
    ["kimi-k2", { temperature: 0.5, top_p: 0.9 }],
    ["claude-3-haiku-20240307", { temperature: 0.5, top_p: 0.9 }],
  ])("sampling for %s", (model, expected) => {
    const result = facade.translateRequest("openai_chat", "anthropic_messages", openai({ temperature: 0.5, top_p: 0.9 }), model);
    if ("problem" in result) throw new Error(result.problem.message);
    const { temperature, top_p } = JSON.parse(result.body);
    expect({ temperature, top_p }).toEqual({ temperature: undefined, top_p: undefined, ...expected });
  });

  test("a thinking budget leaves half of the client's own limit to the answer, or is left out", () => {
    const bodyOf = (limit: number) => {
      const text = openai({ reasoning_effort: "high", max_completion_tokens: limit });
      const result = facade.translateRequest("openai_chat", "anthropic_messages", text, "claude-sonnet-4-5");
      if ("problem" in result) throw new Error(result.problem.message);
      return JSON.parse(result.body);
    };
    expect(bodyOf(40000)).toMatchObject({ max_tokens: 40000, thinking: { budget_tokens: 16384 } });
    expect(bodyOf(5000)).toMatchObject({ max_tokens: 5000, thinking: { budget_tokens: 2500 } });
    expect(bodyOf(2000).thinking).toBeUndefined();
  });

  test.each([
    ["gpt-4o", {}, ["thinking"]],
    ["gpt-5", { reasoning_effort: "medium", max_completion_tokens: 30000 }, ["temperature"]],
    ["gpt-5-chat-latest", { temperature: 0.5 }, ["thinking"]],
    ["o4-mini", { reasoning_effort: "medium" }, ["temperature"]],
    ["openai/gpt-5.6-terra", { reasoning_effort: "medium" }, ["temperature"]],
    ["gpt-6-astra", { reasoning_effort: "medium" }, ["temperature"]],
    ["llama-3.3-70b", { temperature: 0.5, max_tokens: 30000 }, ["thinking"]],
  ])("a thinking budget becomes effort as %s takes it", (model, expected, dropped) => {
    const text = anthropic({ thinking: { type: "enabled", budget_tokens: 10000 }, temperature: 0.5 });
    const result = facade.translateRequest("anthropic_messages", "openai_chat", text, model);
    if ("problem" in result) throw new Error(result.problem.message);
    expect(JSON.parse(result.body)).toMatchObject(expected);
    expect(result.dropped.sort()).toEqual(dropped);
  });

  test.each([
    ["gpt-5.6", "none"],
    ["gpt-6-astra", "none"],
    ["gpt-5.2", "high"],
    ["gpt-5.1", "high"],
  ])("with tools, %s is asked for effort %s", (model, effort) => {
    const text = anthropic({ tools, output_config: { effort: "high" } });
    const result = facade.translateRequest("anthropic_messages", "openai_chat", text, model);
    expect("body" in result && JSON.parse(result.body).reasoning_effort).toBe(effort);
  });

  test.each([
    ["gpt-5.1", "xhigh", "high"],
    ["gpt-5.1-codex-max", "xhigh", "xhigh"],
    ["gpt-5.2", "xhigh", "xhigh"],
    ["gpt-5.2", "max", "xhigh"],
    ["gpt-5.5", "max", "xhigh"],
    ["gpt-5.6-sol", "max", "max"],
    ["gpt-6-astra", "max", "max"],
    ["gpt-5-pro", "low", "high"],
    ["gpt-5.4-pro", "low", "medium"],
    ["gpt-5.4-pro", "max", "xhigh"],
    ["gpt-5.2-chat-latest", "high", "medium"],
    ["o3", "max", "high"],
  ])("%s is asked for %s as %s", (model, effort, asked) => {
    const result = facade.translateRequest("anthropic_messages", "openai_chat", anthropic({ output_config: { effort } }), model);
    expect("body" in result && JSON.parse(result.body).reasoning_effort).toBe(asked);
  });

  test("a forced tool and a tool loop go without thinking on a budget", () => {
    const forced = openai({ reasoning_effort: "low", tools: functions, tool_choice: "required" });
    const loop = openai({
      reasoning_effort: "low",
      tools: functions,
      messages: [
        { role: "user", content: "x" },
        { role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "a", content: "y" },
      ],
    });
    for (const text of [forced, loop]) {
      const result = facade.translateRequest("openai_chat", "anthropic_messages", text, "claude-sonnet-4-5");
      if ("problem" in result) throw new Error(result.problem.message);
      expect(JSON.parse(result.body).thinking).toBeUndefined();
      expect(result.dropped).toHaveLength(1);
      expect(refusalOf("anthropic_messages", JSON.parse(result.body))).toBeNull();
    }
  });
});

describe("what cannot be translated is refused by name", () => {
  const user = { role: "user", content: "x" };
  test.each([
    [{ messages: [{ role: "function", name: "f", content: "x" }] }, "messages[0].role"],
    [
      { messages: [user, { role: "assistant", tool_calls: [{ type: "function", function: { name: "f" } }] }] },
      "messages[1].tool_calls[0].id",
    ],
    [
      { messages: [user, { role: "assistant", tool_calls: [{ id: "a", type: "custom", custom: {} }] }] },
      "messages[1].tool_calls[0].custom.name",
    ],
    [{ messages: [user, { role: "tool", content: "x" }] }, "messages[1].tool_call_id"],
    [{ messages: [{ role: "user", content: [{ type: "text", text: "x" }, { type: "video" }] }] }, "messages[0].content[1].type"],
    [{ messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] }, "messages[0].content[0].image_url.url"],
    [{ messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }] }, "messages[0].content"],
    [{ messages: [user], tools: [{ type: "custom", custom: {} }] }, "tools[0].custom.name"],
    [{ messages: [user], tools: [{ type: "shell" }] }, "tools[0].type"],
    [{ messages: [user], tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    [{ messages: [user], tool_choice: "always" }, "tool_choice"],
    [{ messages: [user], temperature: "warm" }, "temperature"],
    [{ messages: [user], stop: ["a", 1] }, "stop"],
    [{ messages: [user], response_format: { type: "xml" } }, "response_format.type"],
    [{ messages: [user], response_format: { type: "json_schema", json_schema: {} } }, "response_format.json_schema.schema"],
    [{ messages: [user], reasoning_effort: "huge" }, "reasoning_effort"],
    [{ messages: [user], functions: [{ name: "f" }] }, "functions"],
  ])("OpenAI: %j", (fields, param) => {
    const result = facade.translateRequest("openai_chat", "anthropic_messages", JSON.stringify({ model: "m", ...fields }), "n");
    expect(result).toMatchObject({ problem: { status: 400, param } });
  });

  test.each([
    [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: [{ type: "container_upload", file_id: "f" }] }] }, "messages[0].content[0].type"],
    [{ messages: [{ role: "user", content: ["x"] }] }, "messages[0].content[0]"],
    [{ messages: [{ role: "user", content: [{ type: "tool_result", content: "x" }] }] }, "messages[0].content[0].tool_use_id"],
    [{ messages: [{ role: "assistant", content: [{ type: "tool_use", name: "f", input: {} }] }] }, "messages[0].content[0].id"],
    [{ messages: [{ role: "user", content: [{ type: "image", source: { type: "file", file_id: "f" } }] }] }, "messages[0].content"],
    [{ messages: [user], tools: [{ input_schema: {} }] }, "tools[0].name"],
    [{ messages: [user], tool_choice: { type: "maybe" } }, "tool_choice.type"],
    [{ messages: [user], tool_choice: { type: "tool" } }, "tool_choice.name"],
    [{ messages: [user], output_config: { effort: "huge" } }, "output_config.effort"],
    [{ messages: [user], max_tokens: "many" }, "max_tokens"],
  ])("Anthropic: %j", (fields, param) => {
    const body = JSON.stringify({ model: "m", max_tokens: 9, ...fields });
    const result = facade.translateRequest("anthropic_messages", "openai_chat", body, "n");
    expect(result).toMatchObject({ problem: { status: 400, param } });
  });
});

describe("a limit of tokens below the one that OpenAI's responses API takes", () => {
  test.each([
    ["gpt-4o", 1, 16],
    ["gpt-5.4", 15, 16],
    ["gpt-5.4", 16, 16],
    ["gpt-5.4", 17, 17],
    ["openai/gpt-oss-20b", 1, 16],
    ["qwen3", 1, 1], // of another's model nothing is known
    ["gpt-4o", 0, 0],
    ["gpt-4o", -1, -1],
  ])("%s asked for %d gets %d", (model, asked, sent) => {
    const body = JSON.stringify({ model: "m", max_tokens: asked, messages: [{ role: "user", content: "x" }] });
    const result = facade.translateRequest("anthropic_messages", "openai_responses", body, model);
    expect("body" in result && JSON.parse(result.body).max_output_tokens).toBe(sent);
  });
});

describe("what cannot be said of a Responses request is refused by name", () => {
  const user = { role: "user", content: "x" };
  test.each([
    [{ input: [{ role: "tool", content: "x" }] }, "input[0].role"],
    [{ input: [user, { role: "user", content: [{ type: "input_audio", input_audio: {} }] }] }, "input[1].content[0].type"],
    [{ input: [{ role: "user", content: [{ type: "input_image", detail: "auto" }] }] }, "input[0].content[0].image_url"],
    [{ input: [{ role: "user", content: [{ type: "input_file", filename: "a" }] }] }, "input[0].content[0].file_data"],
    [{ input: [{ role: "user", content: 5 }] }, "input[0].content"],
    [{ input: [{ type: "function_call", name: "f", arguments: "{}" }] }, "input[0].call_id"],
    [{ input: [{ type: "function_call", call_id: "a", arguments: "{}" }] }, "input[0].name"],
    [{ input: [{ type: "function_call_output", output: "x" }] }, "input[0].call_id"],
    [{ input: [{ type: "function_call_output", call_id: "a", output: {} }] }, "input[0].output"],
    [{ input: [user, { type: "local_shell_call", call_id: "a" }] }, "input[1].type"],
    [{ input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] }, "input[0].content"],
    [{ input: [user], tools: [{ type: "function" }] }, "tools[0].name"],
    [{ input: [user], tools: [{ type: "custom" }] }, "tools[0].name"],
    [{ input: [user], tools: [{ type: "local_shell" }] }, "tools[0].type"],
    [{ input: [user], tools: [{}] }, "tools[0].type"],
    [{ input: [user], tool_choice: { type: "custom" } }, "tool_choice.name"],
    [{ input: [user], tool_choice: { type: "shell" } }, "tool_choice.type"],
    [{ input: [user], tool_choice: { type: "function" } }, "tool_choice.name"],
    [{ input: [user], tool_choice: "always" }, "tool_choice"],
    [{ input: [user], text: { format: { type: "xml" } } }, "text.format.type"],
    [{ input: [user], text: { format: { type: "json_schema", name: "a" } } }, "text.format.schema"],
    [{ input: [user], reasoning: { effort: "huge" } }, "reasoning.effort"],
    [{ input: [user], max_output_tokens: "many" }, "max_output_tokens"],
    [{ previous_response_id: "resp_1", input: [user] }, "previous_response_id"],
    [{ conversation: "conv_1" }, "conversation"],
    [{ prompt: { id: "pmpt_1" }, input: "x" }, "prompt"],
    [{ background: true, input: "x" }, "background"],
  ])("%j", (fields, param) => {
    for (const to of ["openai_chat", "anthropic_messages"] as const) {
      const result = facade.translateRequest("openai_responses", to, JSON.stringify({ model: "m", ...fields }), "n");
      expect(result).toMatchObject({ problem: { status: 400, param } });
    }
  });

  test("a conversation that is kept elsewhere is read for routing all the same", () => {
    const body = '{"model":"m","previous_response_id":"resp_1","input":"Write a poem."}';
    expect(JSON.parse(facade.routingView("openai_responses", body))).toEqual([{ role: "user", content: "Write a poem." }]);
  });

  test("an OpenAI reasoning model is asked for effort and for no sampling", () => {
    const body = JSON.stringify({ model: "m", messages: [user], reasoning_effort: "minimal", temperature: 0.2, top_p: 0.5, stop: ["a"] });
    const result = facade.translateRequest("openai_chat", "openai_responses", body, "gpt-5.2");
    if ("problem" in result) throw new Error(result.problem.message);
    expect(JSON.parse(result.body)).toEqual({
      model: "gpt-5.2",
      input: [{ type: "message", ...user }],
      reasoning: { effort: "low" },
      include: ["reasoning.encrypted_content"],
      store: false,
    });
    expect(result.dropped).toEqual(["stop", "temperature", "top_p"]);
  });
});

describe("limits", () => {
  const openai = (messages: unknown[], fields = {}) => JSON.stringify({ model: "m", messages, ...fields });

  test.each([
    ["messages", openai(Array.from({ length: 100_001 }, () => ({ role: "user", content: "x" })))],
    ["messages", openai([{ role: "user", content: Array.from({ length: 200_001 }, () => ({ type: "text", text: "x" })) }])],
    ["stop", openai([{ role: "user", content: "x" }], { stop: Array.from({ length: 200_001 }, () => "x") })],
  ])("too many %s are refused", (param, body) => {
    expect(facade.translateRequest("openai_chat", "anthropic_messages", body, "n")).toMatchObject({ problem: { status: 400, param } });
  });

  test("a result inside of a result is refused", () => {
    const nested = { type: "tool_result", tool_use_id: "a", content: [{ type: "tool_result", tool_use_id: "b", content: "x" }] };
    const body = JSON.stringify({ model: "m", max_tokens: 9, messages: [{ role: "user", content: [nested] }] });
    expect(facade.translateRequest("anthropic_messages", "openai_chat", body, "n")).toMatchObject({
      problem: { param: "messages[0].content[0].type" },
    });
  });

  test("a hundred thousand unknown fields cost no more than they should", () => {
    const parts = Array.from({ length: 100_000 }, (_, i) => ({ type: "text", text: "x", [`field_${i % 2000}`]: 1 }));
    const start = performance.now();
    const result = facade.translateRequest("openai_chat", "anthropic_messages", openai([{ role: "user", content: parts }]), "n");
    expect(performance.now() - start).toBeLessThan(1000);
    expect("dropped" in result && result.dropped.join("\n").length).toBeLessThan(5000);
  });

  test("image/jpg goes on under its right name", () => {
    const image = { type: "image_url", image_url: { url: "data:image/jpg;base64,/9j/4AAQ" } };
    const result = facade.translateRequest("openai_chat", "anthropic_messages", openai([{ role: "user", content: [image] }]), "n");
    expect("body" in result && result.body).toContain('"media_type":"image/jpeg","data":"/9j/4AAQ"');
  });
});

describe("a file of plain text", () => {
  const file = (file_data: string) => ({
    openai_chat: { messages: [{ role: "user", content: [{ type: "file", file: { filename: "a.txt", file_data } }] }] },
    openai_responses: { input: [{ role: "user", content: [{ type: "input_file", filename: "a.txt", file_data }] }] },
  });
  const text = 'Zürich, "Ärte" \u0001 – 100 %';
  const base64 = Buffer.from(text).toString("base64");

  test.each(["openai_chat", "openai_responses"] as const)("of %s is its text to all who have a place for it", (from) => {
    const body = JSON.stringify({ model: "m", ...file(`data:text/plain;base64,${base64}`)[from] });
    const sent = (to: FormatName, model: string) => {
      const result = facade.translateRequest(from, to, body, model);
      if ("problem" in result) throw new Error(result.problem.message);
      return JSON.parse(result.body);
    };
    const [block] = sent("anthropic_messages", "claude-sonnet-4-6").messages[0].content;
    const source = { type: "text", media_type: "text/plain", data: text };
    expect(block).toEqual({ type: "document", source, title: "a.txt" });
    expect(sent("gemini", "gemini-3.6-flash").contents[0].parts).toEqual([{ text }]);
    const [{ document }] = sent("bedrock_converse", "us.amazon.nova-2-lite-v1:0").messages[0].content.filter(
      (part: object) => "document" in part,
    );
    expect(document).toMatchObject({ format: "txt", source: { text } });
    const back = facade.translateRequest("anthropic_messages", from, JSON.stringify(sent("anthropic_messages", "c")), "gpt-5.2");
    expect("body" in back && JSON.stringify(JSON.parse(back.body))).toContain(JSON.stringify(text));
  });

  test.each([
    ["no base64", "data:text/plain;base64,Zürich"],
    ["base64 that is cut", "data:text/plain;base64,QUJ"],
    ["no UTF-8", `data:text/plain;base64,${Buffer.from("Zürich", "latin1").toString("base64")}`],
  ])("that is %s is refused, and where it is", (_, data) => {
    for (const from of ["openai_chat", "openai_responses"] as const) {
      const result = facade.translateRequest(from, "gemini", JSON.stringify({ model: "m", ...file(data)[from] }), "gemini-3.6-flash");
      if (!("problem" in result)) throw new Error("accepted");
      expect(result.problem).toMatchObject({ status: 400, param: expect.stringMatching(/content\[0\].*file_data$/) });
      expect(result.problem.message).toContain("UTF-8 in base64");
    }
  });
});

describe("the efforts of Claude", () => {
  const sent = (fields: object, model: string) => {
    const text = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }], ...fields });
    const messages = facade.translateRequest("openai_chat", "anthropic_messages", text, model);
    const converse = facade.translateRequest("openai_chat", "bedrock_converse", text, `us.anthropic.${model}`);
    if ("problem" in messages || "problem" in converse) throw new Error("refused");
    const { thinking, output_config, tool_choice } = JSON.parse(messages.body);
    expect(anthropicRequestProblem(JSON.parse(messages.body), "2023-06-01")).toBeNull();
    const { additionalModelRequestFields, outputConfig } = JSON.parse(converse.body);
    expect({ thinking: additionalModelRequestFields?.thinking, output_config: outputConfig }).toEqual({ thinking, output_config });
    return { thinking, effort: output_config?.effort, tool_choice, dropped: messages.dropped };
  };
  const adaptive = { type: "adaptive" };

  test.each([
    ["claude-opus-4-6", "max", { thinking: adaptive, effort: "max" }],
    ["claude-opus-4-6", "xhigh", { thinking: adaptive, effort: "high" }],
    ["claude-mythos-preview", "xhigh", { thinking: adaptive, effort: "high" }],
    ["claude-opus-4-7", "xhigh", { thinking: adaptive, effort: "xhigh" }],
    ["claude-haiku-5-5", "max", { thinking: adaptive, effort: "max" }],
    ["claude-sonnet-5-5", "minimal", { thinking: adaptive, effort: "low" }],
    // What thinks unless it is told not to.
    ["claude-opus-4-8", "none", {}],
    ["claude-sonnet-5", "none", { thinking: { type: "disabled" } }],
    ["claude-opus-5", "none", { thinking: { type: "disabled" } }],
    ["claude-haiku-5-5", "none", { thinking: { type: "disabled" } }],
    ["claude-sonnet-5-5", "none", { effort: "low" }],
    ["claude-opus-5-5", "none", { effort: "low" }],
    ["claude-fable-5", "none", { effort: "low" }],
  ])("%s, %s", (model, reasoning_effort, expected) => {
    const { thinking, effort } = sent({ reasoning_effort }, model);
    expect({ thinking, effort }).toEqual({ thinking: undefined, effort: undefined, ...expected });
  });

  test.each([
    ["claude-opus-5", { type: "any" }, []],
    ["claude-haiku-5-5", { type: "any" }, []],
    ["claude-opus-5-5", { type: "auto" }, ["tool_choice (the model cannot be forced)"]],
    ["claude-sonnet-5-5", { type: "auto" }, ["tool_choice (the model cannot be forced)"]],
    ["claude-fable-5-1", { type: "auto" }, ["tool_choice (the model cannot be forced)"]],
  ])("%s, forced to call a tool", (model, tool_choice, dropped) => {
    const tools = [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }];
    expect(sent({ tools, tool_choice: "required" }, model)).toMatchObject({ tool_choice, dropped });
  });
});

describe("thinking that is turned off", () => {
  const body = JSON.stringify({ model: "m", max_tokens: 9, thinking: { type: "disabled" }, messages: [{ role: "user", content: "x" }] });
  test.each([
    ["openai_chat", "gpt-5.2", { reasoning_effort: "none" }],
    ["openai_chat", "gpt-5-mini", { reasoning_effort: "minimal" }],
    ["openai_chat", "gpt-5.1-codex", { reasoning_effort: "low" }],
    ["openai_chat", "gpt-5.3-codex", { reasoning_effort: "none" }],
    ["openai_chat", "o3", { reasoning_effort: "low" }],
    ["openai_responses", "gpt-5.2", { reasoning: { effort: "none" } }],
    ["gemini", "gemini-2.5-flash", { generationConfig: { maxOutputTokens: 9, thinkingConfig: { thinkingBudget: 0 } } }],
  ] as const)("%s, %s", (to, model, expected) => {
    const result = facade.translateRequest("anthropic_messages", to, body, model);
    expect("body" in result && JSON.parse(result.body)).toMatchObject(expected);
  });

  test.each([
    ["openai_chat", "llama-3.3-70b"],
    ["openai_responses", "gpt-4o"],
    ["gemini", "gemini-2.0-flash"],
  ] as const)("nothing is lost where there is none: %s, %s", (to, model) => {
    expect(facade.translateRequest("anthropic_messages", to, body, model)).toMatchObject({ dropped: [] });
  });
});

describe("options that OpenAI's models alone have", () => {
  const fields = { service_tier: "flex", prompt_cache_key: "k", text: { verbosity: "low" } };
  const sentTo = (model: string) => {
    const result = facade.translateRequest("openai_responses", "openai_chat", JSON.stringify({ model: "m", input: "x", ...fields }), model);
    if ("problem" in result) throw new Error(result.problem.message);
    const { prompt_cache_key, service_tier, verbosity } = JSON.parse(result.body);
    return { sent: { prompt_cache_key, service_tier, verbosity }, dropped: result.dropped };
  };

  test("go to those", () => {
    expect(sentTo("gpt-5.2").sent).toEqual({ prompt_cache_key: "k", service_tier: "flex", verbosity: "low" });
    expect(sentTo("gpt-4o")).toEqual({ sent: { prompt_cache_key: "k", service_tier: "flex" }, dropped: ["verbosity"] });
  });

  test("and to no others", () => {
    expect(sentTo("mistral-large-latest")).toEqual({ sent: {}, dropped: ["prompt_cache_key", "service_tier", "verbosity"] });
  });
});

describe("logprobs", () => {
  const chat = { model: "m", messages: [{ role: "user", content: "x" }] };
  const responses = { model: "m", input: "x" };
  const translated = (from: "openai_chat" | "openai_responses", to: FormatName, fields: object, model = "gpt-4o") => {
    const body = JSON.stringify({ ...(from === "openai_chat" ? chat : responses), ...fields });
    const result = facade.translateRequest(from, to, body, model);
    return "problem" in result ? result : { ...JSON.parse(result.body), dropped: result.dropped };
  };

  test("are asked of no model while it reasons", () => {
    const asked = { logprobs: true, top_logprobs: 2 };
    const included = { include: ["message.output_text.logprobs"], top_logprobs: 2 };
    for (const [fields, from, to] of [
      [asked, "openai_chat", "openai_responses"],
      [included, "openai_responses", "openai_chat"],
    ] as const) {
      expect(translated(from, to, fields, "gpt-5.2")).toMatchObject({ dropped: expect.arrayContaining(["logprobs", "top_logprobs"]) });
      const effort = from === "openai_chat" ? { reasoning_effort: "none" } : { reasoning: { effort: "none" } };
      expect(translated(from, to, { ...fields, ...effort }, "gpt-5.2")).toMatchObject({ top_logprobs: 2, dropped: [] });
    }
  });

  test("stand beside reasoning that is to come along", () => {
    const fields = { logprobs: true, reasoning_effort: "none" };
    expect(translated("openai_chat", "openai_responses", fields, "gpt-5.2")).toMatchObject({
      include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
    });
  });

  test.each([
    ["openai_chat", { logprobs: false }],
    ["openai_chat", { logprobs: null, top_logprobs: null }],
    ["openai_responses", { include: [], top_logprobs: null }],
    ["openai_responses", { include: null }],
  ] as const)("are not asked for by %s with %j", (from, fields) => {
    const { dropped, ...body } = translated(from, "gemini", fields, "gemini-2.0-flash");
    expect(dropped).toEqual([]);
    expect(body.generationConfig).toEqual({});
  });

  test("alternatives alone are nothing", () => {
    expect(translated("openai_responses", "openai_chat", { top_logprobs: 2 })).toMatchObject({ dropped: ["top_logprobs"] });
  });

  test("what is neither is refused", () => {
    expect(translated("openai_chat", "gemini", { logprobs: 3 })).toMatchObject({ problem: { status: 400, param: "logprobs" } });
    expect(translated("openai_responses", "gemini", { include: "x" })).toMatchObject({ problem: { status: 400, param: "include" } });
  });
});

describe("a search of the web", () => {
  const search = { type: "web_search" };
  const lookup = { type: "function", name: "f", parameters: { type: "object", properties: {} } };
  const toolsOf = (to: FormatName, model: string, tools: object[]) => {
    const result = facade.translateRequest("openai_responses", to, JSON.stringify({ model: "m", input: "x", tools }), model);
    if ("problem" in result) throw new Error(result.problem.message);
    const { tools: sent = [], web_search_options } = JSON.parse(result.body);
    return { sent, dropped: result.dropped, ...(web_search_options === undefined ? {} : { web_search_options }) };
  };
  const dropped = ["tools[].type=web_search"];

  test("is asked of who can", () => {
    expect(toolsOf("anthropic_messages", "claude-sonnet-4-5", [search])).toEqual({
      sent: [{ type: "web_search_20250305", name: "web_search" }],
      dropped: [],
    });
    expect(toolsOf("gemini", "gemini-2.5-flash", [search])).toEqual({ sent: [{ googleSearch: {} }], dropped: [] });
    expect(toolsOf("openai_chat", "gpt-5-search-api", [search])).toEqual({ sent: [], dropped: [], web_search_options: {} });
  });

  test.each([
    ["anthropic_messages", "claude-3-haiku-20240307"],
    ["anthropic_messages", "kimi-k2"],
    ["gemini", "gemini-1.5-pro"],
    ["openai_chat", "gpt-4o"],
    ["bedrock_converse", "anthropic.claude-sonnet-4-5"],
  ] as const)("is asked of no others: %s, %s", (to, model) => {
    expect(toolsOf(to, model, [search])).toEqual({ sent: [], dropped });
  });

  test.each([
    ["anthropic_messages", "claude-sonnet-4-5"],
    ["gemini", "gemini-3-pro-preview"],
  ] as const)("is left out beside functions: %s", (to, model) => {
    const { sent, dropped: left } = toolsOf(to, model, [search, lookup]);
    expect({ count: sent.length, left }).toEqual({ count: 1, left: dropped });
    expect(JSON.stringify(sent)).not.toMatch(/search/i);
  });
});

describe("schemas that are enforced", () => {
  const user = { role: "user", content: "x" };
  const loose = {
    type: "object",
    title: "A",
    properties: {
      minimum: { type: "integer", minimum: 0, maximum: 9 },
      list: { type: "array", minItems: 1, items: { oneOf: [{ type: "string", maxLength: 3 }, { $ref: "#/$defs/B" }] } },
    },
    required: ["minimum"],
    additionalProperties: true,
    $defs: { B: { properties: {} }, additionalProperties: { type: "object" } },
  };
  const closed = {
    type: "object",
    title: "A",
    properties: {
      minimum: { type: "integer" },
      list: { type: "array", items: { anyOf: [{ type: "string" }, { $ref: "#/$defs/B" }] } },
    },
    required: ["minimum"],
    $defs: { B: { properties: {}, additionalProperties: false }, additionalProperties: { type: "object", additionalProperties: false } },
    additionalProperties: false,
  };
  const sentTo = (to: FormatName, model: string, from: FormatName, fields: object) => {
    const result = facade.translateRequest(from, to, JSON.stringify({ model: "m", max_tokens: 9, messages: [user], ...fields }), model);
    if ("problem" in result) throw new Error(result.problem.message);
    return { ...JSON.parse(result.body), dropped: result.dropped };
  };

  test("Claude's are closed and without limits", () => {
    const response_format = { type: "json_schema", json_schema: { name: "a", strict: true, schema: loose } };
    const tools = [{ type: "function", function: { name: "f", parameters: loose, strict: true } }];
    const { output_config, tools: sent } = sentTo("anthropic_messages", "claude-sonnet-4-5", "openai_chat", { response_format, tools });
    expect(output_config.format).toEqual({ type: "json_schema", schema: closed });
    expect(sent).toEqual([{ name: "f", input_schema: closed, strict: true }]);
  });

  test("a model that takes none is told the schema, and JSON mode, in words", () => {
    const response_format = { type: "json_schema", json_schema: { name: "a", schema: { type: "object", title: 'The "A"' } } };
    const told = sentTo("anthropic_messages", "claude-opus-4-1", "openai_chat", { response_format });
    expect(told.system[0].text).toContain('{"type":"object","title":"The \\"A\\""}');
    expect(told.dropped).toEqual([]);
    const messages = [{ role: "system", content: "Be brief." }, user];
    const json = sentTo("anthropic_messages", "claude-opus-4-7", "openai_chat", { messages, response_format: { type: "json_object" } });
    expect(json.system.map(({ text }: { text: string }) => text)).toEqual(["Be brief.", expect.stringContaining("JSON object")]);
  });

  const strict = {
    type: "object",
    properties: { a: { type: "string" }, b: { anyOf: [{ type: "object", properties: {}, required: [], additionalProperties: false }] } },
    required: ["a", "b"],
    additionalProperties: false,
  };
  test.each([
    [strict, true],
    [{ ...strict, required: ["a"] }, undefined],
    [{ ...strict, additionalProperties: true }, undefined],
    [{ ...strict, properties: { a: {}, b: { items: { type: "object", properties: { c: {} } } } } }, undefined],
    [{ ...strict, properties: { a: {}, b: { oneOf: [] } } }, undefined],
  ])("OpenAI's are strict only when they can be: %j", (schema, isStrict) => {
    const fields = {
      tools: [{ name: "f", input_schema: schema, strict: true }],
      output_config: { format: { type: "json_schema", schema } },
    };
    const chat = sentTo("openai_chat", "gpt-4o", "anthropic_messages", fields);
    expect(chat.tools[0].function.strict).toBe(isStrict);
    expect(chat.response_format.json_schema.strict).toBe(isStrict);
    expect(chat.dropped).toEqual(isStrict ? [] : ["tools[].strict"]);
    const responses = sentTo("openai_responses", "gpt-4o", "anthropic_messages", fields);
    expect(responses.tools[0].strict).toBe(isStrict === true);
    expect(responses.text.format.strict).toBe(isStrict === true);
  });

  test("a schema that is too deep to follow goes over", () => {
    let schema: object = { type: "string" };
    for (let i = 0; i < 50; i++) schema = { type: "object", properties: { a: schema } };
    const response_format = { type: "json_schema", json_schema: { name: "a", schema } };
    expect(sentTo("anthropic_messages", "claude-sonnet-4-5", "openai_chat", { response_format }).output_config.format.schema.type).toBe(
      "object",
    );
  });
});

describe("marks of a prompt's cached part", () => {
  const cache_control = { type: "ephemeral", ttl: "1h" };
  const text = (n: number) => ({ type: "text", text: `${n}`, cache_control });
  const body = (content: object[]) =>
    JSON.stringify({
      model: "m",
      messages: [
        { role: "system", content: [text(0)] },
        { role: "user", content },
      ],
      tools: [{ type: "function", function: { name: "f" }, cache_control }],
    });

  test("in OpenAI's form go to Claude, four at most", () => {
    const result = facade.translateRequest("openai_chat", "anthropic_messages", body([text(1)]), "claude-sonnet-4-5");
    if ("problem" in result) throw new Error(result.problem.message);
    const { system, messages, tools } = JSON.parse(result.body);
    expect([system[0], messages[0].content[0], tools[0]].map((one) => one.cache_control)).toEqual([
      cache_control,
      cache_control,
      cache_control,
    ]);
    expect(result.dropped).toEqual([]);
    const many = facade.translateRequest("openai_chat", "anthropic_messages", body([1, 2, 3, 4].map(text)), "claude-sonnet-4-5");
    if ("problem" in many) throw new Error(many.problem.message);
    expect(many.body.match(/cache_control/g)).toHaveLength(4);
    expect(many.dropped).toEqual(["cache_control (more than four)"]);
  });

  test("are left out for those who cache by themselves", () => {
    const result = facade.translateRequest("openai_chat", "gemini", body([text(1)]), "gemini-3.6-flash");
    expect("dropped" in result && result.dropped).toEqual(["messages[].content[].cache_control", "tools[].cache_control"]);
  });
});

describe("what Gemini takes", () => {
  const user = { role: "user", content: "x" };
  const openai = (fields: object, model = "gemini-3.6-flash") =>
    facade.translateRequest("openai_chat", "gemini", JSON.stringify({ model: "m", messages: [user], ...fields }), model);
  const configOf = (result: ReturnType<typeof openai>) => {
    if ("problem" in result) throw new Error(result.problem.message);
    return { config: JSON.parse(result.body).generationConfig, dropped: result.dropped };
  };

  test.each([
    ["gemini-3.6-flash", "none", { thinkingLevel: "LOW" }],
    ["gemini-3.5-flash", "none", { thinkingLevel: "MINIMAL" }],
    ["gemini-3.1-flash-lite", "minimal", { thinkingLevel: "MINIMAL", includeThoughts: true }],
    ["gemini-3.8-flash", "none", { thinkingLevel: "LOW" }],
    ["gemini-3.1-pro-preview", "none", { thinkingLevel: "LOW" }],
    ["gemini-3.6-flash", "minimal", { thinkingLevel: "LOW", includeThoughts: true }],
    ["gemini-3-pro-preview", "medium", { thinkingLevel: "HIGH", includeThoughts: true }],
    ["gemini-3.1-pro-preview", "medium", { thinkingLevel: "MEDIUM", includeThoughts: true }],
    ["gemini-flash-latest", "max", { thinkingLevel: "HIGH", includeThoughts: true }],
    ["gemini-2.5-flash", "none", { thinkingBudget: 0 }],
    ["gemini-2.5-pro", "none", { thinkingBudget: 128 }],
    ["gemini-2.5-flash", "low", { thinkingBudget: 1024, includeThoughts: true }],
    ["gemini-2.5-flash", "medium", { thinkingBudget: 8192, includeThoughts: true }],
    ["gemini-2.5-flash", "xhigh", { thinkingBudget: 24576, includeThoughts: true }],
    ["gemini-2.5-pro", "xhigh", { thinkingBudget: 32768, includeThoughts: true }],
  ])("%s: effort %s", (model, reasoning_effort, thinkingConfig) => {
    expect(configOf(openai({ reasoning_effort }, model))).toEqual({ config: { thinkingConfig }, dropped: [] });
  });

  test.each([
    ["gemini-2.5-flash", 2048, { thinkingBudget: 2048, includeThoughts: true }],
    ["gemini-2.5-flash", 60000, { thinkingBudget: 24576, includeThoughts: true }],
    ["gemini-3.6-flash", 2048, { thinkingLevel: "LOW", includeThoughts: true }],
    ["gemini-3.6-flash", 30000, { thinkingLevel: "HIGH", includeThoughts: true }],
  ])("%s: a budget of %i tokens", (model, budget_tokens, thinkingConfig) => {
    const body = { model: "m", max_tokens: 64000, messages: [user], thinking: { type: "enabled", budget_tokens } };
    const { config } = configOf(facade.translateRequest("anthropic_messages", "gemini", JSON.stringify(body), model));
    expect(config).toEqual({ maxOutputTokens: 64000, thinkingConfig });
  });

  test.each(["gemini-2.0-flash", "gemma-3-27b-it"])("%s does not think", (model) => {
    expect(configOf(openai({ reasoning_effort: "high" }, model))).toEqual({ config: {}, dropped: ["reasoning"] });
  });

  test("a schema together with functions since Gemini 3", () => {
    const fields = { response_format: { type: "json_object" }, tools: [{ type: "function", function: { name: "f" } }] };
    expect(configOf(openai(fields)).config).toEqual({ responseMimeType: "application/json" });
    expect(configOf(openai(fields, "gemini-2.5-pro"))).toEqual({ config: {}, dropped: ["response_format (not with tools)"] });
  });

  test("six stop sequences are one too many", () => {
    const { config, dropped } = configOf(openai({ stop: ["a", "b", "c", "d", "e", "f"] }));
    expect(config.stopSequences).toEqual(["a", "b", "c", "d", "e"]);
    expect(dropped).toEqual(["stop_sequences (more than five)"]);
  });

  const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
  const signed = { ...call, extra_content: { google: { thought_signature: "c2ln" } } };
  test.each([
    ["gemini-3.6-flash", call, "skip_thought_signature_validator"],
    ["gemini-3.6-flash", signed, "c2ln"],
    ["gemini-2.5-flash", call, undefined],
    ["gemini-2.5-flash", signed, "c2ln"],
  ])("%s: signatures of calls", (model, tool_call, signature) => {
    const messages = [user, { role: "assistant", tool_calls: [tool_call] }, { role: "tool", tool_call_id: "a", content: "y" }];
    const result = openai({ messages }, model);
    expect("body" in result && JSON.parse(result.body).contents[1].parts[0].thoughtSignature).toBe(signature);
  });

  test("an id that is written another way is the same", () => {
    const escaped = `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[${JSON.stringify(call)}]},{"role":"tool","tool_call_id":"\\u0061","content":"y"}]}`;
    const result = facade.translateRequest("openai_chat", "gemini", escaped, "gemini-3.6-flash");
    expect("body" in result && JSON.parse(result.body).contents[2].parts[0].functionResponse).toEqual({
      id: "a",
      name: "f",
      response: { output: "y" },
    });
  });

  const image = (url: string) => [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
  test.each([
    ["https://example.com/a.JPG", null],
    ["https://example.com/a", null],
    ["https://example.com/a.gif?x.png", null],
    ["https://example.com/a.webp?size=1", "image/webp"],
    ["https://example.com/a.jpeg#top", "image/jpeg"],
  ])("an image behind a URL has its type from its name: %s", (url, mimeType) => {
    const result = openai({ messages: image(url) });
    if (mimeType === null) expect(result).toMatchObject({ problem: { status: 400, param: "messages[0].content" } });
    else expect("body" in result && JSON.parse(result.body).contents[0].parts).toEqual([{ fileData: { mimeType, fileUri: url } }]);
  });

  test.each([
    [[user, { role: "tool", tool_call_id: "a", content: "y" }], "messages[1].content"],
    [[user, { role: "assistant", tool_calls: [call] }, { role: "tool", tool_call_id: "b", content: "y" }], "messages[2].content"],
    [[{ role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }], "messages[0].content"],
    [[{ role: "user", content: [{ type: "input_audio", input_audio: { data: "AA==", format: "flac" } }] }], "messages[0].content"],
    [[{ role: "system", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] }, user], "messages[0].content"],
  ])("refused by name: %j", (messages, param) => {
    expect(openai({ messages })).toMatchObject({ problem: { status: 400, param } });
  });
});
