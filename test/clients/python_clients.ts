// The Python clients that tests use, in a virtual environment of their own: test/clients/python/requirements.txt, every package pinned.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { withLock } from "../../deploy/local/lock.mjs";
import { planoHome } from "../../deploy/local/paths.mjs";
import { createVenv } from "../../deploy/local/python_venv.mjs";
import { REPO } from "../gateway/repo.ts";

const REQUIREMENTS = path.join(REPO, "test/clients/python/requirements.txt");
const FOLDER = path.join(planoHome, "python-clients");
/** In the finished environment: which requirements it was made from. */
const STAMP = path.join(FOLDER, "requirements.sha256");

/** The Python of the environment, which is made first where it is missing or of other requirements (half a minute and the network). */
export async function pythonWithClients(): Promise<string> {
  const python = path.join(FOLDER, "bin/python");
  const hash = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
  const isCurrent = () => existsSync(STAMP) && readFileSync(STAMP, "utf8") === hash;
  if (isCurrent()) return python;
  await withLock(
    `${FOLDER}.lock`,
    () => {},
    async () => {
      if (isCurrent()) return;
      rmSync(FOLDER, { recursive: true, force: true });
      await createVenv(FOLDER, ["--no-deps", "-r", REQUIREMENTS]);
      writeFileSync(STAMP, hash);
    },
  );
  return python;
}
