import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { CHAT_COMPLETION_REQUEST } from "./schema.ts";
import { openaiRequestProblem } from "./validate.ts";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const user = { role: "user", content: "Hi" };
const tool = { type: "function", function: { name: "look_up", parameters: { type: "object", properties: { q: { type: "string" } } } } };
const calls = (...ids: string[]) => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "look_up", arguments: "{}" } })),
});
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "done" });
const request = (fields: object) => ({ model: "gpt-4o", messages: [user], ...fields });

const accepted: [string, object][] = [
  ["a plain request", request({})],
  [
    "every role",
    request({ messages: [{ role: "developer", content: "a" }, { role: "system", content: [{ type: "text", text: "b" }] }, user] }),
  ],
  ["parallel calls, all answered", request({ tools: [tool], messages: [user, calls("a", "b"), result("b"), result("a")] })],
  ["a conversation that goes on after results", request({ messages: [user, calls("a"), result("a"), user] })],
  [
    "an assistant message as it was answered",
    request({ messages: [user, { role: "assistant", content: "x", refusal: null, annotations: [] }, user] }),
  ],
  [
    "images by URL and as data",
    request({
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } },
            { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    }),
  ],
  [
    "nulls where the reference allows them",
    request({ temperature: null, stop: null, n: null, stream: null, stream_options: null, max_tokens: null }),
  ],
  [
    "all sampling parameters",
    request({ temperature: 2, top_p: 0, presence_penalty: -2, frequency_penalty: 2, seed: -1, logprobs: true, top_logprobs: 20 }),
  ],
  [
    "a forced tool",
    request({ tools: [tool], tool_choice: { type: "function", function: { name: "look_up" } }, parallel_tool_calls: false }),
  ],
  [
    "JSON mode with the word in the prompt",
    request({ messages: [{ role: "user", content: "as JSON" }], response_format: { type: "json_object" } }),
  ],
  ["a reasoning model's limit", request({ model: "gpt-5-mini", max_completion_tokens: 10, reasoning_effort: "minimal", temperature: 1 })],
  ["sampling while a model does not reason", request({ model: "gpt-5.2", temperature: 0.2 })],
  ["streaming with usage", request({ stream: true, stream_options: { include_usage: true, include_obfuscation: false } })],
];

type Refusal = [name: string, body: unknown, param: string | null, code: string | null];

const refused: Refusal[] = [
  ["not an object", ["x"], null, null],
  ["no model", { messages: [user] }, null, null],
  ["a model that is no string", { model: 4, messages: [user] }, "model", "invalid_type"],
  ["no messages", { model: "gpt-4o" }, "messages", "missing_required_parameter"],
  ["empty messages", request({ messages: [] }), "messages", "empty_array"],
  ["messages that are no array", request({ messages: "Hi" }), "messages", "invalid_type"],
  ["an unknown argument", request({ system: "x" }), null, null],
  [
    "an unknown field of a message",
    request({ messages: [{ ...user, cache_control: {} }] }),
    "messages[0].cache_control",
    "unknown_parameter",
  ],
  ["a message without a role", request({ messages: [{ content: "x" }] }), "messages[0].role", "missing_required_parameter"],
  ["an unknown role", request({ messages: [{ role: "human", content: "x" }] }), "messages[0].role", "invalid_value"],
  ["content that is null", request({ messages: [{ role: "user", content: null }] }), "messages[0].content", "invalid_type"],
  [
    "an unknown part",
    request({ messages: [{ role: "user", content: [{ type: "image", source: {} }] }] }),
    "messages[0].content[0].type",
    "invalid_value",
  ],
  [
    "a picture in a tool result",
    request({ messages: [user, calls("a"), { ...result("a"), content: [{ type: "image_url", image_url: { url: "https://x" } }] }] }),
    "messages[2].content[0].type",
    "invalid_value",
  ],
  [
    "a part without its text",
    request({ messages: [{ role: "user", content: [{ type: "text" }] }] }),
    "messages[0].content[0].text",
    "missing_required_parameter",
  ],
  [
    "an image of an unknown type",
    request({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/tiff;base64,AAAA" } }] }] }),
    "messages[0].content[0].image_url.url",
    "invalid_value",
  ],
  ["a temperature above 2", request({ temperature: 2.5 }), "temperature", "decimal_above_max_value"],
  ["a negative top_p", request({ top_p: -0.1 }), "top_p", "decimal_below_min_value"],
  ["a presence_penalty above 2", request({ presence_penalty: 2.1 }), "presence_penalty", "decimal_above_max_value"],
  ["a frequency_penalty below -2", request({ frequency_penalty: -2.1 }), "frequency_penalty", "decimal_below_min_value"],
  ["a top_p above 1", request({ top_p: 1.1 }), "top_p", "decimal_above_max_value"],
  ["a logit bias above 100", request({ logit_bias: { "50256": 101 } }), "logit_bias[50256]", "integer_above_max_value"],
  ["top_logprobs of 21", request({ logprobs: true, top_logprobs: 21 }), "top_logprobs", "integer_above_max_value"],
  ["max_tokens of 0", request({ max_tokens: 0 }), "max_tokens", "integer_below_min_value"],
  ["max_tokens of 1.5", request({ max_tokens: 1.5 }), "max_tokens", "invalid_type"],
  ["n of 129", request({ n: 129 }), "n", "integer_above_max_value"],
  ["five stop sequences", request({ stop: ["a", "b", "c", "d", "e"] }), "stop", "array_above_max_length"],
  ["stream as a string", request({ stream: "true" }), "stream", "invalid_type"],
  ["stream_options without stream", request({ stream_options: { include_usage: true } }), "stream_options", null],
  ["top_logprobs without logprobs", request({ top_logprobs: 2 }), "top_logprobs", null],
  ["an unknown service tier", request({ service_tier: "gold" }), "service_tier", "invalid_value"],
  [
    "too much metadata",
    request({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) }),
    "metadata",
    "object_above_max_properties",
  ],
  ["both token limits", request({ max_tokens: 5, max_completion_tokens: 5 }), "max_tokens", "invalid_parameter_combination"],
  ["no tools but an empty list", request({ tools: [] }), "tools", "empty_array"],
  [
    "an Anthropic tool",
    request({ tools: [{ name: "look_up", input_schema: { type: "object" } }] }),
    "tools[0].type",
    "missing_required_parameter",
  ],
  [
    "a tool name with a space",
    request({ tools: [{ type: "function", function: { name: "look up" } }] }),
    "tools[0].function.name",
    "invalid_value",
  ],
  [
    "a tool name of 65 characters",
    request({ tools: [{ type: "function", function: { name: "x".repeat(65) } }] }),
    "tools[0].function.name",
    "string_above_max_length",
  ],
  [
    "parameters that are no object's",
    request({ tools: [{ type: "function", function: { name: "f", parameters: { type: "string" } } }] }),
    "tools[0].function.parameters",
    "invalid_function_parameters",
  ],
  [
    "an array without items",
    request({
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: { a: { type: "array" } } } } }],
    }),
    "tools[0].function.parameters",
    "invalid_function_parameters",
  ],
  [
    "a strict schema left open",
    request({ tools: [{ type: "function", function: { name: "f", strict: true, parameters: { type: "object", properties: {} } } }] }),
    "tools[0].function.parameters",
    "invalid_function_parameters",
  ],
  [
    "a strict schema with an optional field",
    request({
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "f",
          strict: true,
          schema: { type: "object", additionalProperties: false, properties: { a: { type: "string" } }, required: [] },
        },
      },
    }),
    "response_format",
    null,
  ],
  ["tool_choice without tools", request({ tool_choice: "auto" }), "tool_choice", null],
  ["parallel_tool_calls without tools", request({ parallel_tool_calls: true }), "parallel_tool_calls", null],
  ["a tool choice of Anthropic's", request({ tools: [tool], tool_choice: { type: "any" } }), "tool_choice.type", "invalid_value"],
  ["an unknown tool choice", request({ tools: [tool], tool_choice: "any" }), "tool_choice", "invalid_value"],
  [
    "a choice of a tool that is not there",
    request({ tools: [tool], tool_choice: { type: "function", function: { name: "other" } } }),
    "tool_choice",
    null,
  ],
  ["a tool message without calls before it", request({ messages: [user, result("a")] }), "messages.[1].role", null],
  ["a result for an unknown call", request({ messages: [user, calls("a"), result("b")] }), "messages.[2].tool_call_id", null],
  ["a result given twice", request({ messages: [user, calls("a"), result("a"), result("a")] }), "messages.[3].tool_call_id", null],
  ["a call without its result", request({ messages: [user, calls("a", "b"), result("a"), user] }), "messages.[3].role", null],
  ["calls without results at the end", request({ messages: [user, calls("a")] }), "messages", null],
  [
    "empty tool_calls",
    request({ messages: [user, { role: "assistant", content: "x", tool_calls: [] }] }),
    "messages[1].tool_calls",
    "empty_array",
  ],
  [
    "tool arguments that are no string",
    request({
      messages: [user, { role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: {} } }] }],
    }),
    "messages[1].tool_calls[0].function.arguments",
    "invalid_type",
  ],
  [
    "an assistant message that says nothing",
    request({ messages: [user, { role: "assistant", content: null }] }),
    "messages.[1].content",
    null,
  ],
  ["JSON mode without the word", request({ response_format: { type: "json_object" } }), "messages", null],
  ["max_tokens on a reasoning model", request({ model: "o3-mini", max_tokens: 5 }), "max_tokens", "unsupported_parameter"],
  ["a temperature on a reasoning model", request({ model: "gpt-5", temperature: 0 }), "temperature", "unsupported_value"],
  [
    "a temperature while reasoning",
    request({ model: "gpt-5.2", reasoning_effort: "low", temperature: 0.5 }),
    "temperature",
    "unsupported_value",
  ],
  ["logprobs on a reasoning model", request({ model: "o1", logprobs: true }), "logprobs", "unsupported_parameter"],
  ["stop on o3", request({ model: "o3", stop: ["x"] }), "stop", "unsupported_parameter"],
  ["an effort that the model lacks", request({ model: "gpt-5", reasoning_effort: "none" }), "reasoning_effort", "unsupported_value"],
  ["an effort for a model that does not reason", request({ reasoning_effort: "low" }), null, null],
  ["audio answers", request({ modalities: ["text", "audio"] }), "modalities", "unsupported_value"],
];

describe("chat completion requests", () => {
  test.each(accepted)("%s is accepted", (_, body) => {
    expect(openaiRequestProblem(body)).toBeNull();
  });

  test.each(refused)("%s is refused", (_, body, param, code) => {
    expect(openaiRequestProblem(body)).toMatchObject({ status: 400, type: "invalid_request_error", param, code });
  });

  test("the schema has the fields of the official client's type, no more and no fewer", () => {
    // The compiler holds this table against the type, so a field that a new version of the client adds is an error here.
    const fields: Record<keyof OpenAI.ChatCompletionCreateParams, true> = {
      messages: true,
      model: true,
      audio: true,
      frequency_penalty: true,
      function_call: true,
      functions: true,
      logit_bias: true,
      logprobs: true,
      max_completion_tokens: true,
      max_tokens: true,
      metadata: true,
      modalities: true,
      moderation: true,
      n: true,
      parallel_tool_calls: true,
      prediction: true,
      presence_penalty: true,
      prompt_cache_key: true,
      prompt_cache_options: true,
      prompt_cache_retention: true,
      reasoning_effort: true,
      response_format: true,
      safety_identifier: true,
      seed: true,
      service_tier: true,
      stop: true,
      store: true,
      stream: true,
      stream_options: true,
      temperature: true,
      tool_choice: true,
      tools: true,
      top_logprobs: true,
      top_p: true,
      user: true,
      verbosity: true,
      web_search_options: true,
    };
    const { properties } = CHAT_COMPLETION_REQUEST as { properties: object };
    expect(Object.keys(properties).sort()).toEqual(Object.keys(fields).sort());
  });
});
