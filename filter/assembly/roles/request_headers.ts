import { Bytes } from "../bytes/bytes";
import { readInteger } from "../bytes/numbers";
import { Text } from "../bytes/text";
import { HeaderMap, HeaderPairs, removeHeader, removeHeaderNamed } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { Session } from "./session";

const BEARER = new Literal("Bearer ");
/** Of a traceparent: W3C Trace Context, section 3.2. */
const TRACE_ID_START: u32 = 3;
const TRACE_ID_LENGTH: u32 = 32;

const pairs = new HeaderPairs();

/** What the gateway role needs of a request's headers, from one host call that fetches them all. */
@final
export class RequestHeaders {
  path: usize = 0;
  /** Without its query. */
  pathLength: u32 = 0;
  pathAndQueryLength: u32 = 0;
  isPost: bool = false;
  isEncoded: bool = false;
  contentLength: i64 = 0;
  private key: usize = 0;
  private keyLength: u32 = 0;
  /** Envoy's, of which a client that sends one has no say. */
  requestId: usize = 0;
  requestIdLength: u32 = 0;
  private tenant: usize = 0;
  private tenantLength: u32 = 0;
  private affinity: usize = 0;
  private affinityLength: u32 = 0;
  private spendPct: usize = 0;
  private spendPctLength: u32 = 0;
  private isCacheOff: bool = false;
  private hasUntrusted: bool = false;
  private hasKeyHeader: bool = false;
  private hasCookie: bool = false;
  private hasProxyKey: bool = false;
  /** Whether there is anything that is said to this gateway alone. */
  private hasOwn: bool = false;
  private traceParent: usize = 0;
  private traceParentLength: u32 = 0;

  read(tenantHeader: Text): void {
    this.pathLength = 0;
    this.isPost = false;
    this.isEncoded = false;
    this.contentLength = 0;
    this.keyLength = 0;
    this.requestIdLength = 0;
    this.tenantLength = 0;
    this.affinityLength = 0;
    this.spendPctLength = 0;
    this.isCacheOff = false;
    this.hasUntrusted = false;
    this.hasKeyHeader = false;
    this.hasCookie = false;
    this.hasProxyKey = false;
    this.hasOwn = false;
    this.traceParentLength = 0;
    pairs.fetch(HeaderMap.Request);
    while (pairs.next()) {
      this.readPair();
      if (tenantHeader.length > 0 && tenantHeader.equals(pairs.name, pairs.nameLength)) {
        this.tenant = pairs.value;
        this.tenantLength = pairs.valueLength;
      }
    }
  }

  /** Names are told apart by their length first: it is unlike for all but few. */
  private readPair(): void {
    switch (pairs.nameLength) {
      case 5:
        if (pairs.nameIs(names.PATH)) this.readPath();
        break;
      case 6:
        if (pairs.nameIs(names.COOKIE)) this.hasCookie = true;
        break;
      case 7:
        if (pairs.nameIs(names.METHOD)) this.isPost = names.POST.equals(pairs.value, pairs.valueLength);
        break;
      case 9:
        if (pairs.nameIs(names.X_API_KEY)) {
          this.key = pairs.value;
          this.keyLength = pairs.valueLength;
          this.hasKeyHeader = true;
        }
        break;
      case 11:
        if (pairs.nameIs(names.TRACEPARENT)) {
          this.traceParent = pairs.value;
          this.traceParentLength = pairs.valueLength;
        }
        break;
      case 12:
        if (pairs.nameIs(names.X_REQUEST_ID)) {
          this.requestId = pairs.value;
          this.requestIdLength = pairs.valueLength;
        }
        break;
      case 13:
        if (pairs.nameIs(names.AUTHORIZATION)) this.readAuthorization();
        else if (pairs.nameIs(names.X_PLANO_CACHE)) {
          this.isCacheOff = names.OFF.equals(pairs.value, pairs.valueLength);
          this.hasOwn = true;
        }
        break;
      case 14:
        if (pairs.nameIs(names.CONTENT_LENGTH)) this.contentLength = readInteger(pairs.value, pairs.valueLength);
        break;
      case 16:
        if (pairs.nameIs(names.CONTENT_ENCODING)) this.isEncoded = !names.IDENTITY.equals(pairs.value, pairs.valueLength);
        else if (pairs.nameIs(names.X_MODEL_AFFINITY)) {
          this.affinity = pairs.value;
          this.affinityLength = pairs.valueLength;
          this.hasOwn = true;
        }
        break;
      case 19:
        if (pairs.nameIs(names.PROXY_AUTHORIZATION)) this.hasProxyKey = true;
        break;
      case 28:
        if (pairs.nameIs(names.X_PLANO_MAX_SWITCH_SPEND_PCT)) {
          this.spendPct = pairs.value;
          this.spendPctLength = pairs.valueLength;
          this.hasOwn = true;
        }
        break;
    }
    if (isUntrusted()) this.hasUntrusted = true;
  }

  private readPath(): void {
    this.path = pairs.value;
    let length: u32 = 0;
    while (length < pairs.valueLength && load<u8>(pairs.value + length) != 0x3f) length++;
    this.pathLength = length;
    this.pathAndQueryLength = pairs.valueLength;
  }

  private readAuthorization(): void {
    if (this.keyLength > 0 || !BEARER.isPrefixOf(pairs.value, pairs.valueLength)) return;
    this.key = pairs.value + BEARER.length;
    this.keyLength = pairs.valueLength - BEARER.length;
  }

  removeUntrusted(): void {
    if (!this.hasUntrusted) return;
    // The pairs were copied, so removing while stepping through them is safe.
    pairs.rewind();
    while (pairs.next()) {
      if (isUntrusted()) removeHeaderNamed(HeaderMap.Request, pairs.name, pairs.nameLength);
    }
  }

  /** What the headers say of the conversation. They are for this gateway alone: no provider gets them. */
  describeSession(session: Session): void {
    session.takeClient(this.key, this.keyLength, this.tenant, this.tenantLength);
    if (!this.hasOwn) return;
    session.isOff = this.isCacheOff;
    session.takeName(this.affinity, this.affinityLength);
    session.takeSpendPct(this.spendPct, this.spendPctLength);
  }

  /** Whatever the client identifies itself by is no provider's business; `authorization` is taken away by Envoy's routes. */
  removeCredentials(): void {
    if (this.hasKeyHeader) removeHeader(HeaderMap.Request, names.X_API_KEY);
    if (this.hasCookie) removeHeader(HeaderMap.Request, names.COOKIE);
    if (this.hasProxyKey) removeHeader(HeaderMap.Request, names.PROXY_AUTHORIZATION);
  }

  removeOwn(): void {
    if (!this.hasOwn) return;
    removeHeader(HeaderMap.Request, names.X_MODEL_AFFINITY);
    removeHeader(HeaderMap.Request, names.X_PLANO_CACHE);
    removeHeader(HeaderMap.Request, names.X_PLANO_MAX_SWITCH_SPEND_PCT);
  }

  /** The trace that the client is in (W3C Trace Context, section 3.2), else one of the request's own: the digits of its id. */
  keepTraceId(out: Bytes): void {
    out.clear();
    if (this.traceParentLength >= TRACE_ID_START + TRACE_ID_LENGTH) {
      out.append(this.traceParent + TRACE_ID_START, TRACE_ID_LENGTH);
      return;
    }
    for (let i: u32 = 0; i < this.requestIdLength && out.length < TRACE_ID_LENGTH; i++) {
      const character = load<u8>(this.requestId + i);
      if (character != 0x2d) out.byte(character);
    }
  }

  /** Keeps the client's own key for providers that are configured to be called with it; Envoy's route takes it from the request. */
  keepKey(key: Bytes): void {
    key.append(this.key, this.keyLength);
  }
}

/** Whether the current pair could steer Envoy's router. */
function isUntrusted(): bool {
  return names.X_ENVOY_PREFIX.isPrefixOf(pairs.name, pairs.nameLength) && !pairs.nameIs(names.X_ENVOY_EXTERNAL_ADDRESS);
}
