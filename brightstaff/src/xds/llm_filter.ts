import path from "node:path";
import type { Provider } from "../config/gateway_config.ts";
import { any, type Message } from "./protobuf.ts";

/** The filter in a provider's cluster: the one that the route for requests with one candidate leaves out, and the one that it does not. */
export const PROVIDER_FILTER_NAME = "llm_provider";
const OWN_PLACE_FILTER_NAME = "llm_provider_always";

/**
 * Request headers that routes take away, as nearly every client sends them: the client's own credentials are the gateway's business, and an encoded
 * answer could not be read by the filter, so none is asked for. Rarer ones (`x-api-key`, `cookie`, `proxy-authorization`) the gateway role takes
 * away where they are: looking for those three in vain is 0.02 of plain Envoy's CPU for a request.
 */
export const CLIENT_HEADERS_KEPT_BACK: readonly string[] = ["authorization", "accept-encoding"];

/** Whether the filter sets headers for the provider that the route would take away in front of it, or Envoy would sign. */
export function needsOwnPlace({ passthroughAuth, signing, headers }: Provider): boolean {
  return passthroughAuth || signing !== null || headers.some(([name]) => CLIENT_HEADERS_KEPT_BACK.includes(name.toLowerCase()));
}

/** The filter in the cluster of a provider, or of who estimates tokens. */
export function providerFilter(provider: Provider | null, filterFile: string): Message {
  const name = provider !== null && needsOwnPlace(provider) ? OWN_PLACE_FILTER_NAME : PROVIDER_FILTER_NAME;
  return llmFilter(name, "provider", { role: "provider" }, filterFile);
}

/** The filter in one of its roles, as WebAssembly or as a library for Envoy, by the name of its file. */
export function llmFilter(name: string, role: "gateway" | "provider", configuration: Message, filterFile: string): Message {
  const text = any("google.protobuf.StringValue", { value: JSON.stringify(configuration) });
  const config = isLibrary(filterFile) ? libraryConfig(role, text, filterFile) : wasmConfig(role, text, filterFile);
  return { name, typed_config: any(filterType(filterFile), config) };
}

/** The message that configures the filter. */
export function filterType(filterFile: string): string {
  return isLibrary(filterFile)
    ? "envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter"
    : "envoy.extensions.filters.http.wasm.v3.Wasm";
}

function isLibrary(filterFile: string): boolean {
  return path.extname(filterFile) === ".so";
}

function libraryConfig(role: string, configuration: Message, filterFile: string): Message {
  return {
    // It is never unloaded: its workers' threads keep what is theirs.
    dynamic_module_config: { module: { local: { filename: filterFile } }, do_not_close: true },
    filter_name: role,
    filter_config: configuration,
  };
}

/** All places share one VM per worker: `vm_id`, code and `vm_config` are the same everywhere. */
function wasmConfig(role: string, configuration: Message, filterFile: string): Message {
  return {
    config: {
      name: role,
      root_id: role,
      // Without it a pause at the headers never reaches the body, and the request hangs.
      allow_on_headers_stop_iteration: true,
      // A trap costs the streams of one worker; with FAIL_RELOAD the next request gets a fresh VM.
      failure_policy: "FAIL_RELOAD",
      reload_config: { backoff: { base_interval: "0.05s", max_interval: "1s" } },
      configuration,
      vm_config: { vm_id: "llm_gateway", runtime: "envoy.wasm.runtime.v8", code: { local: { filename: filterFile } } },
    },
  };
}
