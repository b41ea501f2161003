import * as abi from "@solo-io/proxy-runtime/assembly/imports";
import { answer } from "./span";

/** Nanoseconds of the host's clock since the epoch; the same throughout one callback of Envoy's event loop. */
export function now_ns(): u64 {
  abi.proxy_get_current_time_nanoseconds(changetype<usize>(answer));
  return load<u64>(changetype<usize>(answer));
}
