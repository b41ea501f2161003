// What the entry's functions share: the buffer that results are in, what a client asked for, and how results are told as JSON.
import { Bytes } from "../../assembly/bytes/bytes";
import { writeInteger } from "../../assembly/bytes/numbers";
import { textOf } from "../../assembly/json/slice";
import { writeString } from "../../assembly/json/text";
import * as facade from "../../assembly/translation";

export const out = new Bytes();
/** What the clients of the answers that follow have asked for. */
export const asked = new facade.RequestHead();
const origin = new facade.AnswerOrigin();

/** As the provider role knows it, of formats whose answers do not name themselves. */
export function originOf(provider: u8): facade.AnswerOrigin {
  origin.clear();
  if (facade.answerIdHeader(provider).length == 0) return origin;
  origin.model.ascii("asked-claude");
  origin.id.ascii("id-of-the-header");
  return origin;
}

export function field(name: string, value: i64): void {
  out.byte(out.length > 0 && load<u8>(out.ptr + out.length - 1) != 0x7b ? 0x2c : 0x20);
  out.byte(0x22);
  out.ascii(name);
  out.ascii('":');
  writeInteger(out, value);
}

export function textField(name: string, value: Bytes): void {
  out.byte(out.length > 0 && load<u8>(out.ptr + out.length - 1) != 0x7b ? 0x2c : 0x20);
  out.byte(0x22);
  out.ascii(name);
  out.ascii('":');
  writeString(out, textOf(value));
}

export function describeSummaryOf(told: facade.ResponseSummary): void {
  out.byte(0x7b);
  field("inputTokens", told.inputTokens);
  field("cachedInputTokens", told.cachedInputTokens);
  field("cacheWriteTokens", told.cacheWriteTokens);
  field("outputTokens", told.outputTokens);
  field("reasoningTokens", told.reasoningTokens);
  field("stopReason", told.stopReason);
  textField("model", told.model);
  out.byte(0x7d);
}

export function describeErrorOf(told: facade.ProviderError): void {
  out.byte(0x7b);
  field("status", told.status);
  field("kind", told.kind);
  textField("message", told.message);
  textField("type", told.type);
  textField("code", told.code);
  textField("param", told.param);
  out.byte(0x7d);
}

export function describeStreamOf(told: facade.StreamTranslator): void {
  out.byte(0x7b);
  field("contentSeen", told.contentSeen ? 1 : 0);
  field("terminalSeen", told.terminalSeen ? 1 : 0);
  field("errorSeen", told.errorSeen ? 1 : 0);
  out.ascii(',"summary":');
  describeSummaryOf(told.summary);
  out.ascii(',"error":');
  describeErrorOf(told.error);
  out.byte(0x7d);
}
