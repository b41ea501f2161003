import { Bytes } from "../bytes/bytes";
import { Literal } from "../host/literal";
import { Operation, ProviderRules, problem, translateRequest } from "../translation";
import { refuseNoEmbeddings, refuseProblem, refuseUntranslatable } from "./answers";
import { Model } from "./config";
import { Exchange } from "./exchange";
import { forgetFirstBody, translateFirst } from "./first_body";

const ROUTER_PREFIX = new Literal("router:");
const NO_RULES = new ProviderRules();
const NO_MODELS: Model[] = [];
/** What is translated for trial only. */
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
export function completeCandidates(exchange: Exchange, body: usize, length: u32): bool {
  const operation = exchange.operation;
  const isNamed = !exchange.isRouted && operation == Operation.Generate;
  const estimator = exchange.config!.tokenEstimator;
  if (operation == Operation.CountTokens && estimator != null) exchange.addTokenEstimator(estimator);
  if (exchange.decisionOnly) return true;
  if (translateForCandidates(exchange, body, length)) return true;
  if (operation == Operation.Embed) refuseNoEmbeddings(exchange);
  else if (isNamed) refuseProblem(exchange.clientFormat);
  else refuseUntranslatable(exchange);
  return false;
}

/**
 * Leaves out the candidates whose format cannot say what this request says, and writes the body for the first attempt (`takeFirstBody`). It is
 * done here because an attempt could only answer the client, not go on to the next candidate; what the first needs has then been made already.
 * @returns false, with what is wrong in the exchange's failure, when no candidate is left
 */
export function translateForCandidates(exchange: Exchange, body: usize, length: u32): bool {
  forgetFirstBody();
  let possible: u32 = 0;
  let impossible: u32 = 0;
  for (let k: u32 = 0; k < exchange.candidateCount; ) {
    const candidate = exchange.candidates[k];
    const format = candidate.endpoint!.format;
    const bit = (<u32>1) << format;
    let isPossible = (impossible & bit) == 0;
    if (isPossible && k == 0) isPossible = translateFirst(exchange, candidate, body, length);
    else if (isPossible && format != exchange.clientFormat && (possible & bit) == 0)
      isPossible = isTranslatable(exchange, format, body, length);
    if (isPossible) {
      possible |= bit;
      k++;
      continue;
    }
    if ((impossible & bit) == 0) noteProblem(exchange);
    impossible |= bit;
    exchange.removeCandidate(k);
  }
  return exchange.candidateCount > 0;
}

function isTranslatable(exchange: Exchange, format: u8, body: usize, length: u32): bool {
  const head = exchange.head;
  scratch.clear();
  return translateRequest(exchange.clientFormat, format, body, length, head, head.model, NO_RULES, scratch);
}

function noteProblem(exchange: Exchange): void {
  exchange.failureMessage.clear();
  exchange.failureMessage.appendBytes(problem.message);
  exchange.failureParam.clear();
  exchange.failureParam.appendBytes(problem.param);
}
