import { ABSENT, Slice } from "../json/slice";

// Records in memory of their own (`@unmanaged`: no header, unknown to the garbage collector), so that a conversation of a thousand parts
// costs no allocation once the lists have grown. A record's reference is valid until the next one is added to its list.

export enum PartKind {
  /** `text` */
  Text = 1,
  /** `text`: a URL, or with `mediaType` the base64 data; `detail` */
  Image = 2,
  /** `text`: the reasoning, which may be empty; `id`: the proof of it, whose `seal` tells */
  Reasoning = 3,
  /** `text`: reasoning that only its provider, whose `seal` tells, can read */
  RedactedReasoning = 4,
  /**
   * `id`, `name`, `text`: the arguments, as JSON value or as string that holds one; `signature`: Google's proof of the thoughts that led to
   * the call; `isCustom`: `text` is what a custom tool is given
   */
  ToolCall = 5,
  /** `text`: why the model declined */
  Refusal = 6,
  /** `name`, `text`: the parameters' JSON schema, `description`, `isStrict`; `isCustom`: it takes free text, `grammar` and `grammarSyntax` say of which form */
  Tool = 7,
  /**
   * `text`: a URL, or with `mediaType` the base64 data or (text/plain) the text itself, or with `id` nothing; `name`: file name or title
   */
  Document = 8,
  /** `text`: base64 data; `mediaType`: wav, mp3 */
  Audio = 9,
}

@unmanaged
export class Part {
  kind: u8;
  isStrict: bool;
  /** OpenAI's custom tools and their calls. */
  isCustom: bool;
  /** A `Seal`. */
  seal: u8;
  text: Slice;
  id: Slice;
  name: Slice;
  mediaType: Slice;
  detail: Slice;
  description: Slice;
  grammar: Slice;
  grammarSyntax: Slice;
  signature: Slice;
  /** What Anthropic's `cache_control` says at this part, as JSON; absent: the prompt's cached part does not end here. */
  cacheControl: Slice;
}

export enum Role {
  System = 1,
  /** OpenAI's name for instructions that rank above the user's. */
  Developer = 2,
  User = 3,
  Assistant = 4,
  /** The result of one tool call: `toolCallId`, `isError`. */
  Tool = 5,
}

@unmanaged
export class Message {
  role: u8;
  isError: bool;
  /** Its parts are these of the request's list. */
  firstPart: u32;
  partCount: u32;
  toolCallId: Slice;
  /** Which element of the client's list it came from, for error messages. */
  source: i32;
}

/** A growable array of zeroed records of one size. */
export class RecordList {
  count: u32 = 0;
  private ptr: usize = 0;
  private capacity: u32 = 0;

  constructor(private recordBytes: u32) {}

  add(): usize {
    if (this.count == this.capacity) {
      this.capacity = this.capacity == 0 ? 16 : this.capacity * 2;
      const bytes = this.capacity * this.recordBytes;
      this.ptr = this.ptr == 0 ? heap.alloc(bytes) : heap.realloc(this.ptr, bytes);
    }
    const record = this.at(this.count++);
    memory.fill(record, 0, this.recordBytes);
    return record;
  }

  @inline
  at(index: u32): usize {
    return this.ptr + index * this.recordBytes;
  }

  swap(one: u32, other: u32): void {
    const spare = this.add();
    memory.copy(spare, this.at(one), this.recordBytes);
    memory.copy(this.at(one), this.at(other), this.recordBytes);
    memory.copy(this.at(other), spare, this.recordBytes);
    this.count--;
  }

  /** Empties the list; memory beyond `kept` records is given back. */
  clear(kept: u32): void {
    this.count = 0;
    if (this.capacity <= kept) return;
    heap.free(this.ptr);
    this.ptr = 0;
    this.capacity = 0;
  }
}

const RECORDS_KEPT_MAX: u32 = 4096;
/** Of one request or answer. Anthropic's API takes 100,000 messages; each part here costs some 60 bytes, however short its text. */
export const PARTS_MAX: u32 = 200_000;
export const MESSAGES_MAX: u32 = 100_000;

export class PartList {
  private records: RecordList = new RecordList(offsetof<Part>());

  @inline
  get count(): u32 {
    return this.records.count;
  }

  add(kind: PartKind, text: Slice = ABSENT): Part {
    const part = changetype<Part>(this.records.add());
    part.kind = <u8>kind;
    part.text = text;
    return part;
  }

  dropLast(): void {
    this.records.count--;
  }

  @inline
  at(index: u32): Part {
    return changetype<Part>(this.records.at(index));
  }

  clear(): void {
    this.records.clear(RECORDS_KEPT_MAX);
  }
}

export class MessageList {
  private records: RecordList = new RecordList(offsetof<Message>());

  @inline
  get count(): u32 {
    return this.records.count;
  }

  add(role: Role, firstPart: u32, source: i32): Message {
    const message = changetype<Message>(this.records.add());
    message.role = <u8>role;
    message.firstPart = firstPart;
    message.source = source;
    return message;
  }

  @inline
  at(index: u32): Message {
    return changetype<Message>(this.records.at(index));
  }

  /** Puts two messages in each other's place; their parts stay where they are. */
  dropLast(): void {
    this.records.count--;
  }

  swap(one: u32, other: u32): void {
    if (one != other) this.records.swap(one, other);
  }

  clear(): void {
    this.records.clear(RECORDS_KEPT_MAX);
  }
}
