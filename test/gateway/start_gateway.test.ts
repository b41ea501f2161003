import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "./start_gateway.ts";

function config(...models: string[]): string {
  const entries = models.map((model) => `  - {model: ${model}, base_url: "http://127.0.0.1:9/v1", access_key: unused}`);
  return `version: v0.4.0\nlisteners: [{type: model, name: test, port: 0}]\nmodel_providers:\n${entries.join("\n")}\n`;
}

async function modelIds(gateway: Gateway): Promise<string[]> {
  const list = (await (await fetch(`${gateway.url}/v1/models`)).json()) as { data: { id: string }[] };
  return list.data.map(({ id }) => id);
}

async function healthOf(gateway: Gateway): Promise<number> {
  return (await fetch(`${gateway.url}/healthz`)).status;
}

describe("a gateway in a temporary directory", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({ config: config("openai/a") });
  });
  afterAll(() => gateway.close());

  it("serves by its config when it has started", async () => {
    expect(await healthOf(gateway)).toBe(200);
    expect(await modelIds(gateway)).toContain("openai/a");
  });

  it("serves by the new config when reload returns, each time", async () => {
    for (const models of [["openai/a", "openai/b"], ["anthropic/c"], ["openai/a"]]) {
      await gateway.reload(config(...models));
      expect(await modelIds(gateway)).toEqual(expect.arrayContaining(models));
    }
  });

  it("stops and goes on with brightstaff", async () => {
    gateway.brightstaff.freeze();
    expect(await healthOf(gateway)).toBe(504);
    gateway.brightstaff.resume();
    expect(await healthOf(gateway)).toBe(200);
  });

  it("counts what Envoy served", async () => {
    const before = (await gateway.envoy.stats("llm.downstream_rq_total")).get("http.llm.downstream_rq_total") ?? 0;
    await modelIds(gateway);
    expect((await gateway.envoy.stats("llm.downstream_rq_total")).get("http.llm.downstream_rq_total")).toBe(before + 1);
  });
});

it("starts without brightstaff, and leaves nothing behind", async () => {
  const gateway = await startGateway({ config: config("openai/a"), brightstaff: false });
  expect(gateway.brightstaff.running).toBe(false);
  expect(await healthOf(gateway)).toBe(503);
  expect(await modelIds(gateway)).toContain("openai/a");
  await gateway.close();
  expect(gateway.envoy.running).toBe(false);
  expect(existsSync(dirname(gateway.configPath))).toBe(false);
});

it("says what is wrong with a config that does not start", async () => {
  await expect(startGateway({ config: config("openai/a").replace("port: 0", "prot: 0") })).rejects.toThrow(/listeners\[0\].*prot/);
});
