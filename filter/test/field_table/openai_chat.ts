import { everywhere, PDF, PNG, REASONING, type Row, SCHEMA } from "./row.ts";

const chatContent = (part: object) => ({ messages: [{ role: "user", content: [{ type: "text", text: "x" }, part] }] });
const chatFunction = { type: "function", function: { name: "f", parameters: SCHEMA } };
const chatTools = (fields: object = {}) => ({ tools: [chatFunction], ...fields });
const chatCall = (fields: object = {}) => ({ id: "a", type: "function", function: { name: "f", arguments: "{}" }, ...fields });
const chatLoop = (message: object = {}) => ({
  messages: [
    { role: "user", content: "x" },
    { role: "assistant", content: "y", tool_calls: [chatCall()], ...message },
    { role: "tool", tool_call_id: "a", content: "z" },
  ],
});

export const OPENAI_CHAT: Row[] = [
  {
    field: "messages[] of system and developer",
    says: {
      messages: [
        { role: "developer", content: "s" },
        { role: "user", content: "x" },
      ],
    },
    to: {
      anthropic_messages: "`system[]`, all of them",
      openai_responses: "`input[].role`, system",
      gemini: "`systemInstruction.parts[]`, all of them",
    },
  },
  {
    field: "messages[].content[] image_url",
    says: chatContent({ type: "image_url", image_url: { url: PNG } }),
    to: {
      anthropic_messages: "`messages[].content[].source`",
      openai_responses: "`input[].content[].image_url`",
      gemini: "`contents[].parts[].inlineData`; a URL needs a name that tells its type",
    },
  },
  {
    field: "messages[].content[].image_url.detail",
    says: chatContent({ type: "image_url", image_url: { url: PNG, detail: "low" } }),
    to: { anthropic_messages: "dropped", openai_responses: "`input[].content[].detail`", gemini: "dropped" },
  },
  {
    field: "messages[].content[] file with data",
    says: chatContent({ type: "file", file: { filename: "a.pdf", file_data: PDF } }),
    to: {
      anthropic_messages: "`messages[].content[].source`, PDF or plain text",
      openai_responses: "`input[].content[].file_data`",
      gemini: "`contents[].parts[].inlineData`",
    },
  },
  {
    field: "messages[].content[] file with an id",
    says: chatContent({ type: "file", file: { file_id: "file-1" } }),
    to: everywhere("400"),
  },
  {
    field: "messages[].content[] input_audio",
    says: chatContent({ type: "input_audio", input_audio: { data: "AA==", format: "wav" } }),
    to: { anthropic_messages: "400", openai_responses: "400", gemini: "`contents[].parts[].inlineData`" },
  },
  { field: "messages[].name", says: { messages: [{ role: "user", content: "x", name: "n" }] }, to: everywhere("dropped") },
  {
    field: "messages[].content[].cache_control",
    says: chatContent({ type: "text", text: "y", cache_control: { type: "ephemeral" } }),
    to: { anthropic_messages: "`messages[].content[].cache_control`, four at most", openai_responses: "dropped", gemini: "dropped" },
  },
  {
    field: "messages[].tool_calls",
    says: chatLoop(),
    to: {
      anthropic_messages: "`messages[].content[].input`",
      openai_responses: "`input[].call_id`",
      gemini: "`contents[].parts[].functionCall`",
    },
  },
  {
    field: "messages[].tool_calls[].extra_content",
    says: chatLoop({ tool_calls: [chatCall({ extra_content: { google: { thought_signature: "c2ln" } } })] }),
    to: { anthropic_messages: "dropped", openai_responses: "dropped", gemini: "`contents[].parts[].thoughtSignature`" },
  },
  { field: "messages[].reasoning_content", says: chatLoop({ reasoning_content: "r" }), to: everywhere("dropped") },
  {
    field: "messages[].reasoning_details, Claude's",
    says: chatLoop({ reasoning_details: [{ type: "reasoning.text", text: "r", signature: "c2ln", format: "anthropic-claude-v1" }] }),
    droppedAs: "messages[].reasoning_content",
    to: { anthropic_messages: "`messages[].content[].signature`", openai_responses: "dropped", gemini: "dropped" },
  },
  {
    field: "messages[].reasoning_details, OpenAI's",
    says: chatLoop({ reasoning_details: [{ type: "reasoning.encrypted", data: "Z0FB", format: "openai-responses-v1" }] }),
    droppedAs: "messages[].reasoning_content",
    models: REASONING,
    to: { anthropic_messages: "dropped", openai_responses: "`input[].encrypted_content`", gemini: "dropped" },
  },
  {
    field: "messages[].function_call",
    says: { messages: [{ role: "assistant", function_call: { name: "f", arguments: "{}" } }] },
    to: everywhere("400"),
  },
  {
    field: "tools[] function",
    says: chatTools(),
    to: {
      anthropic_messages: "`tools[].input_schema`",
      openai_responses: "`tools[].parameters`",
      gemini: "`tools[].functionDeclarations[].parametersJsonSchema`",
    },
  },
  {
    field: "tools[].function.strict",
    says: { tools: [{ type: "function", function: { name: "f", parameters: SCHEMA, strict: true } }] },
    droppedAs: "tools[].strict",
    to: {
      anthropic_messages: "`tools[].strict`, since Claude 4.5; the schema is closed and loses its limits",
      openai_responses: "`tools[].strict`, where all properties are required",
      gemini: "dropped",
    },
  },
  {
    field: "tools[] custom",
    says: { tools: [{ type: "custom", custom: { name: "f", format: { type: "grammar", grammar: { syntax: "lark", definition: "x" } } } }] },
    to: {
      openai_responses: "`tools[].parameters.properties.input`, the same",
      anthropic_messages: "`tools[].input_schema.properties.input`, as a function with one text; its `description` has the grammar",
      gemini: "`tools[].functionDeclarations[].parametersJsonSchema.properties.input`, the same",
    },
  },
  {
    field: "tool_choice",
    says: chatTools({ tool_choice: "required" }),
    to: {
      anthropic_messages: "`tool_choice.type`, any; auto for models that cannot be forced",
      openai_responses: "`tool_choice`",
      gemini: "`toolConfig.functionCallingConfig.mode`, ANY",
    },
  },
  {
    field: "parallel_tool_calls",
    says: chatTools({ parallel_tool_calls: false }),
    to: { anthropic_messages: "`tool_choice.disable_parallel_tool_use`", openai_responses: "`parallel_tool_calls`", gemini: "dropped" },
  },
  { field: "functions", says: { functions: [{ name: "f" }] }, to: everywhere("400") },
  {
    field: "max_completion_tokens, max_tokens",
    says: { max_completion_tokens: 50 },
    to: {
      anthropic_messages: "`max_tokens`; 8,192 when there is none",
      openai_responses: "`max_output_tokens`, 16 at least for OpenAI's models",
      gemini: "`generationConfig.maxOutputTokens`",
    },
  },
  {
    field: "temperature",
    says: { temperature: 0.5 },
    to: {
      anthropic_messages: "`temperature`, 1 at most; not since 4.7 nor while it thinks",
      openai_responses: "`temperature`; not for models that reason",
      gemini: "`generationConfig.temperature`",
    },
  },
  {
    field: "top_p",
    says: { top_p: 0.5 },
    to: {
      anthropic_messages: "`top_p`, since 4.1 only without temperature",
      openai_responses: "`top_p`; not for models that reason",
      gemini: "`generationConfig.topP`",
    },
  },
  {
    field: "stop",
    says: { stop: ["a"] },
    to: {
      anthropic_messages: "`stop_sequences[]`, but white space",
      openai_responses: "dropped",
      gemini: "`generationConfig.stopSequences[]`, five at most",
    },
  },
  {
    field: "response_format json_schema",
    says: { response_format: { type: "json_schema", json_schema: { name: "a", schema: SCHEMA } } },
    to: {
      anthropic_messages: "`output_config.format`; told in words before Claude 4.5",
      openai_responses: "`text.format`",
      gemini: "`generationConfig.responseJsonSchema`; before Gemini 3 not with tools",
    },
  },
  {
    field: "response_format json_object",
    says: { response_format: { type: "json_object" } },
    to: {
      anthropic_messages: "`system[]`, told in words",
      openai_responses: "`text.format`",
      gemini: "`generationConfig.responseMimeType`; before Gemini 3 not with tools",
    },
  },
  {
    field: "reasoning_effort",
    says: { reasoning_effort: "high" },
    models: REASONING,
    to: {
      anthropic_messages:
        "`output_config.effort`, as the model takes it; a budget before Claude 4.6, and none within a tool loop whose thinking is not there",
      openai_responses: "`reasoning.effort`, as the model takes it",
      gemini: "`generationConfig.thinkingConfig`: level, before Gemini 3 budget",
    },
  },
  {
    field: "seed",
    says: { seed: 7 },
    to: { anthropic_messages: "dropped", openai_responses: "dropped", gemini: "`generationConfig.seed`" },
  },
  {
    field: "presence_penalty",
    says: { presence_penalty: 0.5 },
    to: { anthropic_messages: "dropped", openai_responses: "dropped", gemini: "`generationConfig.presencePenalty`" },
  },
  {
    field: "frequency_penalty",
    says: { frequency_penalty: 0.5 },
    to: { anthropic_messages: "dropped", openai_responses: "dropped", gemini: "`generationConfig.frequencyPenalty`" },
  },
  {
    field: "user, safety_identifier",
    says: { user: "u" },
    droppedAs: "user",
    to: { anthropic_messages: "`metadata.user_id`", openai_responses: "`user`, of 128 characters at most", gemini: "dropped" },
  },
  {
    field: "prompt_cache_key",
    says: { prompt_cache_key: "k" },
    to: { anthropic_messages: "dropped", openai_responses: "`prompt_cache_key`", gemini: "dropped" },
  },
  {
    field: "service_tier",
    says: { service_tier: "flex" },
    to: { anthropic_messages: "dropped", openai_responses: "`service_tier`", gemini: "dropped" },
  },
  {
    field: "verbosity",
    says: { verbosity: "low" },
    models: REASONING,
    to: { anthropic_messages: "dropped", openai_responses: "`text.verbosity`, since GPT-5", gemini: "dropped" },
  },
  { field: "n", says: { n: 2 }, to: everywhere("dropped") },
  {
    field: "logprobs",
    says: { logprobs: true },
    to: {
      anthropic_messages: "dropped",
      openai_responses: "`include[]`, message.output_text.logprobs; not for models that reason",
      gemini: "`generationConfig.responseLogprobs`, which some models refuse",
    },
  },
  {
    field: "top_logprobs",
    says: { logprobs: true, top_logprobs: 2 },
    to: { anthropic_messages: "dropped", openai_responses: "`top_logprobs`", gemini: "`generationConfig.logprobs`" },
  },
  { field: "logit_bias", says: { logit_bias: { "1": 1 } }, to: everywhere("dropped") },
  { field: "metadata", says: { metadata: { a: "b" } }, to: everywhere("dropped") },
  { field: "store", says: { store: true }, to: everywhere("dropped") },
  { field: "prediction", says: { prediction: { type: "content", content: "x" } }, to: everywhere("dropped") },
  { field: "modalities", says: { modalities: ["text"] }, to: everywhere("dropped") },
  {
    field: "web_search_options",
    says: { web_search_options: {} },
    to: {
      anthropic_messages: "`tools[].name`, web_search, since Claude 3.5; not beside functions",
      openai_responses: "`tools[].type`, web_search, for OpenAI's models; not beside functions",
      gemini: "`tools[].googleSearch`; not beside functions",
    },
  },
  {
    field: "web_search_options.search_context_size",
    says: { web_search_options: { search_context_size: "low" } },
    to: everywhere("dropped"),
  },
];
