// For tests: a real Envoy on the rendered files, with the wasm left out of them. What the gateway role would decide comes in request headers,
// so that routes, clusters and reloading can be tried apart from the filter.

import { utimesSync, writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { EnvoyProcess } from "../../../test/gateway/envoy_process.ts";
import { REPO } from "../../../test/gateway/repo.ts";
import { CANDIDATES_MAX } from "../config/gateway_config.ts";
import { loadConfig } from "../config/load.ts";
import { PROVIDER_FILTER_NAME } from "./llm_filter.ts";
import { extension, type Message } from "./protobuf.ts";
import { type Resources, render } from "./render.ts";
import { StateDir } from "./state_dir.ts";

export type UnfilteredEnvoy = {
  readonly url: string;
  readonly envoy: EnvoyProcess;
  readonly stateDir: string;
  /** Renders another config and returns when the files are written; Envoy takes them in a moment later. */
  apply(config: string): Promise<void>;
  close(): Promise<void>;
};

export type UnfilteredOptions = {
  readonly config: string;
  /** Files that the config names, by their name beside it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly brightstaffPort: number;
  readonly removedClustersKept_ms?: number;
};

export async function startUnfilteredEnvoy(options: UnfilteredOptions): Promise<UnfilteredEnvoy> {
  const cwd = await fs.mkdtemp(path.join(tmpdir(), "xds-"));
  const stateDir = path.join(cwd, "envoy/run");
  for (const [name, content] of Object.entries(options.files ?? {})) await fs.writeFile(path.join(cwd, name), content);
  const files = new StateDir(stateDir, options.removedClustersKept_ms);
  const apply = (config: string) => files.write(withoutFilter(renderText(config, cwd, stateDir, options)));
  await apply(options.config);
  const envoy = await EnvoyProcess.start({
    cwd,
    bootstrap: path.join(REPO, "envoy/plano.yaml"),
    adminSocket: "envoy/run/admin.sock",
  });
  const port = (await envoy.listeners())[0]?.port;
  const close = async () => {
    files.close();
    await envoy.close();
    await fs.rm(cwd, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}`, envoy, stateDir, apply, close };
}

/** The same for every config, as the list of models tells it: what is rendered then differs only where the config does. */
const CHANGED_S = 1_800_000_000;

function renderText(config: string, cwd: string, stateDir: string, { brightstaffPort }: UnfilteredOptions): Resources {
  const file = path.join(cwd, "plano_config.yaml");
  writeFileSync(file, config);
  utimesSync(file, CHANGED_S, CHANGED_S);
  const loaded = loadConfig({ file, env: {} });
  if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
  return render(loaded.config, { stateDir, filterFile: "/nonexistent.wasm", brightstaff: { host: "127.0.0.1", port: brightstaffPort } });
}

function withoutFilter(resources: Resources): Resources {
  return {
    ...resources,
    clusters: resources.clusters.map((cluster) =>
      mapFilters(cluster, (filters) => filters.filter(({ name }) => !String(name).startsWith(PROVIDER_FILTER_NAME))),
    ),
    listener: mapFilters(resources.listener, ([, ...others]) => [limitsFromHeaders(), candidatesFromHeaders(), ...others]),
  };
}

/** The resource with every list of HTTP filters in it replaced. */
function mapFilters(resource: Message, change: (filters: Message[]) => Message[]): Message {
  return JSON.parse(JSON.stringify(resource), (key, value) => (key === "http_filters" ? change(value) : value));
}

/** Envoy's own header for the number of retries. From a client it would not take it. */
function limitsFromHeaders(): Message {
  const copy = (key: string, from: string) => ({
    append: { header: { key, value: `%REQ(${from})%` }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
  });
  return extension("envoy.filters.http.header_mutation", "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
    mutations: {
      request_mutations: [copy("x-envoy-max-retries", "x-max-retries")],
    },
  });
}

/** `x-candidate-1` and so on become candidates, `x-mode` the mode (`s` or `w`), as the gateway role would set them. */
function candidatesFromHeaders(): Message {
  const fromHeaders = (object_key: string, format: string) => ({
    object_key,
    factory_key: "envoy.string",
    format_string: { text_format_source: { inline_string: format }, omit_empty_values: true },
    skip_if_empty: true,
  });
  const later = Array.from({ length: CANDIDATES_MAX - 1 }, (_, index) =>
    fromHeaders(`wasm.llm.candidate.${index + 2}`, `%REQ(x-candidate-${index + 2})%`),
  );
  return extension("envoy.filters.http.set_filter_state", "envoy.extensions.filters.http.set_filter_state.v3.Config", {
    on_request_headers: [...later, fromHeaders("wasm.llm.dispatch", "%REQ(x-candidate-1)%|handle%REQ(x-mode)%")],
    clear_route_cache: true,
  });
}
