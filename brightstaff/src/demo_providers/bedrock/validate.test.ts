import { expect, test } from "vitest";
import { thinkingSignature } from "../anthropic/signature.ts";
import { converseRequestProblem } from "./validate.ts";

const MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

const call = (toolUseId: string) => ({ toolUse: { toolUseId, name: "f", input: {} } });
const result = (toolUseId: string) => ({ role: "user", content: [{ toolResult: { toolUseId, content: [{ text: "4" }] } }] });
const thought = { reasoningContent: { reasoningText: { text: "Hm.", signature: thinkingSignature.sign("Hm.") } } };

const problemOf = (...turn: object[]) =>
  converseRequestProblem(
    {
      messages: [{ role: "user", content: [{ text: "2+2?" }] }, ...turn],
      toolConfig: { tools: [{ toolSpec: { name: "f", inputSchema: { json: { type: "object" } } } }] },
      inferenceConfig: { maxTokens: 4000 },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } },
    },
    MODEL,
  );

test("a turn that calls tools begins with its reasoning, where there is a budget", () => {
  const problem = problemOf({ role: "assistant", content: [call("a")] }, result("a"));
  expect(problem?.message).toMatch(/messages\.1\.content\.0\.type: Expected `thinking` or `redacted_thinking`, but found `toolUse`/);
});

test("further calls of the turn need none", () => {
  const first = { role: "assistant", content: [thought, call("a")] };
  expect(problemOf(first, result("a"), { role: "assistant", content: [call("b")] }, result("b"))).toBeNull();
});
