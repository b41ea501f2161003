import { listBytes } from "./chunk_memory";

/** Things that are alive at once are fewer than this in all but the rarest case. */
const SLOTS: u32 = 4096;

/**
 * What belongs to an id, where ids are counted up and most die soon: an id's last bits say where its thing is. Nothing is allocated but for ids
 * that live as long as it takes to count round to their place.
 */
export class IdTable<T> {
  private readonly ids: StaticArray<u32> = new StaticArray<u32>(SLOTS);
  private readonly things: StaticArray<T | null> = new StaticArray<T | null>(SLOTS);
  private readonly others: Map<u32, T> = new Map<u32, T>();

  /** @param id not 0, and not in the table */
  set(id: u32, value: T): void {
    const slot = id & (SLOTS - 1);
    if (unchecked(this.ids[slot]) != 0) {
      this.others.set(id, value);
      return;
    }
    unchecked((this.ids[slot] = id));
    unchecked((this.things[slot] = value));
  }

  /** @returns null when there is none */
  get(id: u32): T | null {
    const slot = id & (SLOTS - 1);
    if (unchecked(this.ids[slot]) == id) return unchecked(this.things[slot]);
    return this.others.has(id) ? this.others.get(id) : null;
  }

  /** Lists the memory that a look-up needs. */
  listMemory(id: u32): void {
    const slot = id & (SLOTS - 1);
    listBytes(changetype<usize>(this.ids) + slot * sizeof<u32>(), sizeof<u32>());
    listBytes(changetype<usize>(this.things) + slot * sizeof<usize>(), sizeof<usize>());
  }

  /** Fills a list with all of them. */
  listIn(list: T[]): void {
    list.length = 0;
    for (let slot: u32 = 0; slot < SLOTS; slot++) {
      if (unchecked(this.ids[slot]) != 0) list.push(unchecked(this.things[slot])!);
    }
    if (this.others.size == 0) return;
    const others = this.others.values();
    for (let i = 0; i < others.length; i++) list.push(others[i]);
  }

  delete(id: u32): void {
    const slot = id & (SLOTS - 1);
    if (unchecked(this.ids[slot]) != id) {
      this.others.delete(id);
      return;
    }
    unchecked((this.ids[slot] = 0));
    unchecked((this.things[slot] = null));
  }
}
