// A provider that takes tool-call ids of one length only: the calls of a conversation and their results keep belonging together.

import { beforeAll, describe, expect, test } from "vitest";
import { Facade, type FormatName } from "./facade.ts";

const RULES = { toolIdLength: 9 };
const OWN = "aB3dE6gH9";
const FOREIGN = ["call_0fypS1hVXaZ8mQ", "toolu_01A-b_c", "short", "", "nine_char", "é".repeat(9), OWN];

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

interface ChatMessage {
  role: string;
  tool_call_id?: string;
  tool_calls?: { id: string }[];
}

function translate(from: FormatName, body: object): ChatMessage[] {
  const result = facade.translateRequest(from, "openai_chat", JSON.stringify(body), "n", RULES);
  if (!("body" in result)) throw new Error(JSON.stringify(result));
  return JSON.parse(result.body).messages;
}

function expectMatching(messages: ChatMessage[], ids: readonly string[]): void {
  const calls = messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id));
  const results = messages.flatMap(({ tool_call_id }) => tool_call_id ?? []);
  expect(calls).toHaveLength(ids.length);
  expect(results).toEqual(calls);
  expect(new Set(calls).size).toBe(ids.length);
  for (const [index, id] of calls.entries()) {
    expect(id).toMatch(/^[0-9A-Za-z]{9}$/);
    if (ids[index] === OWN) expect(id).toBe(OWN);
  }
}

test("in the provider's own format", () => {
  const messages = translate("openai_chat", {
    model: "m",
    messages: [
      { role: "user", content: "x" },
      {
        role: "assistant",
        tool_calls: FOREIGN.map((id) => ({ id, type: "function", function: { name: "id", arguments: '{"id":"kept"}' } })),
      },
      ...FOREIGN.map((id) => ({ role: "tool", tool_call_id: id, content: "r" })),
    ],
  });
  expectMatching(messages, FOREIGN);
  expect(messages[1]?.tool_calls?.[0]).toMatchObject({ type: "function", function: { name: "id", arguments: '{"id":"kept"}' } });
});

test("from another format, and the same in both", () => {
  const ids = FOREIGN.filter((id) => /^[\w-]+$/.test(id));
  const anthropic = translate("anthropic_messages", {
    model: "m",
    max_tokens: 5,
    messages: [
      { role: "user", content: "x" },
      { role: "assistant", content: ids.map((id) => ({ type: "tool_use", id, name: "f", input: {} })) },
      { role: "user", content: ids.map((id) => ({ type: "tool_result", tool_use_id: id, content: "r" })) },
    ],
  });
  expectMatching(anthropic, ids);
  const [first] = translate("openai_chat", { model: "m", messages: [{ role: "tool", tool_call_id: ids[0], content: "r" }] });
  expect(anthropic.find(({ role }) => role === "tool")?.tool_call_id).toBe(first?.tool_call_id);
});

test("what is no call goes over as it came", () => {
  for (const message of [
    { role: "assistant", content: "x", tool_calls: null },
    { role: "assistant", content: "x", tool_calls: [] },
    { role: "assistant", content: "x", tool_calls: [1, {}, { id: null }, { id: 5, x: [] }] },
    { role: "tool", tool_call_id: null },
  ]) {
    expect(translate("openai_chat", { model: "m", messages: [message] })).toEqual([message]);
  }
});

describe("ids that servers have given twice, or not at all", () => {
  const call = (id: string, step: number) => ({ id, type: "function", function: { name: "f", arguments: `{"step":${step}}` } });
  const result = (id: string, step: number) => ({ role: "tool", tool_call_id: id, content: `result ${step}` });
  /** Turns of calls, each with the id of each call, and their results in the same order. */
  const conversation = (turns: string[][], withResults = true) => {
    let step = 0;
    const messages: object[] = [{ role: "user", content: "x" }];
    for (const ids of turns) {
      const from = step;
      messages.push({ role: "assistant", tool_calls: ids.map((id) => call(id, step++)) });
      if (withResults) messages.push(...ids.map((id, i) => result(id, from + i)));
    }
    return messages;
  };
  type Block = { type: string; id?: string; tool_use_id?: string; input?: { step: number }; content?: { text: string }[] };
  const blocksOf = (messages: object[]) => {
    const text = JSON.stringify({ model: "m", messages });
    const made = facade.translateRequest("openai_chat", "anthropic_messages", text, "claude-sonnet-4-5");
    if (!("body" in made)) throw new Error(made.problem.message);
    return (JSON.parse(made.body).messages as { content: Block[] }[]).flatMap(({ content }) => content);
  };

  test.each([
    ["in one turn", [["a", "a", "b"]]],
    ["turn after turn", [["call_0"], ["call_0"], ["call_0", "call_1"]]],
    ["empty", [["", ""], [""]]],
    ["different ones", [["a", "b"], ["c"]]],
  ])("%s: each call has its own result", (_, turns) => {
    const blocks = blocksOf(conversation(turns));
    const calls = blocks.filter(({ type }) => type === "tool_use");
    const results = blocks.filter(({ type }) => type === "tool_result");
    expect(new Set(calls.map(({ id }) => id)).size).toBe(turns.flat().length);
    for (const [step, { id, input }] of calls.entries()) {
      expect(input).toEqual({ step });
      expect(results.find(({ tool_use_id }) => tool_use_id === id)?.content).toMatchObject([{ text: `result ${step}` }]);
    }
  });

  test("an id is left alone where it first stands, and a call without a result takes none of a later one", () => {
    const [, first, ...rest] = conversation([["a"], ["a"]]);
    const ids = blocksOf([{ role: "user", content: "x" }, first as object, { role: "user", content: "go on" }, ...rest.slice(1)]).flatMap(
      ({ id, tool_use_id }) => id ?? tool_use_id ?? [],
    );
    expect(ids).toEqual(["a", "a_2", "a_2"]);
  });

  test("very many calls are sent as they are", () => {
    const ids = Array.from({ length: 5000 }, () => "a");
    const calls = blocksOf(conversation([ids], false)).filter(({ type }) => type === "tool_use");
    expect(new Set(calls.map(({ id }) => id))).toEqual(new Set(["a"]));
  });
});
