// One suite for every wire format. Each request capability is said by each client API and found in what each provider gets; each kind of answer
// of each provider, whole and streamed, is read by each API's clients. A deviation stands in the format's own file with its reason, and one
// that no longer holds fails.
import { beforeAll, describe, expect, test } from "vitest";
import { accumulated, type ClientFormat } from "../accumulated.ts";
import { Facade, FORMATS } from "../facade.ts";
import { type Fixture, type FixtureKind, fixturesOf } from "../golden.ts";
import { eventsOf, saidInEvents } from "../recordings/said.ts";
import {
  ANSWERS,
  type AnswerCapability,
  type ClientRole,
  type FormatUnderTest,
  type ProviderRole,
  REQUESTS,
  type RequestCapability,
  type Told,
} from "./format_under_test.ts";
import { ANTHROPIC_MESSAGES } from "./formats/anthropic_messages.ts";
import { BEDROCK_CONVERSE } from "./formats/bedrock_converse.ts";
import { GEMINI } from "./formats/gemini.ts";
import { OPENAI_CHAT } from "./formats/openai_chat.ts";
import { OPENAI_RESPONSES } from "./formats/openai_responses.ts";

const SUITE: FormatUnderTest[] = [OPENAI_CHAT, ANTHROPIC_MESSAGES, OPENAI_RESPONSES, GEMINI, BEDROCK_CONVERSE];
const CLIENTS = SUITE.filter((format): format is FormatUnderTest & { client: ClientRole } => format.client !== undefined);
const REQUEST_CAPABILITIES = Object.keys(REQUESTS) as RequestCapability[];
const ANSWER_CAPABILITIES = Object.keys(ANSWERS) as AnswerCapability[];

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

test("every format is in the suite", () => {
  expect(SUITE.map(({ name }) => name)).toEqual([...FORMATS]);
});

function fixtureOf(format: FormatUnderTest, kind: FixtureKind, name: string): Fixture {
  const fixture = fixturesOf(format.name, kind).find((one) => one.name === name);
  if (fixture === undefined) throw new Error(`no fixture ${format.name}/${kind}/${name}`);
  return fixture;
}

/** What the provider's request says of it; undefined when it is left out or the request refused. */
function arrives(client: FormatUnderTest & { client: ClientRole }, provider: FormatUnderTest, capability: RequestCapability): unknown {
  const { model, models, finds } = provider.provider;
  const body = JSON.stringify({ ...client.client.base, ...client.client.says[capability] });
  const result = facade.translateRequest(client.name, provider.name, body, models?.[capability] ?? model);
  if (!("problem" in result)) return finds[capability](JSON.parse(result.body));
  expect(result.problem).toMatchObject({ status: 400, param: expect.stringMatching(/^[a-z]/) });
  return undefined;
}

describe.each(SUITE)("requests to $name", (provider) => {
  const { deviations } = provider.provider;

  test.each(REQUEST_CAPABILITIES)("%s", (capability) => {
    const clients = CLIENTS.filter(({ name, client }) => name !== provider.name && client.says[capability] !== undefined);
    const arrived = clients.map((client) => [client.name, arrives(client, provider, capability)]);
    const asked = clients.map(({ name }) => [name, REQUESTS[capability]]);
    if (deviations[capability] === undefined) expect(arrived).toEqual(asked);
    else if (asked.length > 0) expect(arrived, `no deviation any more: ${deviations[capability]}`).not.toEqual(asked);
  });
});

describe.each(CLIENTS)("requests of $name", ({ client, name }) => {
  test.each(REQUEST_CAPABILITIES)("%s is said, or the API has no words for it", (capability) => {
    expect(client.says[capability] === undefined).toBe(client.lacks[capability] !== undefined);
    if (client.says[capability] === undefined) return;
    const scanned = facade.scanHead(name, JSON.stringify({ ...client.base, ...client.says[capability] }));
    expect(scanned).not.toHaveProperty("problem");
  });
});

function fixtureNames(provider: ProviderRole, kind: "answers" | "streams"): [AnswerCapability, string][] {
  return ANSWER_CAPABILITIES.flatMap((capability) => {
    const name = provider[kind][capability];
    return name === undefined ? [] : [[capability, name] as [AnswerCapability, string]];
  });
}

/** Every call has an id of its own. */
function checkIds({ calls }: Told): void {
  const ids = calls.map(([id]) => id);
  expect(ids.every((id) => typeof id === "string" && id !== "") && new Set(ids).size === ids.length).toBe(true);
}

/** The provider's calls, with the ids that clients got where it has none. */
function withIds(said: Told, told: Told): Told["calls"] {
  return said.calls.map(([id, name, input], index) => [id ?? told.calls[index]?.[0], name, input]);
}

describe.each(SUITE)("answers of $name", (provider) => {
  test.each(ANSWER_CAPABILITIES)("%s is shown by a fixture, or the format has none", (capability) => {
    expect(provider.provider.answers[capability] === undefined).toBe(provider.provider.lacks[capability] !== undefined);
  });

  for (const client of CLIENTS.filter(({ name }) => name !== provider.name)) {
    test.each(fixtureNames(provider.provider, "answers"))(`%s, to clients of ${client.name}`, (capability, name) => {
      const { text } = fixtureOf(provider, "responses", name);
      const { result, body } = facade.translateResponse(provider.name, client.name, text, { wantsLogprobs: true });
      expect(result).toBe("rewritten");
      const said = provider.provider.reads(JSON.parse(text));
      const told = client.client.reads(JSON.parse(body));
      checkIds(told);
      const members = ANSWERS[capability].map((member) => [member, told[member], member === "calls" ? withIds(said, told) : said[member]]);
      const differing = members.filter(([, one, other]) => JSON.stringify(one) !== JSON.stringify(other));
      const why = client.client.tellsOtherwise[capability];
      if (why === undefined) expect(differing).toEqual([]);
      else expect(differing, `not told otherwise any more: ${why}`).not.toEqual([]);
    });

    test.each(fixtureNames(provider.provider, "streams"))(`%s, streamed to clients of ${client.name}`, async (capability, name) => {
      const { bytes, text } = fixtureOf(provider, "streams", name);
      const asked = { includeUsage: true, wantsLogprobs: true, searchesWeb: true };
      const { out, state } = facade.replays(provider.name, client.name, bytes, asked).whole;
      expect(state).toMatchObject({ terminalSeen: 1, errorSeen: 0 });
      const told = client.client.reads(await accumulated(client.name as ClientFormat, out));
      const events =
        provider.name === "bedrock_converse"
          ? text
              .split("\n")
              .filter((line) => line !== "")
              .map((line) => JSON.parse(line))
          : eventsOf(text);
      const said = saidInEvents(provider.name, events);
      expect(told.text).toBe(said.text);
      if (capability === "calls")
        expect(told.calls.map(([, called, input]) => ({ name: called, arguments: JSON.stringify(input) }))).toEqual(said.calls);
      if (capability === "reasoning") expect(told.reasoning).not.toBe("");
      if (capability === "citations") expect(told.pages).not.toEqual([]);
      if (capability === "logprobs") expect(told.tokens.length > 0).toBe(client.client.tellsOtherwise.logprobs === undefined);
      const whole = provider.provider.answers[capability];
      if (whole === undefined) return;
      // The same kind of answer ends the same, streamed or not, and its tokens are counted.
      const { stop } = provider.provider.reads(JSON.parse(fixtureOf(provider, "responses", whole).text));
      const endsAlike = capability !== "logprobs"; // those streams go on and call a tool
      if (endsAlike && client.client.tellsOtherwise[capability] === undefined) expect(told.stop).toBe(stop);
      if (capability === "text") expect([told.input_tokens, told.output_tokens].every((tokens) => tokens > 0)).toBe(true);
    });

    test.each(fixturesOf(provider.name, "errors").map(({ name, text }) => [name, text] as const))(
      `error %s, to clients of ${client.name}`,
      (status, text) => {
        const { error, body } = facade.providerError(provider.name, client.name, Number(status), text);
        expect(text).toContain(JSON.stringify(error.message).slice(1, -1));
        expect(client.client.readsError(JSON.parse(body))).toBe(error.message);
      },
    );
  }
});
