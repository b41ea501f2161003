import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { CredentialsConfig, Provider } from "../config/gateway_config.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { RenewedCredential } from "./renewed_credential.ts";
import type { Token } from "./source.ts";
import { sourceOf } from "./sources.ts";

export type CredentialsOptions = {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Takes a provider's new token, or null when the last one has ended, to where requests get it from. */
  readonly publish: (provider: string, token: string | null) => Promise<void>;
};

type Kept = { readonly provider: string; readonly config: CredentialsConfig; readonly credential: RenewedCredential };

/** The credentials of the config in use that expire, each kept fresh in the background. How they fare is in the metrics and the log. */
export class Credentials {
  readonly #options: CredentialsOptions;
  #kept: readonly Kept[] = [];

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  /** The tokens at the moment, by the name of their provider. */
  get tokens(): ReadonlyMap<string, string> {
    return new Map(
      this.#kept.flatMap(({ provider, credential }) => (credential.token === null ? [] : [[provider, credential.token.value]])),
    );
  }

  /** Takes up a config: what it leaves as it is keeps its token. */
  use(providers: readonly Provider[]): void {
    const before = this.#kept;
    this.#kept = providers.flatMap(({ name, credentials }) => {
      if (credentials === null) return [];
      const known = before.find(({ provider, config }) => provider === name && isDeepStrictEqual(config, credentials));
      return [known ?? this.#create(name, credentials)];
    });
    for (const gone of before.filter((known) => !this.#kept.includes(known))) this.#retire(gone);
    for (const { credential } of this.#kept.filter((known) => !before.includes(known))) credential.start();
  }

  /** Waits until each credential has its first token or has failed to get it, but no longer than this. */
  async firstTokens(wait_ms_max: number): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, wait_ms_max);
    await Promise.race([Promise.all(this.#kept.map(({ credential }) => credential.firstAttempt)), timer.promise]);
    clearTimeout(timeout);
  }

  close(): void {
    for (const { credential } of this.#kept) credential.stop();
  }

  #create(provider: string, config: CredentialsConfig): Kept {
    const labels = { provider, type: config.type };
    const credential = new RenewedCredential(sourceOf(config.type).create(config), {
      renewed: (token) => this.#renewed(labels, token),
      failed: (reason, remaining_ms) => this.#failed(labels, reason, remaining_ms),
      expired: () => this.#expired(labels),
    });
    return { provider, config, credential };
  }

  #retire({ provider, config, credential }: Kept): void {
    credential.stop();
    this.#forget({ provider, type: config.type });
  }

  #renewed(labels: Labels, token: Token): void {
    const { metrics, logger } = this.#options;
    metrics.credentialRenewals.inc({ ...labels, result: "ok" });
    metrics.credentialRenewedAt_seconds.set(labels, Date.now() / 1000);
    metrics.credentialExpiresAt_seconds.set(labels, token.expiresAt_ms / 1000);
    logger.info({ credential: labels, expires_in_s: Math.round((token.expiresAt_ms - Date.now()) / 1000) }, "credential renewed");
    this.#publish(labels, token.value);
  }

  #failed(labels: Labels, reason: string, remaining_ms: number | null): void {
    this.#options.metrics.credentialRenewals.inc({ ...labels, result: "failed" });
    const consequence =
      remaining_ms === null ? "the provider refuses requests until there is one" : "the last one stays in use until it ends";
    const expires_in_s = remaining_ms === null ? null : Math.round(remaining_ms / 1000);
    this.#options.logger.warn({ credential: labels, reason, expires_in_s }, `no new credential: ${consequence}`);
  }

  #expired(labels: Labels): void {
    this.#forget(labels);
    this.#publish(labels, null);
  }

  #publish(labels: Labels, token: string | null): void {
    this.#options.publish(labels.provider, token).catch((error: NodeJS.ErrnoException) => {
      this.#options.logger.error({ credential: labels, code: error.code }, "the credential could not be written for Envoy");
    });
  }

  #forget(labels: Labels): void {
    this.#options.metrics.credentialRenewedAt_seconds.remove(labels);
    this.#options.metrics.credentialExpiresAt_seconds.remove(labels);
  }
}

type Labels = { readonly provider: string; readonly type: string };
