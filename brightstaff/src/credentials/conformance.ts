import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TOKEN_MARK, type TokenBehaviour, TokenService, type TokenServiceOptions } from "../../../test/mock_providers/token_service.ts";
import type { CredentialsConfig } from "../config/gateway_config.ts";
import type { Mistake } from "../config/mistakes.ts";
import { formatPath } from "../config/mistakes.ts";
import type { RawCredentials } from "../config/raw_config.ts";
import { RenewedCredential } from "./renewed_credential.ts";
import type { CredentialSource, Token } from "./source.ts";

export type CredentialCase = {
  readonly source: CredentialSource;
  /** For the token service; the one of Entra needs TLS. */
  readonly service?: TokenServiceOptions;
  /** What the config says for a service at `url`. Files may be written into `dir`, and `env` filled. */
  readonly raw: (url: string, dir: string, env: Record<string, string>) => RawCredentials;
  /** The service's own token in what is obtained; by default that is all of it. */
  readonly tokenIn?: (value: string) => string;
  /** What must never be told: keys, secrets, the platform's tokens. */
  readonly secrets: readonly string[];
  /** What is told when the service refuses the credentials. */
  readonly refusal: RegExp;
  /** Configs that are wrong, each with its mistake. */
  readonly mistakes: readonly (readonly [what: string, raw: (dir: string) => RawCredentials, mistake: string])[];
};

const REQUEST_MS_MAX = 500;

/** What every source of credentials is held to, against a service in true wire form on this machine. */
export function describeCredentials(one: CredentialCase, dir: () => string): void {
  const { source, tokenIn = (value: string) => value } = one;
  let service: TokenService;
  let env: Record<string, string>;
  let kept: RenewedCredential | undefined;

  // One for all tests: Microsoft's library looks for the machine's service once in a process.
  beforeAll(async () => {
    service = await TokenService.start(one.service);
  });
  beforeEach(() => {
    env = {};
    service.reset();
  });
  afterEach(() => {
    kept?.stop();
    for (const name of Object.keys(env)) delete process.env[name];
  });
  afterAll(() => service.close());

  function read(raw: RawCredentials): { config: CredentialsConfig | undefined; mistakes: Mistake[] } {
    const mistakes: Mistake[] = [];
    const config = source.read(raw, { path: ["model_providers", 0, "credentials"], env, baseDir: dir(), region: "eu-west-1", mistakes });
    return { config, mistakes };
  }

  function create() {
    const raw = one.raw(service.url, dir(), env);
    const { config, mistakes } = read(raw);
    expect(mistakes).toEqual([]);
    // The libraries read what is left to the environment from their own process.
    Object.assign(process.env, env);
    return source.create(config as CredentialsConfig);
  }

  /** As it is used: with the deadline, and told as it is told. */
  function keep(): Promise<Token | string> {
    const request = create();
    return new Promise((resolve) => {
      const listener = { renewed: resolve, failed: (reason: string) => resolve(reason), expired: () => {} };
      kept = new RenewedCredential(request, listener, { request_ms_max: REQUEST_MS_MAX, renewal_ms_min: 60_000, retry_ms_min: 60_000 });
      kept.start();
    });
  }

  test("obtains a token and its end", async () => {
    const before_ms = Date.now();
    const token = await create()(AbortSignal.timeout(5_000));
    expect(tokenIn(token.value)).toBe(service.issued[0]);
    const life_ms = token.expiresAt_ms - before_ms;
    // Services tell whole seconds.
    expect(life_ms).toBeGreaterThan(3600_000 - 5_000);
    expect(life_ms).toBeLessThan(3600_000 + 5_000);
    expect(service.requests).toHaveLength(1);
  });

  test("obtains a new one each time, however long the last one lasts", async () => {
    const request = create();
    const first = await request(AbortSignal.timeout(5_000));
    const second = await request(AbortSignal.timeout(5_000));
    expect([tokenIn(first.value), tokenIn(second.value)]).toEqual(service.issued);
    expect(first.value).not.toBe(second.value);
  });

  test.each<[TokenBehaviour, RegExp]>([
    ["refuse", one.refusal],
    // Google's and AWS's libraries try such a request again, until the deadline.
    ["503", /503|temporarily_unavailable|ServiceUnavailable|^no answer within/],
    ["html", /./],
    ["no token", /./],
    ["huge", /longer than|has no token/],
    ["reset", /./],
    ["hang", /^no answer within 500 ms$/],
  ])("tells why when the service's behaviour is: %s", async (behaviour, reason) => {
    service.behaviour = behaviour;
    const told = await keep();
    if (behaviour === "huge" && typeof told !== "string") return; // Google's and AWS's libraries have no such limit
    expect(told).toMatch(reason);
    expect(String(told).length).toBeLessThanOrEqual(200);
    for (const secret of [TOKEN_MARK, ...one.secrets]) expect(told).not.toContain(secret);
  });

  describe.runIf(one.mistakes.length > 0)("refuses a config", () => {
    test.each(one.mistakes)("%s", (_, raw, mistake) => {
      const { mistakes } = read(raw(dir()));
      const lines = mistakes.map(({ path, wrong, expected }) => `${formatPath(path)}: ${wrong}; expected ${expected}`);
      expect(lines.join("\n")).toContain(`model_providers[0].credentials${mistake}`);
      for (const secret of one.secrets) expect(lines.join("\n")).not.toContain(secret);
    });
  });
}
