import type { Logger } from "pino";
import type { GatewayConfig, Provider } from "./config/gateway_config.ts";
import type { Loaded } from "./config/load.ts";
import { Credentials } from "./credentials/index.ts";
import type { Conversation, Resolver, ResolverOptions } from "./intent/resolver.ts";
import { MetricsSources } from "./metrics_sources/index.ts";
import type { Deciding } from "./routes/decisions.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { Cooldowns } from "./traffic/cooldowns.ts";
import type { EventHub } from "./traffic/event_hub.ts";
import type { RenderOptions } from "./xds/options.ts";
import { routingSocket } from "./xds/options.ts";
import { render, tokenSecret } from "./xds/render.ts";
import type { StateDir } from "./xds/state_dir.ts";

export type LiveGatewayOptions = {
  readonly load: () => Loaded;
  readonly createResolver: (options: ResolverOptions) => Resolver;
  /** The folder of the embedded resolver's model. */
  readonly modelDir: string;
  readonly stateDir: StateDir;
  readonly renderOptions: RenderOptions;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** What comes of requests. */
  readonly events: EventHub;
  readonly cooldowns: Cooldowns;
};

/** The config in use, with all that follows from it: Envoy's files, the resolver and the sources of ranking data. A wrong config changes nothing. */
export class LiveGateway {
  readonly #options: LiveGatewayOptions;
  readonly #sources: MetricsSources;
  readonly #credentials: Credentials;
  #providers: readonly Provider[] = [];
  #deciding: Deciding | null = null;
  #resolverKey = "";
  #applying: Promise<unknown> = Promise.resolve();

  constructor(options: LiveGatewayOptions) {
    this.#options = options;
    this.#sources = new MetricsSources(options);
    this.#credentials = new Credentials({ ...options, publish: (provider, token) => this.#publish(provider, token) });
  }

  /** What decisions are made with, or null before the first config is in use. */
  get current(): Deciding | null {
    return this.#deciding;
  }

  /**
   * Loads the config, renders it for Envoy and gets its resolver ready, one call after the other.
   * Resolves to the config's mistakes, one line each; with any, what was in use stays so.
   */
  apply(): Promise<readonly string[]> {
    const applied = this.#applying.catch(() => undefined).then(() => this.#apply());
    this.#applying = applied;
    return applied;
  }

  async close(): Promise<void> {
    this.#options.stateDir.close();
    this.#sources.close();
    this.#credentials.close();
    await this.#applying.catch(() => undefined);
    await this.#deciding?.resolver.close();
  }

  async #apply(): Promise<readonly string[]> {
    const { load, stateDir, renderOptions, metrics, logger } = this.#options;
    const loaded = load();
    if (!loaded.ok) {
      metrics.configReloads.inc({ result: "rejected" });
      return loaded.mistakes;
    }
    for (const warning of loaded.warnings) logger.warn(warning);
    const before = this.#deciding;
    const deciding = {
      config: loaded.config,
      resolver: await this.#resolverFor(loaded.config),
      sources: this.#sources,
      cooldowns: this.#options.cooldowns,
    };
    const models = loaded.config.models.map(({ id }) => id);
    this.#sources.use(loaded.config.metricsSources, models);
    this.#providers = loaded.config.providers;
    this.#credentials.use(loaded.config.providers);
    await Promise.all([warmUp(deciding), this.#credentials.firstTokens(FIRST_TOKENS_MS_MAX)]);
    // A new router can be decided on before Envoy knows of it. At the start, nothing is ready before the files are there.
    if (before !== null) this.#deciding = deciding;
    await stateDir.write(render(loaded.config, renderOptions, this.#credentials.tokens));
    this.#deciding = deciding;
    if (before !== null && before.resolver !== deciding.resolver) retire(before);
    metrics.configReloads.inc({ result: "applied" });
    metrics.configLoadedAt_seconds.setToCurrentTime();
    return [];
  }

  async #publish(name: string, token: string | null): Promise<void> {
    const provider = this.#providers.find((known) => known.name === name);
    if (provider !== undefined) await this.#options.stateDir.writeSecret(name, tokenSecret(provider, token));
  }

  /** The one in use where nothing that concerns it has changed, as loading takes a while. */
  async #resolverFor(config: GatewayConfig): Promise<Resolver> {
    const options = this.#resolverOptions(config);
    const key = JSON.stringify(options);
    if (this.#deciding !== null && key === this.#resolverKey) return this.#deciding.resolver;
    const resolver = this.#options.createResolver(options);
    await resolver.ready();
    this.#resolverKey = key;
    return resolver;
  }

  #resolverOptions({ routingModel, limits }: GatewayConfig): ResolverOptions {
    const embedded = { kind: "embedded", modelDir: this.#options.modelDir } as const;
    if (routingModel === null) return embedded;
    return {
      kind: "slm",
      // The host is not looked up: the socket is what is connected to.
      baseUrl: routingModel.baseUrl ?? "http://gateway/v1",
      ...(routingModel.baseUrl === null ? { socketPath: routingSocket(this.#options.renderOptions.stateDir) } : {}),
      model: routingModel.model,
      promptForm: routingModel.promptForm,
      ...(routingModel.apiKey === null ? {} : { apiKey: routingModel.apiKey }),
      deadline_ms: Math.ceil(limits.decision_ms * SLM_SHARE_OF_DEADLINE),
      contextLength_tokens: routingModel.contextLength_tokens,
      fallback: embedded,
    };
  }
}

/** Providers without a token yet are refused by themselves, and must not keep the others from being served. */
const FIRST_TOKENS_MS_MAX = 3_000;

const WARM_UP: Conversation = [{ role: "user", content: "hello" }];
const WARM_UP_MS_MAX = 5_000;

/**
 * The embedded resolver reads a router's task descriptions at its first decision, tens of milliseconds' work that no request should wait for.
 * A routing model has nothing to read ahead, and may not be there yet.
 */
async function warmUp({ config, resolver }: Deciding): Promise<void> {
  if (config.routingModel !== null) return;
  const routers = config.routeAll === null ? config.routers : [...config.routers, config.routeAll];
  for (const { tasks } of routers) {
    // What fails here fails again, and is told, when it matters.
    await resolver.resolve(WARM_UP, tasks, AbortSignal.timeout(WARM_UP_MS_MAX)).catch(() => undefined);
  }
}

/** Closes a resolver when the last decision that was begun with it must be over. */
function retire({ config, resolver }: Deciding): void {
  setTimeout(() => void resolver.close(), config.limits.decision_ms).unref();
}

/** The rest of the decision's deadline is left to the embedded resolver, which stands in, and to the way back to the filter. */
const SLM_SHARE_OF_DEADLINE = 0.8;
