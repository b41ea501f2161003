// What the official client of each API puts together from a translated stream says what the provider's stream said.
import { beforeAll, describe, expect, test } from "vitest";
import { accumulated } from "./accumulated.ts";
import { CLIENT_FORMATS, Facade, FORMATS } from "./facade.ts";
import { type Fixture, fixturesOf } from "./golden.ts";
import { eventsOf, saidIn, saidInEvents } from "./recordings/said.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

/** Streams that are compared: answers from their beginning to their end, as far as their events can be read here. */
function isCompared({ name }: Fixture): boolean {
  if (/^(comments_and_crlf|multi_line_data)$/.test(name)) return false; // events of several lines
  if (name === "length") return false; // ends inside of a call's arguments
  if (name === "tool_calls_same_index") return false; // only ids tell its calls apart
  return !/^(cut_|error_|failed|not_json|html|spliced_|damaged)/.test(name);
}

function eventsIn({ format, text }: Fixture): unknown[] {
  if (format !== "bedrock_converse") return eventsOf(text);
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

for (const provider of FORMATS) {
  for (const client of CLIENT_FORMATS.filter((format) => format !== provider)) {
    describe(`${provider} to ${client}`, () => {
      test.each(
        fixturesOf(provider, "streams")
          .filter(isCompared)
          .map((fixture) => [fixture.name, fixture] as const),
      )("%s", async (_, fixture) => {
        const { out, state } = facade.replays(provider, client, fixture.bytes, { includeUsage: true }).whole;
        if (state.terminalSeen === 0) return;
        expect(saidIn(client, await accumulated(client, out))).toEqual(saidInEvents(provider, eventsIn(fixture)));
      });
    });
  }
}
