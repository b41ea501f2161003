// Providers' streams cut into pieces at awkward places: the client reads the same, byte for byte.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { ask, CLIENT_FORMATS } from "./client_formats.ts";
import { configOf, Fleet, type FleetMember, modelOf, nameOf, WIRE_FORMATS } from "./fleet.ts";

/** One byte at a time splits every escape, every UTF-8 character and every line end. */
const CUTS: Record<string, number | readonly number[]> = { ones: 1, twos: 2, threes: 3, primes: [7, 13, 1, 61, 3], large: [4096] };
const UNCUT = "uncut";
// The demo answer repeats the longest words of the question.
const PROMPT = "Beschreibe Größenverhältnisse 東京スカイツリー 👩‍👩‍👧‍👦🌍🌍🌍🌍🌍 naïveté";

let fleet: Fleet<string>;
let gateway: Gateway;

beforeAll(async () => {
  const members: Record<string, FleetMember> = {};
  for (const format of WIRE_FORMATS) {
    members[nameOf(UNCUT, format)] = { format };
    for (const [name, chunkBytes] of Object.entries(CUTS)) members[nameOf(name, format)] = { format, chunkBytes };
  }
  fleet = await Fleet.start(members);
  gateway = await startGateway({ config: configOf({ model_providers: fleet.entries() }), brightstaff: false });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

const PAIRS = CLIENT_FORMATS.flatMap((client) =>
  WIRE_FORMATS.flatMap((provider) => [true, false].map((stream) => ({ client, provider, stream }))),
);

test.each(PAIRS)("$client.id client, $provider provider, stream: $stream", async ({ client, provider, stream }) => {
  const read = (name: string) => ask(gateway.url, client, { model: modelOf(nameOf(name, provider)), prompt: PROMPT, stream });
  const uncut = await read(UNCUT);
  expect(uncut.reply.complete, uncut.body).toBe(true);
  expect(uncut.reply.text).toContain("größenverhältnisse");
  for (const name of Object.keys(CUTS)) {
    const { reply, cut } = await read(name);
    expect(cut, name).toBe(false);
    expect({ ...reply, model: uncut.reply.model }, name).toEqual(uncut.reply);
  }
});
