import { type CrashRow, crashRows, type FailurePhase, failurePhases } from "../charts/index.ts";
import type { SweepResults } from "../experiment/index.ts";
import { nanoseconds } from "./guesses.ts";
import { LONGEST_CRASH, type Setting } from "./plan-review.ts";

/** What readers see around a crash, in the first repetition. Plain data. */
export interface ThroughCrash {
  readonly crash: string;
  /** Of the job, and of the reader that catches up last. */
  readonly phases: readonly FailurePhase[];
  /** s shown before the crash and behind the last phase. */
  readonly before: number;
  readonly behind: number;
  readonly rows: readonly CrashRow[];
}

/** Share of the time from the crash to the last phase that is shown behind it. */
const BEHIND = 0.1;

/** @param results of the runs that go on until the job has caught up; null: the setting isn't among them, or nothing failed. */
export function throughCrashOf(
  { guarantee, interval }: Setting,
  results: SweepResults | undefined,
): ThroughCrash | null {
  const where = { guarantee, interval: nanoseconds(interval) / 1e6 };
  const ours = (results?.summaries ?? []).filter(
    ({ factors, metrics }) =>
      factors["guarantee"] === where.guarantee &&
      factors["interval"] === where.interval &&
      metrics.restarts.mean > 0,
  );
  const [last] = ours.toSorted((a, b) => (b.values.catch_up_ms[0] || 0) - (a.values.catch_up_ms[0] || 0));
  if (results === undefined || last === undefined) return null;
  const phases = failurePhases(results, last);
  const length = (phases.at(-1)!.to - phases[0]!.from) / 1000;
  const before = Math.min(2.2 * (where.interval / 1000), Math.max(length / 3, where.interval / 1000));
  const behind = BEHIND * length;
  const rows = crashRows(results, where, phases, before, behind);
  return rows.length === 0 ? null : { crash: LONGEST_CRASH, phases, before, behind, rows };
}
