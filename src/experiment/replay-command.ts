import type { FaultPlan } from "../faults/index.ts";
import { formatDuration, formatFault } from "../pipeline/index.ts";

/** What makes one run of a pipeline's file. */
export interface Replay {
  readonly seed: string;
  /** ns of load. */
  readonly duration: number;
  /** `--set` options. */
  readonly assignments: readonly string[];
  /** Faults beside those of the file. */
  readonly faults?: FaultPlan;
}

/** The command that runs a pipeline's file again, to the same bytes. */
export function replayCommand(
  pipeline: string,
  { seed, duration, assignments, faults = [] }: Replay,
): string {
  const words = ["npx", "sluice", "run", pipeline, "--seed", seed, "--for", formatDuration(duration)];
  for (const assignment of assignments) words.push("--set", assignment);
  for (const fault of faults) words.push("--fault", formatFault(fault));
  return words.map(quoted).join(" ");
}

/** An argument as a shell takes it back. */
export function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
