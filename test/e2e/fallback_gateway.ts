// A gateway with a router for every fault and every pair of wire formats, and the checks that all fallback tests share.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { createTestAuthority } from "../mock_providers/certificates.ts";
import { type Answer, CLIENT_FORMATS, type ClientFormat } from "./client_formats.ts";
import { readAttempts } from "./exchange.ts";
import type { Fault } from "./faults.ts";
import { configOf, Fleet, type FleetMember, fixedRouter, modelOf, nameOf, WIRE_FORMATS, type WireFormat } from "./fleet.ts";

/** The second candidate of every router; it always answers. */
export const GOOD = "good";

export interface FallbackGateway {
  url: string;
  gateway: Gateway;
  fleet: Fleet<string>;
  close(): Promise<void>;
}

/** One cell of the matrix. */
export interface Combination {
  client: ClientFormat;
  first: WireFormat;
  second: WireFormat;
  stream: boolean;
}

export const COMBINATIONS: readonly Combination[] = CLIENT_FORMATS.flatMap((client) =>
  WIRE_FORMATS.flatMap((first) => WIRE_FORMATS.flatMap((second) => [true, false].map((stream) => ({ client, first, second, stream })))),
);

export function routerOf(fault: Fault, { first, second }: Pick<Combination, "first" | "second">): string {
  return `router:${nameOf(fault.name, first)}.${nameOf(GOOD, second)}`;
}

export async function startFallbackGateway(
  faults: readonly Fault[],
  limits: Record<string, number> = {},
  concurrency = 1,
): Promise<FallbackGateway> {
  const authority = await createTestAuthority();
  const members: Record<string, FleetMember> = {};
  const routers: Record<string, unknown>[] = [];
  for (const second of WIRE_FORMATS) members[nameOf(GOOD, second)] = { format: second };
  for (const fault of faults) {
    for (const first of WIRE_FORMATS) {
      members[nameOf(fault.name, first)] = await fault.member(first, authority);
      for (const second of WIRE_FORMATS) {
        const names = [nameOf(fault.name, first), nameOf(GOOD, second)];
        routers.push(fixedRouter(names.join("."), names));
      }
    }
  }
  const fleet = await Fleet.start(members);
  const folder = await mkdtemp(join(tmpdir(), "ca-"));
  const caPath = join(folder, "ca.pem");
  await writeFile(caPath, authority.ca);
  const config = configOf({
    model_providers: fleet.entries(),
    routers,
    limits,
    overrides: { upstream_tls_ca_path: caPath, upstream_connect_timeout: "2s" },
  });
  // Without brightstaff: the order is the fallback models', and no decision's CPU time is in the way of many requests at once.
  const gateway = await startGateway({ config, brightstaff: false, concurrency });
  return {
    url: gateway.url,
    gateway,
    fleet,
    async close() {
      await gateway.close();
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The answer is complete, from the second candidate, and the attempts header tells of both. */
export function expectSecondAnswered(answer: Answer, fault: Fault, { client, first, second, stream }: Combination): void {
  const cell = `${client.id} client, ${first} then ${second}, ${stream ? "streamed" : "whole"}`;
  expect(answer.status, `${cell}: ${answer.body}`).toBe(200);
  expect(answer.cut, cell).toBe(false);
  expect(answer.reply, cell).toMatchObject({ complete: true, error: null });
  expect(answer.reply.text, cell).toContain("demo answer");
  const attempts = readAttempts(answer.headers);
  expect(
    attempts.map(({ model }) => model),
    cell,
  ).toEqual([modelOf(nameOf(fault.name, first)), modelOf(nameOf(GOOD, second))]);
  expect(attempts[0]?.outcome, cell).toMatch(fault.outcome);
  expect(attempts[1]?.outcome, cell).toBe("status=200");
  expect(answer.headers["x-model-router-selected-model"], cell).toBe(modelOf(nameOf(GOOD, second)));
}

/** How many requests with `prompt` a mock provider has seen. */
export function timesAsked(fleet: Fleet<string>, name: string, prompt: string): number {
  return fleet.mock(name).requests.filter(({ bodyText }) => bodyText.includes(prompt)).length;
}
