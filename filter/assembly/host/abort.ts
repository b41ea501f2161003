/** Where AssemblyScript's runtime ends on a broken invariant (out of memory, say): a trap, which Envoy answers by reloading the VM. */
export function abort(message: usize, file: usize, line: u32, column: u32): void {
  unreachable();
}
