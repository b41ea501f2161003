import { Bytes } from "../bytes/bytes";
import { Cursor, Kind } from "../json/cursor";
import { ABSENT, Slice, sliceIsEmpty, sliceLength, slicePtr } from "../json/slice";
import { MESSAGES_MAX, Message, MessageList, PARTS_MAX, Part, PartKind, PartList, Role } from "./parts";
import { problem } from "./problem";
import { Seal } from "./seal";

export enum ToolChoice {
  Unset = 0,
  Auto = 1,
  Required = 2,
  None = 3,
  /** `toolChoiceName` */
  Named = 4,
}

/** Of the list of dropped fields, and of what is looked up in it: a body can name more unknown fields than anyone reads. */
const DROPPED_BYTES_MAX: u32 = 4096;
const DROPS_MAX: i32 = 1000;

/** Fields that some formats share and that go over as they came. */
export enum Option {
  Seed = 0,
  PresencePenalty = 1,
  FrequencyPenalty = 2,
  PromptCacheKey = 3,
  ServiceTier = 4,
  Verbosity = 5,
  /** How likely each token of the answer was; its value counts for nothing. */
  Logprobs = 6,
  /** And how likely those that might have stood in its place: how many of them. */
  TopLogprobs = 7,
}

const OPTION_COUNT: i32 = 8;

function optionName(option: i32): string {
  switch (<Option>option) {
    case Option.Seed:
      return "seed";
    case Option.PresencePenalty:
      return "presence_penalty";
    case Option.FrequencyPenalty:
      return "frequency_penalty";
    case Option.PromptCacheKey:
      return "prompt_cache_key";
    case Option.ServiceTier:
      return "service_tier";
    case Option.Logprobs:
      return "logprobs";
    case Option.TopLogprobs:
      return "top_logprobs";
    default:
      return "verbosity";
  }
}

/** How much a model is to think before it answers, in the APIs' common scale. */
export enum Effort {
  Unset = 0,
  None = 1,
  Minimal = 2,
  Low = 3,
  Medium = 4,
  High = 5,
  ExtraHigh = 6,
  Max = 7,
}

export enum OutputFormat {
  Unset = 0,
  /** Any JSON object. */
  Json = 1,
  /** `outputSchema`, `outputSchemaName` */
  JsonSchema = 2,
}

/**
 * A chat request in terms that every format can be read into and written from. Slices point into the client's body and are valid as long as
 * it is. There is one, `canonicalRequest`, filled anew by each reading.
 */
export class CanonicalRequest {
  messages: MessageList = new MessageList();
  parts: PartList = new PartList();
  tools: PartList = new PartList();
  /** Each a `text`. */
  stopSequences: PartList = new PartList();
  toolChoice: ToolChoice = ToolChoice.Unset;
  toolChoiceName: Slice = ABSENT;
  /** The client forbade more than one tool call in an answer. */
  forbidsParallelTools: bool = false;
  maxTokens: Slice = ABSENT;
  temperature: Slice = ABSENT;
  topP: Slice = ABSENT;
  topK: Slice = ABSENT;
  endUser: Slice = ABSENT;
  effort: Effort = Effort.Unset;
  /** Tokens for reasoning, a number. */
  reasoningBudget: Slice = ABSENT;
  outputFormat: OutputFormat = OutputFormat.Unset;
  outputSchema: Slice = ABSENT;
  outputSchemaName: Slice = ABSENT;
  /** The client wants its schema enforced. */
  outputIsStrict: bool = false;
  stream: bool = false;
  /** The provider is asked to search the web: told by whoever writes. */
  hasWebSearch: bool = false;
  /** The client wants the web searched, and what it calls that: a field's path, or the type of a tool behind it. */
  private wantsWebSearch: bool = false;
  private webSearchField: string = "";
  private webSearchType: Slice = ABSENT;
  /** How long tool-call ids must be for the provider, 0 for any length: from its rules, not from the client. */
  toolIdLength: u32 = 0;
  /** The target knows marks of where a prompt's cached part ends: set before the request is read. */
  takesCacheMarks: bool = false;
  /** Reasoning with a seal that the target's format knows may be sent to this model: set by whoever writes. */
  takesSealed: bool = false;
  /** Paths of what the request says and the target cannot, one a line. Indexes are left out, so that each path stands once. */
  dropped: Bytes = new Bytes();
  private drops: i32 = 0;
  private options: StaticArray<Slice> = new StaticArray<Slice>(OPTION_COUNT);
  /** What the client's format calls reasoning in the conversation so far. */
  reasoningField: string = "";

  /** Lets go of what points into the body; what was dropped can still be read. */
  forget(): void {
    this.messages.clear();
    this.parts.clear();
    this.tools.clear();
    this.stopSequences.clear();
  }

  clear(): void {
    this.forget();
    this.toolIdLength = 0;
    this.toolChoice = ToolChoice.Unset;
    this.toolChoiceName = ABSENT;
    this.forbidsParallelTools = false;
    this.maxTokens = ABSENT;
    this.temperature = ABSENT;
    this.topP = ABSENT;
    this.topK = ABSENT;
    this.endUser = ABSENT;
    this.effort = Effort.Unset;
    this.reasoningBudget = ABSENT;
    this.outputFormat = OutputFormat.Unset;
    this.outputSchema = ABSENT;
    this.outputSchemaName = ABSENT;
    this.outputIsStrict = false;
    this.stream = false;
    this.hasWebSearch = false;
    this.wantsWebSearch = false;
    this.takesSealed = false;
    this.takesCacheMarks = false;
    for (let i = 0; i < OPTION_COUNT; i++) unchecked((this.options[i] = ABSENT));
    this.dropped.clear();
    this.drops = 0;
  }

  /** Keeps the value under the cursor, which is none when it is null. */
  readOption(cursor: Cursor, option: Option): bool {
    const isNull = cursor.kind() == Kind.Null;
    const value = cursor.takeValue();
    if (!isNull) this.setOption(option, value);
    return cursor.ok;
  }

  setOption(option: Option, value: Slice): void {
    unchecked((this.options[option] = value));
  }

  @inline
  hasOption(option: Option): bool {
    return unchecked(this.options[option]) != ABSENT;
  }

  /** The value of an option, for a format that has a place for it: JSON, or absent. */
  takeOption(option: Option): Slice {
    const value = unchecked(this.options[option]);
    unchecked((this.options[option] = ABSENT));
    return value;
  }

  /** The client wants the web searched. */
  askWebSearch(field: string, type: Slice = ABSENT): void {
    this.wantsWebSearch = true;
    this.webSearchField = field;
    this.webSearchType = type;
  }

  /**
   * Whether the provider is to be asked, by a format that can. Not beside functions: agents offer a search unasked among their tools, some
   * APIs take no such mixture, and what others answer then does not fit back into the conversation.
   */
  takeWebSearch(): bool {
    if (!this.wantsWebSearch || this.tools.count > 0) return false;
    this.wantsWebSearch = false;
    this.hasWebSearch = true;
    return true;
  }

  /** Notes the options that nobody took. */
  dropOptions(): void {
    if (this.wantsWebSearch) this.drop(this.webSearchField, slicePtr(this.webSearchType), sliceLength(this.webSearchType));
    for (let i = 0; i < OPTION_COUNT; i++) if (unchecked(this.options[i]) != ABSENT) this.drop(optionName(i));
  }

  /** Whether one more of anything may be added; `list` is refused when not. */
  hasRoom(list: string): bool {
    const full =
      this.messages.count >= MESSAGES_MAX || this.parts.count >= PARTS_MAX || this.tools.count + this.stopSequences.count >= PARTS_MAX;
    return !full || problem.refuse(list, "has too many elements");
  }

  /** Begins a message; parts added to the request's list after this are its own. */
  beginMessage(role: Role, source: i32): Message {
    this.endMessage();
    return this.messages.add(role, this.parts.count, source);
  }

  /** Closes the message begun last. */
  endMessage(): void {
    if (this.messages.count == 0) return;
    const message = this.messages.at(this.messages.count - 1);
    message.partCount = this.parts.count - message.firstPart;
  }

  /** Takes the message begun last back when no part was added to it. */
  dropEmptyMessage(): void {
    this.endMessage();
    const count = this.messages.count;
    if (count > 0 && this.messages.at(count - 1).partCount == 0) this.messages.dropLast();
  }

  /** Whether a message has a part of a kind. */
  has(message: Message, kind: PartKind): bool {
    for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
      if (this.parts.at(i).kind == <u8>kind) return true;
    }
    return false;
  }

  /** Notes that reasoning is lost, unless it is none. */
  dropReasoning(part: Part): void {
    if (part.seal != <u8>Seal.None || !sliceIsEmpty(part.text)) this.drop(this.reasoningField);
  }

  /** Notes what is lost: `path` followed by a name that is not known here (or by nothing). */
  drop(path: string, namePtr: usize = 0, nameLength: u32 = 0): void {
    const start = this.dropped.length;
    if (start + nameLength > DROPPED_BYTES_MAX || this.drops++ >= DROPS_MAX) return;
    this.dropped.ascii(path);
    this.dropped.append(namePtr, nameLength);
    this.dropped.byte(0x0a);
    if (this.isNoted(start)) this.dropped.length = start;
  }

  /** Whether the line that begins at `start`, the last, stands further up as well. */
  private isNoted(start: u32): bool {
    const length = this.dropped.length - start;
    const line = this.dropped.ptr + start;
    let from: u32 = 0;
    while (from < start) {
      let end = from;
      while (load<u8>(this.dropped.ptr + end) != 0x0a) end++;
      if (end + 1 - from == length && memory.compare(this.dropped.ptr + from, line, length) == 0) return true;
      from = end + 1;
    }
    return false;
  }
}

export const canonicalRequest = new CanonicalRequest();
