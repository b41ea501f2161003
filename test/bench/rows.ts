// The rows of the report: what is loaded onto whom, and which figure is taken.

import { CLIENT_FORMATS, type ClientFormat } from "./formats/index.ts";
import type { Load, Measurement } from "./measure.ts";
import type { Peer } from "./peers.ts";
import { PROVIDERS, type Provider } from "./providers.ts";
import { quantile } from "./statistics.ts";
import { ROUTER } from "./subjects.ts";
import { BURST_CHUNKS, MODEL, MODEL_BURST, PACED_CHUNKS } from "./workload.ts";

/** "plain", "gateway", or a peer's name. */
export type SubjectName = string;
export type Group = "whole" | "long" | "stream" | "routed";

/** Sizes of one round, and of the warm-up before the first. */
export interface RoundSize {
  requests: number;
  streams: number;
  rate_requests: number;
  /** V8 has optimised the filter after some thousand requests, which cost up to half as much again until then. */
  warmup_requests: number;
  warmup_streams: number;
}

export interface Row {
  id: string;
  group: Group;
  subject: SubjectName;
  title: string;
  /** The row of plain Envoy that this one is a ratio of; null for plain Envoy itself. */
  base: string | null;
  /** Most that the ratio may be, where a figure is to be reached; null elsewhere. */
  ratio_max: number | null;
  load(size: RoundSize): Load;
  warmUp(size: RoundSize): Load;
}

const CONNECTIONS = 32;
const RATE_PER_S = 100;

interface Target {
  client: ClientFormat;
  /** null for plain Envoy, which passes everything on as it is. */
  provider: Provider | null;
}
type LoadOf = (target: Target, size: RoundSize) => Load;
/** Most that the ratios may be: of a pair of the same format, and of any other. */
interface Limits {
  same: number | null;
  translated: number | null;
}

/** What the client calls a model of the mock provider: plain Envoy changes no body, so there it is the provider's own name. */
function modelName({ provider }: Target, model: string): string {
  return provider === null ? model : `${provider.name}/${model}`;
}

function isExact({ client, provider }: Target): boolean {
  return provider === null || provider.format === client;
}

/** A row for plain Envoy in each client's format and one for the gateway with each provider's. */
function rowsOfPairs(group: Group, load: LoadOf, warmUp: LoadOf, limits: Limits): Row[] {
  return CLIENT_FORMATS.flatMap((client) => {
    const base = `${group}/plain/${client.id}`;
    const loads = (target: Target) => ({
      load: (size: RoundSize) => load(target, size),
      warmUp: (size: RoundSize) => warmUp(target, size),
    });
    const plain: Row = {
      ...{ id: base, group, subject: "plain", title: `plain Envoy, ${client.title}`, base: null, ratio_max: null },
      ...loads({ client, provider: null }),
    };
    const pairs = PROVIDERS.map((provider): Row => {
      const id = `${group}/gateway/${client.id}-${provider.format.id}`;
      const title = `${client.title} → ${provider.format.title}`;
      const ratio_max = provider.format === client ? limits.same : limits.translated;
      return { id, group, subject: "gateway", title, base, ratio_max, ...loads({ client, provider }) };
    });
    return [plain, ...pairs];
  });
}

const wholeOf =
  (requests: (size: RoundSize) => number, long = false): LoadOf =>
  (target, size) => ({
    load: "whole",
    api: target.client.id,
    model: modelName(target, MODEL),
    exact: isExact(target),
    requests: requests(size),
    connections: CONNECTIONS,
    long,
  });

const pacedStreams: LoadOf = (target, { streams }) => ({
  load: "streams",
  api: target.client.id,
  model: modelName(target, MODEL),
  exact: isExact(target),
  streams,
  concurrent: streams,
  chunks: PACED_CHUNKS,
  paced: true,
});

const burstStreams: LoadOf = (target, size) => ({
  load: "streams",
  api: target.client.id,
  model: modelName(target, MODEL_BURST),
  exact: isExact(target),
  streams: size.warmup_streams,
  concurrent: CONNECTIONS,
  chunks: BURST_CHUNKS,
  paced: false,
});

export const WHOLE_ROWS: readonly Row[] = rowsOfPairs(
  "whole",
  wholeOf((size) => size.requests),
  wholeOf((size) => size.warmup_requests),
  { same: 1.7, translated: 1.9 },
);

/** A tenth of the requests: each has a hundred times the body. */
const PEER_LOADS = {
  whole: { load: wholeOf((size) => size.requests), warmUp: wholeOf((size) => size.warmup_requests) },
  stream: { load: pacedStreams, warmUp: burstStreams },
} as const;

/** The rows of another gateway, beside those of this one: the pairs that it says it serves. */
export function rowsOfPeer(group: keyof typeof PEER_LOADS, peer: Peer): Row[] {
  return CLIENT_FORMATS.flatMap((client) => {
    const path = peer.paths?.[client.id];
    if (path === null) return [];
    return PROVIDERS.flatMap((provider): Row[] => {
      const model = peer.models[provider.format.id];
      if (model === undefined) return [];
      // A peer may write a reply anew: it is compared in meaning.
      const change = (load: Load, own: string): Load => ({ ...load, model: model.replaceAll("{MODEL}", own), exact: false, path });
      const target = { client, provider };
      return [
        {
          ...{ id: `${group}/${peer.name}/${client.id}-${provider.format.id}`, group, subject: peer.name, ratio_max: null },
          ...{ title: `${peer.name}, ${client.title} → ${provider.format.title}`, base: `${group}/plain/${client.id}` },
          load: (size) => change(PEER_LOADS[group].load(target, size), MODEL),
          warmUp: (size) => change(PEER_LOADS[group].warmUp(target, size), group === "whole" ? MODEL : MODEL_BURST),
        },
      ];
    });
  });
}

export const LONG_ROWS: readonly Row[] = rowsOfPairs(
  "long",
  wholeOf((size) => size.requests / 10, true),
  wholeOf((size) => size.warmup_requests / 10, true),
  { same: null, translated: null },
);

export const STREAM_ROWS: readonly Row[] = rowsOfPairs("stream", pacedStreams, burstStreams, { same: 1.15, translated: 1.25 });

function rateRow(id: string, subject: SubjectName, title: string, base: string | null, model: string): Row {
  const target = { api: "openai_chat", model, exact: true } as const;
  return {
    id: `routed/${id}`,
    group: "routed",
    subject,
    title,
    base,
    ratio_max: null,
    load: (size) => ({ ...target, load: "rate", requests: size.rate_requests, rate_per_s: RATE_PER_S }),
    warmUp: (size) => ({ ...target, load: "whole", requests: size.warmup_requests, connections: CONNECTIONS }),
  };
}

export const ROUTED_ROWS: readonly Row[] = [
  rateRow("plain", "plain", "plain Envoy", null, MODEL),
  rateRow("direct", "gateway", "a model named by the client", "routed/plain", `openai/${MODEL}`),
  rateRow("router", "gateway", "a router", "routed/plain", `router:${ROUTER}`),
];

/** A round's figures of a row; all NaN when the round is void. */
export interface Figures {
  /** Envoy's CPU time: µs a request, or µs a stream chunk. */
  envoy_cpu_us: number;
  brightstaff_cpu_us: number;
  per_s: number;
  latency_p50_ms: number;
  latency_p99_ms: number;
  /** Of paced streams; NaN elsewhere. */
  gap_p99_ms: number;
}

export function unitsOf(load: Load): number {
  return load.load === "streams" ? load.streams * load.chunks : load.requests;
}

export function figuresOf(load: Load, measured: Measurement): Figures {
  const { result } = measured;
  if (measured.void_because !== null) {
    return {
      envoy_cpu_us: Number.NaN,
      brightstaff_cpu_us: Number.NaN,
      per_s: Number.NaN,
      latency_p50_ms: Number.NaN,
      latency_p99_ms: Number.NaN,
      gap_p99_ms: Number.NaN,
    };
  }
  const units = unitsOf(load);
  const latencies = result.latencies_ms.map((latency, i) => latency - (result.resolve_ms[i] ?? 0));
  return {
    envoy_cpu_us: (measured.envoy_cpu_s * 1e6) / units,
    brightstaff_cpu_us: (measured.brightstaff_cpu_s * 1e6) / units,
    per_s: (units * 1000) / result.elapsed_ms,
    latency_p50_ms: quantile(latencies, 0.5),
    latency_p99_ms: quantile(latencies, 0.99),
    gap_p99_ms: result.gap_p99_ms ?? Number.NaN,
  };
}

export function meanOf(one: Figures, other: Figures): Figures {
  const mean = (figure: keyof Figures) => (one[figure] + other[figure]) / 2;
  return {
    envoy_cpu_us: mean("envoy_cpu_us"),
    brightstaff_cpu_us: mean("brightstaff_cpu_us"),
    per_s: mean("per_s"),
    latency_p50_ms: mean("latency_p50_ms"),
    latency_p99_ms: mean("latency_p99_ms"),
    gap_p99_ms: mean("gap_p99_ms"),
  };
}
