import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../resolver.ts";
import { countTokens, trimConversation, trimMiddle } from "./trimming.ts";

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });

describe("trimConversation", () => {
  it("leaves a conversation that fits as it is", () => {
    const conversation = [user("one"), assistant("two"), user("three")];
    expect(trimConversation(conversation, 100)).toEqual(conversation);
  });

  it("leaves out system prompts, tool results and messages without text", () => {
    const conversation: Message[] = [
      { role: "system", content: "be brief" },
      user("what is the weather"),
      assistant(""),
      { role: "tool", content: "12 degrees" },
      assistant("12 degrees"),
      user("and tomorrow"),
    ];
    expect(trimConversation(conversation, 100)).toEqual([user("what is the weather"), assistant("12 degrees"), user("and tomorrow")]);
  });

  it("keeps the latest 16 messages", () => {
    const conversation = Array.from({ length: 40 }, (_, index) => user(`m${index}`));
    expect(trimConversation(conversation, 1000)).toEqual(conversation.slice(24));
  });

  it("drops the oldest messages first", () => {
    const conversation = [assistant("a".repeat(40)), user("b".repeat(40)), assistant("c".repeat(40))];
    expect(trimConversation(conversation, 50)).toEqual([user("b".repeat(40)), assistant("c".repeat(40))]);
  });

  it("trims the middle of the user message that does not fit, and looks no further back", () => {
    const trimmed = trimConversation([user("short"), user(`${"h".repeat(400)}${"t".repeat(400)}`), assistant("ok")], 75);
    expect(trimmed).toHaveLength(2);
    expect(trimmed[0]?.content).toMatch(/^h+…t+$/);
    expect(countTokens(trimmed[0]?.content ?? "")).toBeLessThanOrEqual(50);
  });

  it("does not keep a part of an assistant's message", () => {
    expect(trimConversation([assistant("x".repeat(400)), user("next")], 50)).toEqual([user("next")]);
  });

  it("keeps what the user asked before an agent's many steps", () => {
    const steps = Array.from({ length: 40 }, (_, index) => assistant(`step ${index}`));
    const trimmed = trimConversation([user("repair the build"), ...steps], 1000);
    expect(trimmed).toEqual([user("repair the build"), ...steps.slice(25)]);
  });

  it("keeps room for it beside what an assistant says at length", () => {
    const asked = user("repair the build ".repeat(5).trim());
    expect(trimConversation([user("hello"), asked, assistant("y".repeat(700)), assistant("done")], 200)).toEqual([
      user("hello"),
      asked,
      assistant("done"),
    ]);
  });
});

describe("trimMiddle", () => {
  it("keeps 60 % of the start and 40 % of the end", () => {
    const trimmed = trimMiddle("a".repeat(500) + "z".repeat(500), 103);
    expect(trimmed).toBe(`${"a".repeat(60)}…${"z".repeat(40)}`);
  });

  it("is never longer than allowed and never cuts a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), fc.nat(220), (text, bytes_max) => {
        const trimmed = trimMiddle(text, bytes_max);
        expect(Buffer.byteLength(trimmed)).toBeLessThanOrEqual(bytes_max);
        expect(trimmed).not.toContain("\ufffd");
        const [head = "", tail = ""] = trimmed === text ? [text] : trimmed.split("…");
        expect(text.startsWith(head)).toBe(true);
        expect(text.endsWith(tail)).toBe(true);
      }),
      { examples: [["日本語のテキスト", 13]] },
    );
  });
});
