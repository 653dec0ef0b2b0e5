import type { CheckpointLog, RecoveryRecorder } from "../metrics/index.ts";
import type { Metric } from "./experiment.ts";

/** What the faults of a run left behind, ns. */
export interface Aftermath {
  /** By reader: when its last late record came, -Infinity: none was late, NaN: unknown. */
  readonly caughtUpAt: readonly number[];
  /** NaN: no fault happened, or a transaction is open still. */
  readonly transactionsOpenFor: number;
}

/** The metrics of failures and recovery, ns and counts.
 *  @param aftermath undefined: the pipeline has no faults. @param job undefined: none writes the reader's topic. */
export function recoveryMetrics(
  { jobs, firstFaultAt, firstLostAt }: Pick<RecoveryRecorder, "jobs" | "firstFaultAt" | "firstLostAt">,
  log: Pick<CheckpointLog, "checkpoints">,
  aftermath: Aftermath | undefined,
  job: number | undefined,
  reader: number,
): Partial<Record<Metric, number | null>> {
  const recovery = jobs[job ?? -1];
  if (recovery === undefined) return {};
  const { outages, restarts } = recovery;
  const first = outages.at(0);
  const last = outages.at(-1);
  const restored = log.checkpoints.find((one) => one.job === job && one.checkpoint === first?.checkpoint);
  const outage = outages.reduce((sum, { crashedAt, runningAt }) => sum + runningAt - crashedAt, 0);
  const between = (from: number | undefined, to: number | undefined): number | null =>
    finite((to ?? Number.NaN) - (from ?? Number.NaN));
  const caughtUpAt = aftermath?.caughtUpAt[reader] ?? Number.NaN;
  return {
    restarts,
    outage_ms: finite(outage),
    detection_ms: between(firstFaultAt, firstLostAt),
    recovery_ms: between(firstFaultAt, last?.runningAt),
    noticed_ms: between(firstFaultAt, first?.failedAt),
    restart_ms: between(first?.failedAt, last?.resetAt),
    restore_ms: between(last?.resetAt, last?.runningAt),
    catch_up_ms: between(last?.runningAt, Math.max(caughtUpAt, last?.runningAt ?? Number.NaN)),
    restored_checkpoint_age_ms: first && restored ? first.crashedAt - restored.triggeredAt : null,
    transactions_open_ms: aftermath === undefined ? null : finite(aftermath.transactionsOpenFor),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
