import { Bytes } from "../bytes/bytes";
import { Cursor, Kind } from "../json/cursor";
import { Slice, sliceIs } from "../json/slice";
import { problem } from "./problem";
import { CanonicalRequest, ToolChoice } from "./request";

// `tool_choice` as a word, which both of OpenAI's APIs take alike: https://platform.openai.com/docs/api-reference/chat/create

export function readToolChoiceWord(cursor: Cursor, request: CanonicalRequest): bool {
  const isNull = cursor.kind() == Kind.Null;
  request.toolChoice = toolChoiceOf(cursor.takeToken());
  if (!cursor.ok) return false;
  return isNull || request.toolChoice != ToolChoice.Unset || problem.refuse("tool_choice", "must be none, auto, required or an object");
}

function toolChoiceOf(word: Slice): ToolChoice {
  if (sliceIs(word, "auto")) return ToolChoice.Auto;
  if (sliceIs(word, "required")) return ToolChoice.Required;
  if (sliceIs(word, "none")) return ToolChoice.None;
  return ToolChoice.Unset;
}

/** Whether the choice is one that a word says, which it then appends. */
export function writeToolChoiceWord(choice: ToolChoice, out: Bytes): bool {
  switch (choice) {
    case ToolChoice.Auto:
      out.ascii('"auto"');
      return true;
    case ToolChoice.Required:
      out.ascii('"required"');
      return true;
    case ToolChoice.None:
      out.ascii('"none"');
      return true;
    default:
      return false;
  }
}
