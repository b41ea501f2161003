import { Bytes } from "../bytes/bytes";
import { Literal } from "../host/literal";
import { Cursor } from "../json/cursor";
import { writeText } from "../json/text";
import { formatNamed, operationOf, ProviderRules } from "../translation";
import { CANDIDATES_MAX, Exchange } from "./exchange";
import { NO_PATH, PathTemplate } from "./path_template";
import { NOTHING, Text } from "./text";

/** How deep the configuration's own JSON is nested, with room. */
const CONFIG_DEPTH_MAX: u32 = 16;

@final
export class Header {
  constructor(
    readonly name: Text,
    readonly value: Text,
  ) {}
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
  readonly rules: ProviderRules = new ProviderRules();

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
class Wildcard {
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
class Name {
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

let generations: u32 = 0;

/** Reads a configuration as brightstaff writes it, in the order of its keys; null when it is not one. */
@final
export class ConfigReader {
  private readonly cursor: Cursor = new Cursor();
  private readonly scratch: Bytes = new Bytes();
  private config: GatewayConfig = new GatewayConfig();
  /** Whether something was read that this build does not know. */
  private broken: bool = false;

  /** @returns whether `ptr` holds `{"role":"provider"}`, which is all that a provider cluster's filter is told */
  isProvider(ptr: usize, length: u32): bool {
    const cursor = this.cursor;
    cursor.open(ptr, length, CONFIG_DEPTH_MAX);
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) {
      if (cursor.keyIs("role")) {
        const role = this.text();
        return PROVIDER.equals(role.ptr, role.length);
      }
      cursor.skip();
    }
    return false;
  }

  read(ptr: usize, length: u32): GatewayConfig | null {
    const config = new GatewayConfig();
    config.generation = ++generations;
    this.config = config;
    this.broken = false;
    const cursor = this.cursor;
    cursor.open(ptr, length, CONFIG_DEPTH_MAX);
    if (!cursor.enterObject()) return null;
    while (cursor.nextKey()) {
      if (cursor.keyIs("limits") || cursor.keyIs("timeouts")) this.readNumbers();
      else if (cursor.keyIs("decision")) this.readDecision();
      else if (cursor.keyIs("sessions")) this.readSessions();
      else if (cursor.keyIs("providers")) this.readProviders();
      else if (cursor.keyIs("token_estimator")) config.tokenEstimator = this.takeProvider();
      else if (cursor.keyIs("models")) this.readModels();
      else if (cursor.keyIs("wildcards")) this.readWildcards();
      else if (cursor.keyIs("names")) this.readNames();
      else if (cursor.keyIs("default_model")) config.defaultModel = this.takeModel();
      else if (cursor.keyIs("routers")) this.readRouters();
      else if (cursor.keyIs("route_all")) this.readRouteAll();
      else cursor.skip();
    }
    return cursor.finish() && !this.broken ? config : null;
  }

  private readNumbers(): void {
    const cursor = this.cursor;
    const config = this.config;
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("request_body_bytes_max")) config.requestBodyBytesMax = this.number();
      else if (cursor.keyIs("response_body_bytes_max")) config.responseBodyBytesMax = this.number();
      else if (cursor.keyIs("json_depth_max")) config.jsonDepthMax = this.number();
      else if (cursor.keyIs("attempts_max")) config.attemptsMax = min(this.number(), CANDIDATES_MAX);
      else if (cursor.keyIs("first_token_ms")) config.firstToken_ms = this.number();
      else if (cursor.keyIs("reply_ms")) config.reply_ms = this.number();
      else if (cursor.keyIs("stream_idle_ms")) config.streamIdle_ms = this.number();
      else if (cursor.keyIs("decision_ms")) config.decision_ms = this.number();
      else cursor.skip();
    }
  }

  private readDecision(): void {
    const cursor = this.cursor;
    const config = this.config;
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("cluster")) config.decisionCluster = this.text();
      else if (cursor.keyIs("authority")) config.decisionAuthority = this.text();
      else if (cursor.keyIs("path")) config.decisionPath = this.text();
      else if (cursor.keyIs("events_path")) config.eventsPath = this.text();
      else if (cursor.keyIs("view_bytes_max")) config.viewBytesMax = this.number();
      else cursor.skip();
    }
  }

  private readSessions(): void {
    const cursor = this.cursor;
    const config = this.config;
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("derived")) config.derivesSessions = cursor.takeTrue();
      else if (cursor.keyIs("pin_named")) config.pinsNamed = cursor.takeTrue();
      else if (cursor.keyIs("pin_loops")) config.pinsLoops = cursor.takeTrue();
      else if (cursor.keyIs("tenant_header")) config.tenantHeader = this.text();
      else cursor.skip();
    }
  }

  private readProviders(): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const provider = new Provider();
      this.config.providers.push(provider);
      cursor.enterObject();
      while (cursor.nextKey()) this.readProviderKey(provider);
      if (provider.passthroughAuth) this.config.hasPassthrough = true;
    }
    const providers = this.config.providers;
    for (let i = 0; i < providers.length; i++) providers[i].joinEndpoints(providers);
  }

  private readProviderKey(provider: Provider): void {
    const cursor = this.cursor;
    if (cursor.keyIs("cluster")) provider.cluster = this.text();
    else if (cursor.keyIs("format")) provider.endpoint.format = this.format();
    else if (cursor.keyIs("authority")) provider.authority = this.text();
    else if (cursor.keyIs("path")) provider.endpoint.path = new PathTemplate(this.text());
    else if (cursor.keyIs("stream_path")) provider.endpoint.streamPath = new PathTemplate(this.text());
    else if (cursor.keyIs("native")) this.readNative(provider);
    else if (cursor.keyIs("passthrough_auth")) provider.passthroughAuth = cursor.takeTrue();
    else if (cursor.keyIs("auth_header")) provider.authHeader = this.text();
    else if (cursor.keyIs("auth_prefix")) provider.authPrefix = this.text();
    else if (cursor.keyIs("signature_headers")) this.readTexts(provider.signatureHeaders);
    else if (cursor.keyIs("headers")) this.readHeaders(provider);
    else if (cursor.keyIs("drop")) this.readDrops(provider.endpoint.rules, false);
    else if (cursor.keyIs("rename")) this.readRenames(provider.endpoint.rules, false);
    else if (cursor.keyIs("add")) this.readAdded(provider.endpoint.rules);
    else if (cursor.keyIs("tool_ids")) provider.endpoint.rules.hasNoToolIds = !cursor.takeTrue();
    else if (cursor.keyIs("message_drop")) this.readDrops(provider.endpoint.rules, true);
    else if (cursor.keyIs("tool_id_length")) provider.endpoint.rules.toolIdLength = this.number();
    else if (cursor.keyIs("message_roles")) this.readRenames(provider.endpoint.rules, true);
    else cursor.skip();
  }

  private readNative(provider: Provider): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      provider.endpoints.push(this.readEndpoint(provider));
    }
  }

  private readEndpoint(provider: Provider): Endpoint {
    const cursor = this.cursor;
    const endpoint = new Endpoint(provider);
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("format")) endpoint.format = this.format();
      else if (cursor.keyIs("path")) endpoint.path = new PathTemplate(this.text());
      else if (cursor.keyIs("drop")) this.readDrops(endpoint.rules, false);
      else if (cursor.keyIs("rename")) this.readRenames(endpoint.rules, false);
      else if (cursor.keyIs("provider")) endpoint.elsewhere = <i32>cursor.takeInteger(-1);
      else cursor.skip();
    }
    return endpoint;
  }

  /** The number of a format by its name. */
  private format(): u8 {
    const name = this.text();
    const format = formatNamed(name.ptr, name.length);
    if (format < 0) this.broken = true;
    return format < 0 ? 0 : <u8>format;
  }

  private readTexts(texts: Text[]): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) texts.push(this.text());
  }

  private readHeaders(provider: Provider): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const name = this.first();
      provider.headers.push(new Header(name, this.second()));
    }
  }

  private readDrops(rules: ProviderRules, ofMessages: bool): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const field = this.text();
      if (ofMessages) rules.addMessageDrop(field.ptr, field.length);
      else rules.addDrop(field.ptr, field.length);
    }
  }

  private readRenames(rules: ProviderRules, ofRoles: bool): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const from = this.first();
      const to = this.second();
      if (ofRoles) rules.addMessageRole(from.ptr, from.length, to.ptr, to.length);
      else rules.addRename(from.ptr, from.length, to.ptr, to.length);
    }
  }

  private readAdded(rules: ProviderRules): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const name = this.first();
      const value = this.second();
      rules.addField(name.ptr, name.length, value.ptr, value.length);
    }
  }

  private readModels(): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const model = new Model();
      this.config.models.push(model);
      cursor.enterObject();
      while (cursor.nextKey()) {
        if (cursor.keyIs("id")) model.id = this.text();
        else if (cursor.keyIs("provider")) model.provider = this.takeProvider();
        else if (cursor.keyIs("model")) model.model = this.text();
        else cursor.skip();
      }
    }
  }

  private readWildcards(): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const wildcard = new Wildcard();
      this.config.wildcards.push(wildcard);
      cursor.enterObject();
      while (cursor.nextKey()) {
        if (cursor.keyIs("prefix")) wildcard.prefix = this.text();
        else if (cursor.keyIs("provider")) wildcard.provider = this.takeProvider();
        else cursor.skip();
      }
    }
  }

  private readNames(): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const name = this.first();
      cursor.nextElement();
      const model = this.takeModel();
      cursor.nextElement();
      if (model != null) this.config.names.push(new Name(name, model));
    }
  }

  private readRouters(): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const router = new Router();
      this.config.routers.push(router);
      cursor.enterObject();
      while (cursor.nextKey()) {
        if (cursor.keyIs("name")) router.name = this.text();
        else if (cursor.keyIs("fallback")) this.readFallback(router);
        else cursor.skip();
      }
    }
  }

  private readFallback(router: Router): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const model = this.takeModel();
      if (model != null) router.fallback.push(model);
    }
  }

  private readRouteAll(): void {
    const index = this.cursor.takeInteger(-1);
    if (index >= 0 && index < this.config.routers.length) this.config.routeAll = this.config.routers[<i32>index];
  }

  private takeProvider(): Provider | null {
    const index = this.cursor.takeInteger(-1);
    return index >= 0 && index < this.config.providers.length ? this.config.providers[<i32>index] : null;
  }

  private takeModel(): Model | null {
    const index = this.cursor.takeInteger(-1);
    return index >= 0 && index < this.config.models.length ? this.config.models[<i32>index] : null;
  }

  private number(): u32 {
    return <u32>this.cursor.takeInteger(0);
  }

  private text(): Text {
    this.scratch.clear();
    writeText(this.scratch, this.cursor.takeString());
    return new Text(this.scratch.ptr, this.scratch.length);
  }

  /** The first of a pair that the cursor stands before. */
  private first(): Text {
    this.cursor.enterArray();
    this.cursor.nextElement();
    return this.text();
  }

  /** The second of a pair, whose end is passed with it. */
  private second(): Text {
    this.cursor.nextElement();
    const text = this.text();
    this.cursor.nextElement();
    return text;
  }
}

const PROVIDER = new Literal("provider");
