// The command as a user runs it, against a gateway of mock models.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMarks } from "./compare.ts";

const CONFIG = `
version: v0.4.0
listeners: [{type: model, name: llm, port: 0}]
model_providers:
  - {model: openai/big, access_key: $NO_SUCH_KEY}
  - {model: openai/small, access_key: $NO_SUCH_KEY}
model_metrics_sources:
  - type: cost
    provider: static
    prices:
      openai/big: {input_usd_per_mtok: 10, output_usd_per_mtok: 100}
      openai/small: {input_usd_per_mtok: 1, output_usd_per_mtok: 10}
routers:
  - name: desk
    policies:
      - task: {name: code, description: "writing program code: functions, scripts and queries"}
        models: [openai/big]
      - task: {name: poetry, description: "writing poems, songs and rhymes"}
        models: [openai/small]
    fallback_models: [openai/small]
`;
const PROMPTS = [
  ["a", "Write a Python function that sorts a list", "code"],
  ["b", "Write a poem about the sea", "poetry"],
  ["b", "And now one about the mountains", "poetry"],
  ["c", "turn on the kitchen light", "other"],
] as const;

let folder: string;
let gateway: Server;
/** The models that were asked for, in their order. */
let asked: string[];
/** Ends the evaluation from outside when so many calls were made; Infinity for never. */
let killAfter: number;
let failing: string | null;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "eval-"));
  asked = [];
  killAfter = Number.POSITIVE_INFINITY;
  failing = null;
  const lines = PROMPTS.map(([conv, content, expected], index) => {
    return JSON.stringify({ id: String(index), conv, messages: [{ role: "user", content }], expected });
  });
  await writeFile(path.join(folder, "data.jsonl"), lines.join("\n"));
  await writeFile(path.join(folder, "config.yaml"), CONFIG);
  gateway = createServer(async (request, response) => {
    const { model, messages } = JSON.parse(await text(request)) as { model: string; messages: { content: string }[] };
    asked.push(model);
    if (model === failing) return void response.writeHead(503).end("{}");
    // The judge finds the answer of the big model better, wherever it stands.
    const bigFirst = (messages[0]?.content ?? "").indexOf("by openai/big") < (messages[0]?.content ?? "").indexOf("by openai/small");
    const [good, bad] = [
      { correctness: 9, completeness: 8 },
      { correctness: 5, completeness: 4 },
    ];
    const answered = model === "router:desk" ? "openai/small" : model;
    const content =
      model === "openai/judge"
        ? `Here you are: ${JSON.stringify(bigFirst ? { first: good, second: bad } : { first: bad, second: good })}`
        : `an answer by ${answered}`;
    response.writeHead(200, { "content-type": "application/json", "x-model-router-selected-model": answered });
    const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
    const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
    response.end(JSON.stringify({ id: "chatcmpl-1", object: "chat.completion", created: 1, model: answered, choices, usage }));
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
});

afterEach(async () => {
  gateway.closeAllConnections();
  gateway.close();
  await rm(folder, { recursive: true });
});

async function evaluate(...more: string[]) {
  const main = path.join(import.meta.dirname, "main.ts");
  const file = (name: string): string => path.join(folder, name);
  const base = ["--dataset", file("data.jsonl"), "--config", file("config.yaml"), "--router", "desk", "--out", file("out")];
  const child = spawn(process.execPath, [main, ...base, ...more], { stdio: ["ignore", "pipe", "pipe"] });
  gateway.on("request", () => {
    if (asked.length >= killAfter) child.kill("SIGKILL");
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, output, errors };
}

const versus = () => {
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  return ["--gateway", url, "--baseline", "openai/big", "--judge", "openai/judge", "--parallel", "1"];
};
const report = async () => JSON.parse(await readFile(path.join(folder, "out/report.json"), "utf8"));

describe("npm run eval", () => {
  it("reports how the router's tasks are told apart", async () => {
    const { code, output, errors } = await evaluate();
    expect(code, errors).toBe(0);
    expect(output).toContain("all           100.0 %  4 items");
    expect(await report()).toMatchObject({
      decisions: 4,
      accuracy: 1,
      conversationAccuracy: 1,
      other: { chosen: 0.25, expected: 0.25 },
      confusion: { all: { code: { code: 1 }, poetry: { poetry: 2 }, other: { other: 1 } } },
      comparison: null,
    });
    const markdown = await readFile(path.join(folder, "out/report.md"), "utf8");
    expect(markdown).toContain("| poetry |  | 2 |  |");
  });

  it("compares the router with one model: cost, latency and a judge's marks", async () => {
    const { code, errors } = await evaluate(...versus());
    expect(code, errors).toBe(0);
    const { comparison } = await report();
    expect(comparison.router).toMatchObject({
      answers: 4,
      failures: 0,
      models: { "openai/small": 4 },
      marks: { correctness: 5, completeness: 4 },
    });
    expect(comparison.baseline.marks).toEqual({ correctness: 9, completeness: 8 });
    expect(comparison.router.cost_usd).toBeCloseTo(4 * 0.002);
    expect(comparison.baseline.cost_usd).toBeCloseTo(4 * 0.02);
    expect(comparison.preferred).toEqual({ router: 0, baseline: 4, neither: 0 });
    expect(existsSync(path.join(folder, "out/journal.jsonl"))).toBe(false);
  });

  it("names the models whose cost it can't tell", async () => {
    const { code, errors } = await evaluate(...versus().with(3, "openai/unheard-of"));
    expect(code, errors).toBe(0);
    const { comparison } = await report();
    expect(comparison.router.unpriced).toEqual([]);
    expect(comparison.baseline).toMatchObject({ cost_usd: null, unpriced: ["openai/unheard-of"] });
    const markdown = await readFile(path.join(folder, "out/report.md"), "utf8");
    expect(markdown).toContain("| no price in the configuration: openai/unheard-of |");
  });

  it("goes on where a killed run was, and tries again what failed", async () => {
    killAfter = 5;
    expect((await evaluate(...versus())).code).toBeNull();
    expect(asked.length).toBeGreaterThanOrEqual(5);
    killAfter = Number.POSITIVE_INFINITY;
    asked = [];
    failing = "openai/judge";
    const { errors, output } = await evaluate(...versus());
    expect(output).toContain("going on with a run that was ended");
    expect(errors).toContain("openai/judge: status 503");
    expect(asked.filter((model) => model === "router:desk").length).toBeLessThan(4);
    asked = [];
    failing = null;
    expect((await evaluate(...versus())).errors).toBe("");
    expect(new Set(asked)).toEqual(new Set(["openai/judge"]));
    expect((await report()).comparison.preferred).toEqual({ router: 0, baseline: 4, neither: 0 });
  });

  it.each([
    [["--router", "nobody"], "--router nobody: "],
    [["--gateway", "http://127.0.0.1:1"], "--baseline: expected the model to compare with"],
    [["--routing-model"], "NO_SUCH_KEY is not set"],
    [["--dataset", "nowhere.jsonl"], "nowhere.jsonl: there is no such file"],
    [["--rooter", "desk"], "Unknown option '--rooter'"],
  ])("says what is wrong with %j", async (args, message) => {
    const { code, errors } = await evaluate(...args);
    expect(code).toBe(2);
    expect(errors).toContain(message);
  });
});

describe("readMarks", () => {
  it.each(["no marks", '{"first": {"correctness": 11, "completeness": 1}, "second": {"correctness": 1, "completeness": 1}}', "{}"])(
    "refuses %s",
    (answer) => expect(() => readMarks(answer)).toThrow("the judge's"),
  );
});
