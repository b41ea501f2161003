import { describe, expect, it } from "vitest";
import { readAnswer } from "./answers.ts";

const routes = ["code-generation", "bug_fixing", "Image Generation"].map((name) => ({ name, description: "" }));
const route = (name: string) => ({ kind: "route", name });

describe("the trained forms", () => {
  it.each([
    ['{"route": "code-generation"}', route("code-generation")],
    ['{"route": "other"}', { kind: "none" }],
    ['{"route": ""}', { kind: "none" }],
    ['{"route": ["bug_fixing"]}', route("bug_fixing")],
    ['{"route": ["bug_fixing", "code-generation"]}', route("bug_fixing")],
    ['{"route": []}', { kind: "none" }],
    ['{"route": null}', { kind: "none" }],
    ['{"route": "weather"}', { kind: "unknown" }],
    ['{"route": ["weather", "bug_fixing"]}', route("bug_fixing")],
  ])("%s", (text, answer) => expect(readAnswer(text, routes)).toEqual(answer));
});

describe("what models write besides", () => {
  it.each([
    ['```json\n{"route": "bug_fixing"}\n```', route("bug_fixing")],
    ["{'route': 'bug_fixing'}", route("bug_fixing")],
    ['{{"route": ["bug_fixing"]}}', route("bug_fixing")],
    ['The best route is {"route": "image_generation"}.', route("Image Generation")],
    ['<think>{"a": 1}</think> {"route": "Code Generation"}', route("code-generation")],
    ["bug-fixing", route("bug_fixing")],
    ['"Other".', { kind: "none" }],
  ])("%s", (text, answer) => expect(readAnswer(text, routes)).toEqual(answer));
});

describe("nonsense", () => {
  it.each(["", "I think this is about code generation", '{"answer": "bug_fixing"}', '{"route": 3}', '{"route": {"name": "x"}}', "[]", "{"])(
    "%j",
    (text) => expect(readAnswer(text, routes)).toEqual({ kind: "unreadable" }),
  );
});

it("takes a route that is named other at its word", () => {
  expect(readAnswer('{"route": "other"}', [{ name: "other", description: "everything else" }])).toEqual(route("other"));
});
