/** A mistake in an experiment's definition; the message is one line. */
export class ExperimentError extends Error {
  override readonly name = "ExperimentError";

  /** @param path where, such as `factors.interval`. @param received begins with `got`. @param wanted what may stand there. */
  constructor(path: string, received: string, wanted: string) {
    super(`Cannot read ${path}: ${received}, wanted ${wanted}`);
  }
}
