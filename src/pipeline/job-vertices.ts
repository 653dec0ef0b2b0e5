import { hasWindow, jobGraph } from "./job-graph.ts";
import type { JobSpec } from "./pipeline.ts";

/** A vertex of the job graph: operators that are chained, under the name that Flink gives it. */
export interface VertexName {
  readonly name: string;
  readonly parallelism: number;
}

/** Topics that get all that each vertex of a job hands on, by vertex. */
export function topicsWrittenWhole(job: JobSpec): readonly (readonly string[])[] {
  return jobGraph(job).map(({ sinks }) =>
    sinks.flatMap(({ topic, share }) => (share.numerator === share.denominator ? [topic] : [])),
  );
}

/** Whether each vertex of a job hands on results of windows. */
export function haveWindows(job: JobSpec): readonly boolean[] {
  return jobGraph(job).map(hasWindow);
}

/** The vertices of a job in the order in which its subtasks are numbered through. */
export function jobVertices(job: JobSpec): readonly VertexName[] {
  return jobGraph(job).map(({ parallelism, operators, sinks }, i) => {
    if (i === 0) return { name: `Source: ${job.source.topic}`, parallelism };
    const chain = operators.map(({ name }) => name);
    for (const { topic } of sinks) chain.push(`${topic}: Writer`, `${topic}: Committer`);
    return { name: chain.join(" -> "), parallelism };
  });
}
