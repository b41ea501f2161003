import { equal, equalAscii, hash } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { NOTHING, Text } from "../bytes/text";
import { writeEscaped } from "../json/text";
import { keyBit, RequestHead } from "./request_head";

/** A name that a provider does not take, or takes in another form. */
class NameRule {
  readonly hash: u64;

  constructor(
    public from: Text,
    /** Empty: what goes by the name is dropped. */
    public to: Text,
  ) {
    this.hash = hash(from.ptr, from.length);
  }
}

class NameRules {
  private rules: Array<NameRule> = new Array<NameRule>();
  /** The bits of the names. */
  private bits: u64 = 0;

  @inline
  get isEmpty(): bool {
    return this.rules.length == 0;
  }

  add(fromPtr: usize, fromLength: u32, toPtr: usize, toLength: u32): void {
    this.rules.push(new NameRule(new Text(fromPtr, fromLength), new Text(toPtr, toLength)));
    this.bits |= keyBit(fromPtr, fromLength);
  }

  /** Whether there is a rule for a top-level key of a request. */
  touchesKeysOf(head: RequestHead): bool {
    for (let i = 0; i < this.rules.length; i++) if (head.hasKey(unchecked(this.rules[i]).hash)) return true;
    return false;
  }

  /** Whether there may be a rule for a key of a request's messages. */
  touchesMessagesOf(head: RequestHead): bool {
    return (this.bits & head.messageKeys) != 0;
  }

  /** The new name that a rule gives, empty when the name is dropped; null without a rule. */
  find(ptr: usize, length: u32): Text | null {
    for (let i = 0; i < this.rules.length; i++) {
      const rule = unchecked(this.rules[i]);
      if (equal(rule.from.ptr, rule.from.length, ptr, length)) return rule.to;
    }
    return null;
  }

  findAscii(name: string): Text | null {
    for (let i = 0; i < this.rules.length; i++) {
      const rule = unchecked(this.rules[i]);
      if (equalAscii(rule.from.ptr, rule.from.length, name)) return rule.to;
    }
    return null;
  }

  clear(): void {
    this.rules.length = 0;
    this.bits = 0;
  }
}

const scratch = new Bytes();

/** What one provider wants done to its requests. Made once, from its configuration. */
export class ProviderRules {
  /** For top-level fields. */
  private readonly fields: NameRules = new NameRules();
  /** For messages of a request in the provider's own format: what is written anew has neither such fields nor such roles. */
  private readonly messageFields: NameRules = new NameRules();
  private readonly messageRoles: NameRules = new NameRules();

  /** `,"name":"value"` for each top-level field that the provider wants besides. */
  private added: Text = NOTHING;

  /** The provider takes no ids of tool calls and knows them by their order. */
  hasNoToolIds: bool = false;

  /** The provider takes tool-call ids of exactly this many letters and digits; 0: any. */
  toolIdLength: u32 = 0;

  /** Whether a request with this head is to be changed by what stands here; a request without what is dropped or renamed is not. */
  touch(head: RequestHead): bool {
    if (this.added.length > 0 || !this.messageRoles.isEmpty || this.toolIdLength > 0) return true;
    if (this.fields.isEmpty && this.messageFields.isEmpty) return false;
    const streams = head.addsUsage && this.fields.findAscii("stream_options") != null;
    return streams || this.fields.touchesKeysOf(head) || this.messageFields.touchesMessagesOf(head);
  }

  get hasMessageRules(): bool {
    return !this.messageFields.isEmpty || !this.messageRoles.isEmpty || this.toolIdLength > 0;
  }

  addDrop(fieldPtr: usize, fieldLength: u32): void {
    this.fields.add(fieldPtr, fieldLength, 0, 0);
  }

  /** When the request has the field `to` as well, the one named `from` is dropped. */
  addRename(fromPtr: usize, fromLength: u32, toPtr: usize, toLength: u32): void {
    this.fields.add(fromPtr, fromLength, toPtr, toLength);
  }

  /** A field that every request is to have, of text; the client's own of that name is dropped. */
  addField(namePtr: usize, nameLength: u32, valuePtr: usize, valueLength: u32): void {
    this.addDrop(namePtr, nameLength);
    scratch.clear();
    scratch.append(this.added.ptr, this.added.length);
    scratch.ascii(',"');
    writeEscaped(scratch, namePtr, nameLength);
    scratch.ascii('":"');
    writeEscaped(scratch, valuePtr, valueLength);
    scratch.byte(0x22);
    this.added = new Text(scratch.ptr, scratch.length);
  }

  addMessageDrop(fieldPtr: usize, fieldLength: u32): void {
    this.messageFields.add(fieldPtr, fieldLength, 0, 0);
  }

  addMessageRole(fromPtr: usize, fromLength: u32, toPtr: usize, toLength: u32): void {
    this.messageRoles.add(fromPtr, fromLength, toPtr, toLength);
  }

  /** The new name of a top-level field, empty when it is dropped; null: it stays as it is. */
  @inline
  find(ptr: usize, length: u32): Text | null {
    return this.fields.find(ptr, length);
  }

  drops(field: string): bool {
    const to = this.fields.findAscii(field);
    return to != null && to.length == 0;
  }

  @inline
  dropsOfMessage(fieldPtr: usize, fieldLength: u32): bool {
    return this.messageFields.find(fieldPtr, fieldLength) != null;
  }

  /** The role to send in place of another; null: it stays as it is. */
  @inline
  findRole(ptr: usize, length: u32): Text | null {
    return this.messageRoles.find(ptr, length);
  }

  /** Appends `,"name":` for a field that a format is about to write; false: the provider does not take it, so nothing was written. */
  writeKey(out: Bytes, name: string): bool {
    const to = this.fields.findAscii(name);
    if (to != null && to.length == 0) return false;
    out.ascii(',"');
    if (to != null) out.append(to.ptr, to.length);
    else out.ascii(name);
    out.ascii('":');
    return true;
  }

  /** Puts what the provider wants besides into the object that `out` ends with; it has a field at least. */
  writeAdded(out: Bytes): void {
    if (this.added.length == 0) return;
    out.length--;
    out.append(this.added.ptr, this.added.length);
    out.byte(0x7d);
  }

  clear(): void {
    this.fields.clear();
    this.messageFields.clear();
    this.messageRoles.clear();
    this.added = NOTHING;
    this.hasNoToolIds = false;
    this.toolIdLength = 0;
  }
}
