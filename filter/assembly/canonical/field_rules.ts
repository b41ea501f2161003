import { equal, equalAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";

/** A top-level request field that a provider does not take, or takes under another name. */
class FieldRule {
  constructor(
    public from: Bytes,
    /** Empty: the field is dropped. */
    public to: Bytes,
  ) {}
}

/** What one provider wants done to the top-level fields of its requests. Made once, from its configuration. */
export class ProviderRules {
  private rules: Array<FieldRule> = new Array<FieldRule>();

  get isEmpty(): bool {
    return this.rules.length == 0;
  }

  addDrop(fieldPtr: usize, fieldLength: u32): void {
    this.addRename(fieldPtr, fieldLength, 0, 0);
  }

  /** When the request has the field `to` as well, the one named `from` is dropped. */
  addRename(fromPtr: usize, fromLength: u32, toPtr: usize, toLength: u32): void {
    const from = new Bytes();
    const to = new Bytes();
    from.append(fromPtr, fromLength);
    to.append(toPtr, toLength);
    this.rules.push(new FieldRule(from, to));
  }

  /** What to do with a field: the index of its rule, or -1. */
  find(ptr: usize, length: u32): i32 {
    for (let i = 0; i < this.rules.length; i++) {
      const from = unchecked(this.rules[i]).from;
      if (equal(from.ptr, from.length, ptr, length)) return i;
    }
    return -1;
  }

  /** The new name that a rule gives; empty when the field is dropped. */
  @inline
  target(rule: i32): Bytes {
    return unchecked(this.rules[rule]).to;
  }

  /** Appends `,"name":` for a field that a format is about to write; false: the provider does not take it, so nothing was written. */
  writeKey(out: Bytes, name: string): bool {
    for (let i = 0; i < this.rules.length; i++) {
      const rule = unchecked(this.rules[i]);
      if (!equalAscii(rule.from.ptr, rule.from.length, name)) continue;
      if (rule.to.length == 0) return false;
      out.ascii(',"');
      out.appendBytes(rule.to);
      out.ascii('":');
      return true;
    }
    out.ascii(',"');
    out.ascii(name);
    out.ascii('":');
    return true;
  }

  /** The collector does not see the memory of the names: call this before dropping the rules. */
  free(): void {
    for (let i = 0; i < this.rules.length; i++) {
      unchecked(this.rules[i]).from.free();
      unchecked(this.rules[i]).to.free();
    }
    this.rules.length = 0;
  }
}
