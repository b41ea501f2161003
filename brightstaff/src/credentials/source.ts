import type { CredentialsConfig } from "../config/gateway_config.ts";
import type { Mistake, Path } from "../config/mistakes.ts";
import type { RawCredentials } from "../config/raw_config.ts";

/** What a provider is called with, and when it ends, in milliseconds since 1970. */
export type Token = { readonly value: string; readonly expiresAt_ms: number };

/** Obtains a new token. Throws an UnobtainableError, or whatever the network throws. */
export type TokenRequest = (signal: AbortSignal) => Promise<Token>;

/** One kind of credentials as it is registered: `type` is what the config names it by. */
export type CredentialSource<Config extends CredentialsConfig = CredentialsConfig> = {
  readonly type: Config["type"];
  /** Reads and validates what the config says; undefined when that is wrong, which is then among the context's mistakes. */
  read(raw: RawCredentials, context: ReadContext): Config | undefined;
  create(config: Config): TokenRequest;
};

export type ReadContext = {
  /** Of the mapping `credentials`. */
  readonly path: Path;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The config's own folder, from which its paths are taken. */
  readonly baseDir: string;
  /** Of AWS, where the provider is asked. */
  readonly region: string;
  readonly mistakes: Mistake[];
};

/** No token was to be had. The message is fit for a log: it holds neither a key nor a token. */
export class UnobtainableError extends Error {}

const CAUSES_MAX = 5;

/**
 * Why a request for a token failed, for a log: this project's own words, or else the system's code, such as ECONNREFUSED, if any. What a
 * library says may quote what it sent or got.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof UnobtainableError) return error.message;
  const causes: unknown[] = [];
  for (let cause = error; cause instanceof Error && causes.length < CAUSES_MAX; cause = cause.cause) causes.push(cause);
  const code = causes.map((cause) => (cause as NodeJS.ErrnoException).code).find((found) => typeof found === "string");
  return code ?? (error instanceof Error ? error.name : "unknown");
}
