import { expect, test } from "vitest";
import { closest, formatMistake, formatPath, oneOf } from "./mistakes.ts";

test.each([
  [[], "(top level)"],
  [["model_providers", 2, "headers", "X-Org/Team"], 'model_providers[2].headers["X-Org/Team"]'],
  [["model_aliases", "4"], 'model_aliases["4"]'],
  [["a b", 0], '["a b"][0]'],
])("the path %j is %s", (path, text) => {
  expect(formatPath(path)).toBe(text);
});

test.each([
  ["listners", "listeners"],
  ["modle", "model"],
  ["MODEL", "model"],
  ["access_kye", "access_key"],
  ["colour", undefined],
  ["x", undefined],
])("%s was meant to be %s", (word, meant) => {
  expect(closest(word, ["listeners", "model", "access_key", "name"])).toBe(meant);
});

test("a mistake is one line, even when a value in it has several", () => {
  expect(formatMistake("c.yaml", { path: ["a"], wrong: "is\nodd", expected: "b" }, 3)).toBe("c.yaml:3: a: is odd; expected b");
});

test("a long list of names is shortened", () => {
  expect(oneOf(Array.from({ length: 14 }, (_, k) => `n${k}`))).toMatch(/^one of "n0", .*"n11" \(and 2 more\)$/);
  expect(oneOf([])).toBe("none, as nothing of the kind is configured");
});
