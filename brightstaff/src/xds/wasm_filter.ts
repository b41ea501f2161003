import { any, extension, type Message } from "./protobuf.ts";

const WASM_TYPE = "envoy.extensions.filters.http.wasm.v3.Wasm";

/** The filter in one of its roles. All places share one VM per worker: `vm_id`, code and `vm_config` are the same everywhere. */
export function wasmExtension(role: "gateway" | "provider", configuration: Message, wasmFile: string): Message {
  return extension("envoy.filters.http.wasm", WASM_TYPE, wasmConfig(role, configuration, wasmFile));
}

function wasmConfig(role: string, configuration: Message, wasmFile: string): Message {
  return {
    config: {
      name: role,
      root_id: role,
      // Without it a pause at the headers never reaches the body, and the request hangs.
      allow_on_headers_stop_iteration: true,
      // A trap costs the streams of one worker; with FAIL_RELOAD the next request gets a fresh VM.
      failure_policy: "FAIL_RELOAD",
      reload_config: { backoff: { base_interval: "0.05s", max_interval: "1s" } },
      configuration: any("google.protobuf.StringValue", { value: JSON.stringify(configuration) }),
      vm_config: { vm_id: "llm_gateway", runtime: "envoy.wasm.runtime.v8", code: { local: { filename: wasmFile } } },
    },
  };
}
