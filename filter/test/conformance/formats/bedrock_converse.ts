import type { FormatUnderTest, Json, Told } from "../format_under_test.ts";

function blocks(request: Json): Json[] {
  return request.messages.flatMap(({ content }: Json) => content);
}

function members(blocksOf: Json[], name: string): Json[] {
  return blocksOf.filter((block) => block[name] !== undefined).map((block) => block[name]);
}

function dataOf(request: Json, name: string, type: string): string[] | undefined {
  const [media] = members(blocks(request), name);
  return media && [`${type}/${media.format}`, media.source.bytes];
}

function instructions({ system }: Json): string | undefined {
  return system?.map(({ text }: Json) => text).join("");
}

const STOPS: Record<string, string> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  guardrail_intervened: "content_filter",
};

function reads({ output, stopReason, usage }: Json): Told {
  const { content } = output.message;
  const reasoned = members(members(content, "reasoningContent"), "reasoningText");
  const cached = usage.cacheReadInputTokens ?? 0;
  return {
    // The answer names neither: the header has an id, and the model is the one that was asked.
    id: "id-of-the-header",
    model: "asked-claude",
    text: members(content, "text").join(""),
    calls: members(content, "toolUse").map(({ toolUseId, name, input }) => [toolUseId, name, input]),
    reasoning: reasoned.map(({ text }) => text).join(""),
    pages: [],
    tokens: [],
    stop: STOPS[stopReason] ?? stopReason,
    input_tokens: usage.inputTokens + cached + (usage.cacheWriteInputTokens ?? 0),
    cached_tokens: cached,
    output_tokens: usage.outputTokens,
  };
}

export const BEDROCK_CONVERSE: FormatUnderTest = {
  name: "bedrock_converse",
  provider: {
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    models: { effort: "us.anthropic.claude-opus-4-7-v1" },
    finds: {
      text: (request) => blocks(request)[0].text,
      system: instructions,
      developer: instructions,
      turns: (request) => request.messages.map(({ role }: Json) => role),
      image_by_url: () => undefined,
      image_data: (request) => dataOf(request, "image", "image"),
      document: (request) => dataOf(request, "document", "application"),
      audio: () => undefined,
      tools: ({ toolConfig }) =>
        toolConfig.tools.map(({ toolSpec }: Json) => [toolSpec.name, toolSpec.description, toolSpec.inputSchema.json]),
      tool_choice_auto: ({ toolConfig }) => Object.keys(toolConfig.toolChoice ?? { auto: {} })[0],
      tool_choice_required: ({ toolConfig }) => (toolConfig.toolChoice?.any === undefined ? undefined : "required"),
      tool_choice_none: ({ toolConfig }) => (toolConfig === undefined ? "none" : undefined),
      tool_choice_named: ({ toolConfig }) => toolConfig.toolChoice?.tool?.name,
      parallel_calls_off: ({ additionalModelRequestFields }) => additionalModelRequestFields?.tool_choice?.disable_parallel_tool_use,
      strict_schema: ({ toolConfig }) => toolConfig.tools[0].toolSpec.strict,
      calls: (request) => members(blocks(request), "toolUse").map(({ toolUseId, name, input }) => [toolUseId, name, input]),
      results: (request) =>
        members(blocks(request), "toolResult").map(({ toolUseId, content }) => [toolUseId, members(content, "text").join("")]),
      result_image: (request) =>
        members(
          members(blocks(request), "toolResult").flatMap(({ content }) => content),
          "image",
        )[0]?.source.bytes,
      result_error: (request) => members(blocks(request), "toolResult").some(({ status }) => status === "error"),
      structured_output: ({ outputConfig }) => outputConfig && JSON.parse(outputConfig.textFormat.structure.jsonSchema.schema),
      stop_sequences: ({ inferenceConfig }) => inferenceConfig?.stopSequences,
      temperature: ({ inferenceConfig }) => inferenceConfig?.temperature,
      top_p: ({ inferenceConfig }) => inferenceConfig?.topP,
      max_tokens: ({ inferenceConfig }) => inferenceConfig?.maxTokens,
      effort: ({ outputConfig }) => outputConfig?.effort,
      cache_mark: (request) => members(blocks(request), "cachePoint").length > 0,
      logprobs: () => undefined,
      web_search: () => undefined,
    },
    answers: {
      text: "text",
      calls: "tool_calls_parallel",
      reasoning: "reasoning",
      length: "max_tokens",
      filtered: "guardrail",
      cached: "cached",
    },
    streams: { text: "text", calls: "tool_calls_parallel", reasoning: "reasoning" },
    reads,
    deviations: {
      image_by_url: "images are bytes, or objects of S3",
      audio: "Claude takes no audio",
      parallel_calls_off: "there is no switch for it",
      logprobs: "Converse tells none",
      web_search: "Claude has no search there",
    },
    lacks: {
      refusal: "a refusal is text, or the guardrail's",
      citations: "those of pages are Nova's, which search with a tool of Amazon's",
      logprobs: "Converse tells none",
    },
  },
};
