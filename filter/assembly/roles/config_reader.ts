import { Bytes } from "../bytes/bytes";
import { Text } from "../bytes/text";
import { Literal } from "../host/literal";
import { Cursor } from "../json/cursor";
import { writeText } from "../json/text";
import { formatNamed, ProviderRules } from "../translation";
import { Endpoint, GatewayConfig, Header, Model, ModelRules, Name, Provider, Router, Wildcard } from "./config";
import { CANDIDATES_MAX } from "./exchange";
import { PathTemplate } from "./path_template";

/** How deep the configuration's own JSON is nested, with room. */
const CONFIG_DEPTH_MAX: u32 = 16;
const PROVIDER = new Literal("provider");

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
    else if (cursor.keyIs("needs_own_place")) provider.needsOwnPlace = cursor.takeTrue();
    else if (cursor.keyIs("passthrough_auth")) provider.passthroughAuth = cursor.takeTrue();
    else if (cursor.keyIs("auth_header")) provider.authHeader = this.text();
    else if (cursor.keyIs("auth_prefix")) provider.authPrefix = this.text();
    else if (cursor.keyIs("signature_headers")) this.readTexts(provider.signatureHeaders);
    else if (cursor.keyIs("headers")) this.readHeaders(provider);
    else if (cursor.keyIs("model_rules")) this.readModelRules(provider.endpoint);
    else this.readRule(provider.endpoint.rules);
  }

  private readRule(rules: ProviderRules): void {
    const cursor = this.cursor;
    if (cursor.keyIs("drop")) this.readDrops(rules, false);
    else if (cursor.keyIs("rename")) this.readRenames(rules, false);
    else if (cursor.keyIs("add")) this.readAdded(rules);
    else if (cursor.keyIs("tool_ids")) rules.hasNoToolIds = !cursor.takeTrue();
    else if (cursor.keyIs("message_drop")) this.readDrops(rules, true);
    else if (cursor.keyIs("tool_id_length")) rules.toolIdLength = this.number();
    else if (cursor.keyIs("message_roles")) this.readRenames(rules, true);
    else cursor.skip();
  }

  /** Rules for some models; each says all that holds for them, the endpoint's own rules included. */
  private readModelRules(endpoint: Endpoint): void {
    const cursor = this.cursor;
    cursor.enterArray();
    while (cursor.nextElement()) {
      const models = new ModelRules();
      endpoint.modelRules.push(models);
      cursor.enterObject();
      while (cursor.nextKey()) {
        if (cursor.keyIs("match")) this.readTexts(models.patterns);
        else this.readRule(models.rules);
      }
    }
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
      else if (cursor.keyIs("provider")) endpoint.elsewhere = <i32>cursor.takeInteger(-1);
      else if (cursor.keyIs("model_rules")) this.readModelRules(endpoint);
      else this.readRule(endpoint.rules);
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
