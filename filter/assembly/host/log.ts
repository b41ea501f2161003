import * as abi from "@solo-io/proxy-runtime/assembly/imports";

const ERROR: u32 = 4;

/** A line in Envoy's log at level `error`. Only constants and names from the configuration: never a word of a request. */
export function logError(text: string): void {
  const bytes = String.UTF8.encode(text);
  abi.proxy_log(ERROR, changetype<usize>(bytes), bytes.byteLength);
}
