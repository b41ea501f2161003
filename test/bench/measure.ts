// One measurement: a load against a subject, and the CPU time that its processes took for it.

import type { LoadOrder, LoadResult } from "./load.ts";
import { treeCpuSeconds } from "./process_tree.ts";
import type { LoadClient } from "./processes.ts";
import type { Subject } from "./subjects.ts";

// Envoy goes on after the last byte: it frees streams, flushes statistics and, with a wasm filter, collects garbage.
const SETTLE_MS = 200;

// On a machine that is busy with other things, chunks pile up and arrive several at a time, which is less work for everybody.
const PACED_ARRIVALS_MIN = 0.95;

export interface Measurement {
  result: LoadResult;
  envoy_cpu_s: number;
  brightstaff_cpu_s: number;
  /** Why the measurement does not count; null when it does. */
  void_because: string | null;
  pace_lost: boolean;
}

type OrderFor<Order> = Order extends LoadOrder ? Omit<Order, "port"> : never;
/** A load without the port, which is the subject's. */
export type Load = OrderFor<LoadOrder>;

export async function measure(client: LoadClient, subject: Subject, load: Load): Promise<Measurement> {
  const sidecarCpu = () => (subject.brightstaffPid === null ? 0 : treeCpuSeconds(subject.brightstaffPid));
  const [envoyBefore, sidecarBefore] = [treeCpuSeconds(subject.envoyPid), sidecarCpu()];
  const result = await client.run({ ...load, port: subject.port } as LoadOrder);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return {
    result,
    envoy_cpu_s: treeCpuSeconds(subject.envoyPid) - envoyBefore,
    brightstaff_cpu_s: sidecarCpu() - sidecarBefore,
    void_because: whyVoid(load, result),
    pace_lost: lostPace(load, result),
  };
}

function lostPace(load: Load, { reads }: LoadResult): boolean {
  return load.load === "streams" && load.paced && reads < load.streams * load.chunks * PACED_ARRIVALS_MIN;
}

/** A wrong reply, or a pace that was not kept, makes a measurement count for nothing. */
export function whyVoid(load: Load, result: LoadResult): string | null {
  if (result.wrong > 0) return `${result.wrong} of ${result.replies} replies were wrong: ${result.first_wrong}`;
  return lostPace(load, result) ? `the machine is too busy for the pace: the chunks came in only ${result.reads} pieces` : null;
}
