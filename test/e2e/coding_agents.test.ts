// Long conversations of coding agents over each API: many tools, results of all kinds, and every next request made of the gateway's own last
// answer, while the model stays the same or is another provider's with each request. The providers refuse what the real ones refuse.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { ResponseInput, ResponseInputItem } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGENT_PROMPTS, AGENT_REQUESTS_MAX, AGENT_TOOLS, Rotation, runAgentTool } from "./agent_script.ts";
import { CHAT_MODELS, type SdkGateway, startSdkGateway } from "./sdk_gateway.ts";
import { streamedResponse } from "./streamed_response.ts";

let gateway: SdkGateway;

beforeAll(async () => {
  gateway = await startSdkGateway();
});

afterAll(async () => gateway?.close());

interface Turn {
  calls: { id: string; name: string; input: unknown }[];
  text: string;
}

/** A client's side of one conversation. */
interface Agent {
  say(prompt: string): void;
  /** Sends the conversation to a model, and keeps the answer in it. */
  ask(model: string): Promise<Turn>;
  giveResult(call: Turn["calls"][number], nth: number): void;
}

/** Plays the script; gives how many requests it took, how many calls were made, and of which tools. */
async function playScript(agent: Agent, models: Rotation): Promise<{ requests: number; calls: number; tools: Set<string> }> {
  let requests = 0;
  let calls = 0;
  const ids = new Set<string>();
  const tools = new Set<string>();
  for (const prompt of AGENT_PROMPTS) {
    agent.say(prompt);
    let last: string[] = [];
    for (let step = 0; ; step++) {
      expect(step, prompt).toBeLessThan(AGENT_REQUESTS_MAX);
      const model = models.next();
      requests++;
      const turn = await agent.ask(model);
      if (turn.calls.length === 0) {
        for (const outcome of last) expect(turn.text, `${model}, ${prompt}`).toContain(outcome);
        expect(turn.text, `${model}, ${prompt}`).toContain("a system prompt");
        break;
      }
      last = [];
      for (const call of turn.calls) {
        expect(ids.has(call.id), `${model} gives the id ${call.id} again`).toBe(false);
        ids.add(call.id);
        tools.add(call.name);
        const tool = AGENT_TOOLS.find(({ name }) => name === call.name);
        if (typeof call.input === "string") expect(call.name).toBe(FREEFORM_TOOL.name);
        else expect(Object.keys(call.input as object).sort()).toEqual(tool?.schema.required.toSorted());
        agent.giveResult(call, calls++);
        last.push(runAgentTool(call.name, calls - 1).text);
      }
    }
  }
  return { requests, calls, tools };
}

/** As Claude Code asks: the beta path, cache marks on the system prompt, the tools and the last turn, thinking, and counts of tokens. */
class MessagesAgent implements Agent {
  readonly #client = new Anthropic({ baseURL: gateway.url, apiKey: "key-of-the-client", maxRetries: 0 });
  readonly #messages: Anthropic.Beta.BetaMessageParam[] = [];
  readonly #tools: Anthropic.Beta.BetaTool[] = AGENT_TOOLS.map(({ name, description, schema }, index) => ({
    name,
    description,
    input_schema: schema,
    ...(index === AGENT_TOOLS.length - 1 ? { cache_control: { type: "ephemeral" } } : {}),
  }));
  #results: Anthropic.Beta.BetaToolResultBlockParam[] = [];
  #requests = 0;

  say(prompt: string): void {
    const reminder = { type: "text" as const, text: "<system-reminder>The list of tasks is empty.</system-reminder>" };
    this.#messages.push({ role: "user", content: [reminder, { type: "text", text: prompt }] });
  }

  async ask(model: string): Promise<Turn> {
    if (this.#results.length > 0) this.#messages.push({ role: "user", content: this.#results });
    this.#results = [];
    const body = {
      model,
      system: [
        { type: "text" as const, text: "You are a coding agent.", cache_control: { type: "ephemeral" as const } },
        { type: "text" as const, text: "The folder is /home/user/project.", cache_control: { type: "ephemeral" as const } },
      ],
      messages: this.#withCacheMark(),
      tools: this.#tools,
      thinking: { type: "enabled" as const, budget_tokens: 4000 },
      tool_choice: { type: "auto" as const, disable_parallel_tool_use: this.#requests % 3 !== 0 },
      betas: ["claude-code-20250219", "interleaved-thinking-2025-05-14", "fine-grained-tool-streaming-2025-05-14"],
    };
    const { input_tokens } = await this.#client.beta.messages.countTokens(body);
    expect(input_tokens).toBeGreaterThan(10);
    const request = { ...body, max_tokens: 32_000, metadata: { user_id: "user_1_account__session_2" } };
    // Every fourth answer whole.
    const message =
      this.#requests++ % 4 === 3
        ? await this.#client.beta.messages.create({ ...request, max_tokens: 8_000 })
        : await this.#client.beta.messages.stream(request).finalMessage();
    this.#messages.push({ role: "assistant", content: message.content as Anthropic.Beta.BetaContentBlockParam[] });
    const calls = message.content.filter((block) => block.type === "tool_use");
    expect(message.stop_reason).toBe(calls.length > 0 ? "tool_use" : "end_turn");
    return { calls, text: message.content.map((block) => (block.type === "text" ? block.text : "")).join("") };
  }

  giveResult(call: Turn["calls"][number], nth: number): void {
    const { text, image, isError } = runAgentTool(call.name, nth);
    const content: Anthropic.Beta.BetaToolResultBlockParam["content"] = [{ type: "text", text }];
    if (image !== null) content.push({ type: "image", source: { type: "base64", media_type: "image/png", data: image } });
    this.#results.push({
      type: "tool_result",
      tool_use_id: call.id,
      content: isError ? text : content,
      ...(isError ? { is_error: true } : {}),
    });
  }

  #withCacheMark(): Anthropic.Beta.BetaMessageParam[] {
    const messages = structuredClone(this.#messages);
    const block = (messages.at(-1)?.content as Anthropic.Beta.BetaContentBlockParam[] | undefined)?.at(-1);
    if (block?.type === "text" || block?.type === "tool_result") block.cache_control = { type: "ephemeral" };
    return messages;
  }
}

/** In the place of the tool for edits, and asked for by the same words. */
const FREEFORM_TOOL: OpenAI.Responses.CustomTool = {
  type: "custom",
  name: "apply_patch",
  description: "Changes documents by a patch, which is no JSON",
  format: { type: "grammar", syntax: "lark", definition: 'start: "*** Begin Patch" LF /(.|\\n)+/ "*** End Patch" LF?' },
};

/** As Codex asks: nothing stored, encrypted reasoning, items without ids, a tool that takes free text and OpenAI's own web search. */
class ResponsesAgent implements Agent {
  readonly #client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
  readonly #input: ResponseInput = [
    { type: "message", role: "developer", content: [{ type: "input_text", text: "The sandbox is read-only." }] },
    { type: "message", role: "user", content: [{ type: "input_text", text: "<environment_context>linux</environment_context>" }] },
  ];
  #requests = 0;

  say(prompt: string): void {
    this.#input.push({ type: "message", role: "user", content: [{ type: "input_text", text: prompt }] });
  }

  async ask(model: string): Promise<Turn> {
    const tools = AGENT_TOOLS.map(({ name, description, schema }): OpenAI.Responses.Tool => {
      return name === "apply_edit" ? FREEFORM_TOOL : { type: "function", name, description, parameters: schema, strict: false };
    });
    const request = {
      model,
      instructions: "You are a coding agent.",
      input: this.#input,
      tools: [...tools, { type: "web_search" as const }],
      tool_choice: "auto" as const,
      parallel_tool_calls: this.#requests % 3 === 0,
      reasoning: { effort: "medium" as const, summary: "auto" as const },
      store: false,
      include: ["reasoning.encrypted_content" as const],
      prompt_cache_key: "5f2b7e0a",
    };
    const whole = this.#requests++ % 4 === 3;
    const response = whole ? await this.#client.responses.create(request) : await streamedResponse(this.#client, request);
    expect(response.status).toBe("completed");
    this.#input.push(...response.output.map(({ id: _id, ...item }) => item as ResponseInputItem));
    const calls = response.output.flatMap((item) => {
      if (item.type === "custom_tool_call") return [{ id: item.call_id, name: item.name, input: item.input }];
      return item.type === "function_call" ? [{ id: item.call_id, name: item.name, input: JSON.parse(item.arguments) as unknown }] : [];
    });
    return { calls, text: wordsOf(response) };
  }

  giveResult(call: Turn["calls"][number], nth: number): void {
    const { text, image } = runAgentTool(call.name, nth);
    const parts: (OpenAI.Responses.ResponseInputText | OpenAI.Responses.ResponseInputImage)[] = [{ type: "input_text", text }];
    if (image !== null) parts.push({ type: "input_image", detail: "auto", image_url: `data:image/png;base64,${image}` });
    const type = typeof call.input === "string" ? "custom_tool_call_output" : "function_call_output";
    this.#input.push({ type, call_id: call.id, output: image === null ? text : parts });
  }
}

function wordsOf({ output }: OpenAI.Responses.Response): string {
  const parts = output.flatMap((item) => (item.type === "message" ? item.content : []));
  return parts.map((part) => (part.type === "output_text" ? part.text : "")).join("");
}

/** As agents over chat completions ask, which send back a message with whatever stood in it, or only what the API says of messages. */
class ChatAgent implements Agent {
  readonly #client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
  readonly #messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "system", content: "You are a coding agent." }];
  #requests = 0;

  say(prompt: string): void {
    this.#messages.push({ role: "user", content: [{ type: "text", text: prompt }] });
  }

  async ask(model: string): Promise<Turn> {
    const request = {
      model,
      messages: this.#messages,
      tools: AGENT_TOOLS.map(({ name, description, schema }) => ({
        type: "function" as const,
        function: { name, description, parameters: schema },
      })),
      parallel_tool_calls: this.#requests % 3 === 0,
      stream_options: { include_usage: true },
    };
    const whole = this.#requests++ % 2 === 1;
    const completion = whole
      ? await this.#client.chat.completions.create({ ...request, stream_options: null })
      : await this.#client.chat.completions.stream(request).finalChatCompletion();
    const [choice] = completion.choices;
    if (choice === undefined) throw new Error(`${model} gives no choice`);
    const own = { role: "assistant" as const, content: choice.message.content, ...callsOf(choice.message) };
    this.#messages.push(whole ? choice.message : own);
    const calls = (choice.message.tool_calls ?? []).flatMap((call) => {
      return call.type === "function"
        ? [{ id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) as unknown }]
        : [];
    });
    expect(choice.finish_reason).toBe(calls.length > 0 ? "tool_calls" : "stop");
    return { calls, text: choice.message.content ?? "" };
  }

  giveResult(call: Turn["calls"][number], nth: number): void {
    this.#messages.push({ role: "tool", tool_call_id: call.id, content: runAgentTool(call.name, nth).text });
  }
}

function callsOf({ tool_calls }: OpenAI.ChatCompletionMessage): Pick<OpenAI.ChatCompletionAssistantMessageParam, "tool_calls"> {
  const calls = (tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call] : []));
  if (calls.length === 0) return {};
  return {
    tool_calls: calls.map(({ id, type, function: { name, arguments: text } }) => ({ id, type, function: { name, arguments: text } })),
  };
}

const AGENTS: { name: string; editTool: string; open: () => Agent }[] = [
  { name: "/v1/messages", editTool: "apply_edit", open: () => new MessagesAgent() },
  { name: "/v1/responses", editTool: FREEFORM_TOOL.name, open: () => new ResponsesAgent() },
  { name: "/v1/chat/completions", editTool: "apply_edit", open: () => new ChatAgent() },
];

describe.each(AGENTS)("$name", ({ open, editTool }) => {
  const models = CHAT_MODELS.map(({ id }) => id);

  test.each(models)("%s all the way", async (model) => {
    const { requests, calls, tools } = await playScript(open(), new Rotation([model], 0));
    expect(requests).toBeGreaterThanOrEqual(10);
    expect(calls).toBeGreaterThanOrEqual(8);
    expect([...tools]).toContain(editTool);
  });

  test.each(models)("another model with each request, from %s on", async (model) => {
    const { calls, tools } = await playScript(open(), new Rotation(models, models.indexOf(model)));
    expect(calls).toBeGreaterThanOrEqual(8);
    expect([...tools]).toContain(editTool);
  });
});
