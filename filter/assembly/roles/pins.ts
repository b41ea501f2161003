import { Bytes } from "../bytes/bytes";

// Decisions that this VM may go by without asking brightstaff again: a table of fixed size in memory of its own, so that a million
// conversations cost what the first thousand do, and the garbage collector nothing. A key has its place in one of SETS rows of WAYS entries; of a
// full row, the entry that was used longest ago goes.

const SETS: u32 = 512;
const WAYS: u32 = 4;
const ENTRY_BYTES: u32 = 512;
/** What an entry has room for: the route's name and the models' ids. A decision with more is asked for each time. */
const TEXT_BYTES_MAX: u32 = ENTRY_BYTES - <u32>offsetof<Pin>();
/** Between the models' ids. */
export const SEPARATOR: u8 = 0x0a;

@unmanaged
class Pin {
  first: u64;
  second: u64;
  expires_ns: u64;
  said: u64;
  /** The configuration that the decision was made under; another one's pins count for nothing. 0 for an entry that was never used. */
  generation: u32;
  used: u32;
  routeLength: u16;
  modelsLength: u16;
  moved: bool;
}

let table: usize = 0;
let clock: u32 = 0;
const models = new Bytes();

/** What was found last: valid until anything else is asked of the table. */
export class FoundPin {
  route: usize = 0;
  routeLength: u32 = 0;
  /** The ids of the models, best first, SEPARATOR between them. */
  models: usize = 0;
  modelsLength: u32 = 0;
  /** What the user had said last when it was decided, hashed. */
  said: u64 = 0;
  /** Whether the first model is one that answered in the place of those that were decided on. */
  moved: bool = false;

  /** The length of the id that begins at an offset. */
  lengthAt(offset: u32): u32 {
    let end = offset;
    while (end < this.modelsLength && load<u8>(this.models + end) != SEPARATOR) end++;
    return end - offset;
  }
}

const found = new FoundPin();

/** @returns the decision that is kept under this key, null when there is none (any more) */
export function findPin(first: u64, second: u64, generation: u32, now_ns: u64): FoundPin | null {
  const pin = lookUp(first, second, generation);
  if (pin == 0 || at(pin).expires_ns <= now_ns) return null;
  at(pin).used = ++clock;
  found.route = textOf(pin);
  found.routeLength = at(pin).routeLength;
  found.models = found.route + found.routeLength;
  found.modelsLength = at(pin).modelsLength;
  found.said = at(pin).said;
  found.moved = at(pin).moved;
  return found;
}

/** Keeps a decision; `ids` as in `FoundPin.models`. One that is too long is not kept, nor the one before it. */
export function keepPin(first: u64, second: u64, generation: u32, said: u64, expires_ns: u64, route: Bytes, ids: Bytes): void {
  let pin = lookUp(first, second, generation);
  const fits = route.length + ids.length <= TEXT_BYTES_MAX;
  if (!fits) {
    if (pin != 0) at(pin).generation = 0;
    return;
  }
  if (pin == 0) pin = oldestIn(rowOf(first));
  const entry = at(pin);
  entry.first = first;
  entry.second = second;
  entry.expires_ns = expires_ns;
  entry.said = said;
  entry.generation = generation;
  entry.used = ++clock;
  entry.routeLength = <u16>route.length;
  entry.moved = false;
  memory.copy(textOf(pin), route.ptr, route.length);
  writeModels(pin, ids);
}

/** Another model than the first has answered: from here on it is tried first. */
export function movePin(first: u64, second: u64, generation: u32, id: Bytes): void {
  const pin = lookUp(first, second, generation);
  if (pin == 0) return;
  const entry = at(pin);
  found.models = textOf(pin) + entry.routeLength;
  found.modelsLength = entry.modelsLength;
  models.clear();
  models.appendBytes(id);
  for (let offset: u32 = 0; offset < found.modelsLength; ) {
    const length = found.lengthAt(offset);
    const ptr = found.models + offset;
    if (length != id.length || memory.compare(ptr, id.ptr, length) != 0) {
      models.byte(SEPARATOR);
      models.append(ptr, length);
    }
    offset += length + 1;
  }
  if (entry.routeLength + models.length > TEXT_BYTES_MAX) entry.generation = 0;
  else {
    writeModels(pin, models);
    entry.moved = true;
  }
}

function writeModels(pin: usize, ids: Bytes): void {
  at(pin).modelsLength = <u16>ids.length;
  memory.copy(textOf(pin) + at(pin).routeLength, ids.ptr, ids.length);
}

function at(pin: usize): Pin {
  return changetype<Pin>(pin);
}

function textOf(pin: usize): usize {
  return pin + offsetof<Pin>();
}

function rowOf(first: u64): usize {
  if (table == 0) {
    table = heap.alloc(SETS * WAYS * ENTRY_BYTES);
    memory.fill(table, 0, SETS * WAYS * ENTRY_BYTES);
  }
  return table + <usize>(first % SETS) * WAYS * ENTRY_BYTES;
}

/** @returns the entry with this key, 0 when there is none */
function lookUp(first: u64, second: u64, generation: u32): usize {
  const row = rowOf(first);
  for (let way: u32 = 0; way < WAYS; way++) {
    const pin = row + way * ENTRY_BYTES;
    const entry = at(pin);
    if (entry.generation == generation && entry.first == first && entry.second == second) return pin;
  }
  return 0;
}

function oldestIn(row: usize): usize {
  let oldest = row;
  for (let way: u32 = 1; way < WAYS; way++) {
    const pin = row + way * ENTRY_BYTES;
    if (at(pin).used < at(oldest).used) oldest = pin;
  }
  return oldest;
}
