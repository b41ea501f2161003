// What is measured: a plain Envoy and the gateway, side by side in front of one mock provider.

import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../../envoy/install.mjs";
import { EnvoyProcess } from "../gateway/envoy_process.ts";
import { startGateway } from "../gateway/start_gateway.ts";
import { openaiChat } from "./formats/openai_chat.ts";
import { plainBootstrap } from "./plain_envoy.ts";
import type { Cores } from "./processes.ts";
import { PROVIDERS } from "./providers.ts";
import { MODEL, MODEL_BURST, MODEL_ROUTER, ROUTE } from "./workload.ts";

export interface Subject {
  readonly port: number;
  readonly envoyPid: number;
  /** null for a subject without a sidecar. */
  readonly brightstaffPid: number | null;
  close(): Promise<void>;
}

export async function startPlainEnvoy(mockPort: number, cores: Cores): Promise<Subject> {
  const cwd = await mkdtemp(join(tmpdir(), "plain-"));
  const bootstrap = join(cwd, "plain.json");
  await writeFile(bootstrap, JSON.stringify(plainBootstrap(mockPort)));
  const envoy = await EnvoyProcess.start({ cwd, bootstrap, adminSocket: "admin.sock", core: cores.measured });
  const port = (await envoy.listeners())[0]?.port as number;
  const close = async () => {
    await envoy.close();
    await rm(cwd, { recursive: true, force: true });
  };
  return { port, envoyPid: envoy.pid, brightstaffPid: null, close };
}

/** The router's name in the benchmark's config. Its resolver is the mock provider: a routing model that answers at once. */
export const ROUTER = "bench";

function gatewayConfig(mockPort: number): object {
  const access_key = "$BENCH_PROVIDER_KEY";
  const at = (basePath: string) => ({ base_url: `http://127.0.0.1:${mockPort}${basePath}`, access_key });
  return {
    version: "v0.4.0",
    listeners: [{ type: "model", name: "bench", address: "127.0.0.1", port: 0 }],
    model_providers: [
      { model: `openai/${MODEL_ROUTER}`, ...at(openaiChat.basePath), default: true },
      ...PROVIDERS.flatMap(({ name, format }) =>
        [MODEL, MODEL_BURST].map((model) => ({ model: `${name}/${model}`, ...at(format.basePath) })),
      ),
    ],
    routers: [
      {
        name: ROUTER,
        policies: [
          {
            task: { name: ROUTE, description: "Writing new code, functions and scripts" },
            models: [`openai/${MODEL}`],
            selection_policy: { prefer: "ranked" },
          },
          {
            task: { name: "code-review", description: "Reading code that exists and naming its mistakes" },
            models: [`anthropic/${MODEL}`],
            selection_policy: { prefer: "ranked" },
          },
        ],
        fallback_models: [`openai/${MODEL}`],
      },
    ],
    overrides: { llm_routing_model: `openai/${MODEL_ROUTER}` },
  };
}

export async function startBenchGateway(mockPort: number, cores: Cores): Promise<Subject> {
  const gateway = await startGateway({
    config: gatewayConfig(mockPort) as Record<string, unknown>,
    env: { BENCH_PROVIDER_KEY: "sk-bench-0000000000000000" },
    cores: { envoy: cores.measured, brightstaff: cores.others },
  });
  return {
    port: gateway.port,
    envoyPid: gateway.envoy.pid,
    brightstaffPid: gateway.brightstaff.pid,
    close: () => gateway.close(),
  };
}

/** "1.40.0", out of `--version`'s "…/9e5580933739/1.40.0/Clean/RELEASE/BoringSSL". */
export function envoyVersion(): string {
  const { stdout } = spawnSync(findEnvoy() ?? "envoy", ["--version"], { encoding: "utf8" });
  return /\/(\d+\.\d+\.\d+[^/]*)\//.exec(stdout)?.[1] ?? "unknown";
}
