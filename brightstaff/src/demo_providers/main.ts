import { parseArgs } from "node:util";
import { startDemoProviders } from "./server.ts";

const USAGE = "usage: node brightstaff/src/demo_providers/main.ts [--listen 127.0.0.1:0] [--chunk-interval-ms 20] [--require-key]";

function fail(message: string): never {
  process.stderr.write(`${message}\n${USAGE}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        listen: { type: "string", default: "127.0.0.1:0" },
        "chunk-interval-ms": { type: "string" },
        "require-key": { type: "boolean", default: false },
      },
    });
    const address = /^\[?([^\]]+)\]?:(\d+)$/.exec(values.listen);
    if (address === null) fail(`--listen: "${values.listen}" is not host:port`);
    const interval = values["chunk-interval-ms"];
    if (interval !== undefined && !/^\d+$/.test(interval)) fail(`--chunk-interval-ms: "${interval}" is not a number of milliseconds`);
    return {
      host: address[1],
      port: Number(address[2]),
      requireKey: values["require-key"],
      ...(interval === undefined ? {} : { chunkIntervalMs: Number(interval) }),
    };
  } catch (error) {
    return fail((error as Error).message);
  }
}

const providers = await startDemoProviders(readOptions());
process.stdout.write(`demo providers listen on ${providers.url}\n`);
process.send?.({ type: "ready", url: providers.url });

async function stop() {
  await providers.close();
  process.exit(0);
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
// A parent that dies takes its demo providers along.
if (process.connected) process.on("disconnect", stop);
