import { equal } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Cursor } from "../json/cursor";
import { ABSENT, Form, Slice, sliceIs, sliceOf } from "../json/slice";
import { writeText } from "../json/text";
import { Part } from "./parts";
import { problem } from "./problem";
import { RequestHead } from "./request_head";

// OpenAI's custom tools take free text, which a grammar may bind: https://developers.openai.com/api/docs/guides/function-calling#custom-tools
// (Codex's apply_patch is one). Other APIs only know functions with JSON arguments, so such a tool goes to them as a function with one text,
// `input`, and its calls come back unwrapped.

/** Of one request's custom tools, in all. */
const NAMES_BYTES_MAX: u32 = 65536;

/** The names of the custom tools that a request offers, one after the other, each with a zero byte behind it. */
export class CustomTools {
  private readonly names: Bytes = new Bytes();

  clear(): void {
    this.names.clear();
  }

  set(other: CustomTools): void {
    this.names.clear();
    this.names.appendBytes(other.names);
  }

  add(name: Slice): bool {
    writeText(this.names, name);
    this.names.byte(0);
    return this.names.length <= NAMES_BYTES_MAX || problem.refuse("tools", "the names of the custom tools are longer than 65536 bytes");
  }

  has(name: Slice): bool {
    if (this.names.length == 0) return false;
    decoded.clear();
    writeText(decoded, name);
    const end = this.names.ptr + this.names.length;
    for (let p = this.names.ptr; p < end; ) {
      const start = p;
      while (load<u8>(p) != 0) p++;
      if (equal(start, <u32>(p - start), decoded.ptr, decoded.length)) return true;
      p++;
    }
    return false;
  }
}

const decoded = new Bytes();

/** Passes an element of OpenAI's `tools` and notes it when it is custom; what it says stands in it (Responses) or under `custom` (Chat). */
export function scanTool(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterObject()) return cursor.skip();
  let isCustom = false;
  let name = ABSENT;
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) isCustom = sliceIs(cursor.takeToken(), "custom");
    else if (cursor.keyIs("name")) name = cursor.takeString();
    else if (cursor.keyIs("custom") && cursor.enterObject()) {
      while (cursor.nextKey()) {
        if (cursor.keyIs("name")) name = cursor.takeString();
        else cursor.skip();
      }
    } else cursor.skip();
  }
  return cursor.ok && (!isCustom || head.customTools.add(name));
}

const inputSchema = new Bytes();
inputSchema.ascii('{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}');

/** Makes a tool one that takes free text. */
export function becomeCustom(tool: Part): void {
  tool.isCustom = true;
  tool.text = sliceOf(inputSchema.ptr, inputSchema.length, Form.Value);
}

/** Reads a custom tool's `format`, whose grammar stands in it (Responses) or under `grammar` (Chat). */
export function readCustomFormat(cursor: Cursor, tool: Part): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("definition")) tool.grammar = cursor.takeString();
    else if (cursor.keyIs("syntax")) tool.grammarSyntax = cursor.takeString();
    else if (cursor.keyIs("grammar")) readCustomFormat(cursor, tool);
    else cursor.skip();
  }
}
