import type { Fault } from "../../faults/index.ts";
import { PoisonRecord } from "../../flink/index.ts";
import type { JobVertex } from "../job-graph.ts";
import type { JobSpec } from "../pipeline.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** The records at which a vertex of a job throws: those at which one of its operators does, or the job's last vertex. */
export function poisonFor(
  job: JobSpec,
  vertex: JobVertex,
  { pipeline, kafka, lineage }: JobSurroundings,
): ReadonlyMap<PoisonRecord, Fault> {
  const origins = kafka.originsOf(job.source.topic);
  const last = job.operators.at(-1)?.name;
  const poison = new Map<PoisonRecord, Fault>();
  for (const fault of pipeline.faults) {
    const { action } = fault;
    if (action.kind !== "poison" || action.target.job !== job.name) continue;
    const name = action.target.vertex ?? last;
    if (!vertex.operators.some((operator) => operator.name === name)) continue;
    const origin = origins[action.topicPartition]!;
    poison.set(new PoisonRecord(lineage, origin, action.offset, action.times), fault);
  }
  return poison;
}
