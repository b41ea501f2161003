import { Bytes } from "../bytes/bytes";
import { NOTHING, Text } from "../bytes/text";
import { operationOf, ProviderRules } from "../translation";
import { CANDIDATES_MAX, Exchange } from "./exchange";
import { matchesPattern } from "./model_pattern";
import { NO_PATH, PathTemplate } from "./path_template";

@final
export class Header {
  constructor(
    readonly name: Text,
    readonly value: Text,
  ) {}
}

/** What some of an endpoint's models do not take, by their names. */
@final
export class ModelRules {
  readonly patterns: Text[] = [];
  readonly rules: ProviderRules = new ProviderRules();

  isFor(model: Bytes): bool {
    for (let i = 0; i < this.patterns.length; i++) {
      if (matchesPattern(model, this.patterns[i])) return true;
    }
    return false;
  }
}

/** Where a provider takes requests of one wire format, and what it does not take. */
@final
export class Endpoint {
  constructor(readonly provider: Provider) {}

  /** Where it is that of another provider in the configuration, the same with another credential: which one, by its index. */
  elsewhere: i32 = -1;
  format: u8 = 0;
  path: PathTemplate = NO_PATH;
  /** Where streams are asked for, when that is another path. */
  streamPath: PathTemplate | null = null;
  /** For models that no pattern of `modelRules` is for. */
  readonly rules: ProviderRules = new ProviderRules();
  /** The first one whose patterns match counts, and counts alone. */
  readonly modelRules: ModelRules[] = [];

  rulesFor(model: Bytes): ProviderRules {
    for (let i = 0; i < this.modelRules.length; i++) {
      if (this.modelRules[i].isFor(model)) return this.modelRules[i].rules;
    }
    return this.rules;
  }

  pathFor(stream: bool): PathTemplate {
    const streamPath = this.streamPath;
    return stream && streamPath != null ? streamPath : this.path;
  }
}

/** Somebody who serves models: where, in which wire format, and what Envoy calls the way there. */
@final
export class Provider {
  cluster: Text = NOTHING;
  authority: Text = NOTHING;
  /** First the one that requests to generate are translated for, then those of further formats that the provider speaks itself. */
  readonly endpoints: Endpoint[] = [];
  readonly headers: Header[] = [];
  /** Whether requests to it pass the provider role in any case: what it sets, the route would take away. */
  needsOwnPlace: bool = false;
  /** Whether the client's own key is sent on instead of one that Envoy injects. */
  passthroughAuth: bool = false;
  authHeader: Text = NOTHING;
  authPrefix: Text = NOTHING;
  /** What Envoy adds behind this filter when it signs requests to the provider; empty: it does not sign. */
  readonly signatureHeaders: Text[] = [];

  constructor() {
    this.endpoints.push(new Endpoint(this));
  }

  /** The provider's main one. */
  get endpoint(): Endpoint {
    return this.endpoints[0];
  }

  /** Puts endpoints that are another provider's in their places, once all are read. */
  joinEndpoints(providers: Provider[]): void {
    for (let i = 0; i < this.endpoints.length; i++) {
      const other = this.endpoints[i].elsewhere;
      if (other >= 0 && other < providers.length) this.endpoints[i] = providers[other].endpoint;
    }
  }

  /** The endpoint of the client's own format, else the first for the same operation; null when the provider has none for it. */
  endpointFor(clientFormat: u8): Endpoint | null {
    const operation = operationOf(clientFormat);
    let found: Endpoint | null = null;
    for (let i = 0; i < this.endpoints.length; i++) {
      const endpoint = this.endpoints[i];
      if (endpoint.format == clientFormat) return endpoint;
      if (found == null && operationOf(endpoint.format) == operation) found = endpoint;
    }
    return found;
  }
}

@final
export class Model {
  /** `provider/model`, the name in the configuration and in the answer's headers. */
  id: Text = NOTHING;
  provider: Provider | null = null;
  /** The provider's own name of it. */
  model: Text = NOTHING;
}

/** All models of a provider, whatever their names: `openai/*`. */
@final
export class Wildcard {
  prefix: Text = NOTHING;
  provider: Provider | null = null;
}

@final
export class Router {
  name: Text = NOTHING;
  readonly fallback: Model[] = [];
}

/** A further name of a model. */
@final
export class Name {
  constructor(
    readonly text: Text,
    readonly model: Model,
  ) {}
}

/** What the gateway role is configured with: brightstaff renders it, this reads it. Requests keep the one they began with. */
@final
export class GatewayConfig {
  requestBodyBytesMax: u32 = 0;
  responseBodyBytesMax: u32 = 0;
  jsonDepthMax: u32 = 0;
  /** How many candidates a request may be tried on, the first included. */
  attemptsMax: u32 = CANDIDATES_MAX;
  firstToken_ms: u32 = 0;
  reply_ms: u32 = 0;
  streamIdle_ms: u32 = 0;
  decision_ms: u32 = 0;
  decisionCluster: Text = NOTHING;
  decisionAuthority: Text = NOTHING;
  decisionPath: Text = NOTHING;
  /** Where brightstaff, at the same address, takes the events of requests; empty when it wants none. */
  eventsPath: Text = NOTHING;
  viewBytesMax: u32 = 0;
  /** Tells configurations apart, also those that are alike. */
  generation: u32 = 0;
  /** Whether conversations without a name are known by how they begin. */
  derivesSessions: bool = false;
  /** Whether a kept decision is enough for a conversation that the client named, and for the steps of a tool loop. */
  pinsNamed: bool = false;
  pinsLoops: bool = false;
  /** The request header that tells tenants apart; empty when none does. */
  tenantHeader: Text = NOTHING;
  /** Whether any provider is called with the client's own key. */
  hasPassthrough: bool = false;
  readonly providers: Provider[] = [];
  /** Who counts the tokens of requests whose provider does not. */
  tokenEstimator: Provider | null = null;
  readonly models: Model[] = [];
  readonly wildcards: Wildcard[] = [];
  readonly names: Name[] = [];
  readonly routers: Router[] = [];
  defaultModel: Model | null = null;
  /** The router that every request goes through, when there are top-level routing preferences. */
  routeAll: Router | null = null;

  findRouter(name: usize, length: u32): Router | null {
    for (let i = 0; i < this.routers.length; i++) {
      if (this.routers[i].name.equals(name, length)) return this.routers[i];
    }
    return null;
  }

  /** Whether a model goes by this name. */
  hasNamed(name: usize, length: u32): bool {
    if (this.findModel(name, length) != null) return true;
    return this.findWildcard(name, length) != null;
  }

  /** Adds the model that goes by this name to the candidates; false when none does. */
  addNamed(exchange: Exchange, name: usize, length: u32): bool {
    const model = this.findModel(name, length);
    if (model != null) return exchange.addModel(model);
    const wildcard = this.findWildcard(name, length);
    if (wildcard == null) return false;
    const prefixLength = wildcard.prefix.length;
    return exchange.addCandidate(wildcard.provider!, name, length, name + prefixLength, length - prefixLength);
  }

  private findModel(name: usize, length: u32): Model | null {
    for (let i = 0; i < this.models.length; i++) {
      if (this.models[i].id.equals(name, length)) return this.models[i];
    }
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i].text.equals(name, length)) return this.names[i].model;
    }
    return null;
  }

  private findWildcard(name: usize, length: u32): Wildcard | null {
    for (let i = 0; i < this.wildcards.length; i++) {
      const prefix = this.wildcards[i].prefix;
      if (length > prefix.length && prefix.isPrefixOf(name, length)) return this.wildcards[i];
    }
    return null;
  }
}
