import { createHash } from "node:crypto";
import type { DemoCall } from "../demo_answer.ts";
import type { JsonObject, StreamFrame } from "../wire.ts";
import type { GeneratedContent } from "./answer.ts";

const FINISH_REASONS = { end: "STOP", length: "MAX_TOKENS", "stop sequence": "STOP", tools: "STOP" } as const;
/** Recorded streams come in pieces of a few tokens each. */
const PIECES_PER_EVENT = 4;

/** The whole body of an answer. */
export function writeContent(content: GeneratedContent): string {
  const { answer } = content;
  const parts: JsonObject[] = [...thoughtParts(content)];
  if (answer.pieces.length > 0) parts.push({ text: answer.pieces.join("") });
  parts.push(...answer.calls.map(callPart));
  return JSON.stringify(eventOf(content, parts, true), null, 2);
}

/** The same answer as a stream. It has no last event of its own: the finish reason stands in the last one that there is. */
export function streamContent(content: GeneratedContent): StreamFrame[] {
  const { answer } = content;
  const texts: JsonObject[] = [];
  for (let at = 0; at < answer.pieces.length; at += PIECES_PER_EVENT) {
    texts.push({ text: answer.pieces.slice(at, at + PIECES_PER_EVENT).join("") });
  }
  const frame = (event: JsonObject, mark: StreamFrame["mark"]) => ({ data: `data: ${JSON.stringify(event)}\r\n\r\n`, mark });
  const parts = [...thoughtParts(content), ...texts, ...answer.calls.map(callPart)];
  return [
    ...parts.map((part) => frame(eventOf(content, [part], false), "content")),
    frame(eventOf(content, [{ text: "" }], true), "terminal"),
  ];
}

function thoughtParts({ thought }: GeneratedContent): JsonObject[] {
  return thought === null ? [] : [{ text: thought, thought: true }];
}

/** Of calls that are made at once the first is signed, and none has an id, as in recorded answers. */
function callPart({ tool, input }: DemoCall, index: number): JsonObject {
  const functionCall = { name: tool, args: input };
  return index > 0
    ? { functionCall }
    : { functionCall, thoughtSignature: `DEMOgemini${createHash("sha256").update(tool).digest("base64")}` };
}

/** What the text rests on, all of it on one page; places are in bytes (https://ai.google.dev/gemini-api/docs/google-search). */
function groundingOf({ answer, searches }: GeneratedContent): JsonObject {
  const text = answer.pieces.join("");
  if (!searches || text === "") return {};
  return {
    groundingMetadata: {
      webSearchQueries: ["demo"],
      groundingChunks: [{ web: { uri: "https://vertexaisearch.cloud.google.com/grounding-api-redirect/demo", title: "example.com" } }],
      groundingSupports: [{ segment: { endIndex: Buffer.byteLength(text), text }, groundingChunkIndices: [0] }],
    },
  };
}

function eventOf(content: GeneratedContent, parts: JsonObject[], isLast: boolean): JsonObject {
  const { responseId, model, answer, usage } = content;
  const end = isLast ? { finishReason: FINISH_REASONS[answer.stop], ...groundingOf(content) } : {};
  return {
    candidates: [{ content: { parts, role: "model" }, ...end, index: 0 }],
    usageMetadata: usage,
    modelVersion: model,
    responseId,
  };
}
