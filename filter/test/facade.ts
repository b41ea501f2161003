import fs from "node:fs";
import path from "node:path";
import { build } from "../build.mjs";
import { type ReplayExports, Replays } from "./replays.ts";

/** A module for each of vitest's workers: two that compile at once must not write one file. */
const OUTPUT = `filter/build/test_entry.${process.env.VITEST_POOL_ID ?? 0}.wasm`;

/** What filter/test/entry/index.ts exports. */
interface Exports extends ReplayExports {
  _initialize(): void;
  outPtr(): number;
  outLength(): number;
  clearOut(): void;
  formatNamed(ptr: number, length: number): number;
  formatOfPath(ptr: number, length: number): number;
  checkJson(ptr: number, length: number, depthMax: number): number;
  jsonOffset(): number;
  decodeString(ptr: number, length: number): number;
  scanRequestHead(format: number, ptr: number, length: number, depthMax: number): number;
  describeHead(): void;
  describeProblem(): void;
  writeRoutingView(format: number, ptr: number, length: number, bytesMax: number): number;
  describeConversation(format: number, ptr: number, length: number): void;
  hashField(ptr: number, length: number): void;
  addDrop(ptr: number, length: number): void;
  addRename(from: number, fromLength: number, to: number, toLength: number): void;
  addMessageDrop(ptr: number, length: number): void;
  setToolIdLength(length: number): void;
  setNoToolIds(none: boolean): void;
  addField(name: number, nameLength: number, value: number, valueLength: number): void;
  addMessageRole(from: number, fromLength: number, to: number, toLength: number): void;
  clearRules(): void;
  translateRequest(from: number, to: number, ptr: number, length: number, model: number, modelLength: number): number;
  writeDropped(): void;
  setClock(seconds: number): void;
  translateResponse(provider: number, client: number, ptr: number, length: number): number;
  describeSummary(): void;
  describeError(): void;
  readProviderError(format: number, status: number, ptr: number, length: number): void;
  writeProviderError(format: number): void;
  writeError(format: number, status: number, kind: number, message: number, length: number): void;
  writeErrorEvent(format: number, kind: number, message: number, length: number): void;
  ask(includeUsage: number, includeReasoning: number, addsUsage: number, wantsLogprobs: number, searchesWeb: number): void;
  isCustomTool(ptr: number, length: number): number;
  offerCustomTool(ptr: number, length: number): void;
  openStream(provider: number, client: number): number;
  feed(stream: number, ptr: number, length: number): number;
  finish(stream: number): number;
  closeStream(): void;
  splitEvents(ptr: number, length: number, chunkBytes: number): number;
  splitMessages(ptr: number, length: number, chunkBytes: number): number;
  describeStream(stream: number): void;
}

/** In the order of assembly/formats/registry.ts. */
export const FORMATS = ["openai_chat", "anthropic_messages", "openai_responses", "gemini", "bedrock_converse"] as const;
/** Behind those, what other operations are asked in. */
export const OPERATION_FORMATS = ["openai_embeddings", "anthropic_count_tokens", "gemini_count_tokens", "openai_input_tokens"] as const;
export type FormatName = (typeof FORMATS)[number];
export type AnyFormatName = FormatName | (typeof OPERATION_FORMATS)[number];
/** Those that clients are offered. */
export const CLIENT_FORMATS = ["openai_chat", "anthropic_messages", "openai_responses"] as const;

export interface Problem {
  status: number;
  kind: number;
  offset: number;
  message: string;
  param: string;
}

export interface Head {
  model: string;
  modelStart: number;
  modelEnd: number;
  stream: number;
  includeUsage: number;
  hasTools: number;
}

export interface Summary {
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  stopReason: number;
  model: string;
}

export interface ProviderError {
  status: number;
  kind: number;
  message: string;
  type: string;
  code: string;
  param: string;
}

export interface StreamState {
  contentSeen: number;
  terminalSeen: number;
  errorSeen: number;
  summary: Summary;
  error: ProviderError;
}

export interface EventStreamMessage {
  type: string;
  isError: boolean;
  data: string;
}

/** The numbers of assembly/stream/frame_reader.ts. */
const MESSAGE_ENDS: Record<number, string> = { 0: "whole", 3: "too long", 4: "damaged" };

export interface Rules {
  drop?: string[];
  rename?: [string, string][];
  messageDrop?: string[];
  messageRoles?: [string, string][];
  toolIdLength?: number;
  noToolIds?: boolean;
  /** Fields that every request is to have. */
  add?: [string, string][];
}

/** What an answer's client has asked for, as the request's head has it. */
export interface Asked {
  includeUsage?: boolean;
  includeReasoning?: boolean;
  addsUsage?: boolean;
  wantsLogprobs?: boolean;
  /** The provider was asked to search the web. */
  searchesWeb?: boolean;
  /** The names of the custom tools that it has offered. */
  customTools?: string[];
}

export const RESULTS = ["unchanged", "rewritten", "provider error", "malformed"] as const;
export const PROGRESS = ["unchanged", "rewritten", "failed"] as const;
/** The numbers of assembly/canonical/error_kind.ts. */
export const ERROR_KINDS = [
  "invalid request",
  "authentication",
  "permission",
  "not found",
  "request too large",
  "rate limit",
  "overloaded",
  "timeout",
  "server",
  "billing",
] as const;
/** The numbers of assembly/json/errors.ts. */
export const JSON_ERRORS = [
  "none",
  "end",
  "value",
  "key",
  "colon",
  "object end",
  "array end",
  "number",
  "control character",
  "escape",
  "surrogate",
  "utf8",
  "depth",
  "trailing",
] as const;

export const DEPTH_MAX = 128;
/** What the tests take for now where an answer carries a date. */
export const NOW_S = 1_760_000_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export type Text = string | Uint8Array;

/** The facade of the filter's translation (assembly/translation.ts) under Node. */
export class Facade {
  private readonly wasm: Exports;
  private buffer = 0;
  private capacity = 0;
  private stays: Uint8Array | null = null;
  private staysAt = 0;
  private model = "";
  private modelPtr = 0;

  private constructor(wasm: Exports) {
    this.wasm = wasm;
    wasm.setClock(NOW_S);
  }

  static async load(): Promise<Facade> {
    await build("filter/test/entry/index.ts", OUTPUT);
    const code = fs.readFileSync(path.resolve(import.meta.dirname, "../..", OUTPUT));
    const { instance } = await WebAssembly.instantiate(code, {});
    const wasm = instance.exports as unknown as Exports;
    wasm._initialize();
    return new Facade(wasm);
  }

  get memoryBytes(): number {
    return this.wasm.memory.buffer.byteLength;
  }

  formatNamed(name: string): number {
    return this.withText(name, (ptr, length) => this.wasm.formatNamed(ptr, length));
  }

  formatOfPath(urlPath: string): number {
    return this.withText(urlPath, (ptr, length) => this.wasm.formatOfPath(ptr, length));
  }

  checkJson(text: Text, depthMax = DEPTH_MAX): { error: (typeof JSON_ERRORS)[number]; offset: number } {
    const number = this.withText(text, (ptr, length) => this.wasm.checkJson(ptr, length, depthMax));
    return { error: JSON_ERRORS[number] ?? "none", offset: this.wasm.jsonOffset() };
  }

  /** What a JSON string stands for, and that escaped again; null when it is none. */
  decodeString(json: Text): { text: string; escaped: string } | null {
    const valid = this.withText(json, (ptr, length) => this.wasm.decodeString(ptr, length));
    const out = this.takeBytes();
    if (!valid) return null;
    const middle = out.lastIndexOf(0);
    return { text: decoder.decode(out.subarray(0, middle)), escaped: decoder.decode(out.subarray(middle + 1)) };
  }

  scanHead(format: AnyFormatName, body: Text, depthMax = DEPTH_MAX): { head: Head } | { problem: Problem } {
    return this.withText(body, (ptr, length) => {
      if (this.wasm.scanRequestHead(number(format), ptr, length, depthMax))
        return { head: this.describe<Head>(() => this.wasm.describeHead()) };
      return { problem: this.describe<Problem>(() => this.wasm.describeProblem()) };
    });
  }

  /** Those of the names that a request declares as custom tools. */
  customToolsOf(format: AnyFormatName, body: Text, names: string[]): string[] {
    const scanned = this.scanHead(format, body);
    if ("problem" in scanned) throw new Error(scanned.problem.message);
    return names.filter((name) => this.withText(name, (ptr, length) => this.wasm.isCustomTool(ptr, length)) !== 0);
  }

  routingView(format: AnyFormatName, body: Text, bytesMax = 65536): string {
    return this.withText(body, (ptr, length) => {
      this.wasm.writeRoutingView(number(format), ptr, length, bytesMax);
      return this.takeText();
    });
  }

  /** Where a request stands in its conversation, and the hash of how the conversation begins; null when nothing tells it from others. */
  conversation(format: FormatName, body: Text): { turn: "opening" | "user" | "continuation"; hash: string | null } {
    const { turn, hasUser, hash } = this.withText(body, (ptr, length) =>
      this.describe<{ turn: number; hasUser: number; hash: string }>(() => this.wasm.describeConversation(number(format), ptr, length)),
    );
    return { turn: (["opening", "user", "continuation"] as const)[turn] as "opening", hash: hasUser ? hash : null };
  }

  /** SipHash of one field, as 32 hexadecimal digits. */
  hashField(field: Text): string {
    return this.withText(field, (ptr, length) => {
      this.wasm.hashField(ptr, length);
      return this.takeText();
    });
  }

  /** Scans the head of a request and translates it. */
  translateRequest(
    from: AnyFormatName,
    to: AnyFormatName,
    body: Text,
    model: string,
    rules: Rules = {},
  ): { body: string; dropped: string[] } | { problem: Problem } {
    const scanned = this.scanHead(from, body);
    if ("problem" in scanned) return scanned;
    this.setRules(rules);
    const modelBytes = encoder.encode(model);
    const modelPtr = this.wasm.allocate(modelBytes.length);
    try {
      return this.withText(body, (ptr, length) => {
        new Uint8Array(this.wasm.memory.buffer).set(modelBytes, modelPtr);
        const translated = this.wasm.translateRequest(number(from), number(to), ptr, length, modelPtr, modelBytes.length);
        const text = this.takeText();
        if (!translated) return { problem: this.describe<Problem>(() => this.wasm.describeProblem()) };
        this.wasm.writeDropped();
        return { body: text, dropped: this.takeText().split("\n").slice(0, -1) };
      });
    } finally {
      this.wasm.deallocate(modelPtr);
      this.wasm.clearRules();
    }
  }

  translateResponse(
    provider: AnyFormatName,
    client: AnyFormatName,
    body: Text,
    asked: Asked = {},
  ): { result: (typeof RESULTS)[number]; body: string; summary: Summary; error: ProviderError } {
    this.ask(asked);
    const result = this.withText(body, (ptr, length) => this.wasm.translateResponse(number(provider), number(client), ptr, length));
    const text = this.takeText();
    const summary = this.describe<Summary>(() => this.wasm.describeSummary());
    const error = this.describe<ProviderError>(() => this.wasm.describeError());
    return { result: RESULTS[result] ?? "malformed", body: text, summary, error };
  }

  /** Reads a provider's error, and writes it for clients of `client`. */
  providerError(provider: AnyFormatName, client: AnyFormatName, status: number, body: Text): { error: ProviderError; body: string } {
    this.withText(body, (ptr, length) => this.wasm.readProviderError(number(provider), status, ptr, length));
    const error = this.describe<ProviderError>(() => this.wasm.describeError());
    this.wasm.writeProviderError(number(client));
    return { error, body: this.takeText() };
  }

  writeError(format: FormatName, status: number, kind: (typeof ERROR_KINDS)[number], message: string): string {
    this.withText(message, (ptr, length) => this.wasm.writeError(number(format), status, ERROR_KINDS.indexOf(kind), ptr, length));
    return this.takeText();
  }

  writeErrorEvent(format: FormatName, kind: (typeof ERROR_KINDS)[number], message: string): string {
    this.withText(message, (ptr, length) => this.wasm.writeErrorEvent(number(format), ERROR_KINDS.indexOf(kind), ptr, length));
    return this.takeText();
  }

  /** The data of each server-sent event of a stream that comes in chunks of a size, and whether its last event had no end. */
  splitEvents(stream: Text, chunkBytes: number): { events: string[]; unfinished: boolean } {
    const unfinished = this.withText(stream, (ptr, length) => this.wasm.splitEvents(ptr, length, chunkBytes)) !== 0;
    const events = this.takeText()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as string);
    return { events, unfinished };
  }

  /** The messages of a binary event stream that comes in chunks of a size, and what ended the reading. */
  splitMessages(stream: Uint8Array, chunkBytes: number): { messages: EventStreamMessage[]; end: string } {
    const end = this.withText(stream, (ptr, length) => this.wasm.splitMessages(ptr, length, chunkBytes));
    const lines = this.takeText().split("\n").slice(0, -1);
    const messages: EventStreamMessage[] = [];
    for (let at = 0; at < lines.length; at += 3) {
      const [type, isError, data] = lines.slice(at, at + 3).map((line) => JSON.parse(line) as string | boolean);
      messages.push({ type: String(type), isError: isError === true, data: String(data) });
    }
    return { messages, end: MESSAGE_ENDS[end] ?? "cut" };
  }

  /** Reads bytes as both kinds of streams, without a look at what is read. */
  runFraming(stream: Uint8Array, chunkBytes: number): void {
    this.withText(stream, (ptr, length) => this.wasm.splitEvents(ptr, length, chunkBytes));
    this.wasm.clearOut();
    this.withText(stream, (ptr, length) => this.wasm.splitMessages(ptr, length, chunkBytes));
    this.wasm.clearOut();
  }

  openStream(provider: FormatName, client: FormatName, asked: boolean | Asked = {}): Stream {
    this.ask(typeof asked === "boolean" ? { includeUsage: asked } : asked);
    return new Stream(this, this.wasm, this.wasm.openStream(number(provider), number(client)));
  }

  /** A whole stream from a provider to a client, to be cut in many ways. */
  replays(provider: FormatName, client: FormatName, bytes: Uint8Array, asked: Asked = {}): Replays {
    this.ask(asked);
    return new Replays(this, this.wasm, number(provider), number(client), bytes);
  }

  // For timing: the same calls without reading what they leave behind. A text stays in the module's memory until another one comes.

  runScan(format: FormatName, body: Uint8Array): void {
    this.wasm.scanRequestHead(number(format), this.stay(body), body.length, DEPTH_MAX);
  }

  runTranslate(from: FormatName, to: FormatName, body: Uint8Array, model: string): void {
    const ptr = this.stay(body);
    this.wasm.scanRequestHead(number(from), ptr, body.length, DEPTH_MAX);
    if (this.model !== model) {
      const bytes = encoder.encode(model);
      this.modelPtr = this.wasm.allocate(bytes.length);
      new Uint8Array(this.wasm.memory.buffer).set(bytes, this.modelPtr);
      this.model = model;
    }
    this.wasm.translateRequest(number(from), number(to), ptr, body.length, this.modelPtr, this.model.length);
    this.wasm.clearOut();
  }

  /** How much text the view is chosen from, in bytes. */
  conversationBytes(format: FormatName, body: Text): number {
    const bytes = this.withText(body, (ptr, length) => this.wasm.writeRoutingView(number(format), ptr, length, 0));
    this.wasm.clearOut();
    return bytes;
  }

  runView(format: FormatName, body: Uint8Array): void {
    this.wasm.writeRoutingView(number(format), this.stay(body), body.length, 65536);
    this.wasm.clearOut();
  }

  runResponse(provider: FormatName, client: FormatName, body: Uint8Array): void {
    this.wasm.translateResponse(number(provider), number(client), this.stay(body), body.length);
    this.wasm.clearOut();
  }

  /** The address of a text that was put into the module's memory once. */
  stay(text: Uint8Array): number {
    if (this.stays === text) return this.staysAt;
    if (this.stays !== null) this.wasm.deallocate(this.staysAt);
    this.staysAt = this.wasm.allocate(text.length);
    new Uint8Array(this.wasm.memory.buffer).set(text, this.staysAt);
    this.stays = text;
    return this.staysAt;
  }

  /** Puts a text into the module's memory for the time of a call. */
  withText<Result>(text: Text, use: (ptr: number, length: number) => Result): Result {
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    if (bytes.length > this.capacity) {
      if (this.buffer !== 0) this.wasm.deallocate(this.buffer);
      this.buffer = this.wasm.allocate(bytes.length);
      this.capacity = bytes.length;
    }
    new Uint8Array(this.wasm.memory.buffer).set(bytes, this.buffer);
    return use(this.buffer, bytes.length);
  }

  takeText(): string {
    return decoder.decode(this.takeBytes());
  }

  takeBytes(): Uint8Array {
    const ptr = this.wasm.outPtr();
    const bytes = new Uint8Array(this.wasm.memory.buffer).slice(ptr, ptr + this.wasm.outLength());
    this.wasm.clearOut();
    return bytes;
  }

  describe<Result>(write: () => void): Result {
    write();
    return JSON.parse(this.takeText()) as Result;
  }

  private ask({
    includeUsage = false,
    includeReasoning = true,
    addsUsage = false,
    wantsLogprobs = false,
    searchesWeb = false,
    customTools = [],
  }: Asked): void {
    this.wasm.ask(Number(includeUsage), Number(includeReasoning), Number(addsUsage), Number(wantsLogprobs), Number(searchesWeb));
    for (const name of customTools) this.withText(name, (ptr, length) => this.wasm.offerCustomTool(ptr, length));
  }

  private setRules({
    drop = [],
    rename = [],
    messageDrop = [],
    messageRoles = [],
    toolIdLength = 0,
    noToolIds = false,
    add = [],
  }: Rules): void {
    this.wasm.setToolIdLength(toolIdLength);
    this.wasm.setNoToolIds(noToolIds);
    for (const pair of add) this.withPair(pair, this.wasm.addField);
    for (const field of drop) this.withText(field, (ptr, length) => this.wasm.addDrop(ptr, length));
    for (const pair of rename) this.withPair(pair, this.wasm.addRename);
    for (const field of messageDrop) this.withText(field, (ptr, length) => this.wasm.addMessageDrop(ptr, length));
    for (const pair of messageRoles) this.withPair(pair, this.wasm.addMessageRole);
  }

  private withPair([from, to]: [string, string], add: Exports["addRename"]): void {
    const fromLength = encoder.encode(from).length;
    this.withText(from + to, (ptr, length) => add(ptr, fromLength, ptr + fromLength, length - fromLength));
  }
}

/** One streamed answer; streams are closed in the reverse order of their opening. */
export class Stream {
  private readonly facade: Facade;
  private readonly wasm: Exports;
  private readonly index: number;

  constructor(facade: Facade, wasm: Exports, index: number) {
    this.facade = facade;
    this.wasm = wasm;
    this.index = index;
  }

  feed(chunk: Text): { progress: (typeof PROGRESS)[number]; out: string } {
    const progress = this.facade.withText(chunk, (ptr, length) => this.wasm.feed(this.index, ptr, length));
    return { progress: PROGRESS[progress] ?? "failed", out: this.facade.takeText() };
  }

  /** For timing: `feed` without reading what it leaves behind. */
  run(chunk: Uint8Array): (typeof PROGRESS)[number] {
    const progress = this.wasm.feed(this.index, this.facade.stay(chunk), chunk.length);
    this.wasm.clearOut();
    return PROGRESS[progress] ?? "failed";
  }

  finish(): { progress: (typeof PROGRESS)[number]; out: string } {
    const progress = this.wasm.finish(this.index);
    return { progress: PROGRESS[progress] ?? "failed", out: this.facade.takeText() };
  }

  state(): StreamState {
    return JSON.parse(this.stateText()) as StreamState;
  }

  stateText(): string {
    this.wasm.describeStream(this.index);
    return this.facade.takeText();
  }

  close(): void {
    this.wasm.closeStream();
  }
}

function number(format: AnyFormatName): number {
  return ([...FORMATS, ...OPERATION_FORMATS] as AnyFormatName[]).indexOf(format);
}
