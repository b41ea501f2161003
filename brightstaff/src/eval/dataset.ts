import { readFile } from "node:fs/promises";
import type { Conversation, Route } from "../intent/resolver.ts";

/** One labelled decision; `expected` is a route's name or "other". */
export type Item = {
  readonly id: string;
  readonly suite: string;
  /** Items of the same conversation share it; an item without one is a conversation of its own. */
  readonly conversation: string;
  readonly messages: Conversation;
  readonly routes: readonly Route[];
  readonly expected: string;
};

export const OTHER = "other";

/** Reads JSON lines `{id, messages, expected, suite?, conv?, routes?}`; `routes` stand in for those of items without. */
export async function readDataset(file: string, routes: readonly Route[] = []): Promise<Item[]> {
  const lines = (await readFile(file, "utf8")).split("\n");
  return lines.flatMap((line, index) => (line.trim() === "" ? [] : [readItem(line, `${file}:${index + 1}`, routes)]));
}

function readItem(line: string, place: string, routes: readonly Route[]): Item {
  let item: { id?: string; suite?: string; conv?: string; messages?: Conversation; routes?: Route[]; expected?: string };
  try {
    item = JSON.parse(line);
  } catch (error) {
    throw new Error(`${place}: not JSON`, { cause: error });
  }
  const { id = place, messages, expected } = item;
  const own = item.routes ?? routes;
  if (!Array.isArray(messages)) throw new Error(`${place}: messages: an array is expected`);
  if (typeof expected !== "string") throw new Error(`${place}: expected: a route's name or "${OTHER}" is expected`);
  if (expected !== OTHER && !own.some(({ name }) => name === expected))
    throw new Error(`${place}: expected: no route is named ${expected}`);
  return { id, suite: item.suite ?? "all", conversation: item.conv ?? id, messages, routes: own, expected };
}
