import { Bytes } from "../bytes/bytes";
import { isOwnBody, translateRequest } from "../translation";
import { Candidate, Exchange } from "./exchange";

/** The body of the first attempt that was made last. One for all requests: Envoy begins an attempt before it hands this VM another request. */
const firstBody = new Bytes();
let owner: Exchange | null = null;

export function forgetFirstBody(): void {
  owner = null;
}

/**
 * Makes the first attempt's body while the gateway role has the client's in this VM's memory, so that the provider role need not fetch it again.
 * Nothing is made where the client's own bytes will do.
 * @returns false when the candidate's format cannot say what the request says: `problem` has what
 */
export function translateFirst(exchange: Exchange, candidate: Candidate, body: usize, length: u32): bool {
  const endpoint = candidate.endpoint!;
  const rules = candidate.rules;
  if (endpoint.format == exchange.clientFormat && isOwnBody(endpoint.format, exchange.head, candidate.model, rules)) return true;
  firstBody.clear();
  const isSaid = translateRequest(exchange.clientFormat, endpoint.format, body, length, exchange.head, candidate.model, rules, firstBody);
  if (isSaid) owner = exchange;
  return isSaid;
}

/** @returns the body of the exchange's first attempt, once; null when it has to be made */
export function takeFirstBody(exchange: Exchange): Bytes | null {
  if (owner !== exchange || exchange.attemptCount != 1) return null;
  owner = null;
  return firstBody;
}
