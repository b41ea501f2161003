import { DATA, type FormatUnderTest, IMAGE_URL, type Json, SCHEMA, type Told } from "../format_under_test.ts";

const messages = (...parts: object[]) => ({ messages: [{ role: "user", content: parts }] });
const look = { type: "function", function: { name: "look", description: "Looks.", parameters: SCHEMA } };
const call = (id: string, city: string) => ({ id, type: "function", function: { name: "look", arguments: JSON.stringify({ city }) } });
const loop = (last: unknown) => ({
  messages: [
    { role: "user", content: "Hi." },
    { role: "assistant", content: null, tool_calls: [call("a", "Oslo"), call("b", "Rome")] },
    { role: "tool", tool_call_id: "a", content: "4 degrees" },
    { role: "tool", tool_call_id: "b", content: last },
  ],
  tools: [look],
});
const choice = (tool_choice: unknown) => ({ tools: [look], tool_choice });

function parts(request: Json): Json[] {
  return request.messages.flatMap(({ content }: Json) => (Array.isArray(content) ? content : []));
}

function textOf(content: Json): string {
  return typeof content === "string" ? content : content.map(({ text }: Json) => text).join("");
}

function dataOf(url: string | undefined): string[] | undefined {
  return /^data:([^;]+);base64,(.*)$/.exec(url ?? "")?.slice(1);
}

function reads(answer: Json): Told {
  const { message, finish_reason: stop, logprobs } = answer.choices[0];
  return {
    id: answer.id,
    model: answer.model,
    text: (message.content ?? "") + (message.refusal ?? ""),
    calls: (message.tool_calls ?? []).map(({ id, function: made }: Json) => [id, made.name, JSON.parse(made.arguments || "{}")]),
    reasoning: message.reasoning_content ?? message.reasoning ?? "",
    pages: (message.annotations ?? []).map(({ url_citation }: Json) => url_citation.url).sort(),
    tokens: (logprobs?.content ?? []).map(({ token }: Json) => token),
    stop: message.refusal ? "refusal" : stop,
    input_tokens: answer.usage.prompt_tokens,
    cached_tokens: answer.usage.prompt_tokens_details?.cached_tokens ?? 0,
    output_tokens: answer.usage.completion_tokens,
  };
}

export const OPENAI_CHAT: FormatUnderTest = {
  name: "openai_chat",
  client: {
    base: { model: "m", messages: [{ role: "user", content: "Hi." }] },
    says: {
      text: {},
      system: {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hi." },
        ],
      },
      developer: {
        messages: [
          { role: "developer", content: "Be brief." },
          { role: "user", content: "Hi." },
        ],
      },
      turns: { messages: ["user", "assistant", "user"].map((role) => ({ role, content: "Hi." })) },
      image_by_url: messages({ type: "image_url", image_url: { url: IMAGE_URL } }),
      image_data: messages({ type: "image_url", image_url: { url: `data:image/png;base64,${DATA}` } }),
      document: messages({ type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${DATA}` } }),
      audio: messages({ type: "input_audio", input_audio: { data: DATA, format: "wav" } }),
      tools: { tools: [look] },
      tool_choice_auto: choice("auto"),
      tool_choice_required: choice("required"),
      tool_choice_none: choice("none"),
      tool_choice_named: choice({ type: "function", function: { name: "look" } }),
      parallel_calls_off: { tools: [look], parallel_tool_calls: false },
      strict_schema: { tools: [{ ...look, function: { ...look.function, strict: true } }] },
      calls: loop("9 degrees"),
      results: loop("9 degrees"),
      structured_output: { response_format: { type: "json_schema", json_schema: { name: "a", schema: SCHEMA, strict: true } } },
      stop_sequences: { stop: ["END"] },
      temperature: { temperature: 0.5 },
      top_p: { top_p: 0.5 },
      max_tokens: { max_completion_tokens: 100 },
      effort: { reasoning_effort: "high" },
      cache_mark: messages({ type: "text", text: "Hi.", cache_control: { type: "ephemeral" } }),
      logprobs: { logprobs: true, top_logprobs: 2 },
      web_search: { web_search_options: {} },
    },
    reads,
    readsError: ({ error }) => error.message,
    tellsOtherwise: {},
    lacks: { result_image: "results are text alone", result_error: "results have no mark of errors" },
  },
  provider: {
    model: "gpt-4o",
    models: { effort: "gpt-5.2", web_search: "gpt-4o-search-preview" },
    finds: {
      text: ({ messages: [first] }) => textOf(first.content),
      system: ({ messages: [first] }) => (first.role === "system" ? textOf(first.content) : undefined),
      developer: ({ messages: [first] }) => (["system", "developer"].includes(first.role) ? textOf(first.content) : undefined),
      turns: (request) => request.messages.map(({ role }: Json) => role),
      image_by_url: (request) => parts(request).find(({ type }) => type === "image_url")?.image_url.url,
      image_data: (request) => dataOf(parts(request).find(({ type }) => type === "image_url")?.image_url.url),
      document: (request) => dataOf(parts(request).find(({ type }) => type === "file")?.file.file_data),
      audio: (request) => parts(request).find(({ type }) => type === "input_audio")?.input_audio.data,
      tools: ({ tools }) => tools.map(({ function: { name, description, parameters } }: Json) => [name, description, parameters]),
      tool_choice_auto: ({ tool_choice }) => tool_choice ?? "auto",
      tool_choice_required: ({ tool_choice }) => tool_choice,
      tool_choice_none: ({ tool_choice }) => tool_choice,
      tool_choice_named: ({ tool_choice }) => tool_choice?.function?.name,
      parallel_calls_off: ({ parallel_tool_calls }) => parallel_tool_calls === false,
      strict_schema: ({ tools }) => tools[0].function.strict,
      calls: ({ messages: all }) =>
        all.flatMap(({ tool_calls }: Json) =>
          (tool_calls ?? []).map((made: Json) => [made.id, made.function.name, JSON.parse(made.function.arguments)]),
        ),
      results: ({ messages: all }) =>
        all.filter(({ role }: Json) => role === "tool").map(({ tool_call_id, content }: Json) => [tool_call_id, textOf(content)]),
      result_image: (request) => dataOf(parts(request).find(({ type }) => type === "image_url")?.image_url.url)?.[1],
      result_error: () => undefined,
      structured_output: ({ response_format }) => response_format?.json_schema.schema,
      stop_sequences: ({ stop }) => stop,
      temperature: ({ temperature }) => temperature,
      top_p: ({ top_p }) => top_p,
      max_tokens: ({ max_completion_tokens, max_tokens }) => max_completion_tokens ?? max_tokens,
      effort: ({ reasoning_effort }) => reasoning_effort,
      cache_mark: (request) => parts(request).some(({ cache_control }) => cache_control !== undefined),
      logprobs: ({ logprobs, top_logprobs }) => (logprobs ? top_logprobs : undefined),
      web_search: ({ web_search_options }) => web_search_options !== undefined,
    },
    answers: {
      text: "text",
      calls: "tool_calls",
      reasoning: "reasoning_content",
      length: "length",
      refusal: "refusal",
      filtered: "content_filter",
      cached: "cached",
      citations: "citations",
      logprobs: "logprobs",
    },
    // The fixture that is cut short by its length is cut inside of a call.
    streams: {
      text: "text",
      calls: "tool_calls",
      reasoning: "reasoning",
      refusal: "refusal",
      filtered: "content_filter",
      citations: "citations",
      logprobs: "logprobs",
    },
    reads,
    deviations: { result_error: "results have no mark of errors", cache_mark: "OpenAI caches by itself" },
    lacks: {},
  },
};
