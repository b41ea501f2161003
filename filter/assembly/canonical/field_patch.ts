import { equal } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Text } from "../bytes/text";
import { Cursor, Kind } from "../json/cursor";
import { Form, sliceLength, sliceOf, slicePtr, textOf } from "../json/slice";
import { writeEscaped, writeString } from "../json/text";
import { ProviderRules } from "./field_rules";
import { Format } from "./format";
import { RequestHead } from "./request_head";
import { writeExactToolId } from "./tool_id";

const STREAM_OPTIONS = "stream_options";

/**
 * Appends the model's name as the value of `model` and, where the client of a stream says nothing of it, that usage is wanted: the gateway
 * counts the tokens. For providers that take `stream_options`.
 */
export function writeModel(model: Bytes, head: RequestHead, out: Bytes): void {
  writeString(out, textOf(model));
  if (head.addsUsage && !head.hasStreamOptions) out.ascii(',"stream_options":{"include_usage":true}');
}

/** Appends a body with another model and not a byte changed besides, but for what `writeModel` adds to it. */
export function patchModel(ptr: usize, length: u32, head: RequestHead, model: Bytes, out: Bytes): void {
  out.reserve(length + model.length + 2);
  out.append(ptr, head.modelStart);
  writeModel(model, head, out);
  out.append(ptr + head.modelEnd, length - head.modelEnd);
}

/**
 * Appends a body with another model, a provider's rules applied to its top-level fields and its messages, and without what the model
 * would refuse of its reasoning; all other values go over byte for byte. False: no JSON.
 */
export function patchFields(cursor: Cursor, format: Format, head: RequestHead, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const ptr = cursor.at;
  const length = <u32>(cursor.end - ptr);
  out.reserve(length + model.length + 2);
  if (!cursor.enterObject()) return false;
  const addsUsage = head.addsUsage && !rules.drops(STREAM_OPTIONS);
  const refusesBudget = format.refusesBudget(head, model);
  const refusesReasoning = format.refusesReasoning(head, model);
  let separator: u8 = 0x7b;
  while (cursor.nextKey()) {
    if (refusesBudget && cursor.keyIs("thinking")) {
      cursor.skip();
      continue;
    }
    if (head.hasPreferences && cursor.keyIs("routing_preferences")) {
      cursor.skip();
      continue;
    }
    const target = rules.find(cursor.keyPtr, cursor.keyLength);
    if (target != null && (target.length == 0 || hasField(ptr, length, cursor.depthMax, target))) {
      cursor.skip();
      continue;
    }
    if (target != null) writeKey(out, separator, target.ptr, target.length);
    else writeKey(out, separator, cursor.keyPtr, cursor.keyLength);
    separator = 0x2c;
    if (cursor.keyIs("model")) {
      cursor.skip();
      writeString(out, textOf(model));
    } else if (addsUsage && cursor.keyIs(STREAM_OPTIONS)) patchStreamOptions(cursor, out);
    else if (refusesReasoning && cursor.keyIs(format.messageList)) format.writeOwnHistory(cursor, model, out);
    else if (rules.hasMessageRules && cursor.keyIs("messages")) patchMessages(cursor, rules, out);
    else writeValue(cursor, out);
  }
  if (addsUsage && !head.hasStreamOptions && rules.writeKey(out, STREAM_OPTIONS)) out.ascii('{"include_usage":true}');
  if (separator == 0x7b) out.byte(separator);
  out.byte(0x7d);
  return cursor.finish();
}

/** What the client says of its stream, and that usage is wanted. */
function patchStreamOptions(cursor: Cursor, out: Bytes): void {
  out.ascii('{"include_usage":true');
  if (cursor.enterObject()) {
    while (cursor.nextKey()) {
      if (cursor.keyIs("include_usage")) {
        cursor.skip();
        continue;
      }
      writeKey(out, 0x2c, cursor.keyPtr, cursor.keyLength);
      writeValue(cursor, out);
    }
  } else cursor.skip();
  out.byte(0x7d);
}

function writeKey(out: Bytes, separator: u8, keyPtr: usize, keyLength: u32): void {
  out.byte(separator);
  out.byte(0x22);
  writeEscaped(out, keyPtr, keyLength);
  out.ascii('":');
}

function writeValue(cursor: Cursor, out: Bytes): void {
  const value = cursor.takeValue();
  out.append(slicePtr(value), sliceLength(value));
}

/** That there is an array of objects with roles, one at least, was found when the head was scanned. */
function patchMessages(cursor: Cursor, rules: ProviderRules, out: Bytes): void {
  cursor.enterArray();
  let separator: u8 = 0x5b;
  while (cursor.nextElement()) {
    out.byte(separator);
    separator = 0x2c;
    patchMessage(cursor, rules, out);
  }
  out.byte(0x5d);
}

function patchMessage(cursor: Cursor, rules: ProviderRules, out: Bytes): void {
  cursor.enterObject();
  let separator: u8 = 0x7b;
  while (cursor.nextKey()) {
    if (rules.dropsOfMessage(cursor.keyPtr, cursor.keyLength)) {
      cursor.skip();
      continue;
    }
    writeKey(out, separator, cursor.keyPtr, cursor.keyLength);
    separator = 0x2c;
    if (cursor.keyIs("role")) patchRole(cursor, rules, out);
    else if (cursor.keyIs("tool_call_id")) patchToolId(cursor, rules, out);
    else if (cursor.keyIs("tool_calls")) patchToolCalls(cursor, rules, out);
    else writeValue(cursor, out);
  }
  out.byte(0x7d);
}

/** What is no list of calls goes over as it came, for the provider to refuse. */
function patchToolCalls(cursor: Cursor, rules: ProviderRules, out: Bytes): void {
  if (!cursor.enterArray()) {
    writeValue(cursor, out);
    return;
  }
  let separator: u8 = 0x5b;
  while (cursor.nextElement()) {
    out.byte(separator);
    separator = 0x2c;
    if (cursor.kind() == Kind.Object) patchToolCall(cursor, rules, out);
    else writeValue(cursor, out);
  }
  if (separator == 0x5b) out.byte(separator);
  out.byte(0x5d);
}

function patchToolCall(cursor: Cursor, rules: ProviderRules, out: Bytes): void {
  cursor.enterObject();
  let separator: u8 = 0x7b;
  while (cursor.nextKey()) {
    if (rules.dropsOfMessage(cursor.keyPtr, cursor.keyLength)) {
      cursor.skip();
      continue;
    }
    writeKey(out, separator, cursor.keyPtr, cursor.keyLength);
    separator = 0x2c;
    if (cursor.keyIs("id")) patchToolId(cursor, rules, out);
    else writeValue(cursor, out);
  }
  if (separator == 0x7b) out.byte(separator);
  out.byte(0x7d);
}

function patchToolId(cursor: Cursor, rules: ProviderRules, out: Bytes): void {
  if (rules.toolIdLength == 0 || cursor.kind() != Kind.String) writeValue(cursor, out);
  else writeExactToolId(out, cursor.takeString(), rules.toolIdLength);
}

function patchRole(cursor: Cursor, rules: ProviderRules, out: Bytes): void {
  const role = cursor.takeToken();
  const target = rules.findRole(slicePtr(role), sliceLength(role));
  writeString(out, target != null ? sliceOf(target.ptr, target.length, Form.Text) : role);
}

const lookup = new Cursor();

/** Whether a body has a field at its top level. */
function hasField(ptr: usize, length: u32, depthMax: u32, name: Text): bool {
  lookup.open(ptr, length, depthMax);
  if (!lookup.enterObject()) return false;
  while (lookup.nextKey()) {
    if (equal(lookup.keyPtr, lookup.keyLength, name.ptr, name.length)) return true;
    lookup.skip();
  }
  return false;
}
