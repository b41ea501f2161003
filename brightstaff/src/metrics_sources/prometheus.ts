import { refreshing } from "./refreshing_source.ts";
import { isAmount, isObject, UnreadableError } from "./source.ts";

/** The label that says which model a value is of: Plano's and vLLM's name for it. */
const MODEL_LABEL = "model_name";

/**
 * The value of any instant query that gives one number for each model, lower being faster, in whatever unit the query has:
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries. No series at all is an answer, too: nothing was served lately.
 */
export const prometheus = refreshing({
  type: "latency",
  provider: "prometheus",
  async read({ url, query }, getJson) {
    const request = new URL(url ?? "");
    request.pathname = `${request.pathname.replace(/\/+$/, "")}/api/v1/query`;
    request.searchParams.set("query", query ?? "");
    const body = await getJson(request);
    const data = isObject(body) && body.status === "success" && isObject(body.data) ? body.data : undefined;
    if (data === undefined) throw new UnreadableError("the answer is none of Prometheus's HTTP API");
    if (data.resultType !== "vector" || !Array.isArray(data.result))
      throw new UnreadableError(
        `the query gives a ${data.resultType}, and what is wanted is a vector with a value for each ${MODEL_LABEL}`,
      );
    if (data.result.length > 0 && !data.result.some((sample) => modelOf(sample) !== undefined))
      throw new UnreadableError(`none of the query's ${data.result.length} series has a label ${MODEL_LABEL}`);
    return { latencies: new Map(data.result.flatMap(readSample)) };
  },
});

function modelOf(sample: unknown): string | undefined {
  const label = isObject(sample) && isObject(sample.metric) ? sample.metric[MODEL_LABEL] : undefined;
  return typeof label === "string" ? label : undefined;
}

/** `{metric: {model_name, …}, value: [time_s, "0.25"]}`; the number is text, and is "NaN" for a rate over no requests. */
function readSample(sample: unknown): [string, number][] {
  const model = modelOf(sample);
  const text: unknown = isObject(sample) && Array.isArray(sample.value) ? sample.value[1] : undefined;
  const value = typeof text === "string" ? Number.parseFloat(text) : Number.NaN;
  return model !== undefined && isAmount(value) ? [[model, value]] : [];
}
