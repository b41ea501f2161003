import { Literal } from "./literal";

// Header names (pseudo-headers included), as HTTP and Envoy spell them.
export const METHOD = new Literal(":method");
export const PATH = new Literal(":path");
export const AUTHORITY = new Literal(":authority");
export const STATUS = new Literal(":status");
export const AUTHORIZATION = new Literal("authorization");
export const CONTENT_ENCODING = new Literal("content-encoding");
export const CONTENT_LENGTH = new Literal("content-length");
export const CONTENT_TYPE = new Literal("content-type");
export const RETRY_AFTER = new Literal("retry-after");
export const SERVER_TIMING = new Literal("server-timing");
export const TRACEPARENT = new Literal("traceparent");
export const X_API_KEY = new Literal("x-api-key");
export const COOKIE = new Literal("cookie");
export const PROXY_AUTHORIZATION = new Literal("proxy-authorization");
export const X_ENVOY_PREFIX = new Literal("x-envoy-");
/** The client's address, which Envoy puts in every request, over what a client may have sent. Its routes keep it back, which costs less than a host call. */
export const X_ENVOY_EXTERNAL_ADDRESS = new Literal("x-envoy-external-address");
/** Name the cluster of the one candidate there is, to Envoy's routes, which keep them back. A client's own are removed as all x-envoy-. */
export const ONLY_CLUSTER_STREAM = new Literal("x-envoy-llm-stream-cluster");
export const ONLY_CLUSTER_WHOLE = new Literal("x-envoy-llm-whole-cluster");
export const X_ENVOY_MAX_RETRIES = new Literal("x-envoy-max-retries");
export const X_REQUEST_ID = new Literal("x-request-id");

// What a client says of the conversation that its request belongs to: Plano's names (katanemo/plano, crates/common/src/consts.rs).
export const X_MODEL_AFFINITY = new Literal("x-model-affinity");
export const X_PLANO_CACHE = new Literal("x-plano-cache");
export const X_PLANO_MAX_SWITCH_SPEND_PCT = new Literal("x-plano-max-switch-spend-pct");

// What the gateway says of a routed request; the first name is the one DigitalOcean's Inference Router answers with.
export const SELECTED_ROUTE = new Literal("x-model-router-selected-route");
export const CONFIDENCE = new Literal("x-model-router-confidence");
export const SELECTED_MODEL = new Literal("x-model-router-selected-model");
export const ATTEMPTS = new Literal("x-model-router-attempts");
export const SESSION = new Literal("x-model-router-session");

// Header values.
export const APPLICATION_JSON = new Literal("application/json");
export const TEXT_EVENT_STREAM = new Literal("text/event-stream");
export const IDENTITY = new Literal("identity");
export const OFF = new Literal("off");
export const POST = new Literal("POST");
