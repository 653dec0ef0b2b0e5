import type { CheckContext } from "./check-context.ts";

/** A place is described by a preset or by a file. */
export function checkEnvironment(context: CheckContext): void {
  const preset = ["environment", "preset"];
  if (context.isWritten(preset) && context.isWritten(["environment", "file"])) {
    context.report({
      path: preset,
      wanted: "either a preset or a file: an environment file says what it is based on",
    });
  }
}
