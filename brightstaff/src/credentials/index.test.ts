import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import { TOKEN_MARK, TokenService } from "../../../test/mock_providers/token_service.ts";
import { serviceAccountKey } from "../../../test/mock_providers/token_service_forms.ts";
import type { CredentialsConfig, Provider } from "../config/gateway_config.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { Credentials } from "./index.ts";

let service: TokenService;
let metrics: Metrics;
let log: Record<string, unknown>[];
let published: [provider: string, token: string | null][];
let credentials: Credentials;

beforeEach(async () => {
  service = await TokenService.start();
  metrics = createMetrics();
  log = [];
  published = [];
  credentials = new Credentials({
    metrics,
    logger: pino({ base: null }, { write: (line) => log.push(JSON.parse(line)) }),
    publish: async (provider, token) => void published.push([provider, token]),
  });
});
afterEach(async () => {
  credentials.close();
  await service.close();
});

const google = (changes: object = {}): CredentialsConfig => ({
  type: "google",
  keyFile: null,
  key: JSON.stringify({ ...serviceAccountKey(service.url), ...changes }),
});
/** As far as credentials look at a provider. */
const provider = (name: string, config: CredentialsConfig | null) => ({ name, credentials: config }) as Provider;
const readMetrics = async () =>
  (await metrics.registry.metrics())
    .split("\n")
    .filter((line) => line.startsWith("brightstaff_credential"))
    .join("\n");

test("each provider's token is obtained, published and there to be read", async () => {
  credentials.use([provider("a", google()), provider("b", null), provider("c", google())]);
  await credentials.firstTokens(5_000);
  expect([...credentials.tokens.keys()]).toEqual(["a", "c"]);
  expect([...credentials.tokens.values()].toSorted()).toEqual(service.issued.toSorted());
  expect(published.toSorted()).toEqual([...credentials.tokens]);
});

test("what a new config leaves as it is keeps its token; what it changes or leaves out is stopped", async () => {
  credentials.use([provider("a", google()), provider("b", google()), provider("c", google())]);
  await credentials.firstTokens(5_000);
  const before = credentials.tokens;
  credentials.use([provider("b", google({ project_id: "another" })), provider("a", google())]);
  expect([...credentials.tokens]).toEqual([["a", before.get("a")]]);
  await credentials.firstTokens(5_000);
  expect(credentials.tokens.get("b")).not.toBe(before.get("b"));
  expect(service.requests).toHaveLength(4);
  expect(await readMetrics()).not.toContain('expiry_timestamp_seconds{provider="c"');
});

test("a service that is down keeps nobody waiting", async () => {
  service.behaviour = "hang";
  credentials.use([provider("a", google())]);
  const before_ms = performance.now();
  await credentials.firstTokens(50);
  expect(performance.now() - before_ms).toBeLessThan(1_000);
  expect(credentials.tokens.size).toBe(0);
  service.behaviour = "refuse";
  credentials.use([provider("b", google())]);
  await credentials.firstTokens(60_000);
  expect(log.at(-1)).toMatchObject({ level: 40, credential: { provider: "b", type: "google" }, expires_in_s: null });
});

test("how it fares is counted and logged, without a token or a key", async () => {
  credentials.use([provider("a", google())]);
  await credentials.firstTokens(5_000);
  expect(log).toEqual([expect.objectContaining({ level: 30, credential: { provider: "a", type: "google" }, msg: "credential renewed" })]);
  expect(log[0]?.expires_in_s).toBeGreaterThan(3_590);
  const labels = 'provider="a",type="google"';
  const lines = await readMetrics();
  expect(lines).toContain(`brightstaff_credential_renewals_total{${labels},result="ok"} 1`);
  const [, renewedAt_s] = new RegExp(`renewed_timestamp_seconds{${labels}} ([\\d.]+)`).exec(lines) ?? [];
  const [, endsAt_s] = new RegExp(`expiry_timestamp_seconds{${labels}} ([\\d.]+)`).exec(lines) ?? [];
  expect(Date.now() / 1000 - Number(renewedAt_s)).toBeLessThan(60);
  expect(Number(endsAt_s) - Number(renewedAt_s)).toBeCloseTo(3_600, -1);
  expect(JSON.stringify(log) + lines).not.toContain(TOKEN_MARK);
  expect(JSON.stringify(log) + lines).not.toContain("PRIVATE KEY");
});

test("a token that ends without another is taken back", async () => {
  service.life_s = 1;
  credentials.use([provider("a", google())]);
  await credentials.firstTokens(5_000);
  service.behaviour = "refuse";
  await waitUntil("it has ended", () => published.at(-1)?.[1] === null);
  expect(credentials.tokens.size).toBe(0);
  const lines = await readMetrics();
  expect(lines).toMatch(/renewals_total\{provider="a",type="google",result="failed"\} [1-9]/);
  expect(lines).not.toContain("expiry_timestamp_seconds{");
  expect(log.find(({ level }) => level === 40)).toMatchObject({
    reason: "status 400: invalid_grant: Invalid grant: account not found",
    msg: "no new credential: the last one stays in use until it ends",
  });
});

test("what could not be written for Envoy is told", async () => {
  const failing = new Credentials({
    metrics,
    logger: pino({ base: null }, { write: (line) => log.push(JSON.parse(line)) }),
    publish: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOSPC" })),
  });
  failing.use([provider("a", google())]);
  await failing.firstTokens(5_000);
  await sleep(5);
  failing.close();
  expect(log.at(-1)).toMatchObject({ level: 50, code: "ENOSPC", msg: "the credential could not be written for Envoy" });
});
