import { spawnSync } from "node:child_process";
import path from "node:path";
import { run, SetupError } from "./child.mjs";

// 3.11 comes first: it is the one that the pinned Python packages are tested with. numpy 2.4 has no wheels for older ones.
const PYTHON_NAMES = ["python3.11", "python3", "python3.12", "python3.13", "python"];
const PYTHON_MINOR_MIN = 11;

/** @returns {string} the name of a fitting Python on PATH */
function findPython() {
  for (const name of PYTHON_NAMES) {
    const answer = spawnSync(name, ["-c", "import sys; print(*sys.version_info[:2])"], { encoding: "utf8" });
    if (answer.status !== 0) continue;
    const [major = 0, minor = 0] = answer.stdout.trim().split(" ").map(Number);
    if (major === 3 && minor >= PYTHON_MINOR_MIN) return name;
  }
  throw new SetupError(
    `No Python 3.${PYTHON_MINOR_MIN} or newer was found on PATH. Install Python 3.11 (with its venv module) and try again.`,
  );
}

/**
 * Makes a virtual environment with the given packages in it.
 *
 * @param {string} folder where it goes; must not exist
 * @param {string[]} pipArguments what follows `pip install`: requirements, or `-r` and a file
 * @returns {Promise<string>} its Python
 */
export async function createVenv(folder, pipArguments) {
  const python = findPython();
  try {
    await run(python, ["-m", "venv", folder]);
  } catch (error) {
    // Debian ships Python without what its own venv module needs.
    throw new SetupError(
      `${python} could not make a virtual environment (on Debian and Ubuntu: \`apt-get install python3-venv\`).\n${/** @type {Error} */ (error).message}`,
    );
  }
  const venvPython = path.join(folder, "bin/python");
  await run(venvPython, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", ...pipArguments]);
  return venvPython;
}
