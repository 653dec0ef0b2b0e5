import { checkpointIntervalLaws } from "./l01-l07-checkpoint-interval.ts";
import { periodicPause } from "./l13-periodic-pause.ts";
import { randomPauses } from "./l14-random-pauses.ts";
import { vacations } from "./l14b-vacations.ts";
import { duplicatesOfReplay, replayGeometry, stability } from "./l15-l28-replay.ts";
import { latencyOptimalInterval } from "./l17-latency-optimal-interval.ts";
import { transactionalVisibility } from "./l18-transactional-visibility.ts";
import { flushTimers } from "./l26-flush-timers.ts";
import type { Law } from "./law.ts";

/** Every law, in the order of their numbers. */
export const LAWS: readonly Law[] = [
  ...checkpointIntervalLaws,
  periodicPause,
  randomPauses,
  vacations,
  replayGeometry,
  stability,
  latencyOptimalInterval,
  transactionalVisibility,
  flushTimers,
  duplicatesOfReplay,
];
