import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Facade, FORMATS, type FormatName } from "./facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

// Random conversations in the terms of OpenAI's chat completions: whatever goes over to another API and back again must be what it was.

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== "" && text.isWellFormed());
const toolName = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const json = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => JSON.stringify(value).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(value)));
const toolArguments = fc.dictionary(word, json, { maxKeys: 4 }).map((value) => JSON.stringify(value));

interface Call {
  name: string;
  arguments: string;
  result: string;
}

interface Turn {
  user: string;
  assistant: string;
  calls: Call[];
}

const turn: fc.Arbitrary<Turn> = fc.record({
  user: word,
  assistant: word,
  calls: fc.array(fc.record({ name: toolName, arguments: toolArguments, result: word }), { maxLength: 3 }),
});

const conversation = fc.record({ system: fc.option(word), turns: fc.array(turn, { minLength: 1, maxLength: 4 }), last: word });

function messagesOf({ system, turns, last }: { system: string | null; turns: Turn[]; last: string }): unknown[] {
  let calls = 0;
  return [
    ...(system === null ? [] : [{ role: "system", content: system }]),
    ...turns.flatMap(({ user, assistant, calls: made }) => {
      const withIds = made.map((call) => ({ ...call, id: `call_${calls++}` }));
      const toolCalls = withIds.map(({ id, name, arguments: args }) => ({ id, type: "function", function: { name, arguments: args } }));
      return [
        { role: "user", content: user },
        { role: "assistant", content: assistant, ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}) },
        ...withIds.map(({ id, result }) => ({ role: "tool", tool_call_id: id, content: result })),
        ...(withIds.length > 0 ? [{ role: "assistant", content: "done" }] : []),
      ];
    }),
    { role: "user", content: last },
  ];
}

function translated(from: FormatName, to: FormatName, body: string): string {
  const result = facade.translateRequest(from, to, body, "model");
  if ("problem" in result) throw new Error(result.problem.message);
  expect(result.dropped).toEqual([]);
  return result.body;
}

describe("there and back", () => {
  test.each(["anthropic_messages", "openai_responses"] as const)("a conversation with tools is what it was, by %s", (other) => {
    fc.assert(
      fc.property(conversation, (said) => {
        const messages = messagesOf(said);
        const there = translated("openai_chat", other, JSON.stringify({ model: "m", max_tokens: 5, messages }));
        const back = JSON.parse(translated(other, "openai_chat", there)) as { messages: unknown[] };
        expect(back.messages).toEqual(messages);
      }),
      { numRuns: 300 },
    );
  });

  test("an answer's text and calls are what they were", () => {
    fc.assert(
      fc.property(word, fc.array(fc.record({ name: toolName, arguments: toolArguments }), { maxLength: 3 }), (content, made) => {
        const tool_calls = made.map((call, index) => ({ id: `call_${index}`, type: "function", function: call }));
        const message = { role: "assistant", content, refusal: null, ...(made.length > 0 ? { tool_calls } : {}) };
        const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12, prompt_tokens_details: { cached_tokens: 2 } };
        const choices = [{ index: 0, message, logprobs: null, finish_reason: made.length > 0 ? "tool_calls" : "stop" }];
        const answer = { id: "a", object: "chat.completion", created: 1_760_000_000, model: "m", choices, usage };
        const there = facade.translateResponse("openai_chat", "anthropic_messages", JSON.stringify(answer));
        const back = facade.translateResponse("anthropic_messages", "openai_chat", there.body);
        expect(JSON.parse(back.body)).toEqual(answer);
      }),
      { numRuns: 300 },
    );
  });

  test("a stream's text and calls are what they were, cut anywhere", () => {
    const chunkBytes = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(
        word,
        fc.array(word, { minLength: 1, maxLength: 5 }),
        toolArguments,
        fc.nat(),
        chunkBytes,
        (id, texts, args, cut, size) => {
          const pieces = [...args];
          const middle = cut % (pieces.length + 1);
          const halves = [pieces.slice(0, middle).join(""), pieces.slice(middle).join("")];
          const chunk = (delta: object, finish: string | null = null) =>
            `data: ${JSON.stringify({ id, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
          const stream = [
            chunk({ role: "assistant", content: "" }),
            ...texts.map((content) => chunk({ content })),
            chunk({ tool_calls: [{ index: 0, id: "call_0", type: "function", function: { name: "f", arguments: "" } }] }),
            ...halves.map((half) => chunk({ tool_calls: [{ index: 0, function: { arguments: half } }] })),
            chunk({}, "tool_calls"),
            "data: [DONE]\n\n",
          ].join("");
          const there = through("openai_chat", "anthropic_messages", stream, size);
          const back = through("anthropic_messages", "openai_chat", there, size);
          expect(assembled(back)).toEqual({ text: texts.join(""), args, finish: "tool_calls" });
        },
      ),
      { numRuns: 200 },
    );
  });
});

function through(provider: FormatName, client: FormatName, text: string, chunkBytes: number): string {
  const bytes = Buffer.from(text);
  const stream = facade.openStream(provider, client);
  let out = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) out += stream.feed(bytes.subarray(at, at + chunkBytes)).out;
  out += stream.finish().out;
  stream.close();
  return out;
}

function assembled(stream: string): { text: string; args: string; finish: string } {
  const whole = { text: "", args: "", finish: "" };
  for (const line of stream.split("\n").filter((one) => one.startsWith("data: {"))) {
    const { choices } = JSON.parse(line.slice(6)) as {
      choices: { delta: { content?: string; tool_calls?: { function: { arguments: string } }[] }; finish_reason: string | null }[];
    };
    whole.text += choices[0]?.delta.content ?? "";
    whole.args += choices[0]?.delta.tool_calls?.[0]?.function.arguments ?? "";
    whole.finish = choices[0]?.finish_reason ?? whole.finish;
  }
  return whole;
}

describe("noise", () => {
  test("never ends the module: requests, answers, errors and streams of anything", () => {
    const tokens = fc.constantFrom(
      ...[
        '{"model":"m"',
        '"messages":[',
        '{"role":"user","content":',
        '"x"',
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "null",
        "1e999",
        '"type":"text"',
        '"text":',
      ],
      ...[
        '{"type":"tool_use","id":"a","name":"f","input":',
        '"tool_calls":[',
        '"function":{"name":"f","arguments":',
        '"{\\"a\\":"',
        '"choices":[{"delta":{',
      ],
      ...[
        '"content":',
        '"usage":{"prompt_tokens":-5',
        "data: ",
        "\n\n",
        "\r",
        '"error":',
        '"\\ud83d"',
        '{"type":"content_block_start","content_block":{',
        "[DONE]",
      ],
      ...[
        '"input":[',
        '{"type":"function_call","call_id":"a","name":"f","arguments":',
        '{"type":"function_call_output","call_id":"a","output":',
        '"output":[{"type":"message","content":',
        '{"type":"response.output_item.added","item":{"type":"function_call","call_id":',
        '{"type":"response.function_call_arguments.done","output_index":9e9,"arguments":',
        '{"type":"response.completed","response":',
        '"delta":',
      ],
      ...[
        '{"type":"message_start","message":{',
        '"stop_reason":"end_turn"',
        '"image_url":{"url":"data:;base64,"}',
        '"system":',
        '"tools":[{',
      ],
      ...[
        '"output":{"message":{"content":[',
        '{"toolUse":{"toolUseId":"a","name":"f","input":',
        '{"reasoningContent":{"reasoningText":{',
        '"stopReason":',
      ],
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (parts, size) => {
        const text = parts.join("");
        for (const from of FORMATS) {
          for (const to of FORMATS) {
            facade.translateRequest(from, to, text, "model", { drop: ["x"] });
            facade.translateResponse(from, to, text);
            facade.providerError(from, to, 500, text);
            through(from, to, text, size);
          }
          facade.routingView(from, text, size * 10);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
