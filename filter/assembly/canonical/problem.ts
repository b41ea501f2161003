import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { Cursor } from "../json/cursor";
import { describeJsonError, JsonError } from "../json/errors";
import { ErrorKind } from "./error_kind";

/** Why a request is refused. There is one, `problem`, filled anew by each refusal; the methods that fill it return false. */
export class Problem {
  status: u16 = 0;
  kind: ErrorKind = ErrorKind.InvalidRequest;
  /** For the client: what is wrong and where. Names fields, never quotes what they hold. */
  message: Bytes = new Bytes();
  /** The path of the field that is wrong, `messages[3].content[0].type` say; may be empty. */
  param: Bytes = new Bytes();
  /** Where in the body, in bytes; -1 when a path says it better. */
  offset: i32 = -1;

  /** What the client's format calls its list of messages. */
  messageList: string = "messages";

  /** A field at the top level. */
  refuse(field: string, why: string): bool {
    this.begin();
    this.param.ascii(field);
    return this.end(why);
  }

  /** A field of an element of a list: `messages[3].content`. An empty `field` means the element itself. */
  refuseElement(list: string, index: i32, field: string, why: string): bool {
    this.begin();
    this.element(list, index, field);
    return this.end(why);
  }

  /** What an element of the client's list of messages says, and the provider's format cannot. */
  refuseMessage(index: i32, why: string): bool {
    return this.refuseElement(this.messageList, index, "content", why);
  }

  /** A field of an element in a list in an element of a list: `messages[3].content[0].type`. */
  refusePart(list: string, index: i32, sublist: string, subindex: i32, field: string, why: string): bool {
    this.begin();
    this.element(list, index, "");
    this.param.byte(0x2e);
    this.element(sublist, subindex, field);
    return this.end(why);
  }

  /** A body that is no JSON, as the cursor found it. */
  refuseJson(cursor: Cursor): bool {
    this.begin();
    this.offset = cursor.offset;
    this.message.ascii("The request body is not valid JSON at byte ");
    writeInteger(this.message, this.offset);
    this.message.ascii(": ");
    this.message.ascii(describeJsonError(cursor.error));
    if (cursor.error == JsonError.Depth) {
      this.message.ascii(" (at most ");
      writeInteger(this.message, cursor.depthMax);
      this.message.ascii(" levels)");
    }
    this.message.byte(0x2e);
    return false;
  }

  /** A key that is given twice: which of the two counts differs by parser, so neither does. `key` is decoded. */
  refuseDuplicate(keyPtr: usize, keyLength: u32): bool {
    this.begin();
    this.param.append(keyPtr, keyLength);
    return this.end("the key is given twice");
  }

  private begin(): void {
    this.status = 400;
    this.kind = ErrorKind.InvalidRequest;
    this.message.clear();
    this.param.clear();
    this.offset = -1;
  }

  private element(list: string, index: i32, field: string): void {
    this.param.ascii(list);
    this.param.byte(0x5b);
    writeInteger(this.param, index);
    this.param.byte(0x5d);
    if (field.length > 0) {
      this.param.byte(0x2e);
      this.param.ascii(field);
    }
  }

  private end(why: string): bool {
    this.message.appendBytes(this.param);
    this.message.ascii(": ");
    this.message.ascii(why);
    this.message.byte(0x2e);
    return false;
  }
}

export const problem = new Problem();
