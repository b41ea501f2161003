import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
