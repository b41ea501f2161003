// 500 requests at once while the first candidate fails: every one of them is answered by the second.

import { afterAll, beforeAll, expect, test } from "vitest";
import { anthropicMessages, ask, openaiChat } from "./client_formats.ts";
import { crowdAgent, readAttempts } from "./exchange.ts";
import { type FallbackGateway, GOOD, routerOf, startFallbackGateway } from "./fallback_gateway.ts";
import { FAULTS, type Fault, HANGS } from "./faults.ts";
import { modelOf, nameOf } from "./fleet.ts";

const CROWD = 500;
/** The second candidate has this long, too, for 500 first tokens at once, on a machine that may be busy with other things. */
const DEADLINE_MS = 20_000;

/** Each has a VM of its own of the filter. */
const WORKERS = 2;

const faultNamed = (name: string) => [...FAULTS, ...HANGS].find((fault) => fault.name === name) as Fault;

/** Formats are mixed so that both clients and both translations meet a crowd. */
const CROWDS = [
  { fault: faultNamed("status-429"), client: openaiChat, first: "openai_chat", second: "anthropic_messages", stream: true },
  { fault: faultNamed("status-429"), client: anthropicMessages, first: "anthropic_messages", second: "openai_chat", stream: false },
  { fault: faultNamed("refused"), client: anthropicMessages, first: "openai_chat", second: "openai_chat", stream: true },
  { fault: faultNamed("error-before-content"), client: openaiChat, first: "anthropic_messages", second: "openai_chat", stream: true },
  { fault: faultNamed("cut-before-content"), client: openaiChat, first: "openai_chat", second: "anthropic_messages", stream: true },
  { fault: faultNamed("hang-before-headers"), client: openaiChat, first: "openai_chat", second: "anthropic_messages", stream: true },
] as const;

let fallback: FallbackGateway;

beforeAll(async () => {
  fallback = await startFallbackGateway([...new Set(CROWDS.map(({ fault }) => fault))], { first_token_ms: DEADLINE_MS }, WORKERS);
});

afterAll(async () => fallback?.close());

test.each(CROWDS)(`$fault.name, ${CROWD} at once, $client.id client, stream: $stream`, async ({ fault, client, first, second, stream }) => {
  const agent = crowdAgent(CROWD);
  const model = routerOf(fault, { first, second });
  const answers = await Promise.all(Array.from({ length: CROWD }, () => ask(fallback.url, client, { model, stream }, { agent })));
  agent.destroy();
  const failed = answers.filter(({ status, cut, reply }) => status !== 200 || cut || !reply.complete);
  expect(failed.length, `first of the failed: ${JSON.stringify(failed[0])}`).toBe(0);
  const models = [modelOf(nameOf(fault.name, first)), modelOf(nameOf(GOOD, second))];
  for (const { headers } of answers) {
    const attempts = readAttempts(headers);
    expect(attempts.map((attempt) => attempt.model)).toEqual(models);
    // A host that fails often in a row is left out for a while: that shows as a connection that could not be made.
    expect(attempts[0]?.outcome).toMatch(new RegExp(`${fault.outcome.source}|^error=connect-failure$`));
  }
});
