import type { KafkaSink } from "../../connectors/index.ts";
import type { Simulation } from "../../engine/index.ts";
import {
  type Channel,
  type ChannelKinds,
  type CheckpointDriver,
  type CheckpointKinds,
  CheckpointStoreCondition,
  FAILURE_REASONS,
  type FailureReason,
  type FileSystemCheckpointStorage,
  type FlinkCluster,
  type FlinkClusterKinds,
  type JobMaster,
  type JobMasterKinds,
  type Mail,
  type OperatorTask,
  type OperatorTaskKinds,
  type ProcessorSharing,
  type SourceTask,
  type SourceTaskKinds,
  type StoreTrouble,
  TASK_CHECKPOINT_FAILURE,
  UPDATE_INTERVAL,
} from "../../flink/index.ts";

import type { EndingTaskKinds } from "./ending-tasks.ts";
import type { Submission } from "./operate.ts";
import type { SimulatedAttempts } from "./simulated-attempts.ts";

const NO_JOB = -1;

/** The event kinds of all jobs of a world, and who handles them: components by the numbers that events carry. What is gone
 *  leaves its place empty, and what still comes for it is lost. */
export class FlinkEvents {
  /** per job: what is to be submitted again. */
  readonly submissions: (Submission | undefined)[] = [];
  /** somebody looks whether a job has ended; payload a = job. */
  readonly submissionDue: number;
  onSubmissionDue: (job: number) => void = () => {};
  /** a task has ended by itself; payload a = execution, b = attempt. */
  readonly taskFinished: number;
  /** the JobMaster learns of it; payload the same. */
  readonly finishReported: number;
  /** the JobMaster learns that a task has handed on everything; payload a = execution, b = attempt. */
  readonly endOfData: number;
  /** When the JobManager's process was started, ns; undefined: with the cluster, before the simulation. */
  jobManagerStartedAt: number | undefined;
  /** Until then the JobManager's process stands still, ns. */
  jobManagerFrozenUntil = 0;
  jobManagerFrozenSince = 0;
  /** What somebody asks of it meanwhile. */
  readonly waitingRequests: (() => void)[] = [];
  /** the JobManager's process may go on. */
  readonly jobManagerThaws: number;
  onJobManagerThaws: () => void = () => {};
  /** a JobManager leads, or (b = 1) recovers its jobs; payload a = number of the loss that it follows. */
  readonly jobManagerLeads: number;
  readonly channels: (Channel | undefined)[] = [];
  readonly sources: (SourceTask | undefined)[] = [];
  readonly operators: (OperatorTask | undefined)[] = [];
  /** Checkpoint coordinators. */
  readonly drivers: CheckpointDriver[] = [];
  readonly storages: FileSystemCheckpointStorage[] = [];
  readonly links: ProcessorSharing[] = [];
  /** The store that all of them are clients of. */
  readonly store = new CheckpointStoreCondition();
  /** A trouble of the store may be over. */
  readonly storeRecovers: number;
  /** The links by who shares them: the JobManager or all 0, TaskManagers from 1. */
  readonly sharedLinks: ProcessorSharing[] = [];
  readonly sinks: KafkaSink[] = [];
  /** Tasks that have ended by themselves: their process is there, and says that it knows them no more. */
  readonly finished = new Set<number>();
  /** Number of the checkpoint coordinator of each task. */
  readonly driverOf: number[] = [];
  readonly channelKinds: ChannelKinds;
  /** An upsert-kafka sink writes what it has held back; payload a = number of the writer. */
  readonly upsertFlush: number;
  readonly sourceKinds: SourceTaskKinds;
  readonly operatorKinds: OperatorTaskKinds;
  readonly checkpointKinds: CheckpointKinds;
  /** A request to checkpoint storage is accepted; payload a = number of the storage. */
  readonly storageAccepted: number;
  /** A transfer ends; payload a = number of the link. */
  readonly storageTransferred: number;
  readonly masters: JobMaster[] = [];
  /** Another JobManager leads, or recovers its jobs. @param loss number of the loss that it follows. */
  onJobManagerLeads: (loss: number, recovers: boolean) => void = () => {};
  readonly attempts: SimulatedAttempts[] = [];
  cluster: FlinkCluster | undefined;
  readonly masterKinds: JobMasterKinds;
  readonly clusterKinds: FlinkClusterKinds;
  readonly endingTaskKinds: EndingTaskKinds;
  /** a task's state is there; payload a = execution, b = attempt. */
  readonly taskRestored: number;
  /** a task may be as fast as before; payload a = job. */
  readonly slownessOver: number;
  readonly #sim: Simulation;
  /** an operator of a task throws; payload as above, and the reason. */
  readonly #throws: number;
  readonly #jobOfExecution: number[] = [];
  readonly #firstExecution: number[] = [];
  #tasks = 0;
  /** Tasks below it are gone. */
  #firstAlive = 0;
  readonly #metersDue: number;
  #updatesMeters = false;

  constructor(sim: Simulation) {
    this.#sim = sim;
    const { channels, sources, operators, drivers, storages, links } = this;
    this.channelKinds = {
      segmentFull: sim.defineKind("segment full", (c) => channels[c]?.onSegmentFull()),
      arrival: sim.defineKind("buffer arrives", (c) => channels[c]?.onArrival()),
      credit: sim.defineKind("credit arrives", (c) => channels[c]?.onCredit()),
      resume: sim.defineKind("channel resumed", (c) => channels[c]?.onResume()),
      asked: sim.defineKind("channel asked for data", (c) => channels[c]?.onAsked()),
      processed: sim.defineKind("all records processed", (c) => channels[c]?.onAllRecordsProcessed()),
      bufferSize: sim.defineKind("buffer size announced", (c, bytes) => channels[c]?.onBufferSize(bytes)),
    };
    this.sourceKinds = {
      flush: sim.defineKind("buffer flusher", (t, writer) => (sources[t] ?? operators[t])?.onFlush(writer)),
      advance: sim.defineKind("source advances", (t) => sources[t]?.onAdvance()),
      syncDone: sim.defineKind("source snapshot taken", (t) => sources[t]?.onSyncDone()),
      latencyMarker: sim.defineKind("latency marker due", (t) => sources[t]?.onLatencyMarker()),
      watermark: sim.defineKind("watermark due", (t) => sources[t]?.onWatermarkTimer()),
      outputTimeout: sim.defineKind("barriers waited in the output", (t, c) =>
        (sources[t] ?? operators[t]?.snapshots)?.onOutputTimeout(c),
      ),
    };
    this.operatorKinds = {
      flush: this.sourceKinds.flush,
      outputTimeout: this.sourceKinds.outputTimeout,
      debloat: sim.defineKind("buffers debloated", (t) => operators[t]?.onDebloat()),
      alignmentTimeout: sim.defineKind("alignment took too long", (t, c) =>
        operators[t]?.snapshots.onAlignmentTimer(c),
      ),
      flushed: sim.defineKind("sinks flushed", (t) => operators[t]?.snapshots.onAllFlushed()),
      inputEnded: sim.defineKind("input ended", (t) => operators[t]?.onInputEnded()),
      wake: sim.defineKind("task wakes", (t) => operators[t]?.onWake()),
      syncDone: sim.defineKind("snapshot taken", (t) => operators[t]?.snapshots.onSyncDone()),
    };
    this.checkpointKinds = {
      timer: this.#defineAtJobManager("checkpoint timer", (d) => drivers[d]!.onTimer()),
      timeout: this.#defineAtJobManager("checkpoint timeout", (d, c) => drivers[d]!.onTimeout(c)),
      stage: this.#defineAtJobManager("checkpoint trigger goes on", (d) => drivers[d]!.onStage()),
      message: this.#defineAtJobManager("acknowledgement arrives", (d, m) => drivers[d]!.onMessage(m)),
      finalized: this.#defineAtJobManager("checkpoint finalized", (d) => drivers[d]!.onFinalized()),
      cleaned: this.#defineAtJobManager("checkpoint cleaned", (d) => drivers[d]!.onCleaned()),
      triggerMail: sim.defineKind("trigger arrives", (t, c) => this.#post(t, this.#driver(t).triggerMail(c))),
      completeMail: sim.defineKind("completion arrives", (t, c) =>
        this.#post(t, this.#driver(t).completeMail(c)),
      ),
      abortMail: sim.defineKind("abort arrives", (t, c) => this.#post(t, this.#driver(t).abortMail(c))),
    };
    const master = (execution: number): JobMaster | undefined => this.#masterOf(execution);
    this.#metersDue = sim.defineKind("meters updated", () => this.#updateMeters());
    this.masterKinds = {
      restartDelayOver: this.#defineAtJobManager("restart delay over", (job, id) =>
        this.masters[job]!.onRestartDelayOver(id),
      ),
      submitted: sim.defineKind("task submitted", (e, attempt) => master(e)?.onSubmitted(e, attempt)),
      deployed: sim.defineKind("task deployed", (e, attempt) => master(e)?.onDeployed(e, attempt)),
      initialised: sim.defineKind("task initialised", (e, attempt) =>
        master(e)?.onThawedInitialised(e, attempt),
      ),
      cancelArrives: sim.defineKind("cancel arrives", (e, attempt) => master(e)?.onCancelArrives(e, attempt)),
      failed: this.#defineAtJobManager("failure reported", (e, b) => master(e)?.onFailed(e, b)),
      canceled: this.#defineAtJobManager("task canceled", (e, attempt) => master(e)?.onCanceled(e, attempt)),
      running: this.#defineAtJobManager("task reported running", (e, attempt) =>
        master(e)?.onRunning(e, attempt),
      ),
      slotsMissing: this.#defineAtJobManager("slots missing", (job) => this.masters[job]!.onSlotsMissing()),
    };
    this.clusterKinds = {
      offered: this.#defineAtJobManager("slot offered", (t, job) => this.cluster!.onOffered(t, job)),
      connectionLost: sim.defineKind("connections lost", (t) => this.cluster!.onConnectionLost(t)),
      lostByJobMaster: this.#defineAtJobManager("TaskManager lost", (t, b) =>
        this.cluster!.onLostByJobMaster(t, b),
      ),
      lostByResourceManager: this.#defineAtJobManager("TaskManager lost by the ResourceManager", (t, loss) =>
        this.cluster!.onLostByResourceManager(t, loss),
      ),
      registered: this.#defineAtJobManager("TaskManager registered", (position, planned) =>
        this.cluster!.onRegistered(position, planned),
      ),
      thawed: sim.defineKind("TaskManager goes on", (t) => this.cluster!.onThawed(t)),
      startUpEnded: sim.defineKind("a start-up's work ends", (host) => this.cluster!.onStartUpEnded(host)),
      terminated: sim.defineKind("TaskManager killed after its grace", (t) => this.cluster!.onTerminated(t)),
      zombieTold: this.#defineAtJobManager("zombie told", (t) => this.cluster!.onZombieTold(t)),
      jobManagerMissed: sim.defineKind("JobManager missed", (t, loss) =>
        this.cluster!.onJobManagerMissed(t, loss),
      ),
      reconnected: this.#defineAtJobManager("TaskManager reconnected", (t, loss) =>
        this.cluster!.onReconnected(t, loss),
      ),
    };
    this.#throws = sim.defineKind("task throws", (e, b) => {
      const job = this.#jobOfExecution[e]!;
      const subtask = e - this.#firstExecution[job]!;
      const { length } = FAILURE_REASONS;
      this.masters[job]?.onTaskException(subtask, Math.floor(b / length), FAILURE_REASONS[b % length]!);
    });
    this.endingTaskKinds = {
      threadFree: sim.defineKind("thread free", (job, n) => this.attempts[job]!.ending.onThreadFree(n)),
      cancellationTimedOut: sim.defineKind("cancellation timed out", (job, n) =>
        this.attempts[job]!.ending.onCancellationTimedOut(n),
      ),
    };
    this.slownessOver = sim.defineKind("slow task recovers", (job) => this.attempts[job]!.settleSlowness());
    this.submissionDue = this.#defineAtJobManager("submission due", (job) => this.onSubmissionDue(job));
    this.taskFinished = sim.defineKind("task finished", (e, attempt) => {
      const job = this.#jobOfExecution[e]!;
      this.attempts[job]?.onTaskFinished(e - this.#firstExecution[job]!, attempt);
    });
    this.finishReported = this.#defineAtJobManager("finish reported", (e, attempt) => {
      const job = this.#jobOfExecution[e]!;
      master(e)?.onTaskFinished(e - this.#firstExecution[job]!, attempt);
    });
    this.endOfData = this.#defineAtJobManager("end of data", (e, attempt) => {
      const job = this.#jobOfExecution[e]!;
      this.attempts[job]?.onEndOfData(e - this.#firstExecution[job]!, attempt);
    });
    this.jobManagerThaws = sim.defineKind("JobManager goes on", () => this.onJobManagerThaws());
    this.jobManagerLeads = sim.defineKind("JobManager leads", (loss, b) =>
      this.onJobManagerLeads(loss, b === 1),
    );
    this.taskRestored = sim.defineKind("task restored", (e, attempt) => this.#onTaskRestored(e, attempt));
    this.storeRecovers = sim.defineKind("checkpoint storage recovers", () => this.#settleStore(sim.now));
    this.storageAccepted = sim.defineKind("storage request accepted", (s, n) => storages[s]!.onAccepted(n));
    this.upsertFlush = sim.defineKind("upsert buffer flushed", (w) => this.sinks[w]!.onBufferDue());
    this.storageTransferred = sim.defineKind("storage transfer ends", (l) => links[l]!.onEnded());
  }

  /** Defines a kind of event that the JobManager's process handles: while that stands still, they wait, in their order. */
  #defineAtJobManager(name: string, handle: (a: number, b: number) => void): number {
    const sim = this.#sim;
    const kind: number = sim.defineKind(name, (a, b) => {
      if (sim.now < this.jobManagerFrozenUntil) sim.scheduleAt(this.jobManagerFrozenUntil, kind, a, b);
      else handle(a, b);
    });
    return kind;
  }

  /** The store of checkpoints gets into trouble now. */
  troubleStore(trouble: StoreTrouble, factor: number, until: number): void {
    this.store.begin(trouble, factor, until);
    for (const link of this.links) link.slowDown(this.store.slowness);
    if (this.store.refusesFiles) for (const storage of this.storages) storage.refuseTransfers();
  }

  #settleStore(now: number): void {
    this.store.settle(now);
    for (const link of this.links) link.slowDown(this.store.slowness);
  }

  /** The executions of a job get numbers of their own; those that it had are over, and what comes for them is lost.
   *  @returns the first. */
  addExecutions(job: number, subtasks: number): number {
    const first = this.#jobOfExecution.length;
    for (let e = this.#firstExecution[job] ?? first; this.#jobOfExecution[e] === job; e++)
      this.#jobOfExecution[e] = NO_JOB;
    this.#firstExecution[job] = first;
    for (let i = 0; i < subtasks; i++) this.#jobOfExecution.push(job);
    return first;
  }

  /** The number of a subtask's execution, whatever its attempt. */
  executionOf(job: number, subtask: number): number {
    return this.#firstExecution[job]! + subtask;
  }

  /** What a task does now ends in an exception. */
  throwIn(job: number, subtask: number, attempt: number, reason: FailureReason): void {
    const b = attempt * FAILURE_REASONS.length + FAILURE_REASONS.indexOf(reason);
    this.#sim.scheduleAfter(0, this.#throws, this.executionOf(job, subtask), b);
  }

  /** undefined: of a JobMaster that is no more. */
  #masterOf(execution: number): JobMaster | undefined {
    return this.masters[this.#jobOfExecution[execution]!];
  }

  #onTaskRestored(execution: number, attempt: number): void {
    const job = this.#jobOfExecution[execution]!;
    this.attempts[job]?.onTaskRestored(execution - this.#firstExecution[job]!, attempt);
  }

  /** A number that no other task of the world has. */
  newTask(): number {
    if (!this.#updatesMeters) this.#updateMetersNext();
    return this.#tasks++;
  }

  /** Every process updates its meters every 5 s of the clock, as long as there are tasks. */
  #updateMetersNext(): void {
    const { now } = this.#sim;
    this.#updatesMeters = true;
    const next = (Math.floor(now / UPDATE_INTERVAL) + 1) * UPDATE_INTERVAL;
    this.#sim.scheduleAt(next, this.#metersDue, 0, 0);
  }

  #updateMeters(): void {
    const { now } = this.#sim;
    this.#updatesMeters = false;
    for (let task = this.#firstAlive; task < this.#tasks; task++) {
      const alive = this.sources[task] ?? this.operators[task];
      if (alive === undefined) {
        if (!this.#updatesMeters) this.#firstAlive = task + 1;
        continue;
      }
      this.#updatesMeters = true;
      alive.updateMeters(now);
    }
    if (this.#updatesMeters) this.#updateMetersNext();
  }

  #driver(task: number): CheckpointDriver {
    return this.drivers[this.driverOf[task]!]!;
  }

  #post(task: number, mail: Mail): void {
    const receiver = this.sources[task] ?? this.operators[task];
    if (receiver !== undefined) receiver.post(mail);
    else if (mail.kind === "trigger-checkpoint" && this.finished.has(task))
      this.#driver(task).decline(task, mail.checkpoint, TASK_CHECKPOINT_FAILURE, this.#sim.now);
  }
}
