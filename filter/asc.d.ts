// What build.mjs uses of "assemblyscript/asc" (tsconfig.json points there). The package's own declarations also declare AssemblyScript's
// global `console`, `Math` and so on, in every file of the project.

/** https://www.assemblyscript.org/compiler.html#programmatic-usage */
export function main(
  argv: string[],
  options?: { baseDir?: string },
): Promise<{ error: Error | null; stdout: { toString(): string }; stderr: { toString(): string } }>;

declare const asc: { main: typeof main };
export default asc;
