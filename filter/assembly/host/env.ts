/**
 * Host calls that proxy-runtime's declarations lack. AssemblyScript imports a declaration from the module named like its file,
 * and the proxy-wasm ABI's module is "env".
 * @see https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1
 */

/** Replaces `length` bytes at the head of a body (start 0), or appends to it (start at its end or past it). Envoy refuses any other `start`. */
export declare function proxy_set_buffer_bytes(type: u32, start: u32, length: u32, data: usize, size: u32): u32;
