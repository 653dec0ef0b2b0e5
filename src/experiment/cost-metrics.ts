import type { JobCheckpoints } from "../metrics/index.ts";
import type { TaskMetrics } from "../pipeline/index.ts";
import { checkpointsPerHour } from "./checkpoints-per-hour.ts";
import type { Metric } from "./experiment.ts";
import type { RunResult } from "./run-result.ts";

/** What a run costs, of all jobs and tasks. */
export function costMetrics(
  { tasks, storage, transactions, simulatedSeconds }: RunResult,
  jobs: readonly JobCheckpoints[],
): Partial<Record<Metric, number | null>> {
  const all = tasks.flatMap(({ subtasks }) => subtasks.filter((task) => task !== null));
  const busy = all.map(busyShare).map((share) => 1000 * share);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  // What one of them takes is the mean over all.
  const perHour = checkpointsPerHour(jobs);
  const { checkpoints } = storage;
  const hourly = (value: number): number | null => (checkpoints > 0 ? (value / checkpoints) * perHour : null);
  return {
    busiest_task_ms_per_s: all.length > 0 ? Math.max(...busy) : null,
    mean_task_ms_per_s: all.length > 0 ? total(busy) / all.length : null,
    task_bytes_out_per_s: total(all.map(({ numBytesOut }) => numBytesOut)) / simulatedSeconds,
    storage_bytes_per_h: hourly(storage.putBytes),
    storage_puts_per_h: hourly(storage.puts),
    transactional_ids_per_day: transactions.newTransactionalIdsPerDay,
  };
}

/** Since the task began: Flink's gauges show nothing before their first update. */
function busyShare(task: TaskMetrics): number {
  const { accumulateBusyTimeMs, accumulateIdleTimeMs, accumulateBackPressuredTimeMs } = task;
  const age = accumulateBusyTimeMs + accumulateIdleTimeMs + accumulateBackPressuredTimeMs;
  return age > 0 ? accumulateBusyTimeMs / age : 0;
}
