import { describe, expect, test } from "vitest";
import { encryptReasoning } from "./encrypted_content.ts";
import { readItems, withTypes } from "./items.ts";
import { StoredResponses } from "./stored_responses.ts";
import { responseRequestProblem } from "./validate.ts";

const user = { role: "user", content: "Hi" };
const schema = { type: "object", properties: { q: { type: "string" } }, required: ["q"], additionalProperties: false };
const tool = { type: "function", name: "look_up", parameters: schema, strict: true };
const call = (call_id: string) => ({ type: "function_call", call_id, name: "look_up", arguments: "{}" });
const output = (call_id: string) => ({ type: "function_call_output", call_id, output: "done" });
const reasoning = (fields: object) => ({ type: "reasoning", summary: [], ...fields });
const said = { type: "message", role: "assistant", content: [{ type: "output_text", text: "x", annotations: [], logprobs: [] }] };
const request = (fields: object) => ({ model: "gpt-4o", input: "Hi", ...fields });
const items = (...input: object[]) => request({ input });

function problemOf(body: object) {
  const typed = withTypes(body as Record<string, unknown>);
  const problem = responseRequestProblem(typed);
  if (problem !== null) return problem;
  const read = readItems(typed, new StoredResponses());
  return "problem" in read ? read.problem : null;
}

const accepted: [string, object][] = [
  ["a plain request", request({})],
  [
    "every role",
    items({ role: "developer", content: "a" }, { role: "system", content: [{ type: "input_text", text: "b" }] }, user, said, user),
  ],
  ["parallel calls, all answered", items(user, call("a"), call("b"), output("b"), output("a"))],
  [
    "images and files",
    items({
      role: "user",
      content: [
        { type: "input_image", image_url: "https://x/a.png", detail: "auto" },
        { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" },
      ],
    }),
  ],
  [
    "an output with an image",
    items(user, call("a"), { ...output("a"), output: [{ type: "input_image", image_url: "data:image/png;base64,AAAA" }] }),
  ],
  ["its own reasoning, encrypted", items(user, reasoning({ id: "rs_1", encrypted_content: encryptReasoning() }), said, user)],
  ["reasoning without an id", items(user, reasoning({ encrypted_content: `gAAAA${"x".repeat(60)}` }))],
  ["a strict tool that is forced", request({ tools: [tool], tool_choice: { type: "function", name: "look_up" } })],
  ["tools that OpenAI runs", request({ tools: [{ type: "web_search", filters: {} }, { type: "local_shell" }] })],
  ["sampling while a model does not reason", request({ model: "gpt-5.2", temperature: 0.2 })],
  [
    "any model of others",
    request({ model: "qwen3", temperature: 0.2, reasoning: { effort: "high" }, include: ["reasoning.encrypted_content"] }),
  ],
  [
    "nulls where the reference allows them",
    request({ temperature: null, stream: null, tools: [], previous_response_id: null, reasoning: null }),
  ],
  ["JSON mode with the word in the prompt", request({ input: "as JSON", text: { format: { type: "json_object" } } })],
];

type Refusal = [name: string, body: object, param: string | null, code: string | null];

const refused: Refusal[] = [
  ["no model", { input: "Hi" }, "model", "missing_required_parameter"],
  ["a model that is no string", request({ model: 4 }), "model", "invalid_type"],
  ["no input", { model: "gpt-4o" }, "input", "missing_required_parameter"],
  ["an empty input", request({ input: [] }), "input", "missing_required_parameter"],
  ["an unknown argument", request({ messages: [] }), "messages", "unknown_parameter"],
  ["what only the chat API has", request({ stop: ["x"] }), "stop", "unknown_parameter"],
  ["an unknown role", items({ role: "human", content: "x" }), "input[0].role", "invalid_value"],
  ["an unknown item", items({ type: "thought" }), "input[0].type", "invalid_value"],
  ["an unknown field of a message", items({ ...user, name: "x" }), "input[0].name", "unknown_parameter"],
  [
    "an input part in the assistant's words",
    items({ role: "assistant", content: [{ type: "input_text", text: "x" }] }),
    "input[0].content[0].type",
    "invalid_value",
  ],
  [
    "an output part in the user's words",
    items({ role: "user", content: [{ type: "output_text", text: "x" }] }),
    "input[0].content[0].type",
    "invalid_value",
  ],
  ["a part of the chat API", items({ role: "user", content: [{ type: "text", text: "x" }] }), "input[0].content[0].type", "invalid_value"],
  [
    "an image of an unknown type",
    items({ role: "user", content: [{ type: "input_image", image_url: "data:image/tiff;base64,AAAA" }] }),
    "input[0].content[0].image_url",
    "invalid_value",
  ],
  ["a call without its output", items(user, call("a")), "input", null],
  ["an output without its call", items(user, output("a")), "input", null],
  ["an output before its call", items(user, output("a"), call("a")), "input", null],
  ["a call id of 65 characters", items(user, call("x".repeat(65))), "input[1].call_id", "string_above_max_length"],
  ["an empty call id", items(user, call("")), "input[1].call_id", "empty_string"],
  ["another item's id", items(user, { ...call("a"), id: "call_1" }, output("a")), "input[1].id", "invalid_id_prefix"],
  ["a reference to what is not stored", items(user, { type: "item_reference", id: "msg_1" }), "input", null],
  ["reasoning that is not stored", items(user, reasoning({ id: "rs_1" }), said), "input", null],
  ["reasoning that nothing follows", items(user, reasoning({ id: "rs_1", encrypted_content: encryptReasoning() }), user), "input", null],
  ["reasoning of others", items(user, reasoning({ encrypted_content: "plano.claude.abc" }), said), null, "invalid_encrypted_content"],
  [
    "reasoning that was altered",
    items(user, reasoning({ encrypted_content: `${encryptReasoning()}0` }), said),
    null,
    "invalid_encrypted_content",
  ],
  ["a temperature above 2", request({ temperature: 2.5 }), "temperature", "decimal_above_max_value"],
  ["15 tokens", request({ max_output_tokens: 15 }), "max_output_tokens", "integer_below_min_value"],
  ["sampling of a model that reasons", request({ model: "o3", temperature: 1 }), "temperature", null],
  [
    "an effort that the model has not",
    request({ model: "gpt-5.2", reasoning: { effort: "minimal" } }),
    "reasoning.effort",
    "unsupported_value",
  ],
  ["an effort of a model that does not reason", request({ reasoning: { effort: "low" } }), "reasoning.effort", "unsupported_parameter"],
  ["encrypted reasoning of one", request({ include: ["reasoning.encrypted_content"] }), "include", null],
  ["a verbosity of one", request({ text: { verbosity: "low" } }), "text.verbosity", "unsupported_value"],
  [
    "a function in the chat API's form",
    request({ tools: [{ type: "function", function: { name: "x" } }] }),
    "tools[0].name",
    "missing_required_parameter",
  ],
  [
    "a strict schema that is open",
    request({ tools: [{ ...tool, parameters: { type: "object", properties: {} } }] }),
    "tools[0].parameters",
    "invalid_function_parameters",
  ],
  ["a tool that is not there", request({ tools: [tool], tool_choice: { type: "function", name: "x" } }), "tool_choice", null],
  [
    "an answer's schema that is open",
    request({ text: { format: { type: "json_schema", name: "x", strict: true, schema: { type: "object" } } } }),
    "text.format.schema",
    "invalid_json_schema",
  ],
  ["JSON mode without the word", request({ text: { format: { type: "json_object" } } }), "input", null],
  ["a response that is not stored", request({ previous_response_id: "resp_1" }), "previous_response_id", "previous_response_not_found"],
  ["a conversation", request({ conversation: "conv_1" }), "conversation", null],
  ["a stored prompt", request({ prompt: { id: "pmpt_1" } }), "prompt", null],
  ["work in the background", request({ background: true }), "background", "unsupported_value"],
  ["stream_options without stream", request({ stream_options: { include_obfuscation: false } }), "stream_options", null],
];

describe("requests", () => {
  test.each(accepted)("%s is taken", (_, body) => {
    expect(problemOf(body)).toBeNull();
  });

  test.each(refused)("%s is refused", (_, body, param, code) => {
    const problem = problemOf(body);
    expect(problem).toMatchObject({ type: "invalid_request_error", param, code });
    const isMissing = ["a reference to what is not stored", "reasoning that is not stored", "a conversation", "a stored prompt"].includes(
      _,
    );
    expect(problem?.status).toBe(isMissing ? 404 : 400);
  });

  test("what was stored first is forgotten first", () => {
    const stored = new StoredResponses();
    const items = [{ type: "message", id: "msg_1", content: "x".repeat(5_000_000) }];
    for (const id of ["resp_1", "resp_2", "resp_3", "resp_4"]) stored.keep(id, items);
    expect(stored.conversation("resp_1")).toBeUndefined();
    expect(stored.conversation("resp_4")).toEqual(items);
    expect(stored.item("msg_1")).toEqual(items[0]);
  });
});
