import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { GatewayConfig, Provider } from "./config/gateway_config.ts";
import type { Loaded, StoredRouter } from "./config/load.ts";
import { describeMistake, type Mistake } from "./config/mistakes.ts";
import { credentialsFile } from "./credentials/aws.ts";
import { Credentials } from "./credentials/index.ts";
import type { Deciding } from "./decisions/decide.ts";
import { ResolutionCache } from "./decisions/resolution_cache.ts";
import { MissLog } from "./intent/miss_log.ts";
import type { Resolver, ResolverOptions } from "./intent/resolver.ts";
import { MetricsSources } from "./metrics_sources/index.ts";
import { checkWording } from "./router_lint/wording.ts";
import { Sessions } from "./sessions/index.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { Cooldowns } from "./traffic/cooldowns.ts";
import type { EventHub } from "./traffic/event_hub.ts";
import { waitForEnvoy } from "./xds/envoy_readback.ts";
import type { RenderOptions } from "./xds/options.ts";
import { routingSocket } from "./xds/options.ts";
import { render, tokenSecret } from "./xds/render.ts";
import type { StateDir } from "./xds/state_dir.ts";

export type LiveGatewayOptions = {
  readonly load: () => Loaded;
  /** The routers that are served beside the config's own. */
  readonly storedRouters: () => readonly StoredRouter[];
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
  #loaded: GoodConfig | null = null;
  #refused: ReadonlyMap<string, readonly Mistake[]> = new Map();
  #resolverKey = "";
  /** What was said of the wording of task descriptions. */
  #worded = new Set<string>();
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

  /** By id, what is wrong with stored routers that the config in use can't serve. */
  get refused(): ReadonlyMap<string, readonly Mistake[]> {
    return this.#refused;
  }

  /** What would be wrong with these stored routers in the config in use. */
  check(stored: readonly StoredRouter[]): ReadonlyMap<string, readonly Mistake[]> {
    if (this.#loaded === null) throw new Error("no config is in use yet");
    return this.#loaded.withRouters(stored).refused;
  }

  /** Serves the stored routers as they are now, with the config in use, whatever its file says meanwhile; resolves when Envoy does. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#loaded !== null) await this.#serve(this.#loaded);
      const { renderOptions, logger } = this.#options;
      if (!(await waitForEnvoy(renderOptions.stateDir, ENVOY_MS_MAX))) logger.warn("Envoy has not taken up the routers yet");
    });
  }

  /**
   * Loads the config, renders it for Envoy and gets its resolver ready, one call after the other.
   * Resolves to the config's mistakes, one line each; with any, what was in use stays so.
   */
  apply(): Promise<readonly string[]> {
    return this.#inTurn(() => this.#apply());
  }

  async close(): Promise<void> {
    this.#options.stateDir.close();
    this.#sources.close();
    this.#credentials.close();
    await this.#applying.catch(() => undefined);
    await this.#deciding?.resolver.close();
    await this.#deciding?.sessions.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const applied = this.#applying.catch(() => undefined).then(work);
    this.#applying = applied;
    return applied;
  }

  async #apply(): Promise<readonly string[]> {
    const { load, metrics, logger } = this.#options;
    const loaded = load();
    if (!loaded.ok) {
      metrics.configReloads.inc({ result: "rejected" });
      return loaded.mistakes;
    }
    for (const warning of loaded.warnings) logger.warn(warning);
    this.#worded.clear();
    await this.#serve(loaded);
    metrics.configReloads.inc({ result: "applied" });
    metrics.configLoadedAt_seconds.setToCurrentTime();
    return [];
  }

  async #publish(name: string, token: string | null): Promise<void> {
    const provider = this.#providers.find((known) => known.name === name);
    const { stateDir } = this.#options;
    if (provider?.credentials?.type === "aws") await stateDir.writeAwsCredentials(name, credentialsFile(token));
    else if (provider !== undefined) await stateDir.writeSecret(name, tokenSecret(provider, token));
  }

  async #serve(loaded: GoodConfig): Promise<void> {
    const { storedRouters, stateDir, renderOptions } = this.#options;
    const { config, refused } = loaded.withRouters(storedRouters());
    this.#tellRefused(refused);
    this.#tellWording(config);
    const before = this.#deciding;
    const deciding = {
      config,
      resolver: await this.#resolverFor(config),
      sources: this.#sources,
      cooldowns: this.#options.cooldowns,
      sessions: this.#sessionsFor(config),
      resolutions: new ResolutionCache(),
    };
    const models = config.models.map(({ id }) => id);
    this.#sources.use(config.metricsSources, models);
    this.#providers = config.providers;
    this.#credentials.use(config.providers);
    // Other routers need no other tokens.
    const tokens = loaded === this.#loaded ? undefined : this.#credentials.firstTokens(FIRST_TOKENS_MS_MAX);
    await Promise.all([warmUp(deciding, before), tokens]);
    // A new router can be decided on before Envoy knows of it. At the start, nothing is ready before the files are there.
    if (before !== null) this.#deciding = deciding;
    await stateDir.write(render(config, renderOptions, this.#credentials.tokens));
    this.#deciding = deciding;
    this.#loaded = loaded;
    if (before !== null) retire(before, deciding);
  }

  /** A stored router that a new config can't serve (a model has gone) is no reason to refuse the config, but one to say so. */
  #tellRefused(refused: ReadonlyMap<string, readonly Mistake[]>): void {
    const { storedRouters, metrics, logger } = this.#options;
    const stored = storedRouters();
    for (const [id, mistakes] of refused) {
      const name = stored.find((known) => known.id === id)?.router.name;
      logger.error({ uuid: id, router: name, mistakes: mistakes.map(describeMistake) }, "a stored router is not served");
    }
    this.#refused = refused;
    metrics.storedRouters.set({ state: "served" }, stored.length - refused.size);
    metrics.storedRouters.set({ state: "refused" }, refused.size);
  }

  /** The config's routers and those of the management API alike; what was told stays told while the same config is in use. */
  #tellWording(config: GatewayConfig): void {
    const warnings = warnOfWording(config);
    for (const warning of warnings) if (!this.#worded.has(warning)) this.#options.logger.warn(warning);
    this.#worded = new Set(warnings);
  }

  /** The one in use where nothing that concerns it has changed, as loading takes a while. */
  async #resolverFor(config: GatewayConfig): Promise<Resolver> {
    const options = this.#resolverOptions(config);
    const key = JSON.stringify(options);
    if (this.#deciding !== null && key === this.#resolverKey) return this.#deciding.resolver;
    const created = this.#options.createResolver(options);
    const resolver = options.kind === "slm" ? new MissLog(created, this.#options.logger) : created;
    await resolver.ready();
    this.#resolverKey = key;
    return resolver;
  }

  /** The ones in use where nothing that concerns them has changed: conversations outlive most changes of the config. */
  #sessionsFor({ sessions: settings }: GatewayConfig): Sessions {
    const inUse = this.#deciding?.sessions;
    return inUse !== undefined && isDeepStrictEqual(inUse.settings, settings) ? inUse : new Sessions(settings, this.#options);
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

type GoodConfig = Loaded & { readonly ok: true };

/** How long a change of routers waits for Envoy; it usually takes some milliseconds. */
const ENVOY_MS_MAX = 2_000;

/** Providers without a token yet are refused by themselves, and must not keep the others from being served. */
const FIRST_TOKENS_MS_MAX = 3_000;

/** What the words of task descriptions show at once; `npm run lint:routers` looks further. */
function warnOfWording({ routers, routeAll }: GatewayConfig): string[] {
  return (routeAll === null ? routers : [...routers, routeAll]).flatMap(({ name, tasks }) =>
    checkWording(tasks).map((finding) => `router ${name}: ${finding.kind}: ${finding.tasks.join(" and ")}: ${finding.reason}`),
  );
}

const WARM_UP_MS_MAX = 5_000;

/** The embedded resolver reads a router's task descriptions before its first decision, which no request should wait for: not even one that it stands in for. */
async function warmUp({ config, resolver }: Deciding, before: Deciding | null): Promise<void> {
  const warm = new Set(before?.resolver === resolver ? tasksOf(before.config) : []);
  for (const tasks of tasksOf(config)) {
    // What fails here fails again, and is told, when it matters.
    if (!warm.has(tasks)) await resolver.prepare(JSON.parse(tasks), AbortSignal.timeout(WARM_UP_MS_MAX)).catch(() => undefined);
  }
}

/** The routers' tasks as far as a resolver reads them, as JSON, so that equal ones are the same. */
function tasksOf({ routers, routeAll }: GatewayConfig): string[] {
  const all = routeAll === null ? routers : [...routers, routeAll];
  return all.map(({ tasks }) => JSON.stringify(tasks.map(({ name, description }) => ({ name, description }))));
}

/** Closes what `after` no longer uses when the last decision that was begun with it must be over. */
function retire({ config, resolver, sessions }: Deciding, after: Deciding): void {
  const close = () => {
    if (resolver !== after.resolver) void resolver.close();
    if (sessions !== after.sessions) void sessions.close();
  };
  setTimeout(close, config.limits.decision_ms).unref();
}

/** The rest of the decision's deadline is left to the embedded resolver, which stands in, and to the way back to the filter. */
const SLM_SHARE_OF_DEADLINE = 0.8;
