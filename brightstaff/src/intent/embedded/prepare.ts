import { parseArgs } from "node:util";
import { loadConceptModel } from "./concept_model.ts";
import { defaultModelDir } from "./model_dir.ts";
import { createEncoder } from "./resolver.ts";

// node brightstaff/src/intent/embedded/prepare.ts [--model-dir DIR]
//
// Learns the concept bank once, so that the first start does not have to: some seconds, nothing when it is done already.

const { values } = parseArgs({ options: { "model-dir": { type: "string", default: defaultModelDir() } } });
const modelDir = values["model-dir"];
const encoder = createEncoder(modelDir);
const onTerminal = process.stdout.isTTY === true;
let learnt = false;

await encoder.ready();
await loadConceptModel(encoder, modelDir, (step, share) => {
  const line = `embedded routing model: learning the concept bank, ${Math.round(share * 100)} % (${step})`;
  if (onTerminal) process.stdout.write(`\r\u001b[K${line}`);
  else if (!learnt) console.log("embedded routing model: learning the concept bank");
  learnt = true;
});
if (learnt) console.log(`${onTerminal ? "\r\u001b[K" : ""}embedded routing model: the concept bank is learnt`);
await encoder.close();
