import type { JsonObject, StreamFrame } from "../wire.ts";
import type { ConverseAnswer } from "./answer.ts";
import { encodeEvent } from "./event_stream.ts";

const STOP_REASONS = { end: "end_turn", length: "max_tokens", "stop sequence": "stop_sequence", tools: "tool_use" } as const;
/** Recorded streams come in pieces of a few tokens each. */
const PIECES_PER_EVENT = 3;
const METRICS = { latencyMs: 1 };

/** The whole body of an answer. */
export function writeMessage(converse: ConverseAnswer): string {
  const { answer, callIds, reasoning, usage } = converse;
  const content: JsonObject[] = [];
  if (reasoning !== null) {
    content.push({ reasoningContent: { reasoningText: { text: reasoning.pieces.join(""), signature: reasoning.signature } } });
  }
  if (answer.pieces.length > 0) content.push({ text: answer.pieces.join("") });
  content.push(...answer.calls.map(({ tool, input }, index) => ({ toolUse: { toolUseId: callIds[index], name: tool, input } })));
  return JSON.stringify({
    output: { message: { role: "assistant", content } },
    stopReason: STOP_REASONS[answer.stop],
    usage,
    metrics: METRICS,
    ...stopFields(converse, (fields) => fields),
  });
}

function stopFields({ answer, tellsStopSequence }: ConverseAnswer, place: (fields: JsonObject) => JsonObject): JsonObject {
  return tellsStopSequence ? { additionalModelResponseFields: place({ stop_sequence: answer.stopSequence }) } : {};
}

/** Pads an event so that its size says less about its text, as in recorded streams. */
function padding(index: number): string {
  return "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".slice(0, 1 + (index % 20));
}

/** The same answer as a stream: text begins without a start, calls have one. */
export function streamMessage(converse: ConverseAnswer): StreamFrame[] {
  const { answer, callIds, reasoning, usage } = converse;
  const frames: StreamFrame[] = [];
  let contentBlockIndex = -1;
  const push = (type: string, event: JsonObject, mark: StreamFrame["mark"]) =>
    frames.push({ data: encodeEvent(type, JSON.stringify({ ...event, p: padding(frames.length) })), mark });
  const block = (deltas: JsonObject[], start?: JsonObject) => {
    contentBlockIndex++;
    if (start !== undefined) push("contentBlockStart", { contentBlockIndex, start }, "content");
    for (const delta of deltas) push("contentBlockDelta", { contentBlockIndex, delta }, "content");
    push("contentBlockStop", { contentBlockIndex }, "closing");
  };
  push("messageStart", { role: "assistant" }, "preamble");
  if (reasoning !== null) {
    const deltas: JsonObject[] = inPieces(reasoning.pieces).map((text) => ({ reasoningContent: { text } }));
    block([...deltas, { reasoningContent: { signature: reasoning.signature } }]);
  }
  if (answer.pieces.length > 0) block(inPieces(answer.pieces).map((text) => ({ text })));
  for (const [index, { tool, input }] of answer.calls.entries()) {
    const json = JSON.stringify(input);
    const middle = Math.ceil(json.length / 2);
    const deltas = [json.slice(0, middle), json.slice(middle)].map((piece) => ({ toolUse: { input: piece } }));
    block(deltas, { toolUse: { toolUseId: callIds[index], name: tool } });
  }
  const fields = stopFields(converse, (delta) => ({ delta }));
  push("messageStop", { ...fields, stopReason: STOP_REASONS[answer.stop] }, "closing");
  push("metadata", { metrics: METRICS, usage }, "terminal");
  return frames;
}

function inPieces(pieces: readonly string[]): string[] {
  const texts: string[] = [];
  for (let at = 0; at < pieces.length; at += PIECES_PER_EVENT) texts.push(pieces.slice(at, at + PIECES_PER_EVENT).join(""));
  return texts;
}
