import { expect, test } from "vitest";
import type { Message } from "../intent/resolver.ts";
import { expectTokens } from "./expected_tokens.ts";

const says = (role: Message["role"], tokens: number): Message => ({ role, content: "word".repeat(tokens) });

test("a short question is expected to come with instructions and tools", () => {
  expect(expectTokens([says("user", 3)])).toEqual({ input_tokens: 1500, cachedInput_tokens: 0, output_tokens: 500 });
});

test("a long conversation costs by its length", () => {
  expect(expectTokens([says("system", 1_000), says("user", 4_000)])).toMatchObject({ input_tokens: 5_000, cachedInput_tokens: 0 });
});

test("what came before the last answer was sent before", () => {
  const conversation = [says("user", 2_000), says("assistant", 700), says("user", 300), says("assistant", 1_000), says("user", 50)];
  expect(expectTokens(conversation)).toMatchObject({ input_tokens: 4_050, cachedInput_tokens: 3_000 });
});

test("a prefix that is too short to be cached is not counted as cached", () => {
  const conversation = [says("user", 1_000), says("assistant", 3_000), says("user", 50)];
  expect(expectTokens(conversation)).toMatchObject({ input_tokens: 4_050, cachedInput_tokens: 0 });
});

test("what the view leaves out counts, too, as sent before where there was an answer", () => {
  const conversation = [says("user", 2_000), says("assistant", 700), says("user", 300)];
  expect(expectTokens(conversation, 4 * 250_000)).toMatchObject({ input_tokens: 250_000, cachedInput_tokens: 249_000 });
  expect(expectTokens([says("user", 2_000)], 4 * 250_000)).toMatchObject({ input_tokens: 250_000, cachedInput_tokens: 0 });
  expect(expectTokens(conversation, 4)).toEqual(expectTokens(conversation));
});
