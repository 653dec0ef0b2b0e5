import type { FlinkObserver } from "../flink/index.ts";

/** What the windows of a job did, over all attempts. */
export interface WindowCounts {
  /** Windows of a subtask that were fired, the records in them, and their results. */
  fired: number;
  records: number;
  results: number;
  /** Records that came when their window had been fired, and were dropped. */
  late: number;
  /** By subtask whose input has ended, the last time that it did: records in windows that nothing fires any more. */
  readonly leftOpen: Map<number, number>;
}

/** Counts, per job, what is fired, what is dropped and what is left. */
export class WindowRecorder
  implements Required<Pick<FlinkObserver, "windowFired" | "lateRecordsDropped" | "windowsLeftOpen">>
{
  readonly jobs: readonly WindowCounts[];

  constructor(jobs: number) {
    this.jobs = Array.from({ length: jobs }, () => ({
      fired: 0,
      records: 0,
      results: 0,
      late: 0,
      leftOpen: new Map(),
    }));
  }

  windowFired(
    job: number,
    _subtask: number,
    _task: number,
    { records }: { readonly records: number },
    results: number,
  ): void {
    const counts = this.jobs[job]!;
    counts.fired++;
    counts.records += records;
    counts.results += results;
  }

  lateRecordsDropped(job: number, _subtask: number, records: number): void {
    this.jobs[job]!.late += records;
  }

  windowsLeftOpen(job: number, subtask: number, records: number): void {
    this.jobs[job]!.leftOpen.set(subtask, records);
  }
}
