import { defineConfig } from "vitest/config";
import { filterAsWasm } from "./deploy/local/paths.mjs";

const E2E = "test/e2e/**/*.test.ts";
const shared = { testTimeout: 120_000, hookTimeout: 180_000 };

export default defineConfig({
  test: {
    // Two cores on the smallest machine this must run on; every end-to-end file starts an Envoy of its own.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: "parts",
          include: ["brightstaff/**/*.test.ts", "envoy/**/*.test.ts", "filter/**/*.test.ts", "deploy/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [E2E, "**/node_modules/**"],
        },
      },
      // The filter as `npm start` runs it, and as WebAssembly, which other Envoys run.
      { test: { ...shared, name: "e2e", include: [E2E] } },
      { test: { ...shared, name: "e2e as wasm", include: [E2E], env: { LLM_FILTER: filterAsWasm } } },
    ],
  },
});
