/**
 * A proxy-wasm host for tests: as much of the ABI 0.2.1 as llm_gateway.wasm uses, with Envoy's own semantics where they matter
 * (a body is replaced at its head or appended to, header maps are shared by a request's attempts, local replies are deferred).
 * @see https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1
 */
import fs from "node:fs";

export type Headers = [name: string, value: string][];

/** What the callbacks of one context act on. */
export interface Target {
  requestHeaders: Headers;
  responseHeaders: Headers;
  requestBody: Buffer;
  responseBody: Buffer;
  /** Filter state: shared by the request's filters, upstream ones included. */
  properties: Map<string, Buffer>;
  /** Filled when the filter answers by itself. */
  localReply: { status: number; details: string; headers: Headers; body: string } | null;
  continued: boolean;
  /** Whether the filter has reset the client's stream. */
  reset: boolean;
  routeCacheCleared: number;
}

export interface Call {
  token: number;
  root: number;
  cluster: string;
  headers: Headers;
  body: string;
  timeout_ms: number;
}

const OK = 0;
const NOT_FOUND = 1;
const BAD_ARGUMENT = 2;

interface Exports {
  memory: WebAssembly.Memory;
  malloc(size: number): number;
  _initialize(): void;
  proxy_on_vm_start(root: number, size: number): number;
  proxy_on_configure(root: number, size: number): number;
  proxy_on_context_create(context: number, parent: number): void;
  proxy_on_request_headers(context: number, count: number, end: number): number;
  proxy_on_request_body(context: number, size: number, end: number): number;
  proxy_on_request_trailers(context: number, count: number): number;
  proxy_on_response_headers(context: number, count: number, end: number): number;
  proxy_on_response_body(context: number, size: number, end: number): number;
  proxy_on_response_trailers(context: number, count: number): number;
  chunk_memory(context: number): number;
  proxy_on_http_call_response(root: number, token: number, headers: number, size: number, trailers: number): void;
  proxy_on_tick(root: number): void;
  proxy_on_delete(context: number): void;
}

export function newTarget(requestHeaders: Headers): Target {
  return {
    requestHeaders,
    responseHeaders: [],
    requestBody: Buffer.alloc(0),
    responseBody: Buffer.alloc(0),
    properties: new Map(),
    localReply: null,
    continued: false,
    reset: false,
    routeCacheCleared: 0,
  };
}

export class WasmHost {
  readonly exports: Exports;
  readonly logs: string[] = [];
  readonly calls: Call[] = [];
  /** Host calls made, by name: what a request costs beside its own arithmetic. */
  readonly callCounts = new Map<string, number>();
  /** Whether brightstaff's cluster is there to be called. */
  callsSucceed = true;
  tickPeriod_ms = 0;
  now_ns = 1_000_000_000n;
  readonly #targets = new Map<number, Target>();
  readonly #roots = new Map<number, number>();
  #current = 0;
  #configuration = Buffer.alloc(0);
  #callResponse: { headers: Headers; body: Buffer } = { headers: [], body: Buffer.alloc(0) };
  #nextContext = 1;
  #nextToken = 1;

  constructor(filterFile: string) {
    const module = new WebAssembly.Module(fs.readFileSync(filterFile));
    const instance = new WebAssembly.Instance(module, { env: this.#imports() });
    this.exports = instance.exports as unknown as Exports;
    this.exports._initialize();
    this.exports.proxy_on_vm_start(0, 0);
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Creates and configures a root context; `accepted` is the filter's own verdict on the configuration. */
  createRoot(configuration: string): { root: number; accepted: boolean } {
    const root = this.#nextContext++;
    this.exports.proxy_on_context_create(root, 0);
    this.#configuration = Buffer.from(configuration);
    const accepted = this.exports.proxy_on_configure(root, this.#configuration.length) === 1;
    return { root, accepted };
  }

  createStream(root: number, target: Target): number {
    const context = this.#nextContext++;
    this.#targets.set(context, target);
    this.#roots.set(context, root);
    this.exports.proxy_on_context_create(context, root);
    return context;
  }

  /** Runs one callback of a context. */
  run<T>(context: number, callback: (exports: Exports) => T): T {
    this.#current = context;
    return callback(this.exports);
  }

  delete(context: number): void {
    this.run(context, (exports) => exports.proxy_on_delete(context));
    this.#targets.delete(context);
    this.#roots.delete(context);
  }

  /** Delivers the answer to a call of the filter's; no `response` is a call that failed or timed out. */
  answerCall(call: Call, response?: { status: number; body: string }): void {
    this.calls.splice(this.calls.indexOf(call), 1);
    this.#callResponse = { headers: response ? [[":status", String(response.status)]] : [], body: Buffer.from(response?.body ?? "") };
    const headers = this.#callResponse.headers.length;
    this.run(call.root, (exports) =>
      exports.proxy_on_http_call_response(call.root, call.token, headers, this.#callResponse.body.length, 0),
    );
  }

  #bytes(ptr: number, size: number): Buffer {
    return Buffer.from(new Uint8Array(this.exports.memory.buffer, ptr, size));
  }

  #text(ptr: number, size: number): string {
    return this.#bytes(ptr, size).toString("latin1");
  }

  #store(ptr: number, value: number): void {
    new DataView(this.exports.memory.buffer).setUint32(ptr, value, true);
  }

  #handOver(value: Buffer, ptrPtr: number, sizePtr: number): number {
    const ptr = value.length === 0 ? 0 : this.exports.malloc(value.length);
    if (ptr !== 0) new Uint8Array(this.exports.memory.buffer).set(value, ptr);
    this.#store(ptrPtr, ptr);
    this.#store(sizePtr, value.length);
    return OK;
  }

  #target(): Target {
    const target = this.#targets.get(this.#current);
    if (!target) throw new Error(`a host call for context ${this.#current}, which is not a stream's`);
    return target;
  }

  #headers(map: number): Headers {
    if (map === 6) return this.#callResponse.headers;
    return map === 0 ? this.#target().requestHeaders : this.#target().responseHeaders;
  }

  #pairs(ptr: number, size: number): Headers {
    const bytes = this.#bytes(ptr, size);
    const count = bytes.readUInt32LE(0);
    const pairs: Headers = [];
    let at = 4 + count * 8;
    for (let i = 0; i < count; i++) {
      const nameLength = bytes.readUInt32LE(4 + i * 8);
      const valueLength = bytes.readUInt32LE(8 + i * 8);
      pairs.push([
        bytes.toString("latin1", at, at + nameLength),
        bytes.toString("latin1", at + nameLength + 1, at + nameLength + 1 + valueLength),
      ]);
      at += nameLength + valueLength + 2;
    }
    return pairs;
  }

  #serialise(headers: Headers): Buffer {
    const lengths = Buffer.alloc(4 + headers.length * 8);
    lengths.writeUInt32LE(headers.length, 0);
    headers.forEach(([name, value], i) => {
      lengths.writeUInt32LE(name.length, 4 + i * 8);
      lengths.writeUInt32LE(value.length, 8 + i * 8);
    });
    return Buffer.concat([lengths, ...headers.map(([name, value]) => Buffer.from(`${name}\0${value}\0`, "latin1"))]);
  }

  #body(type: number): Buffer {
    switch (type) {
      case 0:
        return this.#target().requestBody;
      case 1:
        return this.#target().responseBody;
      case 4:
        return this.#callResponse.body;
      default:
        return this.#configuration;
    }
  }

  #imports(): WebAssembly.ModuleImports {
    const functions: Record<string, (...args: number[]) => number> = {
      proxy_log: (_level = 0, ptr = 0, size = 0) => {
        this.logs.push(this.#text(ptr, size));
        return OK;
      },
      proxy_get_current_time_nanoseconds: (ptr = 0) => {
        new DataView(this.exports.memory.buffer).setBigUint64(ptr, this.now_ns, true);
        return OK;
      },
      proxy_get_property: (path = 0, pathSize = 0, valuePtr = 0, valueSize = 0) => {
        const value = this.#target().properties.get(this.#text(path, pathSize));
        return value === undefined ? NOT_FOUND : this.#handOver(value, valuePtr, valueSize);
      },
      proxy_set_property: (path = 0, pathSize = 0, value = 0, valueSize = 0) => {
        this.#target().properties.set(this.#text(path, pathSize), this.#bytes(value, valueSize));
        return OK;
      },
      proxy_set_tick_period_milliseconds: (period_ms = 0) => {
        this.tickPeriod_ms = period_ms;
        return OK;
      },
      proxy_close_stream: () => {
        this.#target().reset = true;
        return OK;
      },
      proxy_continue_stream: () => {
        this.#target().continued = true;
        return OK;
      },
      proxy_get_header_map_value: (map = 0, key = 0, keySize = 0, valuePtr = 0, valueSize = 0) => {
        const name = this.#text(key, keySize);
        const header = this.#headers(map).find(([n]) => n === name);
        return header === undefined ? NOT_FOUND : this.#handOver(Buffer.from(header[1], "latin1"), valuePtr, valueSize);
      },
      proxy_get_header_map_pairs: (map = 0, ptr = 0, size = 0) => this.#handOver(this.#serialise(this.#headers(map)), ptr, size),
      proxy_replace_header_map_value: (map = 0, key = 0, keySize = 0, value = 0, valueSize = 0) => {
        const name = this.#text(key, keySize);
        const headers = this.#headers(map);
        const others = headers.filter(([n]) => n !== name);
        headers.splice(0, headers.length, ...others, [name, this.#text(value, valueSize)]);
        if (map === 0) this.#target().routeCacheCleared++; // as Envoy does for this version of the ABI
        return OK;
      },
      proxy_remove_header_map_value: (map = 0, key = 0, keySize = 0) => {
        const name = this.#text(key, keySize);
        const headers = this.#headers(map);
        headers.splice(0, headers.length, ...headers.filter(([n]) => n !== name));
        return OK;
      },
      proxy_get_buffer_bytes: (type = 0, start = 0, length = 0, ptr = 0, size = 0) =>
        this.#handOver(this.#body(type).subarray(start, start + length), ptr, size),
      proxy_set_buffer_bytes: (type = 0, start = 0, length = 0, ptr = 0, size = 0) =>
        this.#setBuffer(type, start, length, this.#bytes(ptr, size)),
      proxy_http_call: (
        cluster = 0,
        clusterSize = 0,
        headers = 0,
        headersSize = 0,
        body = 0,
        bodySize = 0,
        _t = 0,
        _ts = 0,
        timeout_ms = 0,
        tokenPtr = 0,
      ) => {
        if (!this.callsSucceed) return BAD_ARGUMENT;
        const token = this.#nextToken++;
        const root = this.#roots.get(this.#current) ?? this.#current; // a stream's calls are its root context's
        this.calls.push({
          token,
          root,
          cluster: this.#text(cluster, clusterSize),
          headers: this.#pairs(headers, headersSize),
          body: this.#bytes(body, bodySize).toString(),
          timeout_ms,
        });
        this.#store(tokenPtr, token);
        return OK;
      },
      proxy_set_effective_context: (context = 0) => {
        this.#current = context;
        return OK;
      },
      proxy_send_local_response: (status = 0, details = 0, detailsSize = 0, body = 0, bodySize = 0, headers = 0, headersSize = 0) => {
        this.#target().localReply ??= {
          status,
          details: this.#text(details, detailsSize),
          headers: this.#pairs(headers, headersSize),
          body: this.#bytes(body, bodySize).toString(),
        };
        return OK;
      },
    };
    const counted = Object.entries(functions).map(([name, run]) => [
      name,
      (...args: number[]) => {
        this.callCounts.set(name, (this.callCounts.get(name) ?? 0) + 1);
        return run(...args);
      },
    ]);
    return Object.fromEntries(counted);
  }

  #setBuffer(type: number, start: number, length: number, bytes: Buffer): number {
    const target = this.#target();
    const body = type === 0 ? target.requestBody : target.responseBody;
    let next: Buffer;
    if (start === 0) next = Buffer.concat([bytes, body.subarray(Math.min(length, body.length))]);
    else if (start >= body.length) next = Buffer.concat([body, bytes]);
    else return BAD_ARGUMENT;
    if (type === 0) target.requestBody = next;
    else target.responseBody = next;
    return OK;
  }
}
