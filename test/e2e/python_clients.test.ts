// OpenAI's and Anthropic's SDKs for Python, and LangChain's, unchanged, against providers of every wire format: test/clients/python_chat.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWithClients } from "../clients/python_clients.ts";
import { REPO } from "../gateway/repo.ts";
import {
  ALIAS,
  CHAT_MODELS,
  EMBEDDING_MODELS,
  failingModels,
  PIXEL_PNG_BASE64,
  REASONING_MODELS,
  RETRY_AFTER,
  ROUTER,
  type SdkGateway,
  startSdkGateway,
  weatherOf,
} from "./sdk_gateway.ts";

const INSTALL_MS_MAX = 300_000;

interface Outcome {
  client: string;
  case: string;
  model: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: each case returns values of its own.
  returned?: any;
  /** The error's class, then those above it. */
  raised?: string[];
  status?: number | null;
  message?: string;
  retry_after?: string | null;
  trace?: string;
}

let gateway: SdkGateway;
let outcomes: Outcome[];

beforeAll(async () => {
  gateway = await startSdkGateway();
  outcomes = await runCases(gateway.url);
}, INSTALL_MS_MAX);

afterAll(async () => gateway?.close());

async function runCases(url: string): Promise<Outcome[]> {
  const python = await pythonWithClients("python_chat");
  // Neither reports of use nor settings of the machine's user have a place in a test.
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", PYTHONDONTWRITEBYTECODE: "1", LANGSMITH_TRACING: "false" };
  const child = spawn(python, [join(REPO, "test/clients/python_chat/main.py")], { env, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  const models = CHAT_MODELS.map(({ id }) => id);
  const failing_models = Object.fromEntries([401, 404, 429].map((status) => [status, failingModels(status)]));
  child.stdin.end(
    JSON.stringify({
      url,
      image_base64: PIXEL_PNG_BASE64,
      models,
      reasoning_models: REASONING_MODELS.map(({ id }) => id),
      embedding_models: EMBEDDING_MODELS,
      failing_models,
    }),
  );
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the clients ended with ${code}:\n${complaint}`);
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
}

/** What a case returned for a model; throws what it raised. */
function returnedBy(client: string, name: string, model: string | null) {
  const outcome = outcomes.find((candidate) => candidate.client === client && candidate.case === name && candidate.model === model);
  if (outcome?.returned === undefined) throw new Error(`${client} ${name} ${model}: ${outcome?.trace ?? "was not run"}`);
  return outcome.returned;
}

const BOTH_CITIES = new RegExp(`${weatherOf("Paris")}.*${weatherOf("London")}`, "s");

/** Cases that end alike whichever client asks. */
const TEXT_CASES = [
  ["openai", "chat_text"],
  ["openai", "chat_async"],
  ["openai", "responses_text"],
  ["anthropic", "messages_text"],
  ["anthropic", "messages_async"],
  ["langchain", "chat_text"],
  ["langchain", "responses_text"],
  ["langchain", "messages_text"],
] as const;
const TOOL_CASES = [
  ["openai", "chat_tools"],
  ["openai", "responses_tools"],
  ["anthropic", "messages_tools"],
  ["langchain", "chat_tools"],
  ["langchain", "responses_tools"],
  ["langchain", "messages_tools"],
] as const;
const IMAGE_CASES = [
  ["openai", "chat_image"],
  ["anthropic", "messages_image"],
  ["langchain", "chat_image"],
  ["langchain", "responses_image"],
  ["langchain", "messages_image"],
] as const;
const PARSED_CASES = [
  ["openai", "chat_parsed"],
  ["openai", "responses_parsed"],
  ["anthropic", "messages_parsed"],
  ["langchain", "chat_parsed"],
  ["langchain", "responses_parsed"],
  ["langchain", "messages_parsed"],
] as const;

describe.each(CHAT_MODELS)("$id", ({ id }) => {
  test.each(TEXT_CASES)("%s, %s: the same text whole and streamed", (client, name) => {
    const { text, streamed, final = streamed, usage, streamed_usage } = returnedBy(client, name, id);
    expect(text).toMatch(/demo answer.*photosynthesis/s);
    expect([streamed, final]).toEqual([text, text]);
    expect(streamed_usage).toEqual(usage);
  });

  test.each(TOOL_CASES)("%s, %s: two calls, and an answer out of their results", (client, name) => {
    const { cities, text } = returnedBy(client, name, id);
    expect(cities).toEqual(["Paris", "London"]);
    expect(text).toMatch(BOTH_CITIES);
  });

  test.each(IMAGE_CASES)("%s, %s: the image and the system prompt arrive", (client, name) => {
    expect(returnedBy(client, name, id).text).toMatch(/1 image, a system prompt/);
  });

  test.each(PARSED_CASES)("%s, %s: the answer is the object that was asked for", (client, name) => {
    expect(returnedBy(client, name, id)).toEqual({ city: expect.any(String), people: 2_000_000 });
  });

  test("anthropic, count_tokens", () => {
    const [short, long] = returnedBy("anthropic", "count_tokens", id).counts;
    expect(short).toBeGreaterThan(0);
    expect(long).toBeGreaterThan(short + 50);
  });
});

describe("reasoning", () => {
  test.each(REASONING_MODELS)("$id", ({ id }) => {
    expect(returnedBy("openai", "chat_reasoning", id).completion_tokens).toBeGreaterThan(0);
    const { kinds, text } = returnedBy("anthropic", "messages_thinking", id);
    // OpenAI's chat API keeps its reasoning to itself.
    expect(kinds).toEqual(id.startsWith("openai/") ? ["text"] : ["thinking", "text"]);
    expect(text).toContain("2 user turns");
  });
});

test.each(EMBEDDING_MODELS)("embeddings of %s", (model) => {
  expect(returnedBy("openai", "embeddings", model).lengths).toEqual([1536, 1536]);
});

test.each(["openai", "anthropic"])("%s lists the models, and looks one up", (client) => {
  const { ids, retrieved } = returnedBy(client, "models", null);
  expect(ids).toEqual(expect.arrayContaining([...CHAT_MODELS.map(({ id }) => id), ALIAS.name, `router:${ROUTER.name}`]));
  expect(retrieved).toBe(ids[0]);
});

const ERRORS = [
  [401, "AuthenticationError"],
  [404, "NotFoundError"],
  [429, "RateLimitError"],
] as const;
const FAILURES = [
  ["openai", "chat_failure"],
  ["openai", "chat_stream_failure"],
  ["openai", "responses_failure"],
  ["anthropic", "messages_failure"],
  ["anthropic", "messages_stream_failure"],
  ["langchain", "chat_failure"],
  ["langchain", "responses_failure"],
  ["langchain", "messages_failure"],
] as const;

describe.each(ERRORS)("a provider's %d is the SDK's %s", (status, kind) => {
  test.each(FAILURES)("%s, %s", (client, name) => {
    for (const model of failingModels(status)) {
      const outcome = outcomes.find((candidate) => candidate.client === client && candidate.case === name && candidate.model === model);
      expect(outcome?.raised, `${model}: ${outcome?.trace}`).toContain(kind);
      expect(outcome?.status).toBe(status);
      // Bedrock tells no time.
      if (status === 429 && !model.startsWith("failing-bedrock/")) expect(outcome?.retry_after, model).toBe(RETRY_AFTER);
    }
  });
});
