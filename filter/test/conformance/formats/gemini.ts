import type { FormatUnderTest, Json, Told } from "../format_under_test.ts";

function parts(request: Json): Json[] {
  return request.contents.flatMap((content: Json) => content.parts);
}

function dataOf(request: Json): string[] | undefined {
  const data = parts(request).find(({ inlineData }) => inlineData !== undefined)?.inlineData;
  return data && [data.mimeType, data.data];
}

function instructions({ systemInstruction }: Json): string | undefined {
  return systemInstruction?.parts.map(({ text }: Json) => text).join("");
}

function calling({ toolConfig }: Json): Json {
  return toolConfig?.functionCallingConfig ?? {};
}

const STOPS: Record<string, string> = { STOP: "stop", MAX_TOKENS: "length", SAFETY: "content_filter" };

function pagesOf({ groundingMetadata: grounding, citationMetadata: quoted }: Json): string[] {
  const sources = (grounding?.groundingChunks ?? []).map(({ web, maps }: Json) => (web ?? maps).uri);
  const cited = (grounding?.groundingSupports ?? []).flatMap(({ groundingChunkIndices }: Json) => groundingChunkIndices);
  const quotations = (quoted?.citationSources ?? []).map(({ uri }: Json) => uri);
  return [...cited.flatMap((index: number) => sources[index] ?? []), ...quotations];
}

function reads(answer: Json): Told {
  const [candidate] = answer.candidates;
  const all: Json[] = candidate.content?.parts ?? [];
  const calls = all.filter(({ functionCall }) => functionCall !== undefined).map(({ functionCall }) => functionCall);
  const texts = (isThought: boolean) =>
    all
      .filter(({ thought }) => (thought === true) === isThought)
      .map(({ text }) => text ?? "")
      .join("");
  const usage = answer.usageMetadata;
  return {
    id: answer.responseId,
    model: answer.modelVersion,
    text: texts(false),
    calls: calls.map(({ id, name, args }) => [id, name, args ?? {}]),
    reasoning: texts(true),
    pages: pagesOf(candidate).sort(),
    tokens: (candidate.logprobsResult?.chosenCandidates ?? []).map(({ token }: Json) => token),
    stop: calls.length > 0 ? "tool_calls" : (STOPS[candidate.finishReason] ?? candidate.finishReason),
    input_tokens: usage.promptTokenCount,
    cached_tokens: usage.cachedContentTokenCount ?? 0,
    output_tokens: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
  };
}

export const GEMINI: FormatUnderTest = {
  name: "gemini",
  provider: {
    model: "gemini-3.5-flash",
    finds: {
      text: (request) => parts(request)[0].text,
      system: instructions,
      developer: instructions,
      turns: ({ contents }) => contents.map(({ role }: Json) => (role === "model" ? "assistant" : role)),
      image_by_url: (request) => parts(request).find(({ fileData }) => fileData !== undefined)?.fileData.fileUri,
      image_data: dataOf,
      document: dataOf,
      audio: (request) => dataOf(request)?.[1],
      tools: ({ tools }) =>
        tools[0].functionDeclarations.map(({ name, description, parametersJsonSchema }: Json) => [name, description, parametersJsonSchema]),
      tool_choice_auto: (request) => (calling(request).mode ?? "AUTO").toLowerCase(),
      tool_choice_required: (request) => (calling(request).mode === "ANY" ? "required" : undefined),
      tool_choice_none: (request) => calling(request).mode?.toLowerCase(),
      tool_choice_named: (request) => calling(request).allowedFunctionNames?.[0],
      parallel_calls_off: () => undefined,
      strict_schema: () => undefined,
      calls: (request) =>
        parts(request)
          .filter(({ functionCall }) => functionCall !== undefined)
          .map(({ functionCall: { id, name, args } }) => [id, name, args]),
      results: (request) =>
        parts(request)
          .filter(({ functionResponse }) => functionResponse !== undefined)
          .map(({ functionResponse: { id, response } }) => [id, response.output]),
      result_image: (request) => dataOf(request)?.[1],
      result_error: (request) => parts(request).some(({ functionResponse }) => functionResponse?.response.error !== undefined),
      structured_output: ({ generationConfig }) => generationConfig.responseJsonSchema,
      stop_sequences: ({ generationConfig }) => generationConfig.stopSequences,
      temperature: ({ generationConfig }) => generationConfig.temperature,
      top_p: ({ generationConfig }) => generationConfig.topP,
      max_tokens: ({ generationConfig }) => generationConfig.maxOutputTokens,
      effort: ({ generationConfig }) => generationConfig.thinkingConfig?.thinkingLevel.toLowerCase(),
      cache_mark: () => undefined,
      logprobs: ({ generationConfig }) => (generationConfig.responseLogprobs ? generationConfig.logprobs : undefined),
      web_search: ({ tools }) => tools?.some(({ googleSearch }: Json) => googleSearch !== undefined),
    },
    answers: {
      text: "text",
      calls: "tool_calls_parallel",
      reasoning: "thoughts",
      length: "max_tokens",
      filtered: "safety",
      cached: "cached",
      citations: "citations",
      logprobs: "logprobs",
    },
    streams: {
      text: "text",
      calls: "tool_calls_parallel",
      reasoning: "thoughts",
      length: "max_tokens",
      citations: "citations",
      logprobs: "logprobs",
    },
    reads,
    deviations: {
      parallel_calls_off: "there is no switch for it",
      strict_schema: "there is no switch for it",
      cache_mark: "Gemini caches by itself, or in objects of their own",
    },
    lacks: { refusal: "a refusal is text, or the filter's" },
  },
};
