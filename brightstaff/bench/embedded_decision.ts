import { percentile } from "../src/eval/evaluate.ts";
import { readLabelledPresets } from "../src/eval/presets.ts";
import { type Conversation, createResolver, defaultModelDir, type Route } from "../src/intent/index.ts";

// npm run bench:decision
//
// What one decision of the embedded resolver costs: CPU of the whole process, the encoder's thread included, one decision at a time.
// Every message is new to it, as the worst of what users send: otherwise embeddings come from its cache.

const WARM_UP = 20;

const resolver = createResolver({ kind: "embedded", modelDir: defaultModelDir() });
await resolver.ready();
const presets = await readLabelledPresets();
const requests = presets.flatMap(({ tasks, items }) => items.map(({ messages }) => ({ messages, tasks })));
await measure(requests.slice(0, WARM_UP));
report("labelled prompts of the presets", await measure(requests.slice(WARM_UP)));
report("three long messages each, all new", await measure(requests.map(({ tasks }, index) => ({ messages: createLong(index), tasks }))));
await resolver.close();

type Cost = { cpu_ms: number; wall_ms: number };

async function measure(decisions: readonly { messages: Conversation; tasks: readonly Route[] }[]): Promise<Cost[]> {
  const never = new AbortController().signal;
  const costs: Cost[] = [];
  for (const { messages, tasks } of decisions) {
    const cpu = process.cpuUsage();
    const started = performance.now();
    await resolver.resolve(messages, tasks, never);
    const wall_ms = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    costs.push({ cpu_ms: (user + system) / 1000, wall_ms });
  }
  return costs;
}

/** Three user messages of some 4,000 characters, as pasted files and logs are. */
function createLong(index: number): Conversation {
  return ["first", "second", "third"].flatMap((turn) => [
    {
      role: "user",
      content: `Please look at the ${turn} part of file ${index}. ${`line ${index} of the ${turn} log says nothing new; `.repeat(90)}What is wrong?`,
    },
    { role: "assistant", content: "I see nothing unusual there." },
  ]);
}

function report(name: string, costs: readonly Cost[]): void {
  const figure = (times_ms: readonly number[]): string =>
    `${percentile(times_ms, 0.5).toFixed(1)} ms (p50), ${percentile(times_ms, 0.95).toFixed(1)} ms (p95)`;
  console.log(`${name}: ${costs.length} decisions`);
  console.log(`  CPU   ${figure(costs.map(({ cpu_ms }) => cpu_ms))}`);
  console.log(`  wall  ${figure(costs.map(({ wall_ms }) => wall_ms))}`);
}
