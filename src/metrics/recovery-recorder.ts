import type { FailoverObserver } from "../flink/index.ts";

/** Something that happened around a failure. Times in ns; job -1: of no job. */
export interface RecoveryEvent {
  readonly at: number;
  readonly job: number;
  readonly what: string;
}

/** What happened to one job around its failures, ns. */
export interface JobRecovery {
  /** Restarts that were begun. */
  restarts: number;
  /** From a failure until every task ran again, for each outage; the checkpoint that was restored last in it, 0: none. */
  readonly outages: { readonly failedAt: number; runningAt: number; checkpoint: number }[];
}

/** Most events that are kept. */
const MOST_EVENTS = 1000;

/** The timeline of failures and recovery, and each job's outages. */
export class RecoveryRecorder implements FailoverObserver {
  readonly timeline: RecoveryEvent[] = [];
  readonly jobs: readonly JobRecovery[];
  /** When the first fault of the plan happened; NaN: none has. */
  firstFaultAt = Number.NaN;
  /** When a JobMaster or the ResourceManager first declared a TaskManager lost; NaN: never. */
  firstLostAt = Number.NaN;
  readonly #reasons: readonly string[];
  readonly #faults: { readonly at: number; readonly until: number }[] = [];

  /** @param reasons of failures, by number. */
  constructor(jobs: number, reasons: readonly string[]) {
    this.jobs = Array.from({ length: jobs }, () => ({ restarts: 0, outages: [] }));
    this.#reasons = reasons;
  }

  #add(at: number, job: number, what: string): void {
    if (this.timeline.length < MOST_EVENTS) this.timeline.push({ at, job, what });
  }

  /** A fault of the plan happens; what it does is over at `until`, ns. */
  faultInjected(fault: string, at: number, until: number): void {
    this.#add(at, -1, fault);
    this.#faults.push({ at, until });
    if (Number.isNaN(this.firstFaultAt)) this.firstFaultAt = at;
  }

  /** A checkpoint has failed; told once there has been a fault. */
  checkpointFailed(job: number, checkpoint: number, reason: string, at: number): void {
    if (this.#faults.length > 0) this.#add(at, job, `checkpoint ${checkpoint} failed: ${reason}`);
  }

  /** Whether a fault of the plan was at work at `at` or within `memory` ns before. */
  isDisturbed(at: number, memory: number): boolean {
    return this.#faults.some((one) => one.at <= at && at <= one.until + memory);
  }

  jobStatusChanged(job: number, status: string, at: number): void {
    if (at === 0) return;
    this.#add(at, job, status);
    if (status === "RESTARTING") this.jobs[job]!.restarts++;
  }

  jobFailed(job: number, subtask: number, reason: number, at: number): void {
    const who = subtask < 0 ? "job" : `subtask ${subtask}`;
    this.#add(at, job, `${who} failed: ${this.#reasons[reason]}`);
    const { outages } = this.jobs[job]!;
    const last = outages.at(-1);
    if (last === undefined || last.runningAt < Number.POSITIVE_INFINITY)
      outages.push({ failedAt: at, runningAt: Number.POSITIVE_INFINITY, checkpoint: 0 });
  }

  jobRestored(job: number, checkpoint: number, at: number): void {
    this.#add(at, job, checkpoint === 0 ? "starts from nothing" : `restores checkpoint ${checkpoint}`);
    const last = this.jobs[job]!.outages.at(-1);
    if (last !== undefined) last.checkpoint = checkpoint;
  }

  executionRunning(): void {}

  allRunning(job: number, at: number): void {
    this.#add(at, job, "every task runs");
    const last = this.jobs[job]!.outages.at(-1);
    if (last !== undefined && last.runningAt === Number.POSITIVE_INFINITY) last.runningAt = at;
  }

  taskManagerEnded(taskManager: number, at: number): void {
    this.#add(at, -1, `TaskManager ${taskManager + 1} ended`);
  }

  taskManagerFrozen(taskManager: number, until: number, at: number): void {
    this.#add(at, -1, `TaskManager ${taskManager + 1} frozen for ${(until - at) / 1e9} s`);
  }

  taskManagerRegistered(taskManager: number, at: number): void {
    this.#add(at, -1, `TaskManager ${taskManager + 1} registered`);
  }

  taskManagerLost(job: number, taskManager: number, at: number): void {
    const who = job < 0 ? "ResourceManager" : "JobMaster";
    if (Number.isNaN(this.firstLostAt)) this.firstLostAt = at;
    this.#add(at, job, `${who} declares TaskManager ${taskManager + 1} lost`);
  }
}
