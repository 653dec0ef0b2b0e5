import type { FailoverObserver } from "../flink/index.ts";
import type { BrokerObserver, KafkaObserver, LossReason } from "../kafka/index.ts";

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
  readonly outages: Outage[];
  /** Its input has ended, and every task has handed on everything. */
  hasInputEnded: boolean;
  /** The last that was heard of it: Flink's JobStatus, or `gone` with its JobManager. */
  status: string;
}

/** A job is down. Times in ns; +Infinity: not yet. */
export interface Outage {
  /** Since when tasks of the job may have been gone: a TaskManager ended or froze of which nothing had been noticed yet; else
   *  as `failedAt`. */
  readonly crashedAt: number;
  /** The JobMaster heard of a failure. */
  readonly failedAt: number;
  /** Since when its tasks could be deployed: they were reset, and no TaskManager registered after that. */
  resetAt: number;
  /** Every task ran again. */
  runningAt: number;
  /** The one that was restored last, 0: none. */
  checkpoint: number;
}

/** A process that is gone, and from when on it is back. */
interface Crash {
  readonly at: number;
  readonly until: number;
}

/** Most events that are kept. */
const MOST_EVENTS = 1000;

/** The timeline of failures and recovery, and each job's outages. */
export class RecoveryRecorder
  implements
    Omit<FailoverObserver, "jobRescaled">,
    BrokerObserver,
    Required<Pick<KafkaObserver, "recordsLost">>
{
  readonly timeline: RecoveryEvent[] = [];
  readonly jobs: readonly JobRecovery[];
  /** When the first fault of the plan happened; NaN: none has. */
  firstFaultAt = Number.NaN;
  /** When a JobMaster or the ResourceManager first declared a TaskManager lost; NaN: never. */
  firstLostAt = Number.NaN;
  /** Per topic: records that were in no log, or no longer, though their producer had handed them over. */
  readonly recordsGone: number[];
  /** Brokers that ended or stood still, elections that were asked for. */
  brokerFailures = 0;
  readonly #reasons: readonly string[];
  readonly #faults: { readonly at: number; readonly until: number }[] = [];
  readonly #crashes: Crash[] = [];
  /** Per job: when it last heard of a failure. */
  readonly #heardAt: number[];
  readonly #topics: readonly string[];
  readonly #isRemade: readonly boolean[];

  /** @param reasons of failures, by number. @param topics names. @param isRemade whether what the producers of a topic give up
   *  is made again, since they are sinks and their tasks fail. */
  constructor(
    jobs: number,
    reasons: readonly string[],
    topics: readonly string[] = [],
    isRemade: readonly boolean[] = [],
  ) {
    this.#topics = topics;
    this.#isRemade = isRemade;
    this.recordsGone = topics.map(() => 0);
    this.jobs = Array.from({ length: jobs }, () => ({
      restarts: 0,
      outages: [],
      hasInputEnded: false,
      status: "RUNNING",
    }));
    this.#reasons = reasons;
    this.#heardAt = this.jobs.map(() => Number.NEGATIVE_INFINITY);
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

  /** A savepoint has completed. */
  savepointCompleted(job: number, checkpoint: number, at: number): void {
    this.#add(at, job, `savepoint ${checkpoint} completed`);
  }

  /** A checkpoint has failed; told once there has been a fault. */
  checkpointFailed(job: number, checkpoint: number, reason: string, at: number): void {
    if (this.#faults.length > 0) this.#add(at, job, `checkpoint ${checkpoint} failed: ${reason}`);
  }

  /** Whether the job has ended since its input has, with nothing left to do. */
  isComplete(job: number): boolean {
    const { status, hasInputEnded } = this.jobs[job]!;
    return status === "FINISHED" && hasInputEnded;
  }

  /** Whether the job runs as far as has been heard, with all its tasks, or is complete. */
  isRunning(job: number): boolean {
    if (this.isComplete(job)) return true;
    const { status, outages } = this.jobs[job]!;
    return status === "RUNNING" && (outages.at(-1)?.runningAt ?? 0) < Number.POSITIVE_INFINITY;
  }

  /** Whether a fault of the plan was at work at `at` or within `memory` ns before. */
  isDisturbed(at: number, memory: number): boolean {
    return this.#faults.some((one) => one.at <= at && at <= one.until + memory);
  }

  jobStatusChanged(job: number, status: string, at: number): void {
    if (at === 0) return;
    const state = this.jobs[job]!;
    // A job that starts without having been restarting is taken over by another JobManager, or submitted again.
    if (status === "RESTARTING" || (status === "RUNNING" && state.status !== "RESTARTING")) state.restarts++;
    state.status = status;
    if (status === "RUNNING" || status === "RESTARTING") state.hasInputEnded = false;
    if (status === "CANCELLING" || (status === "FINISHED" && !this.isComplete(job)))
      this.#goDown(job, at, at);
    this.#add(at, job, status);
  }

  inputEnded(job: number, at: number): void {
    this.jobs[job]!.hasInputEnded = true;
    this.#add(at, job, "its input has ended");
  }

  jobFailed(job: number, subtask: number, reason: number, at: number): void {
    const who = subtask < 0 ? "job" : `subtask ${subtask}`;
    this.#add(at, job, `${who} failed: ${this.#reasons[reason]}`);
    const unheard = this.#crashes.find((crash) => crash.at > this.#heardAt[job]! && crash.until >= at);
    this.#goDown(job, unheard?.at ?? at, at);
    this.#heardAt[job] = at;
  }

  jobRestored(job: number, checkpoint: number, at: number): void {
    this.#add(at, job, checkpoint === 0 ? "starts from nothing" : `restores checkpoint ${checkpoint}`);
    const last = this.jobs[job]!.outages.at(-1);
    if (last === undefined || last.runningAt < Number.POSITIVE_INFINITY) return;
    last.checkpoint = checkpoint;
    last.resetAt = at;
  }

  /** The job is submitted with another `parallelism.default`. */
  jobRescaled(job: number, parallelism: number, at: number): void {
    this.#add(at, job, `parallelism ${parallelism}`);
  }

  executionRunning(): void {}

  allRunning(job: number, at: number): void {
    this.#add(at, job, "every task runs");
    const last = this.jobs[job]!.outages.at(-1);
    if (last !== undefined && last.runningAt === Number.POSITIVE_INFINITY) last.runningAt = at;
  }

  taskManagerEnded(taskManager: number, at: number): void {
    this.#add(at, -1, `TaskManager ${taskManager + 1} ended`);
    this.#crashed(at, Number.POSITIVE_INFINITY);
  }

  cancellationTimedOut(taskManager: number, at: number): void {
    this.#add(
      at,
      -1,
      `a task in TaskManager ${taskManager + 1} hasn't ended within task.cancellation.timeout`,
    );
  }

  taskManagerFrozen(taskManager: number, until: number, at: number): void {
    this.#add(at, -1, `TaskManager ${taskManager + 1} frozen for ${(until - at) / 1e9} s`);
    this.#crashed(at, until);
  }

  taskManagerRegistered(taskManager: number, at: number): void {
    this.#add(at, -1, `TaskManager ${taskManager + 1} registered`);
    for (const { outages } of this.jobs) {
      const last = outages.at(-1);
      const isReset = last !== undefined && last.resetAt < Number.POSITIVE_INFINITY;
      if (isReset && last.runningAt === Number.POSITIVE_INFINITY) last.resetAt = at;
    }
  }

  taskManagerLost(job: number, taskManager: number, at: number): void {
    const who = job < 0 ? "ResourceManager" : "JobMaster";
    if (Number.isNaN(this.firstLostAt)) this.firstLostAt = at;
    this.#add(at, job, `${who} declares TaskManager ${taskManager + 1} lost`);
  }

  jobManagerEnded(isRecoverable: boolean, at: number): void {
    const lost = isRecoverable ? "" : ", and its jobs are gone: high-availability.type is NONE";
    this.#add(at, -1, `JobManager ended${lost}`);
    if (!isRecoverable) for (const job of this.jobs) job.status = "gone";
  }

  jobManagerFrozen(until: number, at: number): void {
    this.#add(at, -1, `JobManager frozen for ${(until - at) / 1e9} s`);
  }

  leadershipLost(at: number): void {
    this.#add(at, -1, "JobManager leads no longer: it has not renewed its lock");
  }

  jobManagerLeads(at: number): void {
    this.#add(at, -1, "JobManager leads");
  }

  taskManagerDisconnected(taskManager: number, at: number): void {
    this.#add(at, -1, `TaskManager ${taskManager + 1} ends its tasks: it has lost its JobManager`);
    this.jobs.forEach((_, job) => {
      this.#goDown(job, at, at);
    });
  }

  #goDown(job: number, crashedAt: number, failedAt: number): void {
    const { outages } = this.jobs[job]!;
    const last = outages.at(-1);
    if (last !== undefined && last.runningAt === Number.POSITIVE_INFINITY) return;
    const [resetAt, runningAt] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    outages.push({ crashedAt, failedAt, resetAt, runningAt, checkpoint: 0 });
  }

  #crashed(at: number, until: number): void {
    if (this.#crashes.length < MOST_EVENTS) this.#crashes.push({ at, until });
  }

  brokerEnded(broker: number, thawsAt: number | undefined, at: number): void {
    this.brokerFailures++;
    const what = thawsAt === undefined ? "ended" : `frozen for ${(thawsAt - at) / 1e9} s`;
    this.#add(at, -1, `broker ${broker + 1} ${what}`);
  }

  brokerFenced(broker: number, elected: number, leaderless: number, at: number): void {
    const others = leaderless > 0 ? `, ${leaderless} without a leader` : "";
    this.#add(at, -1, `controller fences broker ${broker + 1}: ${elected} partitions led by others${others}`);
  }

  brokerRegistered(broker: number, at: number): void {
    this.#add(at, -1, `broker ${broker + 1} works again`);
  }

  leadersElected(topic: string, partitions: number, at: number): void {
    if (partitions > 0) this.brokerFailures++;
    this.#add(at, -1, `${partitions} partitions of ${topic} get another leader`);
  }

  brokerInSync(broker: number, at: number): void {
    this.#add(at, -1, `broker ${broker + 1} has caught up`);
  }

  replicaLagged(broker: number, partitions: number, at: number): void {
    this.#add(at, -1, `broker ${broker + 1} lags: no longer in sync for ${partitions} partitions`);
  }

  recordsLost(topic: number, partition: number, records: number, reason: LossReason, at: number): void {
    if (reason === "leader lost" || this.#isRemade[topic] !== true) this.recordsGone[topic]! += records;
    this.#add(at, -1, `${records} records of ${this.#topics[topic]}-${partition} ${LOSSES[reason]}`);
  }
}

const LOSSES: Readonly<Record<LossReason, string>> = {
  "leader lost": "are gone with their leader",
  "delivery timeout": "are given up after delivery.timeout.ms",
  "retries exhausted": "are given up after their last retry",
};
