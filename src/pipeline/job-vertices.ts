import type { JobSpec } from "./pipeline.ts";

/** A vertex of the job graph: operators that are chained, under the name that Flink gives it. */
export interface JobVertex {
  readonly name: string;
  readonly parallelism: number;
}

/** The vertices of a job in the order in which its subtasks are numbered through. */
export function jobVertices({ parallelism, source, operators, sink }: JobSpec): readonly JobVertex[] {
  const chain = [...operators.map(({ name }) => name), `${sink.topic}: Writer`, `${sink.topic}: Committer`];
  return [
    { name: `Source: ${source.topic}`, parallelism },
    { name: chain.join(" -> "), parallelism },
  ];
}
