import { beforeAll, describe, expect, test } from "vitest";
import { Facade } from "./facade.ts";
import { fixturesOf } from "./golden.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

interface ViewMessage {
  role: string;
  content: string;
  tool_calls?: boolean;
}

const openaiView = (messages: unknown[], bytesMax?: number) => {
  const view = facade.routingView("openai_chat", JSON.stringify({ model: "m", messages }), bytesMax);
  expect(Buffer.byteLength(view)).toBeLessThanOrEqual(bytesMax ?? 65536);
  return JSON.parse(view) as ViewMessage[];
};

describe("a view", () => {
  test("has roles and texts in order", () => {
    const messages = [
      { role: "system", content: "s" },
      {
        role: "developer",
        content: [
          { type: "text", text: "d1" },
          { type: "text", text: 'd2 "q"\n' },
        ],
      },
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: "https://example.com" } },
          { type: "text", text: "u" },
        ],
      },
      { role: "assistant", content: null, tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "a", content: "r" },
      { role: "user", content: "" },
      { role: "assistant", content: "a" },
    ];
    expect(openaiView(messages)).toEqual([
      { role: "system", content: "s" },
      { role: "system", content: 'd1\nd2 "q"\n' },
      { role: "user", content: "u" },
      { role: "assistant", content: "", tool_calls: true },
      { role: "tool", content: "r" },
      { role: "assistant", content: "a" },
    ]);
  });

  test("of an Anthropic request takes its blocks apart", () => {
    const fixture = fixturesOf("anthropic_messages", "requests").find((one) => one.name === "tool_loop");
    const view = JSON.parse(facade.routingView("anthropic_messages", fixture?.text ?? "")) as ViewMessage[];
    expect(view).toEqual([
      { role: "user", content: "Weather in Berlin and Rome?" },
      { role: "assistant", content: "Let me look.", tool_calls: true },
      { role: "tool", content: "7 degrees" },
      { role: "tool", content: "No such city\nTry another" },
      { role: "user", content: "And tomorrow?" },
      { role: "assistant", content: "", tool_calls: true },
    ]);
  });

  test("keeps what the user asked before an agent's many steps, and nothing that is older than what is left out", () => {
    const step = (i: number) => [
      { role: "assistant", content: `step ${i}`, tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "a", content: `result ${i} ${"r".repeat(2000)}` },
    ];
    const asked = { role: "user", content: "repair the build" };
    const messages = [
      { role: "system", content: "s" },
      { role: "user", content: "hello" },
      asked,
      ...Array.from({ length: 300 }, (_, i) => step(i)).flat(),
    ];
    for (const bytesMax of [1000, 65536]) {
      const view = openaiView(messages, bytesMax);
      expect(view[0]).toEqual(asked);
      expect(view.length).toBeGreaterThan(1);
      expect(view.at(-1)?.content).toMatch(/^result 299/);
      expect(view.filter(({ role }) => role === "user" || role === "system")).toHaveLength(1);
    }
  });

  test("keeps the most recent messages that fit", () => {
    const messages = Array.from({ length: 100 }, (_, i) => ({ role: "user", content: `message ${i}` }));
    const view = openaiView(messages, 200);
    expect(view.at(-1)?.content).toBe("message 99");
    expect(view.map(({ content }) => content)).toEqual(messages.slice(-view.length).map(({ content }) => content));
    expect(view.length).toBeGreaterThan(2);
  });

  test("cuts the middle out of a long text, between characters", () => {
    const content = `${"é".repeat(20_000)}${"\u{1f600}".repeat(20_000)}`;
    const [message] = openaiView([{ role: "user", content }]);
    expect(message?.content).toMatch(/^é+…\u{1f600}+$/u);
    expect(Buffer.byteLength(message?.content ?? "")).toBeGreaterThan(16_000);
  });

  test("shows a tool's result in short", () => {
    const [message] = openaiView([{ role: "tool", tool_call_id: "a", content: "y".repeat(5000) }]);
    expect(message?.content.length).toBeLessThan(520);
  });

  test("shortens the last message rather than have none", () => {
    const [message] = openaiView([{ role: "user", content: "\u0001".repeat(5000) }], 1000);
    expect(message?.role).toBe("user");
  });

  test("of what cannot be translated has what was read before it", () => {
    const messages = [
      { role: "user", content: "u" },
      { role: "function", name: "f", content: "x" },
    ];
    expect(openaiView(messages)).toEqual([{ role: "user", content: "u" }]);
  });

  test("is an empty list at worst", () => {
    expect(facade.routingView("openai_chat", "{")).toBe("[]");
    expect(facade.routingView("anthropic_messages", '{"messages":[]}')).toBe("[]");
    expect(openaiView([{ role: "user", content: "long ".repeat(50) }], 20)).toEqual([]);
  });
});

describe("the size of a conversation", () => {
  const bytesOf = (request: object) => facade.conversationBytes("openai_chat", JSON.stringify({ model: "m", ...request }));

  test("counts all text that a model reads, however little of it a view shows", () => {
    const long = "long ".repeat(100_000);
    const messages = [
      { role: "user", content: long },
      { role: "assistant", content: null, tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: '{"a":1}' } }] },
      { role: "tool", tool_call_id: "a", content: "r".repeat(20_000) },
    ];
    const read = bytesOf({ messages });
    expect(read).toBeGreaterThanOrEqual(long.length + 20_000 + 7);
    expect(read).toBeLessThan(long.length + 20_100);
  });

  test("counts tool definitions, and no image", () => {
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    const tools = [{ type: "function", function: { name: "f", description: "d".repeat(1_000), parameters } }];
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(10_000)}` } };
    const messages = [{ role: "user", content: [image, { type: "text", text: "hello" }] }];
    expect(bytesOf({ messages, tools })).toBe(5 + 1_000 + JSON.stringify(parameters).length);
  });

  test("is what was read of a body that cannot be read", () => {
    expect(facade.conversationBytes("anthropic_messages", "{")).toBe(0);
  });
});
