import { EFFORTS, effortNamed } from "../../canonical/effort";
import {
  dropField,
  readFields,
  readSamplingOrDrop,
  takeNumberField,
  takenSlice,
  takeStopSequences,
  takeStringField,
} from "../../canonical/fields";
import { problem } from "../../canonical/problem";
import { CanonicalRequest, Effort, Option, OutputFormat } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, sliceIs } from "../../json/slice";
import { readMessages } from "./message_reader";
import { readToolChoice, readTools } from "./tool_reader";

/** https://platform.openai.com/docs/api-reference/chat/create */
export function readRequest(cursor: Cursor, request: CanonicalRequest): bool {
  request.reasoningField = "messages[].reasoning_content";
  return readFields(cursor, request, readField);
}

function readField(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.keyIs("messages")) return readMessages(cursor, request);
  if (cursor.keyIs("tools")) return readTools(cursor, request);
  if (cursor.keyIs("tool_choice")) return readToolChoice(cursor, request);
  if (cursor.keyIs("response_format")) return readResponseFormat(cursor, request);
  if (cursor.keyIs("reasoning_effort")) return readEffort(cursor, request);
  if (cursor.keyIs("functions") || cursor.keyIs("function_call")) return refuseFunctions(cursor);
  if (cursor.keyIs("model") || cursor.keyIs("stream_options")) return cursor.skip(); // the head has them
  if (cursor.keyIs("stream")) request.stream = cursor.takeTrue();
  else if (cursor.keyIs("parallel_tool_calls")) {
    request.forbidsParallelTools = cursor.kind() == Kind.False;
    return cursor.skip();
  } else if (cursor.keyIs("n")) return readChoiceCount(cursor, request);
  else return readOption(cursor, request);
  return cursor.ok;
}

function readOption(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.keyIs("max_completion_tokens")) {
    if (!takeNumberField(cursor, "max_completion_tokens")) return false;
    if (takenSlice != ABSENT) request.maxTokens = takenSlice;
  } else if (cursor.keyIs("max_tokens")) {
    if (!takeNumberField(cursor, "max_tokens")) return false;
    if (request.maxTokens == ABSENT) request.maxTokens = takenSlice;
  } else if (cursor.keyIs("stop")) {
    return takeStopSequences(cursor, "stop", request);
  } else if (cursor.keyIs("user")) {
    if (!takeStringField(cursor, "user")) return false;
    if (request.endUser == ABSENT) request.endUser = takenSlice;
  } else if (cursor.keyIs("safety_identifier")) {
    if (!takeStringField(cursor, "safety_identifier")) return false;
    if (takenSlice != ABSENT) request.endUser = takenSlice;
  } else if (cursor.keyIs("seed")) return request.readOption(cursor, Option.Seed);
  else if (cursor.keyIs("presence_penalty")) return request.readOption(cursor, Option.PresencePenalty);
  else if (cursor.keyIs("frequency_penalty")) return request.readOption(cursor, Option.FrequencyPenalty);
  else if (cursor.keyIs("prompt_cache_key")) return request.readOption(cursor, Option.PromptCacheKey);
  else if (cursor.keyIs("service_tier")) return request.readOption(cursor, Option.ServiceTier);
  else if (cursor.keyIs("verbosity")) return request.readOption(cursor, Option.Verbosity);
  else if (cursor.keyIs("logprobs")) return readLogprobs(cursor, request);
  else if (cursor.keyIs("web_search_options")) return readWebSearch(cursor, request);
  else if (cursor.keyIs("top_logprobs")) return request.readOption(cursor, Option.TopLogprobs);
  else return readSamplingOrDrop(cursor, request);
  return cursor.ok;
}

function readLogprobs(cursor: Cursor, request: CanonicalRequest): bool {
  const kind = cursor.kind();
  if (kind == Kind.True) return request.readOption(cursor, Option.Logprobs);
  return cursor.skip() && (kind == Kind.False || kind == Kind.Null || problem.refuse("logprobs", "must be true or false"));
}

/** How much to search, and from where, is told in words of its own by each API. */
function readWebSearch(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  if (!cursor.enterObject()) return problem.refuse("web_search_options", "must be an object");
  request.askWebSearch("web_search_options");
  while (cursor.nextKey()) dropField(cursor, request, "web_search_options.");
  return cursor.ok;
}

/** Other APIs give one answer; the client that asked for several gets the first. */
function readChoiceCount(cursor: Cursor, request: CanonicalRequest): bool {
  const isNull = cursor.kind() == Kind.Null;
  if (cursor.takeInteger(0) != 1 && !isNull) request.drop("n");
  return cursor.ok;
}

/** What `tools` replaced in 2023 has no ids to tell calls and results apart by. */
function refuseFunctions(cursor: Cursor): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  return problem.refuse("functions", "is deprecated and cannot be translated for this model; use tools");
}

function readEffort(cursor: Cursor, request: CanonicalRequest): bool {
  const isNull = cursor.kind() == Kind.Null;
  request.effort = effortNamed(cursor.takeToken());
  if (cursor.ok && !isNull && request.effort == Effort.Unset) return problem.refuse("reasoning_effort", EFFORTS);
  return cursor.ok;
}

function readResponseFormat(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  const type = cursor.peekMember("type");
  if (!cursor.enterObject()) return problem.refuse("response_format", "must be an object");
  if (sliceIs(type, "json_schema")) request.outputFormat = OutputFormat.JsonSchema;
  else if (sliceIs(type, "json_object")) request.outputFormat = OutputFormat.Json;
  else if (!sliceIs(type, "text")) return problem.refuse("response_format.type", "must be text, json_object or json_schema");
  while (cursor.nextKey()) {
    if (cursor.keyIs("json_schema")) readJsonSchema(cursor, request);
    else cursor.skip();
  }
  if (!cursor.ok) return false;
  if (request.outputFormat != OutputFormat.JsonSchema || request.outputSchema != ABSENT) return true;
  return problem.refuse("response_format.json_schema.schema", "is required");
}

function readJsonSchema(cursor: Cursor, request: CanonicalRequest): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("schema") && cursor.kind() == Kind.Object) request.outputSchema = cursor.takeValue();
    else if (cursor.keyIs("name")) request.outputSchemaName = cursor.takeString();
    else if (cursor.keyIs("strict")) request.outputIsStrict = cursor.takeTrue();
    else dropField(cursor, request, "response_format.json_schema.");
  }
}
