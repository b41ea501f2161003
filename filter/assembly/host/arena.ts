import { Arena } from "../bytes/arena";

/**
 * What Envoy hands over (bodies, header values) lives until the next callback starts: whoever needs it longer copies it. So a callback
 * costs no allocation once the first block exists, and nothing has to be freed one by one.
 */
const handedOver = new Arena();

/** Called by Envoy for the memory of every value that it hands over. */
export function malloc(size: u32): usize {
  return handedOver.take(size);
}

/** Which callback is running, counted from the VM's start; configurations are not. */
export let callbackNumber: u32 = 0;

/** The first thing that every callback does: ends the life of everything that Envoy has handed over in the one before. */
export function beginCallback(): void {
  handedOver.reset();
  callbackNumber++;
}

/** The same for a configuration, which may be met between the callbacks of a request and does not count among them. */
export function beginConfiguration(): void {
  handedOver.reset();
}
