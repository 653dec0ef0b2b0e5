import type { CheckContext } from "./check-context.ts";

/** An environment file says what it is based on, so a preset beside it has no effect. */
export function checkEnvironment(context: CheckContext): void {
  const preset = ["environment", "preset"];
  if (context.isWritten(preset) && context.isWritten(["environment", "file"])) {
    context.warn({
      path: preset,
      wanted: "environment.file is written too and wins: the file says what it is based on",
    });
  }
}
