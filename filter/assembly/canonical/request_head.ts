import { hash } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Cursor, Kind } from "../json/cursor";
import { slicePtr } from "../json/slice";
import { writeText } from "../json/text";
import { CustomTools } from "./custom_tools";
import { problem } from "./problem";

export const MODEL_NAME_BYTES_MAX: u32 = 512;
export const TOP_LEVEL_KEYS_MAX: i32 = 128;
const PREFERENCES_BYTES_MAX: u32 = 65536;

/** What the gateway needs to know of a request before it chooses who answers it. */
export class RequestHead {
  /** The model's name, decoded. */
  model: Bytes = new Bytes();
  /** Where the model's JSON string stands in the body, quotes included: offsets in bytes. */
  modelStart: u32 = 0;
  modelEnd: u32 = 0;
  stream: bool = false;
  /** Whether the client of a stream asked for a usage report in a form of its own (OpenAI's `stream_options.include_usage`). */
  includeUsage: bool = false;
  hasTools: bool = false;
  customTools: CustomTools = new CustomTools();
  /** Whether answers may hold reasoning: with APIs where it has blocks of its own, only who asked for it looks for others behind them. */
  includeReasoning: bool = true;
  /** The client wants to know how likely each token of the answer was. */
  wantsLogprobs: bool = false;
  /** The provider was asked, in another format, to search the web: its answer may cite. */
  searchesWeb: bool = false;
  /** The gateway asks for usage where the client of a stream did not, and keeps it to itself. */
  addsUsage: bool = false;
  /** The request says something of how it is to be streamed, which then has to be added to. */
  hasStreamOptions: bool = false;
  /** The conversation has reasoning that is marked as another API's, which nobody who speaks the client's own takes. */
  hasMarkedReasoning: bool = false;
  /** It has reasoning that the API's maker has not proved: another's who speaks the same API, or unproved. */
  hasOthersReasoning: bool = false;
  /** It has reasoning that the API's maker has proved. */
  hasMakersReasoning: bool = false;
  /** The turn that the conversation ends with calls tools, and does not begin with reasoning that the API's maker has proved. */
  endsInForeignCalls: bool = false;
  /** The request asks for thinking on a budget. */
  thinksOnBudget: bool = false;
  /** While the messages are passed: the last of them called tools, or gave their results. */
  isInToolLoop: bool = false;
  /** The request has `routing_preferences`, which no provider is to see. */
  hasPreferences: bool = false;
  /** Where their JSON array stands in the body: offsets in bytes; both 0 when there is none. */
  preferencesStart: u32 = 0;
  preferencesEnd: u32 = 0;
  /** How deep the body may be nested: what it was checked with. */
  depthMax: u32 = 0;
  /** The keys of messages and of the tool calls in them, each as its bit (`keyBit`). */
  messageKeys: u64 = 0;
  private hasModel: bool = false;
  private hasMessages: bool = false;
  private keys: StaticArray<u64> = new StaticArray<u64>(TOP_LEVEL_KEYS_MAX);
  private keyCount: i32 = 0;

  clear(): void {
    this.model.clear();
    this.modelStart = 0;
    this.modelEnd = 0;
    this.stream = false;
    this.includeUsage = false;
    this.hasTools = false;
    this.customTools.clear();
    this.includeReasoning = true;
    this.wantsLogprobs = false;
    this.searchesWeb = false;
    this.addsUsage = false;
    this.hasStreamOptions = false;
    this.hasMarkedReasoning = false;
    this.hasOthersReasoning = false;
    this.hasMakersReasoning = false;
    this.endsInForeignCalls = false;
    this.thinksOnBudget = false;
    this.isInToolLoop = false;
    this.hasPreferences = false;
    this.preferencesStart = 0;
    this.preferencesEnd = 0;
    this.messageKeys = 0;
    this.hasModel = false;
    this.hasMessages = false;
    this.keyCount = 0;
  }

  /** Notes the top-level key under the cursor; refuses one that was there before, however it is escaped. */
  noteKey(cursor: Cursor): bool {
    if (this.keyCount == TOP_LEVEL_KEYS_MAX) return problem.refuse("body", "it has too many fields");
    const key = hash(cursor.keyPtr, cursor.keyLength);
    for (let i = 0; i < this.keyCount; i++) {
      if (unchecked(this.keys[i]) == key) return problem.refuseDuplicate(cursor.keyPtr, cursor.keyLength);
    }
    unchecked((this.keys[this.keyCount++] = key));
    return true;
  }

  /** Whether the body has a top-level key with this hash. */
  hasKey(key: u64): bool {
    for (let i = 0; i < this.keyCount; i++) if (unchecked(this.keys[i]) == key) return true;
    return false;
  }

  takeModel(cursor: Cursor): bool {
    if (cursor.kind() != Kind.String) return problem.refuse("model", "must be a string");
    this.modelStart = cursor.offset;
    const model = cursor.takeString();
    this.modelEnd = cursor.offset;
    if (!cursor.ok) return false;
    if (this.modelEnd - this.modelStart > MODEL_NAME_BYTES_MAX) return problem.refuse("model", "the name is too long");
    writeText(this.model, model);
    this.hasModel = slicePtr(model) != 0 && this.model.length > 0;
    return this.hasModel || problem.refuse("model", "must not be empty");
  }

  takeStream(cursor: Cursor): bool {
    const kind = cursor.kind();
    if (kind != Kind.True && kind != Kind.False && kind != Kind.Null) return problem.refuse("stream", "must be true or false");
    this.stream = cursor.takeTrue();
    return true;
  }

  /** Plano's field for how this one request is to be routed; brightstaff checks what it holds. */
  takePreferences(cursor: Cursor): bool {
    this.hasPreferences = true;
    const kind = cursor.kind();
    if (kind == Kind.Null) return cursor.skip();
    if (kind != Kind.Array) return problem.refuse("routing_preferences", "must be an array");
    this.preferencesStart = cursor.offset;
    if (!cursor.skip()) return false;
    this.preferencesEnd = cursor.offset;
    if (this.preferencesEnd - this.preferencesStart <= PREFERENCES_BYTES_MAX) return true;
    return problem.refuse("routing_preferences", "must not be longer than 65536 bytes");
  }

  /** `takeTool` passes each. */
  takeTools(cursor: Cursor, takeTool: (cursor: Cursor, head: RequestHead) => bool = skipValue): bool {
    const kind = cursor.kind();
    if (kind != Kind.Array && kind != Kind.Null) return problem.refuse("tools", "must be an array");
    if (!cursor.enterArray()) return cursor.skip();
    while (cursor.nextElement()) {
      this.hasTools = true;
      if (!takeTool(cursor, this)) return false;
    }
    return cursor.ok;
  }

  /**
   * A list of messages with roles, as chat APIs have it. Looks as deep as wrong types would lead the gateway itself astray. `takeContent`
   * passes the content of each.
   */
  takeMessages(cursor: Cursor, takeContent: (cursor: Cursor, head: RequestHead) => bool = skipValue): bool {
    if (cursor.kind() != Kind.Array) return problem.refuse("messages", "must be an array");
    cursor.enterArray();
    let count = 0;
    while (cursor.nextElement()) {
      if (!this.takeMessage(cursor, count, takeContent)) return false;
      count++;
    }
    this.hasMessages = count > 0;
    return cursor.ok && (this.hasMessages || problem.refuse("messages", "must not be empty"));
  }

  /** The conversation is there in a form of the format's own. */
  noteConversation(): void {
    this.hasMessages = true;
  }

  /** The end of the body: whether all that must be there was. `list`: the field that has the conversation. */
  finish(cursor: Cursor, list: string = "messages"): bool {
    if (!cursor.finish()) return problem.refuseJson(cursor);
    if (!this.hasModel) return problem.refuse("model", "is required");
    return this.hasMessages || problem.refuse(list, "is required");
  }

  private takeMessage(cursor: Cursor, index: i32, takeContent: (cursor: Cursor, head: RequestHead) => bool): bool {
    if (cursor.kind() != Kind.Object) return cursor.skip() && problem.refuseElement("messages", index, "", "must be an object");
    cursor.enterObject();
    let hasRole = false;
    while (cursor.nextKey()) {
      const kind = cursor.kind();
      this.messageKeys |= keyBit(cursor.keyPtr, cursor.keyLength);
      if (cursor.keyIs("role")) {
        if (hasRole) return problem.refuseElement("messages", index, "role", "the key is given twice");
        if (kind != Kind.String) return problem.refuseElement("messages", index, "role", "must be a string");
        hasRole = true;
      } else if (cursor.keyIs("content") && (kind == Kind.Object || kind == Kind.Number || kind == Kind.True || kind == Kind.False)) {
        return problem.refuseElement("messages", index, "content", "must be a string or an array");
      } else if (cursor.keyIs("content")) {
        takeContent(cursor, this);
        continue;
      } else if (cursor.keyIs("tool_calls") && cursor.enterArray()) {
        while (cursor.nextElement()) this.takeToolCall(cursor);
        continue;
      }
      cursor.skip();
    }
    return cursor.ok && (hasRole || problem.refuseElement("messages", index, "role", "is required"));
  }

  private takeToolCall(cursor: Cursor): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      this.messageKeys |= keyBit(cursor.keyPtr, cursor.keyLength);
      cursor.skip();
    }
  }
}

/** A bit for a key. Others may share it: it tells which keys are not there, at next to no cost. */
export function keyBit(ptr: usize, length: u32): u64 {
  return length == 0 ? 1 : (<u64>1) << ((length + 5 * <u32>load<u8>(ptr)) & 63);
}

function skipValue(cursor: Cursor, head: RequestHead): bool {
  return cursor.skip();
}
