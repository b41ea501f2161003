// Memory after many streams: what a stream leaves behind shows as growth between the samples.

import { residentBytes } from "./cpu_time.ts";
import { measure } from "./measure.ts";
import type { LoadClient } from "./processes.ts";
import type { Subject } from "./subjects.ts";
import { BURST_CHUNKS, MODEL_BURST } from "./workload.ts";

const CONCURRENT = 32;

export interface MemoryResult {
  subject: string;
  samples: { streams: number; resident_bytes: number }[];
}

/** Runs short streams, OpenAI clients of an Anthropic provider, until each count in `counts` (rising) is reached. Throws on a wrong reply. */
export async function measureMemory(
  client: LoadClient,
  subject: Subject,
  name: string,
  model: string,
  counts: readonly number[],
): Promise<MemoryResult> {
  const samples: MemoryResult["samples"] = [];
  let done = 0;
  for (const streams of counts) {
    const { void_because } = await measure(client, subject, {
      load: "streams",
      api: "openai_chat",
      model,
      exact: model === MODEL_BURST,
      streams: streams - done,
      concurrent: CONCURRENT,
      chunks: BURST_CHUNKS,
      paced: false,
    });
    if (void_because !== null) throw new Error(`memory of ${name}: ${void_because}`);
    done = streams;
    samples.push({ streams, resident_bytes: residentBytes(subject.envoyPid) });
  }
  return { subject: name, samples };
}
