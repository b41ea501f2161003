import { MODEL, piecesOf, USAGE } from "../workload.ts";
import { conversationOf, type WireFormat } from "./format.ts";

interface Content {
  role?: string;
  parts?: { text?: string }[];
}

interface Request {
  systemInstruction?: Content;
  contents?: Content[];
  generationConfig?: { maxOutputTokens?: number };
}

const PATH = /^\/v1beta\/models\/([^:/]+):(generateContent|streamGenerateContent\?alt=sse)$/;

/** @see https://ai.google.dev/api/generate-content */
export const gemini: WireFormat = {
  id: "gemini",
  title: "Gemini",
  basePath: "/v1beta",
  serves: (path) => PATH.test(path),
  read(path, body) {
    const [, model = "", method = ""] = PATH.exec(path) ?? [];
    const { systemInstruction, contents = [], generationConfig } = body as Request;
    const turns = systemInstruction === undefined ? contents : [{ ...systemInstruction, role: "system" }, ...contents];
    const conversation = conversationOf(turns.map(({ role, parts }) => ({ role, content: parts })));
    return { model, stream: method.startsWith("stream"), conversation, tokens_max: generationConfig?.maxOutputTokens };
  },
  reply: (text) => JSON.stringify(answer(text, "STOP")),
  streamType: "text/event-stream",
  streamWrites(contentChunks) {
    const write = (text: string, finishReason?: string) => `data: ${JSON.stringify(answer(text, finishReason))}\r\n\r\n`;
    const pieces = piecesOf(contentChunks);
    // Gemini has no event to open with; the last one has the end and, often, no text.
    return [
      pieces
        .slice(0, 1)
        .map((text) => write(text))
        .join(""),
      ...pieces.slice(1).map((text) => write(text)),
      write("", "STOP"),
    ];
  },
};

function answer(text: string, finishReason?: string) {
  return {
    candidates: [{ content: { parts: [{ text }], role: "model" }, ...(finishReason === undefined ? {} : { finishReason }), index: 0 }],
    usageMetadata: {
      promptTokenCount: USAGE.input,
      candidatesTokenCount: USAGE.output,
      totalTokenCount: USAGE.input + USAGE.output,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: USAGE.input }],
    },
    modelVersion: MODEL,
    responseId: "benchAAAAAAAAAAAAAAAAAAA",
  };
}
