import { createResolver, defaultModelDir } from "../intent/index.ts";
import { OTHER } from "./dataset.ts";
import { accuracy, type Decision, evaluate, isRight } from "./evaluate.ts";
import { readLabelledPresets } from "./presets.ts";

// npm run eval:presets [-- --mistakes]
//
// How many of its labelled prompts each preset routes as it should, by task.

const listMistakes = process.argv.includes("--mistakes");
const resolver = createResolver({ kind: "embedded", modelDir: defaultModelDir() });
await resolver.ready();
for (const { id, tasks, items } of await readLabelledPresets()) {
  const decisions = await evaluate(resolver, items);
  console.log(`${id}: ${share(decisions)}`);
  for (const name of [...tasks.map((task) => task.name), OTHER]) {
    console.log(`  ${name.padEnd(22)} ${share(decisions.filter(({ item }) => item.expected === name))}`);
  }
  if (!listMistakes) continue;
  for (const { item, chosen, confidence } of decisions.filter((decision) => !isRight(decision))) {
    console.log(`  ${item.id} -> ${chosen} (${confidence?.toFixed(2)}): ${item.messages.at(-1)?.content}`);
  }
}
await resolver.close();

function share(decisions: readonly Decision[]): string {
  return `${(100 * accuracy(decisions)).toFixed(1).padStart(5)} % of ${decisions.length}`;
}
