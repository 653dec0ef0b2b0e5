import type { FaultPlan } from "../faults/index.ts";
import { jobGraph } from "./job-graph.ts";
import { type JobSpec, type Pipeline, SOURCE } from "./pipeline.ts";

/** A job as it is submitted with another `parallelism.default`: what sets a parallelism of its own keeps it, and the number of
 *  key groups is that of its state.
 *  Source: Flink 2.1 Checkpoints.loadAndValidateCheckpoint, StateAssignmentOperation.checkParallelismPreconditions. */
export function rescaledJob(job: JobSpec, parallelism: number): JobSpec {
  const parallelismOf = new Map([[SOURCE, parallelism]]);
  const operators = job.operators.map((operator) => {
    const now = operator.setsParallelism ? operator.parallelism : parallelism;
    parallelismOf.set(operator.name, now);
    return { ...operator, parallelism: now };
  });
  const sinks = job.sinks.map((sink) => ({
    ...sink,
    parallelism: sink.setsParallelism
      ? sink.parallelism
      : (parallelismOf.get(sink.input.from) ?? parallelism),
  }));
  return { ...job, parallelism, operators, sinks };
}

/** Every parallelism that a job is to have, its first one first. */
export function parallelismsOf(job: JobSpec, faults: FaultPlan): readonly number[] {
  const all = new Set([job.parallelism]);
  for (const { action } of faults) {
    if (action.kind !== "operate" || action.job !== job.name || action.action.kind !== "restart") continue;
    if (action.action.parallelism !== undefined) all.add(action.action.parallelism);
  }
  return [...all];
}

/** A job with each operator as wide as it ever is: the numbers of its subtasks are those of all its parallelisms. */
export function widestJob(job: JobSpec, faults: FaultPlan): JobSpec {
  const variants = parallelismsOf(job, faults).map((parallelism) => rescaledJob(job, parallelism));
  const most = (of: (variant: JobSpec) => number): number => Math.max(...variants.map(of));
  return {
    ...job,
    parallelism: most(({ parallelism }) => parallelism),
    operators: job.operators.map((operator, i) => ({
      ...operator,
      parallelism: most(({ operators }) => operators[i]!.parallelism),
    })),
    sinks: job.sinks.map((sink, i) => ({ ...sink, parallelism: most(({ sinks }) => sinks[i]!.parallelism) })),
  };
}

/** Why a job can't be submitted at this parallelism, as what is wanted instead; undefined: it can. */
export function problemOfRescaling(
  job: JobSpec,
  parallelism: number,
  { producers }: Pick<Pipeline, "producers">,
): string | undefined {
  if (parallelism > job.maxParallelism) {
    return (
      `a parallelism of at most ${job.maxParallelism}, or Flink fails: The state for task can not be restored. ` +
      `The maximum parallelism (${job.maxParallelism}) of the restored state is lower than the configured parallelism (${parallelism}).`
    );
  }
  const window = job.operators.find((operator) => operator.window !== undefined);
  if (window !== undefined)
    return `a job without windows: this version of Sluice can't hand those of ${window.name} to other subtasks`;
  if (job.source.bounded !== undefined)
    return "a job without scan.bounded.mode: this version of Sluice can't hand what finished tasks leave to other subtasks";
  const names = [SOURCE, ...job.operators.map(({ name }) => name)];
  const inputs = [
    ...job.operators.flatMap((operator) => operator.inputs),
    ...job.sinks.map(({ input }) => input),
  ];
  // Which is said where they are written.
  if (inputs.some(({ from }) => !names.includes(from))) return undefined;
  // What goes forward from the source goes by its partition there, which is known of a record of the load.
  const isFromOutside = producers.some(({ topic }) => topic === job.source.topic);
  const behindSource = new Set([0]);
  const before = jobGraph(job);
  const after = jobGraph(rescaledJob(job, parallelism));
  for (const [number, vertex] of after.entries()) {
    const old = before[number]!;
    if (vertex.name !== old.name) return `a parallelism that leaves its chains as they are: this version of Sluice can't take ${old.name} apart`; // biome-ignore format: one line
    for (const { from, partitioner } of vertex.inputs) {
      if (partitioner === "forward" && behindSource.has(from)) behindSource.add(number);
      const isFollowed =
        partitioner === "hash" ||
        (partitioner === "rebalance" && behindSource.has(from)) ||
        (partitioner === "forward" &&
          (isFromOutside || !behindSource.has(from)) &&
          after[from]!.parallelism === vertex.parallelism) ||
        (partitioner === "broadcast" && vertex.parallelism === old.parallelism);
      if (isFollowed) continue;
      return (
        "a job whose exchanges are by key, or rebalance or forward behind the source: this version of Sluice can't follow records over " +
        `${partitioner} from ${after[from]!.name} to ${vertex.name} into another parallelism`
      );
    }
  }
  return undefined;
}
