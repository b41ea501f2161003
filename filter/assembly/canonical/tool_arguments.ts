import { Bytes } from "../bytes/bytes";
import { Cursor, Kind } from "../json/cursor";
import { Form, Slice, sliceForm, sliceLength, slicePtr, textOf } from "../json/slice";
import { writeString, writeText } from "../json/text";
import { Part } from "./parts";

const ARGUMENTS_DEPTH_MAX: u32 = 256;

const text = new Bytes();
const cursor = new Cursor();

/**
 * Appends a tool call's arguments as a JSON object. Where they are a string (OpenAI), the model wrote what it holds, and need not have
 * written JSON: no arguments are {}, anything that is no object becomes {"invalid_arguments": "…"}, since the APIs that want an object
 * refuse all else and the conversation must go on.
 */
export function writeArgumentsObject(out: Bytes, call: Part): void {
  const argument = call.text;
  if (call.isCustom) {
    writeInput(out, argument);
    return;
  }
  if (sliceForm(argument) == Form.Value && isObject(slicePtr(argument), sliceLength(argument))) {
    out.append(slicePtr(argument), sliceLength(argument));
    return;
  }
  text.clear();
  writeText(text, argument);
  if (text.length == 0) out.ascii("{}");
  else if (isObject(text.ptr, text.length)) out.appendBytes(text);
  else {
    out.ascii('{"invalid_arguments":');
    writeString(out, textOf(text));
    out.byte(0x7d);
  }
}

/** Appends a tool call's arguments as a JSON string that holds an object. */
export function writeArgumentsString(out: Bytes, call: Part): void {
  if (call.isCustom) {
    text.clear();
    writeInput(text, call.text);
    writeString(out, textOf(text));
  } else if (sliceLength(call.text) == 0) out.ascii('"{}"');
  else writeString(out, call.text);
}

/** Appends what a custom tool is given as the arguments of the function that stands for it. */
function writeInput(out: Bytes, input: Slice): void {
  out.ascii('{"input":');
  writeString(out, input);
  out.byte(0x7d);
}

function isObject(ptr: usize, length: u32): bool {
  cursor.open(ptr, length, ARGUMENTS_DEPTH_MAX);
  return cursor.kind() == Kind.Object && cursor.skip() && cursor.finish();
}
