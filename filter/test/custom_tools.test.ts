// Calls of OpenAI's custom tools, which other APIs' models make as calls of a function with one text.

import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import type { Response } from "openai/resources/responses/responses";
import { beforeAll, describe, expect, test } from "vitest";
import { Facade, type FormatName } from "./facade.ts";
import { responsesStreamProblem } from "./responses_api.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const PATCH = '*** Begin Patch\n+"hello" \\o/ \u{1f44b} é\u0001\t\r\b\f\n*** End Patch';
const asked = { customTools: ["note", "apply_patch"] };

/** Every character as a \u escape. */
const escaped = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** What models write as arguments, and the input that is meant. */
const ARGUMENTS: [string, string, string][] = [
  ["as asked", JSON.stringify({ input: PATCH }), PATCH],
  ["with white space", ` { "input" :\n ${JSON.stringify(PATCH)} } `, PATCH],
  ["all escaped", `{"input":"${escaped(PATCH)}"}`, PATCH],
  ["capital digits, an escaped slash", '{"input":"\\u00E9\\/"}', "é/"],
  ["an empty text", '{"input":""}', ""],
  ["nothing but brackets", "{}", ""],
  ["the bare text", PATCH, PATCH],
  ["another member", '{"patch":"x"}', '{"patch":"x"}'],
  ["no text", '{"input":["x"]}', '{"input":["x"]}'],
  ["a member that only begins alike", '{"inputs":"x"}', '{"inputs":"x"}'],
  ["a name cut short", '{"inp', '{"inp'],
  ["cut inside", '{"input":"ab', "ab"],
  ["an escape that JSON has not", '{"input":"\\d+"}', "\\d+"],
  ["a raw line break", '{"input":"a\nb"}', "a\nb"],
  ["halves of pairs", '{"input":"\\ud83dx\\udc4b\\ud83d\\n\\ud83d"}', "\ufffdx\ufffd\ufffd\n\ufffd"],
  ["no digits", '{"input":"\\u12xy"}', "\ufffdxy"],
];

const chatAnswer = (text: string) =>
  JSON.stringify({
    id: "chatcmpl-1",
    model: "m",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          tool_calls: [{ id: "call_1", type: "function", function: { name: "apply_patch", arguments: text } }],
        },
        finish_reason: "tool_calls",
      },
    ],
  });

const chatChunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** A chat stream with the arguments in pieces. */
function chatStream(pieces: string[]): string {
  const call = (part: object) => chatChunk({ tool_calls: [{ index: 0, ...part }] });
  return [
    call({ id: "call_1", type: "function", function: { name: "apply_patch", arguments: "" } }),
    ...pieces.map((piece) => call({ function: { arguments: piece } })),
    chatChunk({}, "tool_calls"),
    "data: [DONE]\n\n",
  ].join("");
}

const dataOf = (text: string) => [...text.matchAll(/^data: (\{.*)$/gm)].map((match) => JSON.parse(match[1] ?? ""));

function streamed(provider: FormatName, client: FormatName, text: string) {
  const stream = facade.openStream(provider, client, asked);
  const out = stream.feed(text).out + stream.finish().out;
  stream.close();
  return out;
}

describe("the input", () => {
  test.each(ARGUMENTS)("%s: whole, to the Responses API", (_, text, input) => {
    const { result, body } = facade.translateResponse("openai_chat", "openai_responses", chatAnswer(text), asked);
    expect(result).toBe("rewritten");
    const [item] = (JSON.parse(body) as Response).output;
    expect(item).toEqual({
      id: expect.stringMatching(/^ctc_/),
      type: "custom_tool_call",
      status: "completed",
      input,
      call_id: "call_1",
      name: "apply_patch",
    });
  });

  test.each(ARGUMENTS)("%s: streamed, in pieces of every size", (_, text, input) => {
    const characters = [...text];
    for (let size = 1; size <= characters.length; size++) {
      const pieces = Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
        characters.slice(i * size, (i + 1) * size).join(""),
      );
      const out = streamed("openai_chat", "openai_responses", chatStream(pieces));
      expect(responsesStreamProblem(dataOf(out))).toBeNull();
      const events = dataOf(out).filter((event) => event.type.startsWith("response.custom_tool_call_input"));
      const deltas = events.slice(0, -1).map((event) => event.delta);
      expect(events.at(-1)).toMatchObject({ type: "response.custom_tool_call_input.done", input });
      expect(deltas.join("")).toBe(input);
      expect(deltas).not.toContain("");
      if (size === 1 && input === PATCH) expect(deltas.length).toBeGreaterThanOrEqual([...input].length - 16); // it does not wait for the end
      expect(dataOf(out).at(-1).response.output[0]).toMatchObject({ type: "custom_tool_call", input, name: "apply_patch" });
    }
  });

  test("the same however the stream is cut", () => {
    const pieces = ['{"inp', 'ut":"a', "\\ud8", "3d\\udc4b", '\\n"}'];
    const replays = facade.replays("openai_chat", "openai_responses", new TextEncoder().encode(chatStream(pieces)), asked);
    expect(replays.whole.out).toContain("response.custom_tool_call_input.done");
    expect(replays.otherInChunks(512)).toBeNull();
    expect(replays.otherInTwo()).toBeNull();
  });
});

describe("to a client of the chat API", () => {
  const anthropicAnswer = JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [
      { type: "tool_use", id: "toolu_1", name: "apply_patch", input: { input: PATCH } },
      { type: "tool_use", id: "toolu_2", name: "shell", input: { input: "ls" } },
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 1, output_tokens: 1 },
  });

  test("whole: what was declared as custom, and nothing else", () => {
    const { body } = facade.translateResponse("anthropic_messages", "openai_chat", anthropicAnswer, asked);
    const [choice] = (JSON.parse(body) as ChatCompletion).choices;
    expect(choice?.finish_reason).toBe("tool_calls");
    expect(choice?.message.tool_calls).toEqual([
      { id: "toolu_1", type: "custom", custom: { name: "apply_patch", input: PATCH } },
      { id: "toolu_2", type: "function", function: { name: "shell", arguments: '{"input":"ls"}' } },
    ]);
  });

  test("what was declared by one request does not count for the next", () => {
    facade.translateResponse("anthropic_messages", "openai_chat", anthropicAnswer, asked);
    const { body } = facade.translateResponse("anthropic_messages", "openai_chat", anthropicAnswer);
    const [choice] = (JSON.parse(body) as ChatCompletion).choices;
    expect(choice?.message.tool_calls?.map((call) => call.type)).toEqual(["function", "function"]);
  });

  test("streamed", () => {
    const event = (data: { type: string; [key: string]: unknown }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
    const block = (index: number, name: string, pieces: string[]) => [
      event({ type: "content_block_start", index, content_block: { type: "tool_use", id: `toolu_${index}`, name, input: {} } }),
      ...pieces.map((piece) => event({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: piece } })),
      event({ type: "content_block_stop", index }),
    ];
    const text = [
      event({ type: "message_start", message: { id: "msg_1", model: "m", usage: { input_tokens: 1, output_tokens: 1 } } }),
      ...block(0, "apply_patch", ["", '{"input": "+\\', "n\\ud83d", "\\udc4b", '"}']),
      ...block(1, "shell", ['{"input":', '"ls"}']),
      event({ type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 2 } }),
      event({ type: "message_stop" }),
    ].join("");
    const chunks = dataOf(streamed("anthropic_messages", "openai_chat", text)) as ChatCompletionChunk[];
    const calls = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(calls).toEqual([
      { index: 0, id: "toolu_0", type: "custom", custom: { name: "apply_patch", input: "" } },
      { index: 0, custom: { input: "+" } },
      { index: 0, custom: { input: "\n" } },
      { index: 0, custom: { input: "\u{1f44b}" } },
      { index: 1, id: "toolu_1", type: "function", function: { name: "shell", arguments: "" } },
      { index: 1, function: { arguments: '{"input":' } },
      { index: 1, function: { arguments: '"ls"}' } },
    ]);
  });
});

test("a request's names are found by scanning it", () => {
  const tools = [
    { type: "function", name: "shell", parameters: {} },
    { name: "apply_p\\u0061tch", type: "custom" },
  ];
  const body = JSON.stringify({ model: "m", input: "x", tools }).replaceAll("\\\\u", "\\u");
  expect(facade.customToolsOf("openai_responses", body, ["shell", "apply_patch", "apply"])).toEqual(["apply_patch"]);
  const chat = JSON.stringify({
    model: "m",
    messages: [{ role: "user", content: "x" }],
    tools: [
      { type: "function", function: { name: "shell" } },
      { custom: { name: "a" }, type: "custom" },
      { type: "custom", custom: { name: "b" } },
    ],
  });
  expect(facade.customToolsOf("openai_chat", chat, ["shell", "a", "b", ""])).toEqual(["a", "b"]);
  // What is custom with Anthropic is a function.
  const anthropic = JSON.stringify({ ...JSON.parse(chat), max_tokens: 9, tools: [{ type: "custom", name: "a" }] });
  expect(facade.customToolsOf("anthropic_messages", anthropic, ["a"])).toEqual([]);
  const long = {
    model: "m",
    input: "x",
    tools: Array.from({ length: 70 }, (_, i) => ({ type: "custom", name: `${i}`.padEnd(1000, "x") })),
  };
  expect(facade.scanHead("openai_responses", JSON.stringify(long))).toMatchObject({ problem: { status: 400, param: "tools" } });
});
