import { jobGraph } from "./job-graph.ts";
import type { JobSpec, Pipeline } from "./pipeline.ts";

/** A job comes behind the jobs that write its source's topic. */
export function jobsInOrder(jobs: readonly JobSpec[]): readonly JobSpec[] {
  const ordered: JobSpec[] = [];
  const add = (job: JobSpec): void => {
    if (ordered.includes(job)) return;
    for (const other of jobs) {
      if (other !== job && other.sinks.some((sink) => sink.topic === job.source.topic)) add(other);
    }
    ordered.push(job);
  };
  for (const job of jobs) add(job);
  return ordered;
}

/** Where the results of windows are made: the operators with windows, in the order in which their origins are numbered, each
 *  with a partition a key group. */
export function windowOperators({
  jobs,
}: Pipeline): readonly { readonly name: string; readonly keyGroups: number }[] {
  return jobsInOrder(jobs).flatMap((job) =>
    jobGraph(job).flatMap(({ operators: [first] }) =>
      first?.window === undefined ? [] : [{ name: first.name, keyGroups: job.maxParallelism }],
    ),
  );
}
