import { DATA, type FormatUnderTest, IMAGE_URL, type Json, SCHEMA, type Told } from "../format_under_test.ts";

const input = (...content: object[]) => ({ input: [{ role: "user", content }] });
const look = { type: "function", name: "look", description: "Looks.", parameters: SCHEMA, strict: false };
const call = (call_id: string, city: string) => ({ type: "function_call", call_id, name: "look", arguments: JSON.stringify({ city }) });
const loop = (output: unknown) => ({
  input: [
    { role: "user", content: "Hi." },
    call("a", "Oslo"),
    call("b", "Rome"),
    { type: "function_call_output", call_id: "a", output: "4 degrees" },
    { type: "function_call_output", call_id: "b", output },
  ],
  tools: [look],
});
const choice = (tool_choice: unknown) => ({ tools: [look], tool_choice });

function items(request: Json): Json[] {
  return typeof request.input === "string" ? [{ role: "user", content: request.input }] : request.input;
}

function parts(request: Json): Json[] {
  return items(request).flatMap(({ content }) => (Array.isArray(content) ? content : []));
}

function textOf(content: Json): string {
  return typeof content === "string" ? content : content.map(({ text }: Json) => text).join("");
}

function dataOf(url: string | undefined): string[] | undefined {
  return /^data:([^;]+);base64,(.*)$/.exec(url ?? "")?.slice(1);
}

function instructions(request: Json): string | undefined {
  const first = items(request).find(({ role }) => role === "system" || role === "developer");
  return request.instructions ?? (first === undefined ? undefined : textOf(first.content));
}

function stopOf(answer: Json, contents: Json[]): string {
  if (contents.some(({ type }) => type === "refusal")) return "refusal";
  const reason = answer.incomplete_details?.reason;
  if (reason !== undefined) return reason === "max_output_tokens" ? "length" : reason;
  return answer.output.some(({ type }: Json) => type === "function_call") ? "tool_calls" : "stop";
}

function reads(answer: Json): Told {
  const all = (type: string) => answer.output.filter((item: Json) => item.type === type);
  const contents: Json[] = all("message").flatMap(({ content }: Json) => content);
  const reasoned: Json[] = all("reasoning").flatMap(({ summary, content }: Json) => [...summary, ...(content ?? [])]);
  return {
    id: answer.id,
    model: answer.model,
    text: contents.map(({ text, refusal }) => text ?? refusal).join(""),
    calls: all("function_call").map(({ call_id, name, arguments: made }: Json) => [call_id, name, JSON.parse(made)]),
    reasoning: reasoned.map(({ text }) => text).join("\n\n"),
    pages: contents.flatMap(({ annotations }) => (annotations ?? []).flatMap(({ url }: Json) => url ?? [])).sort(),
    tokens: contents.flatMap(({ logprobs }) => (logprobs ?? []).map(({ token }: Json) => token)),
    stop: stopOf(answer, contents),
    input_tokens: answer.usage.input_tokens,
    cached_tokens: answer.usage.input_tokens_details.cached_tokens,
    output_tokens: answer.usage.output_tokens,
  };
}

export const OPENAI_RESPONSES: FormatUnderTest = {
  name: "openai_responses",
  client: {
    base: { model: "m", input: "Hi." },
    says: {
      text: {},
      system: { instructions: "Be brief." },
      developer: {
        input: [
          { role: "developer", content: "Be brief." },
          { role: "user", content: "Hi." },
        ],
      },
      turns: { input: ["user", "assistant", "user"].map((role) => ({ role, content: "Hi." })) },
      image_by_url: input({ type: "input_image", image_url: IMAGE_URL, detail: "auto" }),
      image_data: input({ type: "input_image", image_url: `data:image/png;base64,${DATA}`, detail: "auto" }),
      document: input({ type: "input_file", filename: "a.pdf", file_data: `data:application/pdf;base64,${DATA}` }),
      tools: { tools: [look] },
      tool_choice_auto: choice("auto"),
      tool_choice_required: choice("required"),
      tool_choice_none: choice("none"),
      tool_choice_named: choice({ type: "function", name: "look" }),
      parallel_calls_off: { tools: [look], parallel_tool_calls: false },
      strict_schema: { tools: [{ ...look, strict: true }] },
      calls: loop("9 degrees"),
      results: loop("9 degrees"),
      result_image: loop([{ type: "input_image", image_url: `data:image/png;base64,${DATA}`, detail: "auto" }]),
      structured_output: { text: { format: { type: "json_schema", name: "a", schema: SCHEMA, strict: true } } },
      temperature: { temperature: 0.5 },
      top_p: { top_p: 0.5 },
      max_tokens: { max_output_tokens: 100 },
      effort: { reasoning: { effort: "high" } },
      logprobs: { include: ["message.output_text.logprobs"], top_logprobs: 2 },
      web_search: { tools: [{ type: "web_search" }] },
    },
    reads,
    readsError: ({ error }) => error.message,
    tellsOtherwise: {},
    lacks: {
      audio: "there is no audio in its input",
      result_error: "outputs have no mark of errors",
      stop_sequences: "there is no field for them",
      cache_mark: "OpenAI caches by itself",
    },
  },
  provider: {
    model: "gpt-4o",
    models: { effort: "gpt-5.2" },
    finds: {
      text: (request) => textOf(items(request)[0].content),
      system: instructions,
      developer: instructions,
      turns: (request) => items(request).map(({ role }) => role),
      image_by_url: (request) => parts(request).find(({ type }) => type === "input_image")?.image_url,
      image_data: (request) => dataOf(parts(request).find(({ type }) => type === "input_image")?.image_url),
      document: (request) => dataOf(parts(request).find(({ type }) => type === "input_file")?.file_data),
      audio: () => undefined,
      tools: ({ tools }) => tools.map(({ name, description, parameters }: Json) => [name, description, parameters]),
      tool_choice_auto: ({ tool_choice }) => tool_choice ?? "auto",
      tool_choice_required: ({ tool_choice }) => tool_choice,
      tool_choice_none: ({ tool_choice }) => tool_choice,
      tool_choice_named: ({ tool_choice }) => tool_choice?.name,
      parallel_calls_off: ({ parallel_tool_calls }) => parallel_tool_calls === false,
      strict_schema: ({ tools }) => tools[0].strict,
      calls: (request) =>
        items(request)
          .filter(({ type }) => type === "function_call")
          .map(({ call_id, name, arguments: made }) => [call_id, name, JSON.parse(made)]),
      results: (request) =>
        items(request)
          .filter(({ type }) => type === "function_call_output")
          .map(({ call_id, output }) => [call_id, textOf(output)]),
      result_image: (request) =>
        dataOf(
          items(request)
            .flatMap(({ output }) => (Array.isArray(output) ? output : []))
            .find(({ type }) => type === "input_image")?.image_url,
        )?.[1],
      result_error: () => undefined,
      structured_output: ({ text }) => text?.format.schema,
      stop_sequences: () => undefined,
      temperature: ({ temperature }) => temperature,
      top_p: ({ top_p }) => top_p,
      max_tokens: ({ max_output_tokens }) => max_output_tokens,
      effort: ({ reasoning }) => reasoning?.effort,
      cache_mark: () => undefined,
      logprobs: ({ include, top_logprobs }) => (include?.includes("message.output_text.logprobs") ? top_logprobs : undefined),
      web_search: ({ tools }) => tools?.some(({ type }: Json) => type === "web_search"),
    },
    answers: {
      text: "text",
      calls: "tool_calls",
      reasoning: "reasoning_summary",
      length: "length",
      refusal: "refusal",
      filtered: "content_filter",
      cached: "text",
      citations: "citations",
      logprobs: "logprobs",
    },
    streams: {
      text: "text",
      calls: "tool_calls",
      reasoning: "reasoning",
      length: "length",
      refusal: "refusal",
      filtered: "content_filter",
      citations: "citations",
      logprobs: "logprobs",
    },
    reads,
    deviations: {
      audio: "there is no audio in its input",
      result_error: "outputs have no mark of errors",
      stop_sequences: "there is no field for them",
      cache_mark: "OpenAI caches by itself",
    },
    lacks: {},
  },
};
