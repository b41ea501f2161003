import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findEnvoy } from "./install.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "envoy-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that says it is this version of Envoy, in a folder of its own. */
function fakeEnvoy(version: string): string {
  const file = path.join(folder, version, "envoy");
  mkdirSync(path.dirname(file));
  writeFileSync(file, `#!/bin/sh\necho "envoy  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL"\n`);
  chmodSync(file, 0o755);
  return file;
}

test("ENVOY_PATH comes before PATH", () => {
  const named = fakeEnvoy("1.39.0");
  vi.stubEnv("ENVOY_PATH", named);
  vi.stubEnv("PATH", `${path.dirname(fakeEnvoy("1.41.2"))}:${process.env.PATH}`);
  expect(findEnvoy()).toBe(named);
});

test("ENVOY_PATH that is too old or no Envoy is refused, not passed over", () => {
  vi.stubEnv("ENVOY_PATH", fakeEnvoy("1.38.9"));
  expect(() => findEnvoy()).toThrow("ENVOY_PATH is Envoy 1.38.9, but 1.39 or newer is needed.");
  vi.stubEnv("ENVOY_PATH", "/bin/true");
  expect(() => findEnvoy()).toThrow("does not answer `--version` as Envoy does");
});

test("the first fitting Envoy on PATH is taken, an older one is passed over", () => {
  const old = fakeEnvoy("1.9.0");
  const fitting = fakeEnvoy("2.0.0");
  vi.stubEnv("ENVOY_PATH", "");
  vi.stubEnv("PATH", `${path.dirname(old)}:${path.dirname(fitting)}:${process.env.PATH}`);
  expect(findEnvoy()).toBe(fitting);
});
