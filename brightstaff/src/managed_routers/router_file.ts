import fs from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import path from "node:path";
import { describeMistake } from "../config/mistakes.ts";
import type { SchemaCheck } from "../config/schema_check.ts";
import type { ManagedRouter } from "./wire_form.ts";

const VERSION = 1;

/**
 * The routers' one file. It is replaced as a whole, by a rename after its content has reached the disk, so whatever ends this process or the
 * machine leaves the old routers or the new ones. One writer at a time.
 */
export class RouterFile {
  readonly #file: string;
  readonly #check: SchemaCheck;

  /** @param check of one router's form, for a file that somebody has edited */
  constructor(file: string, check: SchemaCheck) {
    this.#file = path.resolve(file);
    this.#check = check;
  }

  /** Throws, with a line for each mistake, when the file is not one of routers. None is no mistake. */
  read(): ManagedRouter[] {
    let text: string;
    try {
      text = fs.readFileSync(this.#file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new RouterFileError([`${this.#file}: can't be read: ${(error as Error).message}`]);
    }
    const content = parse(text);
    if (content?.version !== VERSION || !Array.isArray(content.routers))
      throw new RouterFileError([`${this.#file}: is no file of routers; expected {"version": ${VERSION}, "routers": [...]}`]);
    const mistakes = content.routers.flatMap((router, index) =>
      this.#check.checkAndPrune(router).map(({ path: at, ...mistake }) => describeMistake({ ...mistake, path: ["routers", index, ...at] })),
    );
    if (mistakes.length > 0) throw new RouterFileError(mistakes.map((mistake) => `${this.#file}: ${mistake}`));
    return content.routers as ManagedRouter[];
  }

  /** Resolves when the routers would outlast a power failure. */
  async write(routers: readonly ManagedRouter[]): Promise<void> {
    const folder = path.dirname(this.#file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Always the same name: what a killed process leaves is overwritten by the next one.
    const temporary = `${this.#file}.new`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ version: VERSION, routers }, null, 1)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#file);
    // The rename itself is in the folder: fsync(2), "Calling fsync() does not necessarily ensure that the entry in the directory …".
    const directory = await open(folder, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

/** The file is not what it should be; one line for each mistake. */
export class RouterFileError extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

function parse(text: string): { version?: unknown; routers?: unknown } | null {
  try {
    return JSON.parse(text) as { version?: unknown; routers?: unknown } | null;
  } catch {
    return null;
  }
}
