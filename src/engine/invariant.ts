/** A broken promise of our own code, never of the user's input and never a simulated failure. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Asserts what must hold whatever the input. `message` says what could not be done; keep it constant in hot code, since
 *  it is built before the condition is looked at.
 *  @throws InvariantError when the condition is false. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
