import type { JobSpec } from "../pipeline.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

const MILLISECOND = 1e6;

/** ms: the watermark that the last records of all splits bring, whoever is idle by then; as far as these are known. Splits that
 *  are read up to where they end hold nothing up. */
export function lastWatermark({ source, parallelism }: JobSpec, { lineage, kafka }: JobSurroundings): number {
  const { outOfOrderness, idleTimeout } = source.watermarks!;
  const isFed =
    idleTimeout !== undefined ||
    source.bounded !== undefined ||
    parallelism <= kafka.topicPartitions(source.topic);
  let least = isFed ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  for (const split of kafka.isFromOutside(source.topic) ? kafka.originsOf(source.topic) : []) {
    const records = lineage.originOf(split).total(lineage.localPartition(split));
    const stop = kafka.stoppingOffsets(source)?.[lineage.localPartition(split)];
    if (stop !== undefined && stop <= records) continue;
    if (records > 0) least = Math.min(least, lineage.createdAt(split, records - 1));
    else if (idleTimeout === undefined) return Number.NEGATIVE_INFINITY;
  }
  if (least === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  return Math.floor(least / MILLISECOND) - outOfOrderness / MILLISECOND - 1;
}
