import { Bytes } from "../bytes/bytes";
import { Slice } from "../json/slice";
import { Citation } from "./citations";
import { ProviderError } from "./provider_error";
import { RequestHead } from "./request_head";
import { Seal } from "./seal";
import { ResponseSummary } from "./summary";
import { TokenLogprobs } from "./token_logprobs";

/** What a stretch of a streamed answer is. Blocks follow one another and are never interleaved. */
export enum BlockKind {
  None = 0,
  Text = 1,
  Reasoning = 2,
  ToolCall = 3,
  Refusal = 4,
  /** A call of one of OpenAI's custom tools: its deltas are the text that the tool is given. */
  CustomToolCall = 5,
}

export function isCall(kind: BlockKind): bool {
  return kind == BlockKind.ToolCall || kind == BlockKind.CustomToolCall;
}

/**
 * Writes a streamed answer as the events of one format. `MessageStream` calls it in order: `begin`, then for each block `openBlock`,
 * `delta`s and `closeBlock`, then `end`; `error` instead of `end` when the answer breaks off; `ping` anywhere between.
 */
export abstract class StreamWriter {
  /** The next one in its format's pool. */
  nextFree: StreamWriter | null = null;
  /** The answer is longer than the writer can keep of it, for formats that repeat it at the end. It cannot be written on. */
  isFull: bool = false;

  /** Forgets the stream before. `head`: of the request, which says what the client wants to see. */
  abstract reset(head: RequestHead): void;
  /** Lists the memory that the next piece of text will need. */
  listChunkMemory(): void {}
  abstract begin(out: Bytes, id: Slice, summary: ResponseSummary): void;
  /** `index` counts the blocks of this answer, `toolIndex` its tool calls. `id` and `name` are a tool call's. */
  abstract openBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, id: Slice, name: Slice): void;
  abstract delta(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, text: Slice): void;
  /** How likely the tokens of the text delta were that comes next, for whom asked for it; the delta may be empty. */
  beforeText(tokens: TokenLogprobs): void {}
  /** What the answer's text so far rests on. `inText`: a text block is open. */
  citation(out: Bytes, citation: Citation, inText: bool): void {}
  /** The proof of the reasoning block that is open. */
  abstract signature(out: Bytes, index: i32, seal: Seal, signature: Slice): void;
  /** Reasoning that only its provider can read, between blocks. */
  redacted(out: Bytes, seal: Seal, data: Slice): void {}
  /** Google's proof of the thoughts that led to the call that is opened next, for formats whose proofs stand beside calls. */
  beforeCall(out: Bytes, signature: Slice): void {}
  /** The proof of the thoughts that led to a tool call, where the format has a place for it. */
  callSignature(out: Bytes, toolIndex: i32, signature: Slice): void {}
  abstract closeBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32): void;
  abstract ping(out: Bytes): void;
  abstract end(out: Bytes, summary: ResponseSummary, stopSequence: Slice): void;
  abstract error(out: Bytes, error: ProviderError): void;
}
