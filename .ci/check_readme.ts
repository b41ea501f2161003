// Does what the README's section "Start" says, word for word: `npm start`, then the curl, then Ctrl-C.

import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

const READY_MS_MAX = 120_000;
const ANSWER_MS_MAX = 30_000;
const END_MS_MAX = 15_000;
const ANSWER_CHARS_SHOWN = 1_500;

const [startCommand = "", curlCommand = ""] = shellBlocks(readFileSync("README.md", "utf8"), "Start");

// Keys are taken away: with them real providers would be called.
const { OPENAI_API_KEY: _openai, ANTHROPIC_API_KEY: _anthropic, ...env } = process.env;
const gateway = spawn("bash", ["-c", `exec ${startCommand}`], { env, stdio: ["ignore", "pipe", "inherit"], detached: true });
const ended = new Promise<number | string | null>((resolve) => gateway.once("exit", (code, signal) => resolve(code ?? signal)));
try {
  await within(READY_MS_MAX, "ready", Promise.race([saysReady(), ended.then((code) => fail(`npm start ended with ${code}`))]));
  const { stdout } = await promisify(execFile)("bash", ["-c", `${curlCommand} --silent --show-error --include`], {
    timeout: ANSWER_MS_MAX,
  });
  console.log(stdout.split("\r\n\r\n")[0]);
  expectMatch(stdout, /^HTTP\/1\.1 200/);
  expectMatch(stdout, /^x-model-router-selected-route: code-generation\r$/m);
  expectMatch(stdout, /^x-model-router-attempts: \S+;status=200\r$/m);
  expectMatch(stdout, /^data: \{.*"delta":\{"content":/m);
  expectMatch(stdout, /data: \[DONE\]\n\n$/);
  // The whole process group, as a terminal does.
  process.kill(-Number(gateway.pid), "SIGINT");
  const how = await within(END_MS_MAX, "ended", ended);
  // npm itself passes on that it was interrupted, as shells do.
  if (how !== 0 && how !== 130 && how !== "SIGINT") fail(`npm start ended with ${how} after Ctrl-C`);
  await expectNothingListens();
} finally {
  if (gateway.exitCode === null && gateway.signalCode === null) process.kill(-Number(gateway.pid), "SIGTERM");
}

function shellBlocks(markdown: string, heading: string): string[] {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? fail(`README.md has no section ${heading}`);
  return [...section.matchAll(/^```sh\n(.*?)\n```$/gms)].map((match) => match[1] as string);
}

function saysReady(): Promise<void> {
  return new Promise((resolve) => {
    gateway.stdout.on("data", (chunk: Buffer) => {
      process.stdout.write(chunk);
      if (chunk.includes("Ready on ")) resolve();
    });
  });
}

function expectMatch(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) fail(`the answer does not match ${pattern}:\n${text.slice(0, ANSWER_CHARS_SHOWN)}`);
}

async function expectNothingListens(): Promise<void> {
  const url = /https?:\/\/[^/]+/.exec(curlCommand)?.[0] ?? fail("the README's curl names no URL");
  const answer = await fetch(url).catch(() => null);
  if (answer !== null) fail(`${url} still answers after npm start has ended`);
}

function within<T>(limit_ms: number, what: string, promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`not ${what} after ${limit_ms / 1000} s`)), limit_ms).unref();
  });
  return Promise.race([promise, late]);
}

function fail(message: string): never {
  throw new Error(message);
}
