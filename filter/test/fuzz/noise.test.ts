import fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { Facade, FORMATS, type FormatName } from "../facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

function through(provider: FormatName, client: FormatName, text: string, chunkBytes: number): string {
  const bytes = Buffer.from(text);
  const stream = facade.openStream(provider, client, { wantsLogprobs: true, searchesWeb: true });
  let out = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) out += stream.feed(bytes.subarray(at, at + chunkBytes)).out;
  out += stream.finish().out;
  stream.close();
  return out;
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
            facade.translateResponse(from, to, text, { wantsLogprobs: true, searchesWeb: true });
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
