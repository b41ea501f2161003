// The Python clients that tests use, in virtual environments of their own: requirements.txt in their folder, every package pinned.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { withLock } from "../../deploy/local/lock.mjs";
import { planoHome } from "../../deploy/local/paths.mjs";
import { createVenv } from "../../deploy/local/python_venv.mjs";
import { REPO } from "../gateway/repo.ts";

/** A folder of this one with requirements: pydo's, or those of the SDKs that ask models. */
export type PythonClients = "python" | "python_chat";

/** The Python of the environment, which is made first where it is missing or of other requirements (half a minute and the network). */
export async function pythonWithClients(clients: PythonClients = "python"): Promise<string> {
  const requirements = path.join(REPO, "test/clients", clients, "requirements.txt");
  const folder = path.join(planoHome, `${clients.replace("_", "-")}-clients`);
  const python = path.join(folder, "bin/python");
  /** In the finished environment: which requirements it was made from. */
  const stamp = path.join(folder, "requirements.sha256");
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const isCurrent = () => existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
  if (isCurrent()) return python;
  await withLock(
    `${folder}.lock`,
    () => {},
    async () => {
      if (isCurrent()) return;
      rmSync(folder, { recursive: true, force: true });
      await createVenv(folder, ["--no-deps", "-r", requirements]);
      writeFileSync(stamp, hash);
    },
  );
  return python;
}
