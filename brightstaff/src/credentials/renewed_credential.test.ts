import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import { RenewedCredential } from "./renewed_credential.ts";
import { type Token, type TokenRequest, UnobtainableError } from "./source.ts";

type Event = { readonly kind: "renewed" | "failed" | "expired"; readonly at_ms: number; readonly told?: unknown };

const TIMES = { request_ms_max: 200, renewal_ms_min: 5, retry_ms_min: 20 };

let credential: RenewedCredential;
let events: Event[];
afterEach(() => credential.stop());

function start(request: TokenRequest, times: Partial<typeof TIMES> = {}): void {
  events = [];
  const note = (kind: Event["kind"], told?: unknown) => events.push({ kind, at_ms: performance.now(), told });
  const listener = {
    renewed: (token: Token) => note("renewed", token.value),
    failed: (reason: string, remaining_ms: number | null) => note("failed", [reason, remaining_ms]),
    expired: () => note("expired"),
  };
  credential = new RenewedCredential(request, listener, { ...TIMES, ...times });
  credential.start();
}

/** Tokens of a life, one after the other; a number in `failing` is a request that fails. */
function tokens(life_ms: number, failing: (request: number) => boolean = () => false): TokenRequest {
  let requests = 0;
  return async () => {
    requests += 1;
    if (failing(requests)) throw new UnobtainableError("not now");
    return { value: `token-${requests}`, expiresAt_ms: Date.now() + life_ms };
  };
}

const of = (kind: Event["kind"]) => events.filter((event) => event.kind === kind);

test("a token is renewed when between 70 and 80 % of its life are over", async () => {
  const life_ms = 400;
  start(tokens(life_ms));
  await waitUntil("it has been renewed", () => of("renewed").length === 4);
  const times_ms = of("renewed").map(({ at_ms }) => at_ms);
  for (const [index, at_ms] of times_ms.slice(1).entries()) {
    const wait_ms = at_ms - (times_ms[index] ?? 0);
    expect(wait_ms).toBeGreaterThan(0.7 * life_ms - 5);
    // Timers are late under load, and a token must still be good then.
    expect(wait_ms).toBeLessThan(life_ms);
  }
  expect(of("expired")).toEqual([]);
});

test("a service that gives the same token again until it ends is not asked all the time", async () => {
  let requests = 0;
  const ends_ms = Date.now() + 400;
  start(async () => {
    requests += 1;
    return { value: "same", expiresAt_ms: Date.now() < ends_ms ? ends_ms : Date.now() + 3_600_000 };
  });
  await waitUntil("the next one is there", () => (credential.token?.expiresAt_ms ?? 0) > ends_ms);
  // Each step leaves 20 to 30 % of what was left: 400, 120, 36, 11, and then renewal_ms_min.
  expect(requests).toBeLessThan(12);
});

test("while requests fail, the last token stays until it ends, and none is left then", async () => {
  start(tokens(150, (request) => request > 1));
  await waitUntil("it has ended", () => of("expired").length > 0);
  const failures = of("failed").map(({ told }) => told as [string, number]);
  expect(failures.length).toBeGreaterThan(1);
  expect(failures[0]).toEqual(["not now", expect.any(Number)]);
  expect(failures[0]?.[1]).toBeGreaterThan(0);
  expect(credential.token).toBeNull();
  const told = events.length;
  await waitUntil("it goes on trying", () => events.length > told);
  expect(of("expired")).toHaveLength(1);
});

test("failed requests are made again after longer and longer waits, and what comes then is used", async () => {
  start(tokens(3_600_000, (request) => request <= 4));
  await waitUntil("there is a token", () => credential.token !== null);
  expect(credential.token?.value).toBe("token-5");
  const times_ms = events.map(({ at_ms }) => at_ms);
  for (const [index, at_ms] of times_ms.slice(1).entries())
    expect(at_ms - (times_ms[index] ?? 0)).toBeGreaterThan(TIMES.retry_ms_min * 2 ** index - 2);
  await sleep(60);
  expect(events).toHaveLength(5);
});

test("a request that is never answered is given up, whether it listens to the signal or not", async () => {
  start(() => new Promise(() => {}), { request_ms_max: 30 });
  await credential.firstAttempt;
  expect(of("failed")[0]?.told).toEqual(["no answer within 30 ms", null]);
});

test.each<[string, Token, string]>([
  ["with a line break", { value: "a\r\nx: y", expiresAt_ms: Date.now() + 60_000 }, "the token has characters that no header can hold"],
  ["that is empty", { value: "", expiresAt_ms: Date.now() + 60_000 }, "the token has characters that no header can hold"],
  ["that is too long", { value: "a".repeat(16_385), expiresAt_ms: Date.now() + 60_000 }, "the token is longer than 16384 characters"],
  ["that has ended", { value: "a", expiresAt_ms: Date.now() - 1 }, "the token has ended before it came"],
  ["without an end", { value: "a", expiresAt_ms: Number.NaN }, "the token has ended before it came"],
])("a token %s is not used", async (_, token, reason) => {
  start(async () => token);
  await credential.firstAttempt;
  expect(of("failed")[0]?.told).toEqual([reason, null]);
  expect(credential.token).toBeNull();
});

test("of what libraries say only the system's code is told", async () => {
  const cause = Object.assign(new Error("connect to secret-host with secret-key"), { code: "ECONNREFUSED" });
  start(async () => {
    throw new TypeError("fetch of https://user:secret@host failed", { cause });
  });
  await credential.firstAttempt;
  expect(of("failed")[0]?.told).toEqual(["ECONNREFUSED", null]);
});

test("nothing is told after it has been stopped", async () => {
  const answer = Promise.withResolvers<Token>();
  start(() => answer.promise);
  credential.stop();
  answer.resolve({ value: "late", expiresAt_ms: Date.now() + 60_000 });
  await credential.firstAttempt;
  await sleep(30);
  expect(events).toEqual([]);
  expect(credential.token).toBeNull();
});
