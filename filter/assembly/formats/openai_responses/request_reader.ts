import { EFFORTS, effortNamed } from "../../canonical/effort";
import { dropField, readFields, readSamplingOrDrop, takeNumberField, takenSlice, takeStringField } from "../../canonical/fields";
import { PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest, Effort, Option, OutputFormat } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, sliceIs, sliceIsEmpty } from "../../json/slice";
import { LOGPROBS } from "./include";
import { readInput } from "./item_reader";
import { readToolChoice, readTools } from "./tool_reader";

/** Where a message comes from that stood beside the client's list. */
const BESIDE_THE_LIST: i32 = -1;

/** A field that needs what the provider has stored; refused at the end, so that the rest is read for routing first. */
let storedField: string = "";

/** https://platform.openai.com/docs/api-reference/responses/create */
export function readRequest(cursor: Cursor, request: CanonicalRequest): bool {
  storedField = "";
  request.reasoningField = "input[].type=reasoning";
  if (!readFields(cursor, request, readField)) return false;
  request.endMessage();
  return storedField.length == 0 || problem.refuse(storedField, "this model cannot use what another provider keeps; send the whole input");
}

function readField(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.keyIs("input")) return readInput(cursor, request);
  if (cursor.keyIs("instructions")) return readInstructions(cursor, request);
  if (cursor.keyIs("tools")) return readTools(cursor, request);
  if (cursor.keyIs("tool_choice")) return readToolChoice(cursor, request);
  if (cursor.keyIs("text")) return readText(cursor, request);
  if (cursor.keyIs("reasoning")) return readReasoning(cursor, request);
  if (cursor.keyIs("previous_response_id")) return noteStored(cursor, "previous_response_id");
  if (cursor.keyIs("conversation")) return noteStored(cursor, "conversation");
  if (cursor.keyIs("prompt")) return noteStored(cursor, "prompt");
  if (cursor.keyIs("background")) return readBackground(cursor);
  if (cursor.keyIs("model")) return cursor.skip(); // the head has it
  if (cursor.keyIs("stream")) request.stream = cursor.takeTrue();
  else if (cursor.keyIs("parallel_tool_calls")) {
    request.forbidsParallelTools = cursor.kind() == Kind.False;
    return cursor.skip();
  } else return readOption(cursor, request);
  return cursor.ok;
}

function readOption(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.keyIs("max_output_tokens")) {
    if (!takeNumberField(cursor, "max_output_tokens")) return false;
    request.maxTokens = takenSlice;
  } else if (cursor.keyIs("user")) {
    if (!takeStringField(cursor, "user")) return false;
    if (request.endUser == ABSENT) request.endUser = takenSlice;
  } else if (cursor.keyIs("safety_identifier")) {
    if (!takeStringField(cursor, "safety_identifier")) return false;
    if (takenSlice != ABSENT) request.endUser = takenSlice;
  } else if (cursor.keyIs("store") && cursor.kind() == Kind.False) {
    return cursor.skip(); // nothing is stored
  } else if (cursor.keyIs("prompt_cache_key")) return request.readOption(cursor, Option.PromptCacheKey);
  else if (cursor.keyIs("service_tier")) return request.readOption(cursor, Option.ServiceTier);
  else if (cursor.keyIs("top_logprobs")) return request.readOption(cursor, Option.TopLogprobs);
  else if (cursor.keyIs("include")) return readInclude(cursor, request);
  else return readSamplingOrDrop(cursor, request);
  return cursor.ok;
}

function readInclude(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  if (!cursor.enterArray()) return problem.refuse("include", "must be an array");
  while (cursor.nextElement()) {
    const name = cursor.takeToken();
    if (sliceIs(name, LOGPROBS)) request.setOption(Option.Logprobs, name);
    else request.drop("include");
  }
  return cursor.ok;
}

function noteStored(cursor: Cursor, field: string): bool {
  if (cursor.kind() != Kind.Null) storedField = field;
  return cursor.skip();
}

/** Such a request is answered at once, and the answer asked for later. */
function readBackground(cursor: Cursor): bool {
  return !cursor.takeTrue() ? cursor.ok : problem.refuse("background", "this model answers while the client waits, or not at all");
}

function readInstructions(cursor: Cursor, request: CanonicalRequest): bool {
  if (!takeStringField(cursor, "instructions")) return false;
  if (!sliceIsEmpty(takenSlice)) {
    request.beginMessage(Role.System, BESIDE_THE_LIST);
    request.parts.add(PartKind.Text, takenSlice);
  }
  return cursor.ok;
}

function readReasoning(cursor: Cursor, request: CanonicalRequest): bool {
  if (!cursor.enterObject()) return cursor.skip();
  while (cursor.nextKey()) {
    if (cursor.keyIs("effort")) {
      const isNull = cursor.kind() == Kind.Null;
      request.effort = effortNamed(cursor.takeToken());
      if (cursor.ok && !isNull && request.effort == Effort.Unset) return problem.refuse("reasoning.effort", EFFORTS);
    } else dropField(cursor, request, "reasoning.");
  }
  return cursor.ok;
}

function readText(cursor: Cursor, request: CanonicalRequest): bool {
  if (!cursor.enterObject()) return cursor.skip();
  while (cursor.nextKey()) {
    if (cursor.keyIs("format")) {
      if (!readFormat(cursor, request)) return false;
    } else if (cursor.keyIs("verbosity")) request.readOption(cursor, Option.Verbosity);
    else dropField(cursor, request, "text.");
  }
  return cursor.ok;
}

function readFormat(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  const type = cursor.peekMember("type");
  if (!cursor.enterObject()) return problem.refuse("text.format", "must be an object");
  if (sliceIs(type, "json_schema")) request.outputFormat = OutputFormat.JsonSchema;
  else if (sliceIs(type, "json_object")) request.outputFormat = OutputFormat.Json;
  else if (!sliceIs(type, "text")) return problem.refuse("text.format.type", "must be text, json_object or json_schema");
  while (cursor.nextKey()) {
    if (cursor.keyIs("schema") && cursor.kind() == Kind.Object) request.outputSchema = cursor.takeValue();
    else if (cursor.keyIs("name")) request.outputSchemaName = cursor.takeString();
    else if (cursor.keyIs("strict")) request.outputIsStrict = cursor.takeTrue();
    else if (cursor.keyIs("type")) cursor.skip();
    else dropField(cursor, request, "text.format.");
  }
  if (!cursor.ok) return false;
  if (request.outputFormat != OutputFormat.JsonSchema || request.outputSchema != ABSENT) return true;
  return problem.refuse("text.format.schema", "is required");
}
