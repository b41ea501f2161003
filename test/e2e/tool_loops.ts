// A tool loop of two requests in each client API as bare HTTP: a question that calls a tool twice, and the results that go back with the answer
// as a client keeps it.

import { anthropicMessages, type ClientFormat, openaiChat, openaiResponses } from "./client_formats.ts";
import { weatherOf } from "./sdk_gateway.ts";

const PROMPT = "Compare the weather in Paris and London";
/** What the demo providers say to the results. */
export const OUTCOMES = [weatherOf("Paris"), weatherOf("London")];

const NAME = "get_weather";
const DESCRIPTION = "The current weather of a city";
const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };

type Body = Record<string, unknown>;

export interface ToolLoop {
  client: ClientFormat;
  begin(model: string): Body;
  /** `answer`: the body of the whole answer to what `begin` gave. */
  goOn(model: string, stream: boolean, answer: string): Body;
}

const resultOf = (argumentsJson: string) => weatherOf((JSON.parse(argumentsJson) as { city: string }).city);

interface ChatMessage {
  content: string | null;
  tool_calls: { id: string; type: string; function: { name: string; arguments: string } }[];
}

const chatLoop: ToolLoop = {
  client: openaiChat,
  begin: (model) => ({
    model,
    messages: [{ role: "user", content: PROMPT }],
    tools: [{ type: "function", function: { name: NAME, description: DESCRIPTION, parameters: SCHEMA } }],
  }),
  goOn(model, stream, answer) {
    const [choice] = (JSON.parse(answer) as { choices: [{ message: ChatMessage }] }).choices;
    const { content, tool_calls } = choice.message;
    const calls = tool_calls.map(({ id, type, function: { name, arguments: text } }) => ({
      id,
      type,
      function: { name, arguments: text },
    }));
    const results = calls.map(({ id, function: { arguments: text } }) => ({ role: "tool", tool_call_id: id, content: resultOf(text) }));
    const { messages, ...rest } = chatLoop.begin(model);
    return { ...rest, stream, messages: [...(messages as Body[]), { role: "assistant", content, tool_calls: calls }, ...results] };
  },
};

const messagesLoop: ToolLoop = {
  client: anthropicMessages,
  begin: (model) => ({
    model,
    max_tokens: 4000,
    thinking: { type: "enabled", budget_tokens: 2000 },
    messages: [{ role: "user", content: PROMPT }],
    tools: [{ name: NAME, description: DESCRIPTION, input_schema: SCHEMA }],
  }),
  goOn(model, stream, answer) {
    const { content } = JSON.parse(answer) as { content: { type: string; id: string; input: { city: string } }[] };
    const calls = content.filter(({ type }) => type === "tool_use");
    const results = calls.map(({ id, input }) => ({ type: "tool_result", tool_use_id: id, content: weatherOf(input.city) }));
    const { messages, ...rest } = messagesLoop.begin(model);
    const added = [
      { role: "assistant", content },
      { role: "user", content: results },
    ];
    return { ...rest, stream, messages: [...(messages as Body[]), ...added] };
  },
};

const responsesLoop: ToolLoop = {
  client: openaiResponses,
  begin: (model) => ({
    model,
    store: false,
    include: ["reasoning.encrypted_content"],
    reasoning: { effort: "medium" },
    input: [{ role: "user", content: PROMPT }],
    tools: [{ type: "function", name: NAME, description: DESCRIPTION, parameters: SCHEMA, strict: true }],
  }),
  goOn(model, stream, answer) {
    const { output } = JSON.parse(answer) as { output: { type: string; call_id: string; arguments: string }[] };
    const calls = output.filter(({ type }) => type === "function_call");
    const results = calls.map(({ call_id, arguments: text }) => ({ type: "function_call_output", call_id, output: resultOf(text) }));
    const { input, ...rest } = responsesLoop.begin(model);
    return { ...rest, stream, input: [...(input as Body[]), ...output, ...results] };
  },
};

export const TOOL_LOOPS: readonly ToolLoop[] = [chatLoop, messagesLoop, responsesLoop];
