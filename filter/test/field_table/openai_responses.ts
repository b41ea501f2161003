import { everywhere, PDF, PNG, REASONING, type Row, SCHEMA } from "./row.ts";

const item = (one: object) => ({ input: [{ role: "user", content: "x" }, one] });
const input = (part: object) => item({ role: "user", content: [part] });
const responsesFunction = { type: "function", name: "f", parameters: SCHEMA };

export const OPENAI_RESPONSES: Row[] = [
  {
    field: "instructions",
    says: { instructions: "s" },
    to: { openai_chat: "`messages[].role`, system", anthropic_messages: "`system[]`", gemini: "`systemInstruction.parts[]`" },
  },
  {
    field: "input[].content[] input_image",
    says: input({ type: "input_image", image_url: PNG }),
    to: {
      openai_chat: "`messages[].content[].image_url`",
      anthropic_messages: "`messages[].content[].source`",
      gemini: "`contents[].parts[].inlineData`; a URL needs a name that tells its type",
    },
  },
  {
    field: "input[].content[] input_file with data",
    says: input({ type: "input_file", filename: "a.pdf", file_data: PDF }),
    to: {
      openai_chat: "`messages[].content[].file`",
      anthropic_messages: "`messages[].content[].source`, PDF or plain text",
      gemini: "`contents[].parts[].inlineData`",
    },
  },
  {
    field: "input[].content[] input_file by URL",
    says: input({ type: "input_file", file_url: "https://example.com/a.pdf" }),
    to: { openai_chat: "400", anthropic_messages: "`messages[].content[].source`", gemini: "`contents[].parts[].fileData`" },
  },
  { field: "input[].content[].file_id", says: input({ type: "input_file", file_id: "f" }), to: everywhere("400") },
  {
    field: "input[] function_call",
    says: {
      input: [
        { role: "user", content: "x" },
        { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "a", output: "z" },
      ],
    },
    to: {
      openai_chat: "`messages[].tool_calls[]`",
      anthropic_messages: "`messages[].content[].input`",
      gemini: "`contents[].parts[].functionCall`",
    },
  },
  {
    field: "input[] reasoning, OpenAI's own",
    says: item({ type: "reasoning", summary: [], encrypted_content: "Z0FB" }),
    droppedAs: "input[].type=reasoning",
    to: everywhere("dropped"),
  },
  {
    field: "input[] reasoning, marked as Claude's",
    says: item({ type: "reasoning", summary: [{ type: "summary_text", text: "t" }], encrypted_content: "plano.claude.c2ln" }),
    droppedAs: "input[].type=reasoning",
    to: { openai_chat: "dropped", anthropic_messages: "`messages[].content[].signature`", gemini: "dropped" },
  },
  {
    field: "input[] of OpenAI's own tools",
    says: item({ type: "web_search_call", id: "ws_1", status: "completed" }),
    droppedAs: "input[].type=web_search_call",
    to: everywhere("dropped"),
  },
  {
    field: "input[] custom_tool_call, custom_tool_call_output",
    says: item({ type: "custom_tool_call", call_id: "a", name: "f", input: "x" }),
    to: {
      openai_chat: "`messages[].tool_calls[].function.arguments`, with the text as `input`; results as those of functions",
      anthropic_messages: "`messages[].content[].input.input`, the same",
      gemini: "`contents[].parts[].functionCall.args.input`, the same",
    },
  },
  {
    field: "input[] of shell and computer tools",
    says: item({ type: "local_shell_call", call_id: "a", action: { type: "exec", command: ["ls"] } }),
    to: everywhere("400"),
  },
  {
    field: "input[] item_reference, of reasoning",
    says: item({ type: "item_reference", id: "rs_1" }),
    droppedAs: "input[].type=item_reference",
    to: everywhere("dropped"),
  },
  { field: "input[] item_reference, of other items", says: item({ type: "item_reference", id: "msg_1" }), to: everywhere("400") },
  {
    field: "tools[] function",
    says: { tools: [responsesFunction] },
    to: {
      openai_chat: "`tools[].function.parameters`",
      anthropic_messages: "`tools[].input_schema`",
      gemini: "`tools[].functionDeclarations[].parametersJsonSchema`",
    },
  },
  {
    field: "tools[].strict",
    says: { tools: [{ ...responsesFunction, strict: true }] },
    to: {
      openai_chat: "`tools[].function.strict`, where all properties are required",
      anthropic_messages: "`tools[].strict`, since Claude 4.5; the schema is closed and loses its limits",
      gemini: "dropped",
    },
  },
  {
    field: "tools[] web_search",
    says: { tools: [{ type: "web_search" }] },
    droppedAs: "tools[].type=web_search",
    models: { openai_chat: "gpt-4o-search-preview" },
    to: {
      openai_chat: "`web_search_options`, for OpenAI's models that search; not beside functions",
      anthropic_messages: "`tools[].name`, web_search, since Claude 3.5; not beside functions",
      gemini: "`tools[].googleSearch`; not beside functions",
    },
  },
  {
    field: "tools[] others of OpenAI's own (mcp, file_search, …)",
    says: { tools: [{ type: "mcp" }] },
    droppedAs: "tools[].type=mcp",
    to: everywhere("dropped"),
  },
  {
    field: "tools[] custom",
    says: { tools: [{ type: "custom", name: "f", format: { type: "grammar", syntax: "lark", definition: "x" } }] },
    to: {
      openai_chat: "`tools[].function.parameters.properties.input`, as a function with one text; its `description` has the grammar",
      anthropic_messages: "`tools[].input_schema.properties.input`, the same",
      gemini: "`tools[].functionDeclarations[].parametersJsonSchema.properties.input`, the same",
    },
  },
  { field: "tools[] shell, computer", says: { tools: [{ type: "shell" }] }, to: everywhere("400") },
  {
    field: "tool_choice",
    says: { tools: [responsesFunction], tool_choice: { type: "function", name: "f" } },
    to: {
      openai_chat: "`tool_choice.function.name`",
      anthropic_messages: "`tool_choice.name`",
      gemini: "`toolConfig.functionCallingConfig.allowedFunctionNames[]`",
    },
  },
  {
    field: "parallel_tool_calls",
    says: { tools: [responsesFunction], parallel_tool_calls: false },
    to: { openai_chat: "`parallel_tool_calls`", anthropic_messages: "`tool_choice.disable_parallel_tool_use`", gemini: "dropped" },
  },
  {
    field: "max_output_tokens",
    says: { max_output_tokens: 50 },
    to: {
      openai_chat: "`max_tokens`, `max_completion_tokens` for OpenAI's models that reason",
      anthropic_messages: "`max_tokens`; 8,192 when there is none",
      gemini: "`generationConfig.maxOutputTokens`",
    },
  },
  {
    field: "temperature",
    says: { temperature: 0.5 },
    to: {
      openai_chat: "`temperature`; not for OpenAI's models that reason",
      anthropic_messages: "`temperature`, 1 at most; not since 4.7 nor while it thinks",
      gemini: "`generationConfig.temperature`",
    },
  },
  {
    field: "top_p",
    says: { top_p: 0.5 },
    to: {
      openai_chat: "`top_p`; not for OpenAI's models that reason",
      anthropic_messages: "`top_p`, since 4.1 only without temperature",
      gemini: "`generationConfig.topP`",
    },
  },
  {
    field: "text.format",
    says: { text: { format: { type: "json_schema", name: "a", schema: SCHEMA } } },
    to: {
      openai_chat: "`response_format.json_schema`",
      anthropic_messages: "`output_config.format`; told in words before Claude 4.5",
      gemini: "`generationConfig.responseJsonSchema`; before Gemini 3 not with tools",
    },
  },
  {
    field: "text.verbosity",
    says: { text: { verbosity: "low" } },
    droppedAs: "verbosity",
    models: REASONING,
    to: { openai_chat: "`verbosity`, since GPT-5", anthropic_messages: "dropped", gemini: "dropped" },
  },
  {
    field: "reasoning.effort",
    says: { reasoning: { effort: "high" } },
    models: REASONING,
    to: {
      openai_chat: "`reasoning_effort`, as the model takes it",
      anthropic_messages: "`output_config.effort`; a budget before Claude 4.6",
      gemini: "`generationConfig.thinkingConfig`",
    },
  },
  { field: "reasoning.summary", says: { reasoning: { summary: "auto" } }, to: everywhere("dropped") },
  {
    field: "user, safety_identifier",
    says: { safety_identifier: "u" },
    droppedAs: "user",
    to: { openai_chat: "`user`, of 128 characters at most", anthropic_messages: "`metadata.user_id`", gemini: "dropped" },
  },
  {
    field: "prompt_cache_key",
    says: { prompt_cache_key: "k" },
    to: { openai_chat: "`prompt_cache_key`, for OpenAI's models", anthropic_messages: "dropped", gemini: "dropped" },
  },
  {
    field: "service_tier",
    says: { service_tier: "flex" },
    to: { openai_chat: "`service_tier`, for OpenAI's models", anthropic_messages: "dropped", gemini: "dropped" },
  },
  {
    field: "include with message.output_text.logprobs",
    says: { include: ["message.output_text.logprobs"] },
    droppedAs: "logprobs",
    to: {
      openai_chat: "`logprobs`; not for models that reason",
      anthropic_messages: "dropped",
      gemini: "`generationConfig.responseLogprobs`, which some models refuse",
    },
  },
  {
    field: "top_logprobs",
    says: { include: ["message.output_text.logprobs"], top_logprobs: 2 },
    to: { openai_chat: "`top_logprobs`, not without the one before", anthropic_messages: "dropped", gemini: "`generationConfig.logprobs`" },
  },
  {
    field: "include with anything else",
    says: { include: ["reasoning.encrypted_content"] },
    droppedAs: "include",
    to: everywhere("dropped"),
  },
  { field: "metadata", says: { metadata: { a: "b" } }, to: everywhere("dropped") },
  { field: "truncation", says: { truncation: "auto" }, to: everywhere("dropped") },
  { field: "max_tool_calls", says: { max_tool_calls: 3 }, to: everywhere("dropped") },
  { field: "store", says: { store: true }, to: everywhere("dropped") },
  { field: "previous_response_id", says: { previous_response_id: "resp_1" }, to: everywhere("400") },
  { field: "conversation", says: { conversation: "conv_1" }, to: everywhere("400") },
  { field: "prompt", says: { prompt: { id: "pmpt_1" } }, to: everywhere("400") },
  { field: "background", says: { background: true }, to: everywhere("400") },
];
