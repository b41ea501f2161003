import { DATA, type FormatUnderTest, IMAGE_URL, type Json, SCHEMA, type Told } from "../format_under_test.ts";

const messages = (...content: object[]) => ({ messages: [{ role: "user", content }] });
const look = { name: "look", description: "Looks.", input_schema: SCHEMA };
const call = (id: string, city: string) => ({ type: "tool_use", id, name: "look", input: { city } });
const image = { type: "image", source: { type: "base64", media_type: "image/png", data: DATA } };
const loop = (last: object) => ({
  messages: [
    { role: "user", content: "Hi." },
    { role: "assistant", content: [call("a", "Oslo"), call("b", "Rome")] },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: "4 degrees" },
        { type: "tool_result", tool_use_id: "b", ...last },
      ],
    },
  ],
  tools: [look],
});
const choice = (tool_choice: object) => ({ tools: [look], tool_choice });

function blocks(request: Json): Json[] {
  return request.messages.flatMap(({ content }: Json) => (Array.isArray(content) ? content : [{ type: "text", text: content }]));
}

function sourceOf(request: Json, type: string): Json {
  return blocks(request).find((block) => block.type === type)?.source;
}

function textOf(content: Json): string | undefined {
  return typeof content === "string" ? content : content?.map(({ text }: Json) => text).join("");
}

const STOPS: Record<string, string> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  refusal: "refusal",
};

function reads(answer: Json): Told {
  const { content, usage, stop_details: details } = answer;
  const all = (type: string) => content.filter((block: Json) => block.type === type);
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    id: answer.id,
    model: answer.model,
    text:
      all("text")
        .map(({ text }: Json) => text)
        .join("") + (details?.explanation ?? ""),
    calls: all("tool_use").map(({ id, name, input }: Json) => [id, name, input]),
    reasoning: all("thinking")
      .map(({ thinking }: Json) => thinking)
      .join(""),
    pages: all("text")
      .flatMap(({ citations }: Json) => (citations ?? []).flatMap(({ url }: Json) => url ?? []))
      .sort(),
    tokens: [],
    stop: STOPS[answer.stop_reason] ?? answer.stop_reason,
    input_tokens: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
    cached_tokens: cached,
    output_tokens: usage.output_tokens,
  };
}

export const ANTHROPIC_MESSAGES: FormatUnderTest = {
  name: "anthropic_messages",
  client: {
    base: { model: "m", max_tokens: 4000, messages: [{ role: "user", content: "Hi." }] },
    says: {
      text: {},
      system: { system: "Be brief." },
      turns: { messages: ["user", "assistant", "user"].map((role) => ({ role, content: "Hi." })) },
      image_by_url: messages({ type: "image", source: { type: "url", url: IMAGE_URL } }),
      image_data: messages(image),
      document: messages({ type: "document", source: { type: "base64", media_type: "application/pdf", data: DATA } }),
      tools: { tools: [look] },
      tool_choice_auto: choice({ type: "auto" }),
      tool_choice_required: choice({ type: "any" }),
      tool_choice_none: choice({ type: "none" }),
      tool_choice_named: choice({ type: "tool", name: "look" }),
      parallel_calls_off: choice({ type: "auto", disable_parallel_tool_use: true }),
      strict_schema: { tools: [{ ...look, strict: true }] },
      calls: loop({ content: "9 degrees" }),
      results: loop({ content: "9 degrees" }),
      result_image: loop({ content: [image] }),
      result_error: loop({ content: "no such city", is_error: true }),
      structured_output: { output_config: { format: { type: "json_schema", schema: SCHEMA } } },
      stop_sequences: { stop_sequences: ["END"] },
      temperature: { temperature: 0.5 },
      top_p: { top_p: 0.5 },
      max_tokens: { max_tokens: 100 },
      effort: { output_config: { effort: "high" }, thinking: { type: "adaptive" } },
      cache_mark: messages({ type: "text", text: "Hi.", cache_control: { type: "ephemeral" } }),
      web_search: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
    },
    reads,
    readsError: ({ error }) => error.message,
    tellsOtherwise: { filtered: "the only word for what was kept back is `refusal`", logprobs: "there is no place for them" },
    lacks: {
      developer: "the only instructions are `system`",
      audio: "there are no audio blocks",
      logprobs: "there is no field for them",
    },
  },
  provider: {
    model: "claude-sonnet-4-5",
    models: { effort: "claude-opus-4-7" },
    finds: {
      text: (request) => blocks(request)[0].text,
      system: ({ system }) => textOf(system),
      developer: ({ system }) => textOf(system),
      turns: (request) => request.messages.map(({ role }: Json) => role),
      image_by_url: (request) => sourceOf(request, "image")?.url,
      image_data: (request) => [sourceOf(request, "image")?.media_type, sourceOf(request, "image")?.data],
      document: (request) => [sourceOf(request, "document")?.media_type, sourceOf(request, "document")?.data],
      audio: () => undefined,
      tools: ({ tools }) => tools.map(({ name, description, input_schema }: Json) => [name, description, input_schema]),
      tool_choice_auto: ({ tool_choice }) => tool_choice?.type ?? "auto",
      tool_choice_required: ({ tool_choice }) => (tool_choice?.type === "any" ? "required" : undefined),
      tool_choice_none: ({ tool_choice }) => tool_choice?.type,
      tool_choice_named: ({ tool_choice }) => tool_choice?.name,
      parallel_calls_off: ({ tool_choice }) => tool_choice?.disable_parallel_tool_use,
      strict_schema: ({ tools }) => tools[0].strict,
      calls: (request) =>
        blocks(request)
          .filter(({ type }) => type === "tool_use")
          .map(({ id, name, input }) => [id, name, input]),
      results: (request) =>
        blocks(request)
          .filter(({ type }) => type === "tool_result")
          .map(({ tool_use_id, content }) => [tool_use_id, textOf(content)]),
      result_image: (request) =>
        blocks(request)
          .flatMap(({ content }) => (Array.isArray(content) ? content : []))
          .find(({ type }) => type === "image")?.source.data,
      result_error: (request) => blocks(request).some(({ is_error }) => is_error === true),
      structured_output: ({ output_config }) => output_config?.format.schema,
      stop_sequences: ({ stop_sequences }) => stop_sequences,
      temperature: ({ temperature }) => temperature,
      top_p: ({ top_p }) => top_p,
      max_tokens: ({ max_tokens }) => max_tokens,
      effort: ({ output_config }) => output_config?.effort,
      cache_mark: (request) => blocks(request).some(({ cache_control }) => cache_control !== undefined),
      logprobs: () => undefined,
      web_search: ({ tools }) => tools?.some(({ name }: Json) => name === "web_search"),
    },
    answers: {
      text: "text",
      calls: "tool_use",
      reasoning: "thinking",
      length: "max_tokens",
      refusal: "refusal",
      filtered: "refusal",
      cached: "cached",
      citations: "citations",
    },
    streams: {
      text: "text",
      calls: "tool_use",
      reasoning: "thinking",
      length: "max_tokens",
      refusal: "refusal",
      filtered: "refusal",
      citations: "citations",
    },
    reads,
    deviations: { audio: "there are no audio blocks", logprobs: "Claude tells none" },
    lacks: { logprobs: "Claude tells none" },
  },
};
