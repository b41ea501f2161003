import { equal } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { ErrorKind, Operation, operationOf, ProviderRules, RequestHead } from "../translation";
import { Endpoint, GatewayConfig, Model, Provider, Router } from "./config";
import { EventRecord } from "./event_record";
import { Session } from "./session";

/** The most models that one request may be tried on; Envoy's routes name as many (`wasm.llm.candidate.1` to `.8`). */
export const CANDIDATES_MAX: u32 = 8;

/** How an attempt ended. */
export const enum Outcome {
  /** It has not, yet. */
  Pending = 0,
  /** The provider answered with the status that stands beside this. */
  Answered = 1,
  /** A 200 whose stream failed before its first content, or whose body was no answer. */
  StreamError = 2,
  /** No connection: refused, unreachable, or a certificate that is not right. */
  ConnectFailure = 3,
  /** The time for a first token or a whole reply ran out. */
  Timeout = 4,
  /** The connection was cut before an answer. */
  Reset = 5,
}

/** A model that may answer the request, with the provider that serves it. */
@final
export class Candidate {
  provider: Provider | null = null;
  /** The provider's, for the client's format. */
  endpoint: Endpoint | null = null;
  /** As the client and the configuration name it: `provider/model`. */
  readonly id: Bytes = new Bytes();
  /** As the provider names it. */
  readonly model: Bytes = new Bytes();
  private modelRules: ProviderRules | null = null;
  outcome: Outcome = Outcome.Pending;
  status: u32 = 0;
  started_ns: u64 = 0;
  /** Of an attempt that has failed, 0 otherwise. */
  ended_ns: u64 = 0;
  /** What the provider said of when to come back: seconds, or an HTTP date. */
  readonly retryAfter: Bytes = new Bytes();

  /** What its endpoint takes of this model: found once, by comparing the model's name with patterns. */
  get rules(): ProviderRules {
    const known = this.modelRules;
    if (known != null) return known;
    const rules = this.endpoint!.rulesFor(this.model);
    this.modelRules = rules;
    return rules;
  }

  /** Begins anew as one of this provider's; `id` and `model` are to follow. */
  become(provider: Provider, endpoint: Endpoint): void {
    this.provider = provider;
    this.endpoint = endpoint;
    this.modelRules = null;
    this.id.clear();
    this.model.clear();
    this.settle(Outcome.Pending, 0);
  }

  /** Lets go of the configuration. */
  forget(): void {
    this.provider = null;
    this.endpoint = null;
    this.modelRules = null;
  }

  begin(now_ns: u64): void {
    this.started_ns = now_ns;
    this.ended_ns = 0;
    this.retryAfter.clear();
  }

  settle(outcome: Outcome, status: u32): void {
    this.outcome = outcome;
    this.status = status;
  }
}

/**
 * One client request from its first byte to its log entry: what the gateway role decided and what the attempts came to. Lives in the
 * memory that both roles share (plugins of the same vm_id and code run in one VM per worker), so nothing has to be handed through Envoy
 * but its id. Pooled: `reset` makes it fit for the next request.
 */
@final
export class Exchange {
  /** The gateway role's context, 0 while unused. An attempt that outlives its request sees that this has changed. */
  id: u32 = 0;
  config: GatewayConfig | null = null;
  clientFormat: u8 = 0;
  /** As it came; the query begins at `pathLength`. */
  readonly path: Bytes = new Bytes();
  pathLength: u32 = 0;
  readonly head: RequestHead = new RequestHead();
  /** The body up to its `model` value, when that is short: what replacing the model by a write at the body's head needs. */
  readonly prefix: Bytes = new Bytes();
  prefixKept: bool = false;
  /** The client's own key, kept only where a provider is to get it (`passthrough_auth`). */
  readonly clientKey: Bytes = new Bytes();

  readonly candidates: StaticArray<Candidate> = newCandidates();
  candidateCount: u32 = 0;
  /** When the request's body, or an answer that has begun, must be there, as far as Envoy does not see to it; else 0. */
  completeBy_ns: u64 = 0;
  /** Attempts begun; candidate `attemptCount - 1` is the one being tried. */
  attemptCount: u32 = 0;
  /** The context of the attempt that is under way, 0 while there is none. */
  openAttempt: u32 = 0;
  /** The attempt's context whose response goes to the client, 0 while there is none: then a response is Envoy's own. */
  responder: u32 = 0;
  /** Which of its provider's headers the latest attempt has set, a bit for each. */
  headersSet: u32 = 0;
  /** Set when the answer was made here: neither role may touch it on its way out. */
  answeredLocally: bool = false;
  readonly record: EventRecord = new EventRecord();

  /** The router that chooses, null when the client named a model. */
  router: Router | null = null;
  /** Only the decision was asked for: no provider gets the request. */
  decisionOnly: bool = false;
  /** brightstaff has found the request's own preferences wrong; `failureMessage` and `failureParam` say how. */
  preferencesRefused: bool = false;
  /** Empty when no task matched. */
  readonly route: Bytes = new Bytes();
  readonly session: Session = new Session();
  /** Whether there is a decision: brightstaff's, or one of its that was kept. */
  isDecided: bool = false;
  decisionStarted_ns: u64 = 0;
  decision_us: u32 = 0;
  readonly resolve_ms: Bytes = new Bytes();
  /** How sure the resolver is of `route`, 0 to 1, as brightstaff wrote it; empty when it can't say. */
  readonly confidence: Bytes = new Bytes();
  readonly rank_ms: Bytes = new Bytes();

  /** What the last failed attempt's provider said. */
  readonly failureMessage: Bytes = new Bytes();
  /** The field of the request that a format cannot say. */
  readonly failureParam: Bytes = new Bytes();
  failureKind: ErrorKind = ErrorKind.Server;

  reset(): void {
    this.id = 0;
    this.config = null;
    this.prefixKept = false;
    this.clientKey.clear();
    for (let i: u32 = 0; i < this.candidateCount; i++) this.candidates[i].forget();
    this.candidateCount = 0;
    this.completeBy_ns = 0;
    this.attemptCount = 0;
    this.openAttempt = 0;
    this.responder = 0;
    this.answeredLocally = false;
    this.router = null;
    this.head.preferencesEnd = 0;
    this.decisionOnly = false;
    this.preferencesRefused = false;
    this.route.clear();
    this.session.reset();
    this.isDecided = false;
    this.decisionStarted_ns = 0;
    this.decision_us = 0;
    this.resolve_ms.clear();
    this.confidence.clear();
    this.rank_ms.clear();
    this.failureMessage.clear();
    this.failureParam.clear();
    this.failureKind = ErrorKind.Server;
  }

  /** Adds a model behind those there are, unless it is among them, has no such API or the list is full; true in any case. */
  addModel(model: Model): bool {
    return this.addCandidate(model.provider!, model.id.ptr, model.id.length, model.model.ptr, model.model.length);
  }

  addCandidate(provider: Provider, id: usize, idLength: u32, model: usize, modelLength: u32): bool {
    const endpoint = provider.endpointFor(this.clientFormat);
    if (endpoint == null || this.candidateCount >= this.candidatesMax) return true;
    for (let i: u32 = 0; i < this.candidateCount; i++) {
      if (equal(this.candidates[i].id.ptr, this.candidates[i].id.length, id, idLength)) return true;
    }
    const candidate = this.candidates[this.candidateCount++];
    candidate.become(endpoint.provider, endpoint);
    candidate.id.append(id, idLength);
    candidate.model.append(model, modelLength);
    return true;
  }

  /** Takes one out of the list; what comes behind it moves up. */
  removeCandidate(index: u32): void {
    const removed = this.candidates[index];
    this.candidateCount--;
    for (let i = index; i < this.candidateCount; i++) this.candidates[i] = this.candidates[i + 1];
    this.candidates[this.candidateCount] = removed;
    removed.forget();
  }

  /** The request says itself how it is to be routed. */
  get hasOwnPreferences(): bool {
    return this.head.preferencesEnd > 0 && this.operation == Operation.Generate;
  }

  /** Whether the models are chosen by what the request is about. */
  get isRouted(): bool {
    return this.router != null || this.hasOwnPreferences;
  }

  get operation(): Operation {
    return operationOf(this.clientFormat);
  }

  /** The count that counts is that of the model that would answer first. */
  private get candidatesMax(): u32 {
    return this.operation == Operation.CountTokens ? 1 : this.config!.attemptsMax;
  }

  /** Adds, as the last, who estimates what no provider counts. */
  addTokenEstimator(estimator: Provider): void {
    const candidate = this.candidates[this.candidateCount++];
    candidate.become(estimator, estimator.endpoint);
    candidate.id.ascii("gateway/estimate");
    candidate.model.appendBytes(this.head.model);
  }

  /** How long an attempt may take to its first content, or as a whole when it is not streamed. */
  get answerWithin_ms(): u32 {
    return this.head.stream ? this.config!.firstToken_ms : this.config!.reply_ms;
  }

  /**
   * Whether the gateway role itself serves the request: with one candidate there is nothing that only the provider role could do, and one
   * filter costs less than two. A credential that a filter behind the route has to set first needs both.
   */
  get isServedHere(): bool {
    return this.candidateCount == 1 && !this.candidates[0].provider!.needsOwnPlace;
  }

  get isLastAttempt(): bool {
    return this.attemptCount == this.candidateCount;
  }
}

function newCandidates(): StaticArray<Candidate> {
  const candidates = new StaticArray<Candidate>(CANDIDATES_MAX);
  for (let i: u32 = 0; i < CANDIDATES_MAX; i++) candidates[i] = new Candidate();
  return candidates;
}
