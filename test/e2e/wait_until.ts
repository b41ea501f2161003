const WAIT_MS_MAX = 40_000;
const POLL_MS = 10;

/** Polls until `condition` answers something truthy and resolves to it. Throws, naming `what`, after 40 s. */
export async function waitUntil<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + WAIT_MS_MAX;
  while (Date.now() < deadline) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`not so after ${WAIT_MS_MAX} ms: ${what}`);
}
