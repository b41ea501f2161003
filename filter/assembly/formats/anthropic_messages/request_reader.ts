import { dropField, readFields, readSamplingOrDrop, takeNumberField, takenSlice, takeStopSequences } from "../../canonical/fields";
import { problem } from "../../canonical/problem";
import { CanonicalRequest, Effort, OutputFormat } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs } from "../../json/slice";
import { readMessages, readSystem } from "./message_reader";
import { readToolChoice, readTools } from "./tool_reader";

/** https://docs.anthropic.com/en/api/messages */
export function readRequest(cursor: Cursor, request: CanonicalRequest): bool {
  request.reasoningField = "messages[].content[].thinking";
  isThinkingOff = false;
  if (!readFields(cursor, request, readField)) return false;
  if (isThinkingOff && request.effort == Effort.Unset) request.effort = Effort.None;
  return true;
}

function readField(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.keyIs("messages")) return readMessages(cursor, request);
  if (cursor.keyIs("system")) return readSystem(cursor, request);
  if (cursor.keyIs("tools")) return readTools(cursor, request);
  if (cursor.keyIs("tool_choice")) return readToolChoice(cursor, request);
  if (cursor.keyIs("thinking")) return readThinking(cursor, request);
  if (cursor.keyIs("output_config")) return readOutputConfig(cursor, request);
  if (cursor.keyIs("output_format")) return readOutputFormat(cursor, request); // its name before output_config took it in
  if (cursor.keyIs("metadata")) return readMetadata(cursor, request);
  if (cursor.keyIs("thread")) return readThread(cursor);
  if (cursor.keyIs("model")) return cursor.skip(); // the head has it
  if (cursor.keyIs("stream")) request.stream = cursor.takeTrue();
  else return readOption(cursor, request);
  return cursor.ok;
}

function readOption(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.keyIs("max_tokens")) {
    if (!takeNumberField(cursor, "max_tokens")) return false;
    request.maxTokens = takenSlice;
  } else if (cursor.keyIs("stop_sequences")) {
    return takeStopSequences(cursor, "stop_sequences", request);
  } else return readSamplingOrDrop(cursor, request);
  return cursor.ok;
}

/** The conversation's earlier turns are kept by Anthropic, so no other provider can answer the last one. */
function readThread(cursor: Cursor): bool {
  const isNull = cursor.kind() == Kind.Null;
  if (!cursor.skip()) return false;
  return isNull || problem.refuse("thread", "this model cannot continue a conversation that another provider keeps");
}

function readMetadata(cursor: Cursor, request: CanonicalRequest): bool {
  if (!cursor.enterObject()) return cursor.skip();
  while (cursor.nextKey()) {
    if (cursor.keyIs("user_id")) request.endUser = cursor.takeString();
    else dropField(cursor, request, "metadata.");
  }
  return cursor.ok;
}

/** The request says that the model is not to think. */
let isThinkingOff: bool = false;

/** A budget, or nothing but whether to think at all, which is left to the model's default. */
function readThinking(cursor: Cursor, request: CanonicalRequest): bool {
  if (!cursor.enterObject()) return cursor.skip();
  while (cursor.nextKey()) {
    if (cursor.keyIs("budget_tokens")) {
      if (!takeNumberField(cursor, "thinking.budget_tokens")) return false;
      request.reasoningBudget = takenSlice;
    } else if (cursor.keyIs("type")) isThinkingOff = sliceIs(cursor.takeToken(), "disabled");
    else dropField(cursor, request, "thinking.");
  }
  return cursor.ok;
}

function readOutputConfig(cursor: Cursor, request: CanonicalRequest): bool {
  if (!cursor.enterObject()) return cursor.skip();
  while (cursor.nextKey()) {
    if (cursor.keyIs("effort")) {
      const isNull = cursor.kind() == Kind.Null;
      request.effort = effortOf(cursor.takeToken());
      if (cursor.ok && !isNull && request.effort == Effort.Unset)
        return problem.refuse("output_config.effort", "must be low, medium, high, xhigh or max");
    } else if (cursor.keyIs("format")) {
      if (!readOutputFormat(cursor, request)) return false;
    } else dropField(cursor, request, "output_config.");
  }
  return cursor.ok;
}

function effortOf(word: Slice): Effort {
  if (sliceIs(word, "low")) return Effort.Low;
  if (sliceIs(word, "medium")) return Effort.Medium;
  if (sliceIs(word, "high")) return Effort.High;
  if (sliceIs(word, "xhigh")) return Effort.ExtraHigh;
  if (sliceIs(word, "max")) return Effort.Max;
  return Effort.Unset;
}

function readOutputFormat(cursor: Cursor, request: CanonicalRequest): bool {
  if (!cursor.enterObject()) return cursor.skip();
  while (cursor.nextKey()) {
    if (cursor.keyIs("schema") && cursor.kind() == Kind.Object) {
      request.outputFormat = OutputFormat.JsonSchema;
      request.outputIsStrict = true;
      request.outputSchema = cursor.takeValue();
    } else cursor.skip();
  }
  return cursor.ok;
}
