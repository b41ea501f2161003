import { describe, expect, it } from "vitest";
import { firstSentence, lastSentence } from "./turns.ts";

const subject = "The harbour was closed for two days after a cargo ship lost its anchor. Divers found it on Thursday, 3.5 km away";

describe("the sentences of a long message that may name the task", () => {
  it.each([
    ["a question before its subject", `What is this about?\n\n${subject}`, "What is this about?"],
    ["a colon", `Sum this up: ${subject}`, "Sum this up:"],
    ["no end of a sentence", "word ".repeat(60), `${"word ".repeat(24)}`.trim()],
  ])("first: %s", (_, text, expected) => expect(firstSentence(text)).toBe(expected));

  it.each([
    ["a question after its subject", `${subject}\n\nWhat is this about?`, "What is this about?"],
    ["in the same line", `${subject}. Sum this up!`, "Sum this up!"],
    ["a number is no end", subject, "Divers found it on Thursday, 3.5 km away"],
    ["trailing white space", `${subject}\nTL;DR?\n \n`, "TL;DR?"],
    ["Chinese", `${"中文".repeat(60)}。请总结一下`, "请总结一下"],
    ["too little to say anything", `${subject}\n}`, null],
    ["no end of a sentence", "word ".repeat(60), `d ${"word ".repeat(32).trim()}`],
  ])("last: %s", (_, text, expected) => expect(lastSentence(text)).toBe(expected));

  it("is neither for a short message", () => {
    expect(firstSentence("Sum this up. Please.")).toBeNull();
    expect(lastSentence("Sum this up. Please.")).toBeNull();
  });
});
