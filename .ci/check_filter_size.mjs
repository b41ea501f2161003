import { statSync } from "node:fs";

const BYTES_MAX = 500_000;
const file = "filter/build/llm_gateway.wasm";
const { size } = statSync(file);
console.log(`${file}: ${size} bytes, at most ${BYTES_MAX}`);
if (size >= BYTES_MAX) process.exitCode = 1;
