// The rows of the report: what is loaded onto whom, and which figure is taken.

import type { Load, Measurement } from "./measure.ts";
import { quantile } from "./statistics.ts";
import { ROUTER } from "./subjects.ts";
import { type Api, BURST_CHUNKS, MODEL, MODEL_BURST, PACED_CHUNKS } from "./workload.ts";

export type SubjectName = "plain" | "gateway";
export type Group = "whole" | "stream" | "routed";

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

const API_NAME: Record<Api, string> = { openai_chat: "OpenAI", anthropic_messages: "Anthropic" };
const PROVIDER_NAME: Record<Api, string> = { openai_chat: "openai", anthropic_messages: "anthropic" };
const APIS: readonly Api[] = ["openai_chat", "anthropic_messages"];

interface Pair {
  client: Api;
  provider: Api;
}

function isPair(pair: Pair, client: Api, provider: Api): boolean {
  return pair.client === client && pair.provider === provider;
}

type LoadOf = (target: { api: Api; provider: Api; subject: SubjectName }, size: RoundSize) => Load;

/** What the client calls a model of the mock provider: plain Envoy changes no body, so there it is the provider's own name. */
function modelName(subject: SubjectName, provider: Api, model: string): string {
  return subject === "plain" ? model : `${PROVIDER_NAME[provider]}/${model}`;
}

/** A row for plain Envoy in each API and one for the gateway in each pair of them. */
function rowsOfPairs(group: Group, load: LoadOf, warmUp: LoadOf, ratioMax: (pair: Pair) => number | null): Row[] {
  return APIS.flatMap((api) => {
    const base = `${group}/plain/${PROVIDER_NAME[api]}`;
    const row = (subject: SubjectName, provider: Api): Omit<Row, "id" | "title" | "base" | "ratio_max"> => ({
      group,
      subject,
      load: (size) => load({ api, provider, subject }, size),
      warmUp: (size) => warmUp({ api, provider, subject }, size),
    });
    const plain: Row = { ...row("plain", api), id: base, title: `plain Envoy, ${API_NAME[api]}`, base: null, ratio_max: null };
    const pairs = APIS.map((provider): Row => {
      const id = `${group}/gateway/${PROVIDER_NAME[api]}-${PROVIDER_NAME[provider]}`;
      const title = `${API_NAME[api]} → ${API_NAME[provider]}`;
      return { ...row("gateway", provider), id, title, base, ratio_max: ratioMax({ client: api, provider }) };
    });
    return [plain, ...pairs];
  });
}

const wholeOf =
  (requests: (size: RoundSize) => number): LoadOf =>
  ({ api, provider, subject }, size) => ({
    load: "whole",
    api,
    model: modelName(subject, provider, MODEL),
    exact: api === provider,
    requests: requests(size),
    connections: CONNECTIONS,
  });

const pacedStreams: LoadOf = ({ api, provider, subject }, { streams }) => ({
  load: "streams",
  api,
  model: modelName(subject, provider, MODEL),
  exact: api === provider,
  streams,
  concurrent: streams,
  chunks: PACED_CHUNKS,
  paced: true,
});

const burstStreams: LoadOf = ({ api, provider, subject }, size) => ({
  load: "streams",
  api,
  model: modelName(subject, provider, MODEL_BURST),
  exact: api === provider,
  streams: size.warmup_streams,
  concurrent: CONNECTIONS,
  chunks: BURST_CHUNKS,
  paced: false,
});

export const WHOLE_ROWS: readonly Row[] = rowsOfPairs(
  "whole",
  wholeOf((size) => size.requests),
  wholeOf((size) => size.warmup_requests),
  (pair) => (isPair(pair, "openai_chat", "openai_chat") ? 2 : isPair(pair, "openai_chat", "anthropic_messages") ? 2.3 : null),
);

export const STREAM_ROWS: readonly Row[] = rowsOfPairs("stream", pacedStreams, burstStreams, (pair) =>
  isPair(pair, "openai_chat", "anthropic_messages") ? 1.35 : null,
);

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
  rateRow("direct", "gateway", "a model named by the client", "routed/plain", modelName("gateway", "openai_chat", MODEL)),
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
  };
}
