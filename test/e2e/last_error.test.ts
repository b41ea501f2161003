// Requests that no candidate answers, and those that a provider refuses for what they are: the client's SDK gets the right error.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { closedPort } from "../mock_providers/ports.ts";
import { readAttempts } from "./exchange.ts";
import { configOf, Fleet, type FleetMember, fixedRouter, modelOf, nameOf, WIRE_FORMATS, type WireFormat } from "./fleet.ts";

const STATUSES = [400, 401, 403, 404, 422, 429, 500, 529];
/** Those that answer have it, too, on a machine that is busy with other tests. */
const REPLY_MS = 3_000;

/** The class that each SDK has for a status. */
const CLASSES: Record<number, { openai: new (...args: never) => Error; anthropic: new (...args: never) => Error }> = {
  400: { openai: OpenAI.BadRequestError, anthropic: Anthropic.BadRequestError },
  401: { openai: OpenAI.AuthenticationError, anthropic: Anthropic.AuthenticationError },
  403: { openai: OpenAI.PermissionDeniedError, anthropic: Anthropic.PermissionDeniedError },
  404: { openai: OpenAI.NotFoundError, anthropic: Anthropic.NotFoundError },
  422: { openai: OpenAI.UnprocessableEntityError, anthropic: Anthropic.UnprocessableEntityError },
  429: { openai: OpenAI.RateLimitError, anthropic: Anthropic.RateLimitError },
  500: { openai: OpenAI.InternalServerError, anthropic: Anthropic.InternalServerError },
  529: { openai: OpenAI.InternalServerError, anthropic: Anthropic.InternalServerError },
};

let fleet: Fleet<string>;
let gateway: Gateway;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  const members: Record<string, FleetMember> = {
    refused: { format: "openai_chat", url: `http://127.0.0.1:${await closedPort()}` },
    silent: { format: "openai_chat", behaviour: { kind: "hang before headers" } },
    mute: { format: "openai_chat", behaviour: { kind: "hang after headers" } },
    // Several, as a host that fails ten times in a row is left out for a while, and then fails in another way.
    ...Object.fromEntries(
      ["html", "html-1", "html-2", "html-3"].map((name) => [name, { format: "openai_chat", behaviour: { kind: "html" } }]),
    ),
    cut: { format: "openai_chat", behaviour: { kind: "cut", at: "before content" } },
    redirect: { format: "openai_chat", behaviour: { kind: "status", status: 307, headers: { location: "https://elsewhere.example/" } } },
    good: { format: "openai_chat" },
  };
  for (const format of WIRE_FORMATS) {
    for (const status of STATUSES) {
      members[nameOf(`status-${status}`, format)] = { format, behaviour: { kind: "status", status, message: messageOf(status) } };
    }
    members[nameOf("html", format)] = { format: "openai_chat", behaviour: { kind: "html" } };
    members[nameOf("error-event", format)] = { format, behaviour: { kind: "error event", at: "first", status: 529 } };
  }
  fleet = await Fleet.start(members);
  gateway = await startGateway({
    config: configOf({
      model_providers: fleet.entries(),
      routers: [
        ...[400, 422]
          .flatMap((status) => WIRE_FORMATS.map((format) => nameOf(`status-${status}`, format)))
          .map((name) => fixedRouter(`${name}.good`, [name, "good"])),
        ...WIRE_FORMATS.map((format) =>
          fixedRouter(`all.${format}`, ["refused", nameOf("html", format), nameOf("status-500", format), nameOf("status-429", format)]),
        ),
        fixedRouter("ends-refused", ["html-1", "refused"]),
        fixedRouter("ends-silent", ["html-2", "silent"]),
        fixedRouter("ends-html", ["refused", "html-3"]),
      ],
      limits: { first_token_ms: REPLY_MS, reply_ms: REPLY_MS },
    }),
    brightstaff: false,
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "key-of-the-client", maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

function messageOf(status: number): string {
  return `The mock provider says ${status}.`;
}

type Refusal = InstanceType<typeof OpenAI.APIError> & InstanceType<typeof Anthropic.APIError>;

const messages = [{ role: "user" as const, content: "Hello" }];

const headerOf = (error: Refusal, name: string) => error.headers?.get(name) ?? "";

/** What either SDK throws for a request. */
function refusalsOf(model: string, stream: boolean): Promise<{ sdk: "openai" | "anthropic"; error: Refusal }[]> {
  return Promise.all([
    openai.chat.completions
      .create({ model, messages, stream })
      .catch((error) => error)
      .then((error) => ({ sdk: "openai" as const, error })),
    anthropic.messages
      .create({ model, max_tokens: 100, messages, stream })
      .catch((error) => error)
      .then((error) => ({ sdk: "anthropic" as const, error })),
  ]);
}

describe.each(WIRE_FORMATS)("one %s provider that answers", (format: WireFormat) => {
  test.each(STATUSES)("%i", async (status) => {
    const model = modelOf(nameOf(`status-${status}`, format));
    for (const stream of [false, true]) {
      for (const { sdk, error } of await refusalsOf(model, stream)) {
        expect(error, sdk).toBeInstanceOf(CLASSES[status]?.[sdk]);
        expect(error.status).toBe(status);
        expect(error.message).toContain(messageOf(status));
        expect(headerOf(error, "x-model-router-attempts")).toBe(`${model};status=${status}`);
        // Gemini says when to come back in the error's details, Bedrock nowhere, the others in the header.
        if (status === 429) expect(headerOf(error, "retry-after")).toBe(format === "bedrock_converse" ? "" : "1");
        // Both formats have a type that tells a client what to do; it must be one that the client's own API knows.
        if (sdk === "anthropic") expect(error.type).toMatch(/^[a-z]+(_[a-z]+)*_error$/);
        else expect(typeof error.type).toBe("string");
      }
    }
  });
});

describe("one provider that does not answer", () => {
  test.each([
    { name: "refused", statuses: [502, 503], outcome: "connect-failure" },
    { name: "silent", statuses: [504], outcome: "timeout" },
    { name: "mute", statuses: [504], outcome: "timeout" },
    { name: "html", statuses: [502], outcome: "stream-error" },
    // Envoy answers for a reply that has begun and breaks off, and calls no filter for it: nobody is there to name the attempt.
    { name: "cut", statuses: [502, 503], outcome: null },
    { name: "redirect", statuses: [502], outcome: "" },
  ])("$name", async ({ name, statuses, outcome }) => {
    for (const stream of [false, true]) {
      for (const { sdk, error } of await refusalsOf(modelOf(name), stream)) {
        expect(error, sdk).toBeInstanceOf(CLASSES[500]?.[sdk]);
        expect(statuses).toContain(error.status);
        expect(error.message).not.toBe("");
        expect(headerOf(error, "content-type")).toBe("application/json");
        if (outcome !== null) {
          expect(headerOf(error, "x-model-router-attempts")).toContain(`${modelOf(name)};`);
          expect(headerOf(error, "x-model-router-attempts")).toContain(outcome);
        }
        expect(headerOf(error, "location")).toBe("");
      }
    }
  });
});

describe.each(WIRE_FORMATS)("a %s provider that refuses a request for what it is", (format) => {
  test.each([400, 422])("%i goes to the client at once", async (status) => {
    for (const { sdk, error } of await refusalsOf(`router:${nameOf(`status-${status}`, format)}.good`, false)) {
      expect(error, sdk).toBeInstanceOf(CLASSES[status]?.[sdk]);
      expect(error.message).toContain(messageOf(status));
      expect(readAttempts({ "x-model-router-attempts": headerOf(error, "x-model-router-attempts") })).toHaveLength(1);
    }
    expect(fleet.mock("good").requests).toEqual([]);
  });
});

describe("when all candidates fail", () => {
  test.each(WIRE_FORMATS)("the last one's error is told with all attempts, %s", async (format) => {
    for (const stream of [false, true]) {
      for (const { sdk, error } of await refusalsOf(`router:all.${format}`, stream)) {
        expect(error, sdk).toBeInstanceOf(CLASSES[429]?.[sdk]);
        expect(error.message).toContain(messageOf(429));
        for (const name of ["refused", nameOf("html", format), nameOf("status-500", format), nameOf("status-429", format)]) {
          expect(error.message).toContain(modelOf(name));
        }
        const attempts = readAttempts({ "x-model-router-attempts": headerOf(error, "x-model-router-attempts") });
        expect(attempts.map(({ outcome }) => outcome)).toEqual(["error=connect-failure", "error=stream-error", "status=500", "status=429"]);
      }
    }
  });

  test.each([
    { router: "ends-refused", statuses: [502, 503], attempts: /^html-1\/model;error=stream-error, refused\/model;error=connect-failure$/ },
    { router: "ends-silent", statuses: [504], attempts: /^html-2\/model;error=stream-error, silent\/model;error=timeout$/ },
    { router: "ends-html", statuses: [502], attempts: /^refused\/model;error=connect-failure, html-3\/model;error=stream-error$/ },
  ])("$router", async ({ router, statuses, attempts }) => {
    for (const stream of [false, true]) {
      for (const { sdk, error } of await refusalsOf(`router:${router}`, stream)) {
        expect(error, sdk).toBeInstanceOf(CLASSES[500]?.[sdk]);
        expect(statuses).toContain(error.status);
        expect(headerOf(error, "x-model-router-attempts")).toMatch(attempts);
        expect(error.message).toContain("All 2 attempts failed");
      }
    }
  });

  test.each(WIRE_FORMATS)("an error inside of a 200 is an error status then, %s", async (format) => {
    for (const stream of [false, true]) {
      for (const { sdk, error } of await refusalsOf(modelOf(nameOf("error-event", format)), stream)) {
        expect(error, sdk).toBeInstanceOf(CLASSES[500]?.[sdk]);
        expect(error.status).toBeGreaterThanOrEqual(500);
      }
    }
  });
});
