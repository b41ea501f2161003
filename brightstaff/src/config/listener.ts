import fs from "node:fs";
import path from "node:path";
import { readDuration_ms } from "./durations.ts";
import { type Admin, CANDIDATES_MAX, type Listener } from "./gateway_config.ts";
import type { Mistake, Path } from "./mistakes.ts";
import type { Located } from "./older_forms.ts";
import type { RawAdmin, RawListener, RawTls } from "./raw_config.ts";

export function readListener({ path: at, value }: Located<RawListener>, baseDir: string, mistakes: Mistake[]): Listener {
  return {
    name: value.name ?? "model",
    address: readIpAddress(value.address ?? "127.0.0.1", [...at, "address"], mistakes),
    port: value.port ?? 12000,
    timeout_ms: value.timeout === undefined ? null : readDuration_ms(value.timeout),
    retriesMax: value.max_retries ?? CANDIDATES_MAX - 1,
    tls: readTls(value.tls, at, baseDir, mistakes),
  };
}

const ADMIN_PORT = 12_001;

/**
 * Where the management API is served; null without a key, for then nobody could be told from the one who may.
 * Where others can reach it, a missing key is a mistake rather than an API that is silently not there.
 */
export function readAdmin(admin: RawAdmin | undefined, baseDir: string, mistakes: Mistake[], warnings: string[]): Admin | null {
  if (admin === undefined) return null;
  const address = readIpAddress(admin.address ?? "127.0.0.1", ["admin", "address"], mistakes);
  const tls = readTls(admin.tls, ["admin"], baseDir, mistakes);
  if (admin.key !== undefined) return { address, port: admin.port ?? ADMIN_PORT, key: admin.key, tls };
  if (isLoopback(address)) warnings.push("admin.key is not set, so the management API is not served");
  else
    mistakes.push({
      path: ["admin", "key"],
      wrong: `missing or not set, and ${address} can be reached from other machines`,
      expected: "a key such as $PLANO_ADMIN_KEY, or address: 127.0.0.1",
    });
  return null;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/;

function readIpAddress(address: string, at: Path, mistakes: Mistake[]): string {
  if (address === "localhost") return "127.0.0.1";
  if (!IP_ADDRESS.test(address))
    mistakes.push({
      path: at,
      wrong: `${JSON.stringify(address)} is no IP address`,
      expected: '"127.0.0.1", or "0.0.0.0" to listen on all',
    });
  return address;
}

/** Paths are taken from the config file's own folder, so that it may be started from anywhere. */
function readTls(tls: RawTls | undefined, at: Path, baseDir: string, mistakes: Mistake[]): Listener["tls"] {
  if (tls?.cert_file === undefined || tls.key_file === undefined) return null;
  const files = { certFile: path.resolve(baseDir, tls.cert_file), keyFile: path.resolve(baseDir, tls.key_file) };
  for (const [key, file] of [
    ["cert_file", files.certFile],
    ["key_file", files.keyFile],
  ] as const) {
    if (!isReadable(file))
      mistakes.push({ path: [...at, "tls", key], wrong: `${JSON.stringify(tls[key])} can't be read`, expected: "a PEM file" });
  }
  return files;
}

export function isReadable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
