import { Literal } from "../host/literal";
import { getProperty } from "../host/property";

/**
 * Who made the answer that is on its way, or ended the stream: Envoy's own words for it.
 * @see https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_conn_man/response_code_details
 */
const CODE_DETAILS = new Literal("response\0code_details");
const VIA_UPSTREAM = new Literal("via_upstream");
const UPSTREAM_RESET = new Literal("upstream_reset");

/** Whether the answer is a provider's, and not one of Envoy's own. */
export function isByProvider(): bool {
  const details = getProperty(CODE_DETAILS);
  return VIA_UPSTREAM.equals(details.ptr, details.length);
}

/** Whether the provider has cut the answer short. */
export function isEndedByProvider(): bool {
  const details = getProperty(CODE_DETAILS);
  return UPSTREAM_RESET.isPrefixOf(details.ptr, details.length);
}
