import type { Issue } from "./issue.ts";

/** A pipeline file, module or `--set` that can't be used: everything wrong with it at once. */
export class ConfigError extends Error {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(issues.map((issue) => issue.message).join("\n"));
    this.name = "ConfigError";
    this.issues = issues;
  }
}
