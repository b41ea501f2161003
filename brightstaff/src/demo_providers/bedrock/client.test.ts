import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type Message,
  ValidationException,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoProviders, startDemoProviders } from "../server.ts";

let providers: DemoProviders;
let client: BedrockRuntimeClient;
beforeAll(async () => {
  providers = await startDemoProviders({ chunkIntervalMs: 0, requireKey: true });
  client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: providers.url,
    credentials: { accessKeyId: "demo", secretAccessKey: "demo" },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(), // its own for Bedrock speaks HTTP/2 only
  });
});
afterAll(async () => {
  client.destroy();
  await providers.close();
});

const modelId = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const toolConfig: ConverseCommandInput["toolConfig"] = {
  tools: [
    {
      toolSpec: {
        name: "get_weather",
        description: "The weather in a city",
        inputSchema: { json: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
      },
    },
  ],
};
const ask = (text: string): Message[] => [{ role: "user", content: [{ text }] }];

async function eventsOf(input: ConverseCommandInput): Promise<ConverseStreamOutput[]> {
  const { stream } = await client.send(new ConverseStreamCommand(input));
  const events: ConverseStreamOutput[] = [];
  for await (const event of stream ?? []) events.push(event);
  return events;
}

describe("AWS's own client", () => {
  test("gets a whole answer", async () => {
    const answer = await client.send(new ConverseCommand({ modelId, messages: ask("How do I sort a dictionary?") }));
    expect(answer.output?.message?.content?.[0]?.text).toMatch(/demo answer from us.anthropic.claude.*dictionary/);
    expect(answer).toMatchObject({ stopReason: "end_turn", usage: { inputTokens: expect.any(Number) } });
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("reads the same answer out of the stream, checksums and all", async () => {
    const input = { modelId, messages: ask("How do I sort a dictionary?") };
    const whole = await client.send(new ConverseCommand(input));
    const events = await eventsOf(input);
    expect(events.map((event) => event.contentBlockDelta?.delta?.text ?? "").join("")).toBe(whole.output?.message?.content?.[0]?.text);
    expect(events[0]?.messageStart?.role).toBe("assistant");
    expect(events.at(-2)?.messageStop?.stopReason).toBe("end_turn");
    expect(events.at(-1)?.metadata?.usage).toEqual(whole.usage);
  });

  test("goes through a tool loop, streamed, with reasoning", async () => {
    const messages = ask("What is the weather in Paris and London?");
    const thinking = { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } } };
    const events = await eventsOf({ modelId, messages, toolConfig, ...thinking });
    const reasoning = events.flatMap((event) => event.contentBlockDelta?.delta?.reasoningContent ?? []);
    const text = reasoning.map((piece) => piece.text ?? "").join("");
    const signature = reasoning.find((piece) => piece.signature !== undefined)?.signature;
    const calls = events.flatMap((event) => event.contentBlockStart?.start?.toolUse ?? []);
    expect(calls).toHaveLength(2);
    const inputs = events.flatMap((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? []);
    expect(inputs.join("")).toBe('{"city":"Paris"}{"city":"London"}');
    messages.push({
      role: "assistant",
      content: [
        { reasoningContent: { reasoningText: { text, signature } } },
        ...calls.map(({ toolUseId, name }) => ({ toolUse: { toolUseId, name, input: {} } })),
      ],
    });
    const results = calls.map(({ toolUseId }) => ({ toolResult: { toolUseId, content: [{ text: "21 degrees" }] } }));
    const ended = await client.send(
      new ConverseCommand({ modelId, messages: [...messages, { role: "user", content: results }], toolConfig }),
    );
    expect(ended.output?.message?.content?.[0]?.text).toContain("21 degrees");
    const altered = { reasoningContent: { reasoningText: { text: "other", signature } } };
    const wrong = [...messages.slice(0, 1), { role: "assistant" as const, content: [altered, ...(messages[1]?.content?.slice(1) ?? [])] }];
    const refused = client.send(new ConverseCommand({ modelId, messages: [...wrong, { role: "user", content: results }], toolConfig }));
    await expect(refused).rejects.toThrow(/signature/);
  });

  test.each([
    [{ messages: [{ role: "assistant", content: [{ text: "Hi" }] }] }, /must start with a user message/],
    [{ messages: [...ask("a"), ...ask("b")] }, /must alternate/],
    [{ messages: ask(" ") }, /is blank/],
    [{ messages: ask("a"), inferenceConfig: { maxTokens: 0 } }, /inferenceConfig.maxTokens/],
    [{ messages: ask("a"), toolConfig, inferenceConfig: { temperature: 0.5, topP: 0.5 } }, /cannot both be specified/],
  ] satisfies [Partial<ConverseCommandInput>, RegExp][])(
    "is refused what the API refuses, as its own class: %j",
    async (fields, message) => {
      const refused = await client.send(new ConverseCommand({ modelId, ...fields })).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ValidationException);
      expect((refused as ValidationException).message).toMatch(message);
    },
  );

  test("tool calls without their results, or without toolConfig, are refused", async () => {
    const called: Message = { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "get_weather", input: {} } }] };
    const result: Message = { role: "user", content: [{ toolResult: { toolUseId: "a", content: [] } }] };
    const send = (input: Omit<ConverseCommandInput, "modelId">) => client.send(new ConverseCommand({ modelId, ...input }));
    await expect(send({ messages: [...ask("a"), called, ...ask("b")], toolConfig })).rejects.toThrow(/Expected toolResult blocks/);
    await expect(send({ messages: [...ask("a"), called, result] })).rejects.toThrow(/toolConfig field must be defined/);
    await expect(send({ messages: [...ask("a"), called, result], toolConfig })).resolves.toBeDefined();
  });
});
