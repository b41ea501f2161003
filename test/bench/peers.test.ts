import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readPeers, startPeer } from "./peers.ts";
import { rowsOfPeer } from "./rows.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "peers-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function peersFile(text: string): string {
  const file = join(folder, "peers.yaml");
  writeFileSync(file, text);
  return file;
}

const ECHO = `
- name: echo
  start: [${process.execPath}, -e, "require('node:http').createServer((q, r) => r.end(process.env.UPSTREAM)).listen({PORT}, '127.0.0.1')"]
  env: { UPSTREAM: "http://127.0.0.1:{MOCK_PORT}/v1" }
  ready: /health
  models: { openai_chat: "mock/{MODEL}" }
  paths: { openai_chat: /openai/v1/chat/completions, openai_responses: null }
`;

it("starts a peer at a free port, with the mock provider's filled in, and ends it", async () => {
  const [peer] = readPeers(peersFile(ECHO));
  if (peer === undefined) throw new Error("no peer was read");
  const subject = await startPeer(peer, 4711, { measured: undefined, others: undefined });
  const answer = await fetch(`http://127.0.0.1:${subject.port}/`);
  expect(await answer.text()).toBe("http://127.0.0.1:4711/v1");
  await subject.close();
  await expect(fetch(`http://127.0.0.1:${subject.port}/`)).rejects.toThrow();
});

it("gives a peer a row for each pair that it has a model and a path for", () => {
  const [peer] = readPeers(peersFile(ECHO));
  const rows = peer === undefined ? [] : rowsOfPeer("whole", peer);
  expect(rows.map(({ id }) => id)).toEqual(["whole/echo/openai_chat-openai_chat", "whole/echo/anthropic_messages-openai_chat"]);
  const size = { requests: 10, streams: 1, rate_requests: 1, warmup_requests: 1, warmup_streams: 1 };
  expect(rows[0]?.load(size)).toMatchObject({ model: "mock/bench-1", path: "/openai/v1/chat/completions", exact: false });
  expect(rows[1]?.load(size)).toMatchObject({ api: "anthropic_messages", path: undefined });
});

it("says where a file is wrong", () => {
  const file = peersFile("- name: gateway\n  start: []\n  ready: health\n  models: { cobol: x }\n");
  expect(() => readPeers(file)).toThrow(/\/0\/start: [\s\S]*\/0\/ready: /);
});
