import { Bytes } from "../bytes/bytes";
import { Form, sliceOf } from "../json/slice";
import { writeString } from "../json/text";
import { Turn } from "../translation";
import { Exchange } from "./exchange";
import { FoundPin, findPin, keepPin, movePin, SEPARATOR } from "./pins";

// What an exchange has to do with the pins: which requests may go by one, and what is kept of a decision.

const STATUS_OK: u32 = 200;
const ids = new Bytes();

/** Goes by the decision that is kept for a conversation that the client named; false when there is none or brightstaff is to be asked. */
export function recallNamed(exchange: Exchange): bool {
  const session = exchange.session;
  if (!session.isNamed || !exchange.config!.pinsNamed || session.spendPct.length > 0) return false;
  const pin = find(exchange);
  return pin != null && goBy(exchange, pin, "pinned; reason=affinity");
}

/**
 * Goes by the decision that is kept for a tool loop; false when there is none, or the request is no step of the loop that it was made for: the
 * user may have spoken since, through another VM, or in another conversation that began alike.
 */
export function recallLoop(exchange: Exchange): bool {
  if (exchange.session.turn != Turn.Continuation || !exchange.config!.pinsLoops) return false;
  const pin = find(exchange);
  return pin != null && pin.said == exchange.session.said && goBy(exchange, pin, "pinned; reason=tool_loop");
}

/** No decision could be had: the conversation stays where it is, if that is known. */
export function recallUndecided(exchange: Exchange): void {
  const session = exchange.session;
  // What begins like an earlier conversation is not that one.
  const pin = session.isNamed || session.turn != Turn.Opening ? find(exchange) : null;
  if (pin != null) {
    goBy(exchange, pin, "pinned; reason=no_decision");
    return;
  }
  session.state.clear();
  session.state.ascii("none; reason=no_decision");
}

function find(exchange: Exchange): FoundPin | null {
  const session = exchange.session;
  if (!session.hasKey) return null;
  return findPin(session.first, session.second, exchange.config!.generation, exchange.decisionStarted_ns);
}

/** @returns true */
function goBy(exchange: Exchange, pin: FoundPin, state: string): bool {
  const session = exchange.session;
  const config = exchange.config!;
  exchange.route.clear();
  exchange.route.append(pin.route, pin.routeLength);
  for (let offset: u32 = 0; offset < pin.modelsLength; ) {
    const length = pin.lengthAt(offset);
    config.addNamed(exchange, pin.models + offset, length);
    offset += length + 1;
  }
  exchange.isDecided = true;
  session.state.clear();
  session.state.ascii(state);
  return true;
}

/** Keeps what brightstaff has decided, for as long as it says. */
export function keepDecision(exchange: Exchange, pin_ms: i64): void {
  const session = exchange.session;
  if (!session.hasKey || pin_ms <= 0) return;
  ids.clear();
  for (let i: u32 = 0; i < exchange.candidateCount; i++) {
    if (i > 0) ids.byte(SEPARATOR);
    ids.appendBytes(exchange.candidates[i].id);
  }
  const expires_ns = exchange.decisionStarted_ns + <u64>pin_ms * 1_000_000;
  keepPin(session.first, session.second, exchange.config!.generation, session.said, expires_ns, exchange.route, ids);
}

/** The conversation goes on where it was answered, when those that should have answered have failed. */
export function keepAnswerer(exchange: Exchange): void {
  const session = exchange.session;
  if (!session.hasKey || exchange.attemptCount < 2) return;
  const candidate = exchange.candidates[exchange.attemptCount - 1];
  if (candidate.status == STATUS_OK) movePin(session.first, session.second, exchange.config!.generation, candidate.id);
}

/** Appends the model that answered the turn before in place of those decided on, as a field for brightstaff; nothing when there is none. */
export function writeAnswerer(exchange: Exchange, out: Bytes): void {
  const pin = find(exchange);
  if (pin == null || !pin.moved) return;
  out.ascii(',"answered":');
  writeString(out, sliceOf(pin.models, pin.lengthAt(0), Form.Text));
}
