import type Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { MESSAGES_REQUEST } from "./schema.ts";
import { signAsOther, thinkingSignature } from "./signature.ts";
import { anthropicRequestProblem } from "./validate.ts";
import type { AnthropicVersion } from "./versions.ts";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const user = { role: "user", content: "Hi" };
const says = (...content: object[]) => ({ role: "user", content });
const answers = (...content: object[]) => ({ role: "assistant", content });
const text = (value: string) => ({ type: "text", text: value });
const use = (id: string) => ({ type: "tool_use", id, name: "look_up", input: {} });
const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "done" });
const image = (source: object) => ({ type: "image", source });
const tool = { name: "look_up", input_schema: { type: "object", properties: {} } };
const thought = { type: "thinking", thinking: "hm", signature: thinkingSignature.sign("hm") };
const request = (fields: object) => ({ model: "claude-sonnet-4-5", max_tokens: 2000, messages: [user], ...fields });

const accepted: [string, object][] = [
  ["a plain request", request({})],
  ["a system prompt in blocks", request({ system: [{ ...text("x"), cache_control: { type: "ephemeral", ttl: "1h" } }] })],
  ["consecutive user messages", request({ messages: [user, user] })],
  ["a prefill", request({ messages: [user, { role: "assistant", content: "It is" }] })],
  [
    "parallel calls with their results first",
    request({ messages: [user, answers(text("a"), use("t1"), use("t2")), says(result("t2"), result("t1"), text("and?"))] }),
  ],
  ["results over two user messages", request({ messages: [user, answers(use("t1"), use("t2")), says(result("t1")), says(result("t2"))] })],
  [
    "results with an image",
    request({
      messages: [
        user,
        answers(use("t1")),
        says({ ...result("t1"), is_error: true, content: [text("x"), image({ type: "base64", media_type: "image/png", data: PNG })] }),
      ],
    }),
  ],
  [
    "images",
    request({
      messages: [
        says(image({ type: "url", url: "https://example.com/a.png" }), image({ type: "base64", media_type: "image/png", data: PNG })),
      ],
    }),
  ],
  [
    "a forced tool",
    request({
      tools: [tool, { type: "web_search_20250305", name: "web_search" }],
      tool_choice: { type: "tool", name: "look_up", disable_parallel_tool_use: true },
    }),
  ],
  ["a thinking budget", request({ thinking: { type: "enabled", budget_tokens: 1024 }, temperature: 1 })],
  [
    "thinking brought back with its tool use",
    request({ thinking: { type: "enabled", budget_tokens: 1024 }, messages: [user, answers(thought, use("t1")), says(result("t1"))] }),
  ],
  [
    "adaptive thinking on a model that has it",
    request({ model: "claude-opus-4-8", thinking: { type: "adaptive", display: "summarized" }, output_config: { effort: "high" } }),
  ],
  [
    "a system message after a user turn on a model that takes it",
    request({ model: "claude-opus-4-8", messages: [user, { role: "system", content: "Be brief." }] }),
  ],
  ["max_tokens of 0, which fills the cache", request({ max_tokens: 0 })],
  ["the one temperature that newer models take", request({ model: "claude-opus-4-8", temperature: 1 })],
];

const refused: [name: string, body: unknown, message: RegExp, version?: AnthropicVersion][] = [
  ["not an object", [], /valid dictionary/],
  ["no model", { max_tokens: 5, messages: [user] }, /^model: Field required$/],
  ["no max_tokens", { model: "claude-sonnet-4-5", messages: [user] }, /^max_tokens: Field required$/],
  ["max_tokens below 0", request({ max_tokens: -1 }), /^max_tokens: .*greater than or equal to 0/],
  ["max_tokens above the model's", request({ max_tokens: 65_000 }), /^max_tokens: 65000 > 64000/],
  ["an unknown field", request({ n: 2 }), /^n: Extra inputs are not permitted$/],
  [
    "an unknown field of a block",
    request({ messages: [says({ ...text("x"), name: "y" })] }),
    /^messages\.0\.content\.0\.text\.name: Extra inputs/,
  ],
  [
    "an unknown field of a cache breakpoint",
    request({ system: [{ ...text("x"), cache_control: { type: "ephemeral", scope: "y" } }] }),
    /^system\.0\.cache_control\.ephemeral\.scope: Extra inputs/,
  ],
  ["no messages", request({ messages: [] }), /at least one message/],
  [
    "content that is null",
    request({ messages: [{ role: "user", content: null }] }),
    /^messages\.0\.content: Input should be a valid string or list/,
  ],
  [
    "a block of OpenAI's",
    request({ messages: [says({ type: "image_url", image_url: { url: "x" } })] }),
    /^messages\.0\.content\.0: Input tag 'image_url'/,
  ],
  ["a block without a type", request({ messages: [says({ text: "x" })] }), /^messages\.0\.content\.0\.type: Field required/],
  ["the role tool", request({ messages: [user, { role: "tool", content: "x" }] }), /^messages\.1\.role: Input should be/],
  ["the role system on an older model", request({ messages: [{ role: "system", content: "x" }, user] }), /Unexpected role "system"/],
  [
    "a system message in first place",
    request({ model: "claude-opus-4-8", messages: [{ role: "system", content: "x" }, user] }),
    /^messages\.0: a system message/,
  ],
  [
    "an assistant message in first place",
    request({ messages: [{ role: "assistant", content: "x" }, user] }),
    /first message must use the "user" role/,
  ],
  ["empty text", request({ messages: [says(text(""))] }), /text content blocks must be non-empty/],
  ["empty content", request({ messages: [{ role: "user", content: "" }] }), /^messages\.0: all messages must have non-empty content/],
  ["an empty system block", request({ system: [text("")] }), /^system: text content blocks/],
  ["a prefill that ends in white space", request({ messages: [user, { role: "assistant", content: "It is " }] }), /trailing whitespace/],
  [
    "a prefill on a model without it",
    request({ model: "claude-sonnet-4-6", messages: [user, { role: "assistant", content: "It is" }] }),
    /does not support assistant message prefill/,
  ],
  ["a temperature above 1", request({ temperature: 1.5 }), /^temperature: .*less than or equal to 1/],
  ["a top_p above 1", request({ top_p: 1.5 }), /^top_p: .*less than or equal to 1/],
  ["a negative top_k", request({ top_k: -1 }), /^top_k: .*greater than or equal to 0/],
  ["a temperature on a newer model", request({ model: "claude-opus-4-7", temperature: 0.5 }), /`temperature` is deprecated for this model/],
  ["top_k on a newer model", request({ model: "claude-sonnet-5", top_k: 5 }), /`top_k` is deprecated/],
  ["temperature beside top_p", request({ temperature: 0.5, top_p: 0.5 }), /cannot both be specified/],
  ["any temperature in version 2026-10-21", request({ temperature: 1 }), /^temperature: Extra inputs/, "2026-10-21"],
  [
    "a tool use id with a dot",
    request({ messages: [user, answers(use("call.1")), says(result("call.1"))] }),
    /^messages\.1\.content\.0\.tool_use\.id: String should match pattern/,
  ],
  [
    "tool input that is a string",
    request({ messages: [user, answers({ ...use("t1"), input: "{}" }), says(result("t1"))] }),
    /^messages\.1\.content\.0\.tool_use\.input: .*dictionary/,
  ],
  [
    "a call without its result",
    request({ messages: [user, answers(use("t1"), use("t2")), says(result("t1"))] }),
    /^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: t2\./,
  ],
  [
    "a call that the user talks over",
    request({ messages: [user, answers(use("t1")), user] }),
    /^messages\.1: `tool_use` ids were found without/,
  ],
  ["a call at the end", request({ messages: [user, answers(use("t1"))] }), /^messages\.1: `tool_use` ids were found without/],
  [
    "a result behind other content",
    request({ messages: [user, answers(use("t1")), says(text("here"), result("t1"))] }),
    /`tool_use` ids were found without/,
  ],
  [
    "a result two turns late",
    request({ messages: [user, answers(use("t1")), says(result("t1")), answers(text("x")), says(result("t1"))] }),
    /^messages\.4\.content\.0: unexpected `tool_use_id`/,
  ],
  ["a result that nobody asked for", request({ messages: [says(result("t1"))] }), /^messages\.0\.content\.0: unexpected `tool_use_id`/],
  ["a result given twice", request({ messages: [user, answers(use("t1")), says(result("t1"), result("t1"))] }), /single result/],
  ["one id for two calls", request({ messages: [user, answers(use("t1"), use("t1")), says(result("t1"))] }), /ids must be unique/],
  ["a call from the user", request({ messages: [says(use("t1"))] }), /`tool_use` blocks can only be in `assistant`/],
  [
    "an image from the assistant",
    request({ messages: [user, answers(image({ type: "url", url: "https://x" })), user] }),
    /`image` blocks can only be in `user`/,
  ],
  [
    "an image of an unknown type",
    request({ messages: [says(image({ type: "base64", media_type: "image/tiff", data: PNG }))] }),
    /^messages\.0\.content\.0\.image\.source\.base64\.media_type: Input should be 'image\/jpeg'/,
  ],
  [
    "an image with its data URL prefix",
    request({ messages: [says(image({ type: "base64", media_type: "image/png", data: `data:image/png;base64,${PNG}` }))] }),
    /source\.base64\.data: String should match pattern/,
  ],
  [
    "an image of another type than it says",
    request({ messages: [says(image({ type: "base64", media_type: "image/jpeg", data: PNG }))] }),
    /appears to be a image\/png image/,
  ],
  [
    "an image that is none",
    request({ messages: [says(image({ type: "base64", media_type: "image/png", data: "AAAA" }))] }),
    /Could not process image/,
  ],
  [
    "a document from the assistant, since 2026-10-21",
    request({ messages: [user, answers({ type: "document", source: { type: "text", media_type: "text/plain", data: "x" } }), user] }),
    /`document` blocks can only be in `user`/,
    "2026-10-21",
  ],
  [
    "citations from the user, since 2026-10-21",
    request({ messages: [says({ ...text("x"), citations: [{ type: "char_location" }] })] }),
    /citations are not permitted/,
    "2026-10-21",
  ],
  ["a tool of OpenAI's", request({ tools: [{ type: "function", function: { name: "f" } }] }), /^tools\.0\.function\.type|^tools\.0\.type/],
  ["a tool without its schema", request({ tools: [{ name: "f" }] }), /^tools\.0\.custom\.input_schema: Field required/],
  [
    "a schema that is no object's",
    request({ tools: [{ name: "f", input_schema: { type: "string" } }] }),
    /^tools\.0\.custom\.input_schema\.type: Input should be 'object'/,
  ],
  ["a tool name with a dot", request({ tools: [{ ...tool, name: "a.b" }] }), /^tools\.0\.custom\.name: String should match pattern/],
  ["two tools of one name", request({ tools: [tool, tool] }), /Tool names must be unique/],
  ["tool_choice without tools", request({ tool_choice: { type: "auto" } }), /only be specified while providing tools/],
  ["a choice of a tool that is not there", request({ tools: [tool], tool_choice: { type: "tool", name: "other" } }), /'other' not found/],
  ["a tool choice of OpenAI's", request({ tools: [tool], tool_choice: "auto" }), /^tool_choice: Input should be a valid dictionary/],
  ["a budget below 1024", request({ thinking: { type: "enabled", budget_tokens: 100 } }), /^thinking\.enabled\.budget_tokens: .*1024/],
  [
    "a budget that max_tokens does not cover",
    request({ thinking: { type: "enabled", budget_tokens: 2000 } }),
    /`max_tokens` must be greater than `thinking\.budget_tokens`/,
  ],
  [
    "a budget on a model that thinks adaptively",
    request({ model: "claude-opus-4-8", thinking: { type: "enabled", budget_tokens: 1024 } }),
    /"thinking\.type\.enabled" is not supported/,
  ],
  [
    "a temperature while thinking",
    request({ thinking: { type: "enabled", budget_tokens: 1024 }, temperature: 0.2 }),
    /may only be set to 1 when thinking/,
  ],
  [
    "a forced tool while thinking",
    request({ thinking: { type: "enabled", budget_tokens: 1024 }, tools: [tool], tool_choice: { type: "any" } }),
    /tool_choice forces tool use/,
  ],
  [
    "tool use without the thinking before it",
    request({ thinking: { type: "enabled", budget_tokens: 1024 }, messages: [user, answers(use("t1")), says(result("t1"))] }),
    /^messages\.1\.content\.0\.type: Expected `thinking`/,
  ],
  [
    "redacted thinking of others",
    request({ messages: [user, answers({ type: "redacted_thinking", data: "gAAA_-" }), user] }),
    /Invalid `data` in `redacted_thinking`/,
  ],
  [
    "thinking turned off where it can't be",
    request({ model: "claude-opus-5-5", thinking: { type: "disabled" } }),
    /^"thinking.type.disabled" is not supported for this model/,
  ],
  [
    "the signature of another demo provider",
    request({ messages: [user, answers({ ...thought, signature: `DEMOgemini${"A".repeat(43)}=` }), user] }),
    /Invalid `signature`/,
  ],
  [
    "the signature of another maker's model",
    request({ messages: [user, answers({ ...thought, signature: signAsOther("hm") }), user] }),
    /Invalid `signature`/,
  ],
  ["altered thinking", request({ messages: [user, answers({ ...thought, thinking: "hmm" }), user] }), /Invalid `signature`/],
  [
    "five cache breakpoints",
    request({ system: Array.from({ length: 5 }, () => ({ ...text("x"), cache_control: { type: "ephemeral" } })) }),
    /maximum of 4 blocks with cache_control.*Found 5/,
  ],
  ["a blank stop sequence", request({ stop_sequences: [" "] }), /stop_sequences: each stop sequence/],
  ["stop as OpenAI has it", request({ stop: "x" }), /^stop: Extra inputs/],
];

describe("messages requests", () => {
  test.each(accepted)("%s is accepted", (_, body) => {
    expect(anthropicRequestProblem(body, "2023-06-01")).toBeNull();
  });

  test.each(refused)("%s is refused", (_, body, message, version = "2023-06-01") => {
    expect(anthropicRequestProblem(body, version)).toMatch(message);
  });

  test("the schema has the fields of the official client's type, and the three that the older version still takes", () => {
    // The compiler holds this table against the type, so a field that a new version of the client adds is an error here.
    type Body = Omit<Anthropic.MessageCreateParams, "user_profile_id" | "workspace_id">;
    const fields: Record<keyof Body, true> = {
      messages: true,
      model: true,
      max_tokens: true,
      cache_control: true,
      container: true,
      diagnostics: true,
      inference_geo: true,
      metadata: true,
      output_config: true,
      service_tier: true,
      speed: true,
      stop_sequences: true,
      stream: true,
      system: true,
      thinking: true,
      tool_choice: true,
      tools: true,
    };
    const { properties } = MESSAGES_REQUEST as { properties: object };
    expect(Object.keys(properties).sort()).toEqual([...Object.keys(fields), "temperature", "top_k", "top_p"].sort());
  });
});
