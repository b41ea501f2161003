import { Bytes } from "../bytes/bytes";
import { readNumber, writeHex } from "../bytes/numbers";
import { SipHash } from "../bytes/siphash";
import { Cursor } from "../json/cursor";
import { sliceLength, slicePtr } from "../json/slice";
import { conversationTurn, hashConversationOpening, hashConversationSaid, Turn } from "../translation";

/** Of a number in a header. */
const NUMBER_BYTES_MAX: u32 = 16;
const SPEND_PCT_MAX: f64 = 100;
const NAMED: u8 = 1;
const DERIVED: u8 = 2;

const hash = new SipHash();
const cursor = new Cursor();
const scratch = heap.alloc(16);

/**
 * The conversation that a request belongs to, as far as routing is concerned. Its key is a hash of who asks (key and tenant), what for (the
 * model as named) and which conversation (its id, or how it begins), so that two clients who say the same share nothing.
 */
@final
export class Session {
  /** Whether the key below is there: without, the request stands for itself. */
  hasKey: bool = false;
  first: u64 = 0;
  second: u64 = 0;
  /** The client named it, by x-model-affinity. */
  isNamed: bool = false;
  /** The client wants no conversation derived: x-plano-cache: off. */
  isOff: bool = false;
  turn: Turn = Turn.Opening;
  /** A hash of what the user has said last: the steps of a tool loop share it with the turn that began it. */
  said: u64 = 0;
  /** The client's own limit for what switches may cost, a JSON number; empty when it has none. */
  readonly spendPct: Bytes = new Bytes();
  /** What became of the conversation, as the answer's header says it. */
  readonly state: Bytes = new Bytes();
  private client: u64 = 0;
  private tenant: u64 = 0;
  private id: u64 = 0;
  private idRest: u64 = 0;

  reset(): void {
    this.hasKey = false;
    this.isNamed = false;
    this.isOff = false;
    this.turn = Turn.Opening;
    this.spendPct.clear();
    this.state.clear();
  }

  /** Who asks. */
  takeClient(key: usize, keyLength: u32, tenant: usize, tenantLength: u32): void {
    hash.begin();
    hash.field(key, keyLength);
    hash.field(tenant, tenantLength);
    hash.finish();
    this.client = hash.first;
    this.tenant = hash.second;
  }

  /** The conversation's id, of any length. */
  takeName(id: usize, length: u32): void {
    if (length == 0) return;
    hash.begin();
    hash.field(id, length);
    hash.finish();
    this.id = hash.first;
    this.idRest = hash.second;
    this.isNamed = true;
  }

  /** A percentage; anything else is taken for none, as Plano does. */
  takeSpendPct(text: usize, length: u32): void {
    if (length > NUMBER_BYTES_MAX) return;
    cursor.open(text, length, 1);
    const number = cursor.takeNumber();
    if (!cursor.finish() || sliceLength(number) == 0) return;
    const value = readNumber(slicePtr(number), sliceLength(number));
    if (value >= 0 && value <= SPEND_PCT_MAX) this.spendPct.append(slicePtr(number), sliceLength(number));
  }

  /** Where the request stands in the conversation that is open (`openConversation`). */
  takeTurn(): void {
    this.turn = conversationTurn();
    hash.begin();
    hashConversationSaid(hash);
    hash.finish();
    this.said = hash.first;
  }

  /** The key of a conversation that the client named. */
  identifyNamed(model: Bytes): void {
    this.beginKey(NAMED, model);
    store<u64>(scratch, this.id);
    store<u64>(scratch, this.idRest, 8);
    hash.field(scratch, 16);
    this.endKey();
  }

  /** The key of the conversation that is open (`openConversation`), from how it begins. */
  identifyDerived(model: Bytes): void {
    this.beginKey(DERIVED, model);
    if (hashConversationOpening(hash)) this.endKey();
  }

  /** Appends the key as 32 hexadecimal digits. */
  writeKey(out: Bytes): void {
    writeHex(out, this.first);
    writeHex(out, this.second);
  }

  private beginKey(kind: u8, model: Bytes): void {
    hash.begin();
    store<u8>(scratch, kind);
    hash.field(scratch, 1);
    store<u64>(scratch, this.client);
    store<u64>(scratch, this.tenant, 8);
    hash.field(scratch, 16);
    hash.field(model.ptr, model.length);
  }

  private endKey(): void {
    hash.finish();
    this.first = hash.first;
    this.second = hash.second;
    this.hasKey = true;
  }
}
