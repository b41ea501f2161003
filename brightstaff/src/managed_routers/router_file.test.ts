import { fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PROJECT_CONFIG_DIR } from "../config/load.ts";
import { RouterFile } from "./router_file.ts";
import { bodyChecks, type ManagedRouter } from "./wire_form.ts";

const { stored } = bodyChecks(JSON.parse(fs.readFileSync(path.join(PROJECT_CONFIG_DIR, "schema.json"), "utf8")));
const ROUTER: ManagedRouter = {
  uuid: "123e4567-e89b-12d3-a456-426614174000",
  name: "desk",
  description: "",
  policies: [{ custom_task: { name: "refunds", description: "money back" }, models: ["a/b"] }],
  fallback_models: ["a/b"],
  created_at: "2026-01-01T00:00:00.000Z",
  updated_at: "2026-01-01T00:00:00.000Z",
};

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), "routers-"));
  file = path.join(directory, "state", "routers.json");
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

test("what was written is read again, by nobody but the owner", async () => {
  expect(new RouterFile(file, stored).read()).toEqual([]);
  await new RouterFile(file, stored).write([ROUTER]);
  expect(new RouterFile(file, stored).read()).toEqual([ROUTER]);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.readdirSync(path.dirname(file))).toEqual(["routers.json"]);
});

describe("a file that is wrong is told and left alone", () => {
  test.each([
    ["{", 'is no file of routers; expected {"version": 1, "routers": [...]}'],
    ["null", 'is no file of routers; expected {"version": 1, "routers": [...]}'],
    ['{"version": 2, "routers": []}', 'is no file of routers; expected {"version": 1, "routers": [...]}'],
    [
      JSON.stringify({ version: 1, routers: [ROUTER, { ...ROUTER, name: "A desk" }] }),
      'routers[1].name: is "A desk"; expected lower-case letters',
    ],
    [JSON.stringify({ version: 1, routers: [{ ...ROUTER, policies: undefined }] }), "routers[0].policies: missing"],
  ])("%s", (text, message) => {
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, text);
    expect(() => new RouterFile(file, stored).read()).toThrow(`${file}: ${message}`);
    expect(fs.readFileSync(file, "utf8")).toBe(text);
  });
});

const KILLS = 25;

test("a process killed while it writes loses nothing that it has acknowledged, and leaves nothing half", { timeout: 60_000 }, async () => {
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = fork(path.join(import.meta.dirname, "router_writer.ts"), [file], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const ended = once(writer, "exit");
    writer.on("message", (count) => {
      acknowledged = count as number;
    });
    await once(writer, "message");
    // Anywhere in a write: each takes about a millisecond.
    await new Promise((resolve) => setTimeout(resolve, kill % 7));
    writer.kill("SIGKILL");
    await ended;
    const routers = new RouterFile(file, stored).read();
    const rounds = new Set(routers.map(({ description }) => description));
    expect(rounds.size, "all of one write").toBe(1);
    expect(Number([...rounds][0])).toBeGreaterThanOrEqual(acknowledged);
    expect(routers).toHaveLength(20);
  }
  expect(acknowledged).toBeGreaterThan(KILLS);
});
