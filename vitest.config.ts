import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["brightstaff/**/*.test.ts", "envoy/**/*.test.ts", "filter/**/*.test.ts", "deploy/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Two cores on the smallest machine this must run on; every end-to-end file starts an Envoy of its own.
    maxWorkers: 2,
  },
});
