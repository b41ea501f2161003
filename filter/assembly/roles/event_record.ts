import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { Form, sliceOf } from "../json/slice";
import { writeString } from "../json/text";
import { formatName, ResponseSummary, StopReason, StreamTranslator } from "../translation";
import { Candidate, Exchange } from "./exchange";
import { errorName, writeThousandths } from "./report";

const NS_PER_MS: u64 = 1_000_000;
const NS_PER_US: u64 = 1_000;
/** Envoy's own request ids have 36 bytes. */
const REQUEST_ID_BYTES_MAX: u32 = 64;
const UNKNOWN: i64 = -1;

/**
 * What the event of a request tells beside what its exchange knows anyway. Filled by plain stores on the way, so that a chunk costs nothing
 * and a request some readings of the clock; docs/telemetry.md has the event's fields.
 */
@final
export class EventRecord {
  started_ns: u64 = 0;
  firstToken_ns: u64 = 0;
  /** What the client was answered with, 0 before. */
  status: u32 = 0;
  /** Nothing more can come from the provider's side, whether the answer is whole or not. */
  providerEnded: bool = false;
  /** The stream that the client reads, while it is there to be asked what it has told. */
  stream: StreamTranslator | null = null;
  private isStream: bool = false;
  private isWhole: bool = false;
  private stopReason: StopReason = StopReason.Unknown;
  private inputTokens: i64 = UNKNOWN;
  private cachedInputTokens: i64 = UNKNOWN;
  private cacheWriteTokens: i64 = UNKNOWN;
  private outputTokens: i64 = UNKNOWN;
  private reasoningTokens: i64 = UNKNOWN;
  /** Envoy's id of the request. */
  readonly requestId: Bytes = new Bytes();

  begin(now_ns: u64, requestId: usize, requestIdLength: u32): void {
    this.started_ns = now_ns;
    this.firstToken_ns = 0;
    this.status = 0;
    this.providerEnded = false;
    this.stream = null;
    this.isStream = false;
    this.isWhole = false;
    this.stopReason = StopReason.Unknown;
    this.inputTokens = UNKNOWN;
    this.cachedInputTokens = UNKNOWN;
    this.cacheWriteTokens = UNKNOWN;
    this.outputTokens = UNKNOWN;
    this.reasoningTokens = UNKNOWN;
    this.requestId.clear();
    if (requestIdLength <= REQUEST_ID_BYTES_MAX) this.requestId.append(requestId, requestIdLength);
  }

  /** The client begins to read a stream. */
  openStream(stream: StreamTranslator, now_ns: u64): void {
    this.firstToken_ns = now_ns;
    this.stream = stream;
    this.isStream = true;
  }

  /** The stream is over, or given back: keeps what it has told. */
  closeStream(): void {
    const stream = this.stream;
    if (stream == null) return;
    this.stream = null;
    this.isWhole = stream.terminalSeen && !stream.errorSeen;
    this.keep(stream.summary);
  }

  keep(summary: ResponseSummary): void {
    this.stopReason = <StopReason>summary.stopReason;
    this.inputTokens = summary.inputTokens;
    this.cachedInputTokens = summary.cachedInputTokens;
    this.cacheWriteTokens = summary.cacheWriteTokens;
    this.outputTokens = summary.outputTokens;
    this.reasoningTokens = summary.reasoningTokens;
  }

  /** The client has got all of an answer. */
  get isComplete(): bool {
    return this.status > 0 && (!this.isStream || this.isWhole);
  }

  /** Appends the request's event as one line of JSON. `now_ns`: when the request was over. */
  write(exchange: Exchange, now_ns: u64, out: Bytes): void {
    this.closeStream();
    out.ascii('{"started_ms":');
    writeInteger(out, this.started_ns / NS_PER_MS);
    if (this.requestId.length > 0) writeText(out, ',"request_id":', this.requestId.ptr, this.requestId.length);
    out.ascii(',"client_format":"');
    out.ascii(formatName(exchange.clientFormat));
    out.byte(0x22);
    this.writeRouting(exchange, out);
    this.writeAttempts(exchange, now_ns, out);
    this.writeAnswer(exchange, out);
    if (this.firstToken_ns > 0) writeDuration(out, ',"first_token_ms":', this.started_ns, this.firstToken_ns);
    writeDuration(out, ',"duration_ms":', this.started_ns, now_ns);
    out.ascii("}\n");
  }

  /** What the request was found to ask for; nothing of a request that was refused before its model was known. */
  private writeRouting(exchange: Exchange, out: Bytes): void {
    const router = exchange.router;
    if (exchange.isRouted) {
      if (router == null || router === exchange.config!.routeAll) out.ascii(',"router":"routing_preferences"');
      else writeText(out, ',"router":', router.name.ptr, router.name.length);
      if (exchange.route.length > 0) writeText(out, ',"route":', exchange.route.ptr, exchange.route.length);
      out.ascii(',"decision_ms":');
      writeThousandths(out, exchange.decision_us);
    }
    if (exchange.head.stream && exchange.candidateCount > 0) out.ascii(',"streamed":true');
    if (exchange.candidateCount == exchange.attemptCount) return; // the attempts name them
    out.ascii(',"candidates":[');
    for (let i: u32 = 0; i < exchange.candidateCount; i++) {
      const id = exchange.candidates[i].id;
      writeText(out, i == 0 ? "" : ",", id.ptr, id.length);
    }
    out.byte(0x5d);
  }

  private writeAttempts(exchange: Exchange, now_ns: u64, out: Bytes): void {
    out.ascii(',"attempts":[');
    for (let i: u32 = 0; i < exchange.attemptCount; i++) {
      const candidate = exchange.candidates[i];
      writeText(out, i == 0 ? '{"model":' : ',{"model":', candidate.id.ptr, candidate.id.length);
      writeOutcome(out, candidate);
      const isLast = i + 1 == exchange.attemptCount;
      if (isLast && this.firstToken_ns > 0) writeDuration(out, ',"first_token_ms":', candidate.started_ns, this.firstToken_ns);
      writeDuration(out, ',"duration_ms":', candidate.started_ns, candidate.ended_ns > 0 ? candidate.ended_ns : now_ns);
      out.byte(0x7d);
    }
    out.byte(0x5d);
  }

  private writeAnswer(exchange: Exchange, out: Bytes): void {
    if (this.status > 0) {
      out.ascii(',"status":');
      writeInteger(out, this.status);
    }
    if (exchange.responder != 0 && !exchange.answeredLocally) {
      const id = exchange.candidates[exchange.attemptCount - 1].id;
      writeText(out, ',"answered_by":', id.ptr, id.length);
    }
    out.ascii(this.endName(exchange));
    const reason = reasonName(this.stopReason);
    if (reason.length > 0) {
      out.ascii(',"finish_reason":"');
      out.ascii(reason);
      out.byte(0x22);
    }
    writeTokens(out, ',"input_tokens":', this.inputTokens);
    writeTokens(out, ',"cached_input_tokens":', this.cachedInputTokens);
    writeTokens(out, ',"cache_write_tokens":', this.cacheWriteTokens);
    writeTokens(out, ',"output_tokens":', this.outputTokens);
    writeTokens(out, ',"reasoning_tokens":', this.reasoningTokens);
  }

  /**
   * How it ended. When a client leaves, Envoy ends the listener's filter first; when the provider's side ends, the attempt's: so who is still
   * there tells who left.
   */
  private endName(exchange: Exchange): string {
    if (this.isComplete) return ',"end":"complete"';
    if (this.providerEnded || (this.status > 0 && exchange.openAttempt == 0)) return ',"end":"broken"';
    return ',"end":"client_left"';
  }
}

function writeOutcome(out: Bytes, candidate: Candidate): void {
  if (candidate.status > 0) {
    out.ascii(',"status":');
    writeInteger(out, candidate.status);
  }
  const error = errorName(candidate.outcome);
  if (error.length > 0) {
    out.ascii(',"error":"');
    out.ascii(error);
    out.byte(0x22);
  }
  const retryAfter = candidate.retryAfter;
  if (retryAfter.length > 0) writeText(out, ',"retry_after":', retryAfter.ptr, retryAfter.length);
}

function writeText(out: Bytes, key: string, ptr: usize, length: u32): void {
  out.ascii(key);
  writeString(out, sliceOf(ptr, length, Form.Text));
}

/** The clock of the host may be set back: such a time is 0. */
function writeDuration(out: Bytes, key: string, from_ns: u64, to_ns: u64): void {
  out.ascii(key);
  writeThousandths(out, to_ns > from_ns ? (to_ns - from_ns) / NS_PER_US : 0);
}

function writeTokens(out: Bytes, key: string, count: i64): void {
  if (count < 0) return;
  out.ascii(key);
  writeInteger(out, count);
}

/** OpenAI's words where it has one. */
function reasonName(reason: StopReason): string {
  switch (reason) {
    case StopReason.End:
      return "stop";
    case StopReason.StopSequence:
      return "stop_sequence";
    case StopReason.Length:
      return "length";
    case StopReason.ToolUse:
      return "tool_calls";
    case StopReason.Refusal:
      return "refusal";
    case StopReason.Pause:
      return "pause";
    case StopReason.ContextLength:
      return "context_length";
    default:
      return "";
  }
}
