import { encodeEvent } from "../../../brightstaff/src/demo_providers/bedrock/event_stream.ts";
import { piecesOf, USAGE } from "../workload.ts";
import { conversationOf, type WireFormat } from "./format.ts";

interface Request {
  system?: { text?: string }[];
  messages?: { role?: string; content?: { text?: string }[] }[];
  inferenceConfig?: { maxTokens?: number };
}

const PATH = /^\/model\/([^/]+)\/(converse|converse-stream)$/;

/** @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and ConverseStream beside it */
export const bedrockConverse: WireFormat = {
  id: "bedrock_converse",
  title: "Bedrock",
  basePath: "",
  serves: (path) => PATH.test(path),
  read(path, body) {
    const [, model = "", method] = PATH.exec(path) ?? [];
    const { system, messages = [], inferenceConfig } = body as Request;
    const turns = system === undefined ? messages : [{ role: "system", content: system }, ...messages];
    const conversation = conversationOf(turns);
    return { model: decodeURIComponent(model), stream: method === "converse-stream", conversation, tokens_max: inferenceConfig?.maxTokens };
  },
  reply: (text) =>
    JSON.stringify({
      metrics: { latencyMs: 1551 },
      output: { message: { content: [{ text }], role: "assistant" } },
      stopReason: "end_turn",
      usage: usage(),
    }),
  streamType: "application/vnd.amazon.eventstream",
  streamWrites(contentChunks) {
    const padding = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";
    const write = (type: string, body: object) => encodeEvent(type, JSON.stringify(body));
    const delta = (text: string) => write("contentBlockDelta", { contentBlockIndex: 0, delta: { text }, p: padding });
    return [
      write("messageStart", { p: padding, role: "assistant" }),
      ...piecesOf(contentChunks).map(delta),
      Buffer.concat([
        write("contentBlockStop", { contentBlockIndex: 0, p: padding }),
        write("messageStop", { p: padding, stopReason: "end_turn" }),
        write("metadata", { metrics: { latencyMs: 1551 }, p: padding, usage: usage() }),
      ]),
    ];
  },
};

function usage() {
  return { inputTokens: USAGE.input, outputTokens: USAGE.output, totalTokens: USAGE.input + USAGE.output };
}
