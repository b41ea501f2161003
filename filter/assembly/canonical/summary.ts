import { Bytes } from "../bytes/bytes";

/** Why a model stopped. The numbers are part of the facade. */
export enum StopReason {
  Unknown = 0,
  /** It was done. */
  End = 1,
  /** One of the request's stop sequences came up. */
  StopSequence = 2,
  /** The limit of output tokens was reached. */
  Length = 3,
  /** It calls tools. */
  ToolUse = 4,
  /** A filter or the model itself declined. */
  Refusal = 5,
  /** A long turn was paused, to be continued by a further request. */
  Pause = 6,
  /** The context window was full. */
  ContextLength = 7,
}

/**
 * What an answer says of itself, whatever its format: tokens (-1: not told), stop reason, model.
 *
 * Counts are sums: `inputTokens` includes those read from and written to a prompt cache (as OpenAI's `prompt_tokens` does; Anthropic's
 * `input_tokens` does not), `outputTokens` includes reasoning.
 */
export class ResponseSummary {
  inputTokens: i64 = -1;
  cachedInputTokens: i64 = -1;
  cacheWriteTokens: i64 = -1;
  outputTokens: i64 = -1;
  reasoningTokens: i64 = -1;
  stopReason: u8 = 0;
  /** The model's name as the provider reports it. */
  model: Bytes = new Bytes();

  clear(): void {
    this.inputTokens = -1;
    this.cachedInputTokens = -1;
    this.cacheWriteTokens = -1;
    this.outputTokens = -1;
    this.reasoningTokens = -1;
    this.stopReason = 0;
    this.model.clear();
  }

  /**
   * Makes a plain stop say what it followed. Some providers say "stop" after tool calls, and OpenAI does when the call was forced or the
   * model declined; clients look at the reason to run their tools.
   */
  settleStopReason(hasToolCalls: bool, hasRefusal: bool): void {
    if (this.stopReason > <u8>StopReason.End) return;
    if (hasToolCalls) this.stopReason = <u8>StopReason.ToolUse;
    else if (hasRefusal) this.stopReason = <u8>StopReason.Refusal;
  }
}
