import { splitTokens } from "../tokens.ts";
import type { JsonObject, StreamFrame } from "../wire.ts";
import type { MessageAnswer, MessageUsage } from "./answer.ts";

const STOP_REASONS = { end: "end_turn", length: "max_tokens", "stop sequence": "stop_sequence", tools: "tool_use" } as const;
/** Recorded streams come in pieces of some tokens each. */
const PIECES_PER_DELTA = 2;

/** The whole body of a message. */
export function writeMessage(message: MessageAnswer): string {
  const { answer, thinking, callIds } = message;
  const content: JsonObject[] = [];
  if (thinking !== null) content.push({ type: "thinking", thinking: thinking.pieces.join(""), signature: thinking.signature });
  if (answer.pieces.length > 0) content.push({ type: "text", text: answer.pieces.join("") });
  for (const [index, call] of answer.calls.entries())
    content.push({ type: "tool_use", id: callIds[index], name: call.tool, input: call.input });
  return JSON.stringify(envelope(message, content, STOP_REASONS[answer.stop], message.usage.outputTokens));
}

/** The same message as a stream (platform.claude.com/docs/en/build-with-claude/streaming): one ping after the first block's start. */
export function streamMessage(message: MessageAnswer): StreamFrame[] {
  const frames: StreamFrame[] = [];
  const push = (mark: StreamFrame["mark"], event: JsonObject & { type: string }) =>
    frames.push({ data: `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`, mark });
  push("preamble", { type: "message_start", message: envelope(message, [], null, 1) });
  for (const [index, block] of blocksOf(message).entries()) {
    push(block.opens, { type: "content_block_start", index, content_block: block.start });
    if (index === 0) push("preamble", { type: "ping" });
    for (const delta of block.deltas) push("content", { type: "content_block_delta", index, delta });
    push("closing", { type: "content_block_stop", index });
  }
  const { answer, usage } = message;
  push("closing", {
    type: "message_delta",
    delta: { stop_reason: STOP_REASONS[answer.stop], stop_sequence: answer.stopSequence, stop_details: null },
    usage: { ...inputUsage(usage), output_tokens: usage.outputTokens, ...thinkingUsage(message) },
  });
  push("terminal", { type: "message_stop" });
  return frames;
}

interface Block {
  start: JsonObject;
  deltas: JsonObject[];
  /** A tool's start names the tool and is content; the starts of text and thinking are empty. */
  opens: StreamFrame["mark"];
}

function blocksOf({ answer, thinking, callIds }: MessageAnswer): Block[] {
  const blocks: Block[] = [];
  if (thinking !== null) {
    const deltas: JsonObject[] = thinking.pieces.map((piece) => ({ type: "thinking_delta", thinking: piece }));
    deltas.push({ type: "signature_delta", signature: thinking.signature });
    blocks.push({ start: { type: "thinking", thinking: "", signature: "" }, deltas, opens: "preamble" });
  }
  if (answer.pieces.length > 0) {
    const deltas = grouped(answer.pieces).map((text) => ({ type: "text_delta", text }));
    blocks.push({ start: { type: "text", text: "" }, deltas, opens: "preamble" });
  }
  for (const [index, call] of answer.calls.entries()) {
    // The first piece of a tool's input is empty in recorded streams.
    const pieces = ["", ...grouped(splitTokens(JSON.stringify(call.input)))];
    const start = { type: "tool_use", id: callIds[index], name: call.tool, input: {} };
    blocks.push({ start, deltas: pieces.map((piece) => ({ type: "input_json_delta", partial_json: piece })), opens: "content" });
  }
  return blocks;
}

function grouped(pieces: string[]): string[] {
  const groups: string[] = [];
  for (let at = 0; at < pieces.length; at += PIECES_PER_DELTA) groups.push(pieces.slice(at, at + PIECES_PER_DELTA).join(""));
  return groups;
}

function envelope(message: MessageAnswer, content: JsonObject[], stopReason: string | null, outputTokens: number): JsonObject {
  const { usage } = message;
  return {
    model: message.model,
    id: message.id,
    type: "message",
    role: "assistant",
    content,
    stop_reason: stopReason,
    stop_sequence: stopReason === null ? null : message.answer.stopSequence,
    stop_details: null,
    usage: {
      ...inputUsage(usage),
      cache_creation: {
        ephemeral_5m_input_tokens: usage.cacheTtl === "5m" ? usage.cacheWrittenTokens : 0,
        ephemeral_1h_input_tokens: usage.cacheTtl === "1h" ? usage.cacheWrittenTokens : 0,
      },
      output_tokens: outputTokens,
      ...(stopReason === null ? {} : thinkingUsage(message)),
      service_tier: "standard",
      inference_geo: "not_available",
    },
  };
}

function inputUsage(usage: MessageUsage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWrittenTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
  };
}

function thinkingUsage({ thinking, usage }: MessageAnswer): JsonObject {
  return thinking === null ? {} : { output_tokens_details: { thinking_tokens: usage.thinkingTokens } };
}
