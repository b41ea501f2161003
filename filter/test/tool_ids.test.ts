// A provider that takes tool-call ids of one length only: the calls of a conversation and their results keep belonging together.

import { beforeAll, expect, test } from "vitest";
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
