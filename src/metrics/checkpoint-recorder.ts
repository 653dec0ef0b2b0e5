import type { FlinkObserver } from "../flink/index.ts";
import { RampHistogram } from "./ramp-histogram.ts";

export interface JobCheckpoints {
  triggered: number;
  completed: number;
  failed: number;
  /** Trigger to latest acknowledgement of the completed ones triggered in the measured time, ns. */
  readonly durations: RampHistogram;
  /** Between two triggers of the measured time, ns. */
  readonly triggerGaps: RampHistogram;
}

/** Counts and durations of each job's checkpoints. */
export class CheckpointRecorder
  implements Pick<FlinkObserver, "checkpointTriggered" | "checkpointCompleted" | "checkpointAborted">
{
  readonly jobs: readonly JobCheckpoints[];
  readonly #from: number;
  readonly #until: number;
  readonly #lastTrigger: Float64Array;

  /** @param from ns, end of the warm-up. @param until ns; durations and gaps are those of checkpoints triggered before. */
  constructor(jobs: number, from: number, until: number) {
    this.#from = from;
    this.#until = until;
    this.#lastTrigger = new Float64Array(jobs).fill(-1);
    this.jobs = Array.from({ length: jobs }, () => ({
      triggered: 0,
      completed: 0,
      failed: 0,
      durations: new RampHistogram(),
      triggerGaps: new RampHistogram(),
    }));
  }

  checkpointTriggered(job: number, _checkpoint: number, at: number): void {
    const counts = this.jobs[job]!;
    counts.triggered++;
    const last = this.#lastTrigger[job]!;
    if (last >= this.#from && at < this.#until) counts.triggerGaps.add(1, at - last, at - last);
    this.#lastTrigger[job] = at;
  }

  checkpointCompleted(job: number, _checkpoint: number, triggeredAt: number, latestAckAt: number): void {
    const counts = this.jobs[job]!;
    counts.completed++;
    const duration = latestAckAt - triggeredAt;
    if (triggeredAt >= this.#from && triggeredAt < this.#until) counts.durations.add(1, duration, duration);
  }

  checkpointAborted(job: number): void {
    this.jobs[job]!.failed++;
  }
}
