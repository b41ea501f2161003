import { openaiIds } from "../identifiers.ts";
import { countTokens, splitTokens } from "../tokens.ts";
import type { JsonObject, StreamFrame } from "../wire.ts";
import type { Completion } from "./answer.ts";

type Choice = Completion["choices"][number];

const FINGERPRINT = "fp_demo000000";
const FINISH_REASONS = { end: "stop", length: "length", "stop sequence": "stop", tools: "tool_calls" } as const;
const OBFUSCATION_CHARS_MAX = 16;

/** The whole body of a chat completion. */
export function writeCompletion(completion: Completion): string {
  const choices = completion.choices.map((choice, index) => ({
    index,
    message: {
      role: "assistant",
      content: choice.calls.length > 0 ? null : choice.pieces.join(""),
      ...(choice.calls.length > 0 ? { tool_calls: choice.calls.map((_, call) => toolCall(choice, call)) } : {}),
      refusal: null,
      annotations: [],
    },
    ...logprobsOf(completion, choice.pieces),
    finish_reason: FINISH_REASONS[choice.stop],
  }));
  const body = {
    id: completion.id,
    object: "chat.completion",
    created: completion.createdSeconds,
    model: completion.model,
    choices,
    usage: completion.usage,
    service_tier: "default",
    system_fingerprint: FINGERPRINT,
  };
  return JSON.stringify(body, null, 2);
}

/**
 * The same completion as a stream: a role delta first, then a piece a chunk, the finish reason alone, and with `include_usage`
 * one chunk without choices that holds the usage (null in the others). Choices take turns, as they do where n is above 1.
 */
export function streamCompletion(completion: Completion, includeUsage: boolean, obfuscate: boolean): StreamFrame[] {
  const frames: StreamFrame[] = [];
  const push = (mark: StreamFrame["mark"], choices: JsonObject[], usage: unknown) => {
    const chunk = {
      id: completion.id,
      object: "chat.completion.chunk",
      created: completion.createdSeconds,
      model: completion.model,
      service_tier: "default",
      system_fingerprint: FINGERPRINT,
      choices,
      ...(includeUsage ? { usage } : {}),
      ...(obfuscate ? { obfuscation: openaiIds.obfuscation(1 + Math.floor(Math.random() * OBFUSCATION_CHARS_MAX)) } : {}),
    };
    frames.push({ data: `data: ${JSON.stringify(chunk)}\n\n`, mark });
  };
  const queues = completion.choices.map((choice) => deltasOf(choice));
  for (let step = 0; queues.some((queue) => step < queue.length); step++) {
    for (const [index, queue] of queues.entries()) {
      const entry = queue[step];
      if (entry === undefined) continue;
      const { delta, mark, finish, pieces } = entry;
      push(mark, [{ index, delta, ...logprobsOf(completion, pieces), finish_reason: finish }], null);
    }
  }
  if (includeUsage) push("closing", [], completion.usage);
  frames.push({ data: "data: [DONE]\n\n", mark: "terminal" });
  return frames;
}

interface Delta {
  delta: JsonObject;
  mark: StreamFrame["mark"];
  finish: string | null;
  pieces: string[];
}

function deltasOf(choice: Choice): Delta[] {
  const deltas: Delta[] = [];
  const push = (delta: JsonObject, mark: StreamFrame["mark"], pieces: string[] = [], finish: string | null = null) =>
    deltas.push({ delta, mark, finish, pieces });
  if (choice.calls.length === 0) {
    push({ role: "assistant", content: "", refusal: null }, "preamble");
    for (const piece of choice.pieces) push({ content: piece }, "content", [piece]);
  } else {
    // The first call comes with the role, as in the streaming example of the function calling guide.
    for (const index of choice.calls.keys()) {
      const call = toolCall(choice, index);
      const kind = String(call.type);
      const field = kind === "function" ? "arguments" : "input";
      const described = call[kind] as JsonObject;
      const opening = { tool_calls: [{ index, ...call, [kind]: { ...described, [field]: "" } }] };
      push(index === 0 ? { role: "assistant", content: null, ...opening, refusal: null } : opening, "content");
      for (const piece of splitTokens(String(described[field]))) push({ tool_calls: [{ index, [kind]: { [field]: piece } }] }, "content");
    }
  }
  push({}, "closing", [], FINISH_REASONS[choice.stop]);
  return deltas;
}

function toolCall(choice: Choice, index: number): JsonObject {
  const call = choice.calls[index];
  const id = choice.callIds[index];
  if (typeof call?.input === "string") return { id, type: "custom", custom: { name: call.tool, input: call.input } };
  return { id, type: "function", function: { name: call?.tool, arguments: JSON.stringify(call?.input) } };
}

function logprobsOf(completion: Completion, pieces: string[]): JsonObject {
  if (!completion.logprobs || pieces.length === 0) return completion.reasoning ? {} : { logprobs: null };
  const content = pieces.map((token) => {
    // Longer tokens are made a little less likely, so that the numbers differ.
    const likely = { token, logprob: -countTokens(token) / 100, bytes: [...Buffer.from(token)] };
    return { ...likely, top_logprobs: completion.topLogprobs > 0 ? [likely] : [] };
  });
  return { logprobs: { content, refusal: null } };
}
