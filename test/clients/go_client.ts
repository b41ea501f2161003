// The Go client that tests use, built once for its sources: test/clients/go.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { run } from "../../deploy/local/child.mjs";
import { withLock } from "../../deploy/local/lock.mjs";
import { planoHome } from "../../deploy/local/paths.mjs";
import { REPO } from "../gateway/repo.ts";

const SOURCES = path.join(REPO, "test/clients/go");
/** From this version on, `go` fetches the toolchain that go.mod asks for when it is older itself. */
const GO_MINOR_MIN = 21;

/** Why the client can't be built on this machine, or null when it can. */
export function whyNoGo(): string | null {
  const { status, stdout } = spawnSync("go", ["env", "GOVERSION"], { cwd: REPO, encoding: "utf8" });
  if (status !== 0) return "there is no `go` on PATH";
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1]);
  return minor >= GO_MINOR_MIN ? null : `\`go\` on PATH is ${stdout.trim()}, and 1.${GO_MINOR_MIN} or newer is needed`;
}

/** The built client; the first time takes a minute and the network. */
export async function goClient(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of readdirSync(SOURCES).sort()) hash.update(readFileSync(path.join(SOURCES, name)));
  const program = path.join(planoHome, `go-client-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(program)) return program;
  await withLock(
    `${program}.lock`,
    () => {},
    async () => {
      if (existsSync(program)) return;
      await run("go", ["build", "-trimpath", "-o", `${program}.part`, "."], { cwd: SOURCES });
      renameSync(`${program}.part`, program);
    },
  );
  return program;
}
