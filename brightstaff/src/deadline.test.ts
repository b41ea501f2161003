import { once } from "node:events";
import { expect, it } from "vitest";
import { Deadline } from "./deadline.ts";

const aborted = async ({ signal }: Deadline) => {
  if (!signal.aborted) await once(signal, "abort");
  return (signal.reason as Error).name;
};

it("aborts when the time is up", async () => {
  const deadline = new Deadline(5);
  expect(deadline.signal.aborted).toBe(false);
  expect(await aborted(deadline)).toBe("TimeoutError");
  expect(deadline.hasPassed).toBe(true);
});

it("aborts with the signal around it, also with one that has been aborted before", async () => {
  const outer = new AbortController();
  const deadline = new Deadline(60_000, outer.signal);
  outer.abort();
  expect(await aborted(deadline)).toBe("AbortError");
  const late = new Deadline(60_000, outer.signal);
  expect(await aborted(late)).toBe("AbortError");
  expect([deadline.hasPassed, late.hasPassed]).toEqual([false, false]);
  deadline.clear();
  late.clear();
});

it("does nothing more once it is cleared", async () => {
  const outer = new AbortController();
  const deadline = new Deadline(1, outer.signal);
  deadline.clear();
  outer.abort();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(deadline.signal.aborted).toBe(false);
});

it("ends what goes on under it, which is not the time running out", async () => {
  const deadline = new Deadline(60_000);
  deadline.abort();
  deadline.clear();
  expect([await aborted(deadline), deadline.hasPassed]).toEqual(["AbortError", false]);
});
