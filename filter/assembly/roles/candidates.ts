import { Bytes } from "../bytes/bytes";
import { Literal } from "../host/literal";
import { Operation, ProviderRules, problem, translateRequest } from "../translation";
import { refuseNoEmbeddings, refuseUntranslatable } from "./answers";
import { Model } from "./config";
import { Exchange } from "./exchange";

const ROUTER_PREFIX = new Literal("router:");
const NO_RULES = new ProviderRules();
const NO_MODELS: Model[] = [];
const scratch = new Bytes();

/** Finds the router or the model that the client named; false when there is none of that name. */
export function resolveModel(exchange: Exchange, model: Bytes): bool {
  const config = exchange.config!;
  if (ROUTER_PREFIX.isPrefixOf(model.ptr, model.length)) {
    exchange.router = config.findRouter(model.ptr + ROUTER_PREFIX.length, model.length - ROUTER_PREFIX.length);
    return exchange.router != null;
  }
  // A vector is of use beside others of the same model only: what every chat request is routed by is not asked.
  exchange.router = exchange.operation == Operation.Embed ? null : config.routeAll;
  if (!exchange.isRouted) return config.addNamed(exchange, model.ptr, model.length);
  return config.hasNamed(model.ptr, model.length) || config.defaultModel != null;
}

/**
 * Finds the formats that a router's models may have and that cannot say what this request says. It is found out here because an attempt
 * could only answer the client, not go on to the next candidate.
 */
export function leaveOutFormats(exchange: Exchange, body: usize, length: u32): void {
  const providers = exchange.config!.providers;
  let tried: u32 = 1 << exchange.clientFormat;
  for (let i = 0; i < providers.length; i++) {
    const endpoint = providers[i].endpointFor(exchange.clientFormat);
    if (endpoint == null || (tried & (1 << endpoint.format)) != 0) continue;
    const format = endpoint.format;
    tried |= 1 << format;
    scratch.clear();
    const head = exchange.head;
    if (translateRequest(exchange.clientFormat, format, body, length, head, head.model, NO_RULES, scratch)) continue;
    exchange.untranslatable |= 1 << format;
    exchange.failureMessage.clear();
    exchange.failureMessage.appendBytes(problem.message);
    exchange.failureParam.clear();
    exchange.failureParam.appendBytes(problem.param);
  }
}

/** Adds who is asked behind the models that were decided on, if any: the model that the client named, and the router's fallback. */
export function addStandIns(exchange: Exchange): void {
  const config = exchange.config!;
  const router = exchange.router;
  if (router == null || router === config.routeAll) {
    const model = exchange.head.model;
    if (!config.addNamed(exchange, model.ptr, model.length)) exchange.addModel(config.defaultModel!);
  }
  const fallback = router == null ? NO_MODELS : router.fallback;
  for (let i = 0; i < fallback.length; i++) exchange.addModel(fallback[i]);
}

/** Adds who stands in for all models; false, with an answer under way, when there is nobody to ask. */
export function completeCandidates(exchange: Exchange): bool {
  const estimator = exchange.config!.tokenEstimator;
  if (exchange.operation == Operation.CountTokens && estimator != null) exchange.addTokenEstimator(estimator);
  if (exchange.candidateCount > 0) return true;
  if (exchange.operation == Operation.Embed) refuseNoEmbeddings(exchange);
  else refuseUntranslatable(exchange);
  return false;
}
