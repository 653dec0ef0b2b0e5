import {
  crashAndLastStableOffset,
  duplicatesOnPipeline,
  latencyOptimalIntervalOnPipeline,
  replayOnPipeline,
  stabilityOnPipeline,
} from "./failures-on-a-pipeline.ts";
import { checkpointIntervalLaws } from "./l01-l07-checkpoint-interval.ts";
import { queueLaws } from "./l08-l12-queues.ts";
import { periodicPause } from "./l13-periodic-pause.ts";
import { randomPauses } from "./l14-random-pauses.ts";
import { vacations } from "./l14b-vacations.ts";
import { duplicatesOfReplay, replayGeometry, stability } from "./l15-l28-replay.ts";
import { latencyOptimalInterval } from "./l17-latency-optimal-interval.ts";
import { transactionalVisibility } from "./l18-transactional-visibility.ts";
import { hopsInSeries } from "./l19-hops-in-series.ts";
import { failedCheckpoint } from "./l20-failed-checkpoint.ts";
import { sharedPartition } from "./l21-shared-partition.ts";
import { alignmentAndCompletion, stragglers } from "./l23-l24-order-statistics.ts";
import { barrierTravel } from "./l25-barrier-travel.ts";
import { flushTimers } from "./l26-flush-timers.ts";
import { transactionOverhead } from "./l27-transaction-overhead.ts";
import { little } from "./l29-little.ts";
import { conservation } from "./l30-conservation.ts";
import type { Law } from "./law.ts";

/** Every law, in the order of their numbers. */
export const LAWS: readonly Law[] = [
  ...checkpointIntervalLaws,
  ...queueLaws,
  periodicPause,
  randomPauses,
  vacations,
  replayGeometry,
  replayOnPipeline,
  stability,
  stabilityOnPipeline,
  latencyOptimalInterval,
  latencyOptimalIntervalOnPipeline,
  transactionalVisibility,
  hopsInSeries,
  failedCheckpoint,
  sharedPartition,
  crashAndLastStableOffset,
  alignmentAndCompletion,
  stragglers,
  barrierTravel,
  flushTimers,
  transactionOverhead,
  duplicatesOfReplay,
  duplicatesOnPipeline,
  little,
  conservation,
];
