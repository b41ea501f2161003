import { Body, readBody } from "../host/body";
import { logError } from "../host/log";
import { GatewayConfig } from "./config";
import { ConfigReader } from "./config_reader";
import { sendEventsBy } from "./event_batch";
import { openGatewayStream } from "./gateway";
import { openProviderStream } from "./provider";
import { watchSilence } from "./silence";
import { StreamContext } from "./stream_context";

/** A plugin's configuration in Envoy: the gateway's, which says a lot, or a provider cluster's, which only says that it is one. */
@final
class Root {
  constructor(readonly config: GatewayConfig | null) {}
}

const roots: Map<u32, Root> = new Map<u32, Root>();
const reader = new ConfigReader();

/** Reads the plugin's configuration; false makes Envoy refuse it. */
export function configureRoot(root: u32, size: u32): bool {
  const text = readBody(Body.PluginConfiguration, size);
  const ptr = text.ptr;
  const length = text.length;
  if (reader.isProvider(ptr, length)) {
    roots.set(root, new Root(null));
    return true;
  }
  const config = reader.read(ptr, length);
  if (config == null) {
    logError("llm_gateway: the plugin's configuration is not one that this build understands");
    return false;
  }
  roots.set(root, new Root(config));
  sendEventsBy(config);
  watchSilence(config);
  return true;
}

export function isRoot(context: u32): bool {
  return roots.has(context);
}

export function deleteRoot(root: u32): void {
  roots.delete(root);
}

export function createStreamContext(context: u32, root: u32): StreamContext {
  const config = roots.get(root).config;
  if (config == null) return openProviderStream(context);
  return openGatewayStream(context, root, config);
}
