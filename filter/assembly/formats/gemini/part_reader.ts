import { Bytes } from "../../bytes/bytes";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, textOf } from "../../json/slice";

/** The arguments of a call that has none. */
const noArguments = new Bytes();
noArguments.ascii("{}");

/**
 * One part of an answer's content (https://ai.google.dev/api/caching#Part). Its members come in any order, so it is read whole before it is
 * told to anybody. Images, code that ran and the like have no word in the canonical vocabulary and are passed over.
 */
export class PartReader {
  text: Slice = ABSENT;
  isThought: bool = false;
  hasCall: bool = false;
  callId: Slice = ABSENT;
  callName: Slice = ABSENT;
  callArguments: Slice = ABSENT;
  /**
   * The call comes in pieces, by paths into its arguments. That is sent only to who asks for it (`streamFunctionCallArguments`, on Vertex),
   * and translated requests do not.
   */
  isPiece: bool = false;
  signature: Slice = ABSENT;

  read(cursor: Cursor): void {
    this.text = ABSENT;
    this.isThought = false;
    this.hasCall = false;
    this.isPiece = false;
    this.signature = ABSENT;
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("text")) this.text = cursor.takeString();
      else if (cursor.keyIs("thought")) this.isThought = cursor.takeTrue();
      else if (cursor.keyIs("functionCall")) this.readCall(cursor);
      else if (cursor.keyIs("thoughtSignature")) this.signature = cursor.takeString();
      else cursor.skip();
    }
  }

  private readCall(cursor: Cursor): void {
    this.callId = ABSENT;
    this.callName = ABSENT;
    this.callArguments = textOf(noArguments);
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    this.hasCall = true;
    while (cursor.nextKey()) {
      if (cursor.keyIs("id")) this.callId = cursor.takeString();
      else if (cursor.keyIs("name")) this.callName = cursor.takeString();
      else if (cursor.keyIs("args") && cursor.kind() == Kind.Object) this.callArguments = cursor.takeValue();
      else {
        if (cursor.keyIs("partialArgs") || cursor.keyIs("willContinue")) this.isPiece = true;
        cursor.skip();
      }
    }
    if (this.callName == ABSENT) this.isPiece = true; // how such a call ends
  }
}
