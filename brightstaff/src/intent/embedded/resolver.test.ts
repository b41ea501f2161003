import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createResolver, defaultModelDir, type Message, type Resolver } from "../index.ts";

const routes = [
  { name: "code", description: "writing program code" },
  { name: "translation", description: "translating text into another language" },
  { name: "tales", description: "writing stories and poems" },
];
const never = new AbortController().signal;
const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });

let resolver: Resolver;

beforeAll(async () => {
  resolver = createResolver({ kind: "embedded", modelDir: defaultModelDir() });
  await resolver.ready();
});

afterAll(() => resolver.close());

const routeOf = async (...messages: Message[]) => (await resolver.resolve(messages, routes, never)).route;

describe("a conversation", () => {
  it.each([
    ["Write a Java program that prints a calendar", "code"],
    ["Can you translate this menu into Norwegian?", "translation"],
    ["Tell me the tale of a dragon who is afraid of knights", "tales"],
    ["turn off the lights in the hall", null],
  ])("%s", async (content, route) => expect(await routeOf(user(content))).toBe(route));

  it("is routed by its last user message when that stands on its own", async () => {
    const before = [user("Translate my letter into French"), assistant("Chère Anne, …")];
    expect(await routeOf(...before, user("Now write a Python script that sends it by mail"))).toBe("code");
  });

  it("keeps its route when the last message goes on with it", async () => {
    expect(await routeOf(user("Translate 'good morning' into Danish"), assistant("Godmorgen"), user("and in Swedish?"))).toBe(
      "translation",
    );
    expect(await routeOf(user("Write a poem about rain"), assistant("…"), user("shorter please"))).toBe("tales");
  });

  it("has no route when nothing is asked any more", async () => {
    expect(await routeOf(user("Write a poem about rain"), assistant("…"), user("thank you so much!"))).toBeNull();
  });

  it("keeps its route in a tool loop", async () => {
    const messages: Message[] = [
      user("Write a Java program that prints a calendar"),
      assistant(""),
      { role: "tool", content: "Which poem? A story of 1901." },
    ];
    expect(await routeOf(...messages)).toBe("code");
  });

  it("is not routed by its system prompt", async () => {
    const system: Message = { role: "system", content: "You translate text into other languages." };
    expect(await routeOf(system, user("Write a fairy tale"))).toBe("tales");
  });

  it("has no route without a word of the user's", async () => {
    expect(await routeOf()).toBeNull();
    expect(await routeOf(user("   "), assistant("Hello!"))).toBeNull();
  });

  it("is read at its start and its end when it is long", async () => {
    const text = "The harbour was closed for two days after a cargo ship lost its anchor. ".repeat(500);
    expect(await routeOf(user(`Translate this into Dutch:\n\n${text}`))).toBe("translation");
    expect(await routeOf(user(`${text}\n\nPlease translate this text into Dutch.`))).toBe("translation");
  });
});

it("says how sure it is", async () => {
  const { confidence, resolver: id } = await resolver.resolve([user("Write a Java program that prints a calendar")], routes, never);
  expect(id).toBe("embedded");
  expect(confidence).toBeGreaterThan(0.8);
  expect(confidence).toBeLessThanOrEqual(1);
});

it("has no route in an empty table", async () => {
  expect(await resolver.resolve([user("Write a poem")], [], never)).toMatchObject({ route: null });
});

it("does not start for a caller that has left", async () => {
  const left = AbortSignal.abort(new Error("the client left"));
  await expect(resolver.resolve([user("a message that was never read before")], routes, left)).rejects.toThrow("the client left");
});

it("answers many at once as it answers one", async () => {
  const contents = Array.from({ length: 40 }, (_, index) => `Write a function that returns ${index}`);
  expect(new Set(await Promise.all(contents.map((content) => routeOf(user(content)))))).toEqual(new Set(["code"]));
});

it("says what is missing when its model is", async () => {
  const missing = createResolver({ kind: "embedded", modelDir: "no/such/folder" });
  await expect(missing.ready()).rejects.toThrow("no/such/folder");
  await missing.close();
});
