import { cpSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { afterAll, expect, test } from "vitest";
import { waitUntil } from "../../../../test/e2e/wait_until.ts";
import { Encoder } from "./encoder.ts";
import { defaultModelDir } from "./model_dir.ts";

const never = new AbortController().signal;
/** Every thread that is started, the latest last. */
const threads: Worker[] = [];
const note = (thread: Worker) => void threads.push(thread);
process.on("worker", note);
afterAll(() => void process.off("worker", note));

const settings = { modelDir: defaultModelDir(), head_tokens: 48, tail_tokens: 16 };

test("a thread that ends fails what waits for it, and is replaced", async () => {
  const encoder = new Encoder(settings);
  await encoder.ready();
  const first = await encoder.embed("where is my parcel", never);
  expect(first).toHaveLength(384);
  expect(threads).toHaveLength(1);

  const waiting = [1, 2, 3].map((number) => encoder.embed(`waits ${number}`, never));
  void threads[0]?.terminate();
  for (const result of await Promise.allSettled(waiting)) expect(result.status).toBe("rejected");
  await expect(encoder.embed("comes too early", never)).rejects.toThrow("thread ended");

  await waitUntil("a new thread takes texts", () => encoder.embed("again", never).catch(() => null));
  expect(threads).toHaveLength(2);
  expect(await encoder.embed("where is my parcel", never)).toEqual(first);

  // One that ends again soon is given more time.
  const ended_ms = performance.now();
  await threads[1]?.terminate();
  await waitUntil("a third thread", () => threads.length === 3);
  expect(performance.now() - ended_ms).toBeGreaterThan(190);
  await encoder.close();
});

test("a closed encoder starts no further thread", async () => {
  const encoder = new Encoder(settings);
  await encoder.ready();
  const before = threads.length;
  await encoder.close();
  await sleep(300);
  expect(threads).toHaveLength(before);
});

test("a model that is not there is told, and not tried again", async () => {
  const before = threads.length;
  const encoder = new Encoder({ ...settings, modelDir: "/nowhere" });
  await expect(encoder.ready()).rejects.toThrow("ENOENT");
  await sleep(300);
  expect(threads).toHaveLength(before + 1);
  await encoder.close();
});

test("word embeddings that are not whole are told", async () => {
  const modelDir = mkdtempSync(path.join(tmpdir(), "model-"));
  cpSync(settings.modelDir, modelDir, { recursive: true });
  truncateSync(path.join(modelDir, "word_embeddings.u8"), 384);
  const encoder = new Encoder({ ...settings, modelDir });
  await expect(encoder.ready()).rejects.toThrow("has 384 bytes, not 384 for each of 30522 tokens");
  await encoder.close();
  rmSync(modelDir, { recursive: true });
});
