import { LARGEST_STATE_IN_MEMORY } from "../../flink/index.ts";
import { firstKeyGroup } from "../../records/index.ts";
import type { JobSpec, Pipeline } from "../pipeline.ts";
import type { CheckContext } from "./check-context.ts";

const MIB = 1024 * 1024;

/** Notes on state on the heap that will not fit into an acknowledgement, once all keys have come: each checkpoint fails then. */
export function checkState(context: CheckContext): void {
  const { pipeline } = context;
  for (const job of pipeline.jobs) {
    const { storage, interval } = job.checkpointing;
    if (storage !== "jobmanager" || job.state.backend !== "hashmap" || interval === undefined) continue;
    const keys = keysOf(pipeline, job, []);
    for (const [i, { name, parallelism, stateBytesPerKey }] of job.operators.entries()) {
      const largest = keys * largestShare(parallelism, job.maxParallelism) * stateBytesPerKey;
      if (largest <= LARGEST_STATE_IN_MEMORY) continue;
      context.warn({
        path: ["jobs", job.name, "operators", i, "state"],
        wanted:
          `with all of its ${keys} keys, a subtask of ${name} has ${(largest / MIB).toFixed(1)} MiB of state, and checkpoints ` +
          "in the JobManager's memory take 5 MiB; set execution.checkpointing.dir",
      });
    }
  }
}

/** Distinct keys that come to a job, at most. */
function keysOf(pipeline: Pipeline, job: JobSpec, passed: readonly JobSpec[]): number {
  if (passed.includes(job)) return 0;
  const { topic } = job.source;
  const made = pipeline.producers.filter((producer) => producer.topic === topic);
  const above = pipeline.jobs.filter(({ sinks }) => sinks.some((sink) => sink.topic === topic));
  return Math.max(
    0,
    ...made.map(({ keys }) => keys),
    ...above.map((one) => keysOf(pipeline, one, [...passed, job])),
  );
}

/** Of the key groups, how many the subtask with most of them has. */
function largestShare(parallelism: number, maxParallelism: number): number {
  let most = 0;
  for (let subtask = 0; subtask < parallelism; subtask++) {
    const groups =
      firstKeyGroup(subtask + 1, parallelism, maxParallelism) -
      firstKeyGroup(subtask, parallelism, maxParallelism);
    most = Math.max(most, groups);
  }
  return most / maxParallelism;
}
