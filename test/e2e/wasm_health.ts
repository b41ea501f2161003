// What tells that the filter has trapped, or that the gateway wrote down what it must not.

import { expect } from "vitest";
import type { Gateway } from "../gateway/start_gateway.ts";

/** A trap ends the VM of a worker: Envoy logs the function it happened in, and counts a reload of the VM. */
export async function expectNoTrap(gateway: Gateway): Promise<void> {
  const log = gateway.envoy.log();
  expect(log).not.toMatch(/Function: proxy_on|Uncaught RuntimeError|unreachable|wasm.*(failed|crash)/i);
  const failures = [...(await gateway.envoy.stats("wasm"))].filter(
    ([name, value]) => /vm_(failure|reload)|remote_load_fetch_failures/.test(name) && value > 0,
  );
  expect(failures).toEqual([]);
}

/** Requests that Envoy still holds open, on the client's side and on the providers'. */
export async function activeRequests(gateway: Gateway): Promise<number> {
  const stats = await gateway.envoy.stats("(downstream|upstream)_rq_active$");
  return [...stats].filter(([name]) => !name.startsWith("http.admin")).reduce((sum, [, value]) => sum + value, 0);
}

export function expectNotLogged(gateway: Gateway, secrets: readonly string[]): void {
  const logs = gateway.logs();
  for (const secret of secrets) expect(logs).not.toContain(secret);
}
