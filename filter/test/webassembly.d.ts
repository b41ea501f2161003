// What the tests use of https://webassembly.github.io/spec/js-api/. TypeScript declares it with the browser's globals only, and Node's
// declarations leave it out.

declare namespace WebAssembly {
  type ImportValue = ((...values: number[]) => unknown) | Memory;
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;

  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(code: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: unknown;
  }
  function instantiate(code: Uint8Array, imports?: Imports): Promise<{ instance: Instance; module: Module }>;
}
