/** Models: the JobManager's side of a checkpoint in time: the timers, the stages of a trigger, RPCs to and from the tasks,
 *    the write of `_metadata`, the deletion of what is no longer needed, the notifications, stop-with-savepoint.
 *  Source: flink CheckpointCoordinator, ExecutionGraphHandler, Execution.notifyCheckpoint*, StopWithSavepointTerminationHandlerImpl
 *    (Flink 2.2).
 *  Leaves out: threads of the JobManager that wait for each other, RPC retries, requests to a task that is gone. */

import { invariant, NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import {
  ABORT,
  ARM_TIMEOUT,
  ARM_TIMER,
  CANCEL_TIMER,
  type CheckpointCoordinatorSettings,
  type CheckpointCoordinatorState,
  CLEAN,
  COMPLETED,
  COMPUTE_PLAN,
  type CoordinatorStep,
  checkpointCoordinator,
  DRAW_ID,
  FAIL_JOB,
  FAILED_WITHOUT_PENDING,
  FINALIZE,
  INITIALIZE_LOCATION,
  latestCompletedId,
  NOTIFY_COMPLETE,
  onAcknowledge,
  onCleaned,
  onDecline,
  onEndOfData,
  onFailover,
  onFinalized,
  onFinalizeFailed,
  onIdDrawn,
  onLocationInitialized,
  onOperatorCoordinatorSnapshot,
  onPlan,
  onRequest,
  onRequestsSent,
  onSchedulerStart,
  onSchedulerStop,
  onShutdown,
  onTimeout,
  onTimer,
  type PendingCheckpoint,
  REQUEST_FAILED,
  SEND_TRIGGER_REQUESTS,
  SNAPSHOT_OPERATOR_COORDINATORS,
} from "./checkpoint-coordinator.ts";
import { CHECKPOINT_FAILURE_REASONS } from "./checkpoint-failure-reason.ts";
import type { CheckpointMetrics } from "./checkpoint-metrics.ts";
import { type CheckpointPlan, checkpointPlan, type PlannedTask } from "./checkpoint-plan.ts";
import {
  type CheckpointProperties,
  checkpointTypeOf,
  isSavepoint,
  isSynchronous,
  savepointProperties,
} from "./checkpoint-properties.ts";
import type { CheckpointResponder } from "./checkpoint-responder.ts";
import { type JvmWarmUp, slowness } from "./jvm-warm-up.ts";
import type { Mail } from "./mailbox.ts";
import type { FlinkObserver } from "./observations.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";

/** Event kinds; payload a = number of the coordinator, or of the task where it is a mail; b = checkpoint, or message. */
export interface CheckpointKinds {
  readonly timer: number;
  readonly timeout: number;
  readonly stage: number;
  readonly message: number;
  readonly finalized: number;
  readonly cleaned: number;
  readonly triggerMail: number;
  readonly completeMail: number;
  readonly abortMail: number;
}

/** Durations in ns. */
export interface CheckpointDriverSettings extends CheckpointCoordinatorSettings {
  readonly job: number;
  /** number of this coordinator in the simulated world. */
  readonly number: number;
  readonly unaligned: boolean;
  /** `execution.checkpointing.checkpoints-after-tasks-finish` */
  readonly checkpointsAfterTasksFinish: boolean;
  /** One way, JobManager to TaskManager or back, when the JobManager is warm. */
  readonly rpc: number;
  /** Of the JobManager: it makes RPCs and what it does by itself slower. */
  readonly warmUp: JvmWarmUp;
  /** To make the checkpoint's folder. */
  readonly initializeLocation: number;
  /** For the enumerators to take their snapshot. */
  readonly snapshotOperatorCoordinators: number;
  /** ns of the clock; the first trigger, where it is stated instead of drawn. */
  readonly firstTriggerAt: number | undefined;
}

/** Where the JobManager keeps what is not in the tasks' files. Durations in ns, sizes in bytes. */
export interface MetadataStorage {
  /** Size of `_metadata` of a checkpoint with these snapshots. */
  metadataBytes(snapshots: Iterable<TaskStateSnapshot>): number;
  writeMetadata(bytes: number): number;
  /** To delete what an ended checkpoint leaves behind. */
  clean(): number;
  /** Whether the store refuses, now, to make a checkpoint's folder, or to take `_metadata`. */
  readonly refusesFolders: boolean;
  readonly refusesMetadata: boolean;
}

/** What the coordinator knows of its job's tasks. */
export interface CheckpointedTasks {
  /** In topological order. */
  list(): readonly PlannedTask[];
  /** The number in its job of the subtask that a task is an attempt of. */
  subtaskOf(task: number): number;
}

interface Sent {
  readonly plan: CheckpointPlan;
  readonly properties: CheckpointProperties;
  readonly triggeredAt: number;
  /** Of the mail that tells of its end. */
  other: number;
}

/** On its way to the JobManager; `reason` 0: an acknowledgement. */
interface Message {
  readonly task: number;
  readonly checkpoint: number;
  readonly reason: number;
  readonly metrics: CheckpointMetrics | undefined;
  readonly snapshot: TaskStateSnapshot | undefined;
}

/** Ended checkpoints of which mails may still be on their way. */
const REMEMBERED = 64;

export class CheckpointDriver implements CheckpointResponder {
  readonly #sim: Simulation;
  readonly #kinds: CheckpointKinds;
  readonly #settings: CheckpointDriverSettings;
  readonly #tasks: CheckpointedTasks;
  readonly #storage: MetadataStorage;
  readonly #random: RandomStream;
  readonly #observer: FlinkObserver;
  readonly #outbox = new Outbox();
  readonly #step: CoordinatorStep;
  readonly #timeouts = new Map<number, number>();
  readonly #messages = new Map<number, Message>();
  readonly #sent = new Map<number, Sent>();
  #lastMessage = 0;
  #timerEvent = NO_EVENT;
  #metadataBytes = 0;
  /** The request of a savepoint that ends the job; 0: none. */
  #stopping = 0;
  #hasStopped = false;
  /** The savepoint asked for is to be followed by a cancellation. */
  #cancels = false;
  #isDisposed = false;
  #isCarryingOut = false;
  onJobFailure: (reason: string) => void = () => {};
  /** The savepoint that the job is to be cancelled with is complete. */
  onSavepointOfCancel: () => void = () => {};

  constructor(
    sim: Simulation,
    kinds: CheckpointKinds,
    settings: CheckpointDriverSettings,
    tasks: CheckpointedTasks,
    storage: MetadataStorage,
    random: RandomStream,
    observer: FlinkObserver,
    state: CheckpointCoordinatorState = checkpointCoordinator(),
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#settings = settings;
    this.#tasks = tasks;
    this.#storage = storage;
    this.#random = random;
    this.#observer = observer;
    this.#step = { state, settings, outbox: this.#outbox };
  }

  /** Its number in the simulated world. */
  get number(): number {
    return this.#settings.number;
  }

  get state(): CheckpointCoordinatorState {
    return this.#step.state;
  }

  // ---- what the job asks

  /** The job is RUNNING. */
  start(): void {
    this.#act(() => this.#startScheduler());
  }

  /** The job is no longer RUNNING: a failover follows. */
  stop(): void {
    this.#stopping = 0;
    this.#cancels = false;
    this.#act(() => onSchedulerStop(this.#step, this.#sim.now));
  }

  /** Tasks have failed or are restarted. @param reason a number of CHECKPOINT_FAILURE_REASONS. */
  failover(reason: number): void {
    this.#act(() => onFailover(this.#step, reason, this.#sim.now));
  }

  /** Every task of the job has handed on everything. */
  endOfData(): void {
    if (this.#settings.checkpointsAfterTasksFinish) this.#act(() => onEndOfData(this.#step, this.#sim.now));
  }

  /** The job has ended. */
  shutdown(): void {
    this.#act(() => onShutdown(this.#step, this.#sim.now));
  }

  /** The JobManager's process is gone, and with it what was pending. The state stays readable. */
  dispose(): void {
    this.#isDisposed = true;
    this.#sim.cancel(this.#timerEvent);
    for (const event of this.#timeouts.values()) this.#sim.cancel(event);
    this.#timeouts.clear();
    this.#messages.clear();
  }

  /** A savepoint that is to end the job is asked for, and has not failed. */
  get isStopping(): boolean {
    return this.#stopping !== 0;
  }

  /** The savepoint that ends the job has completed, and its tasks commit and end. */
  get hasStopped(): boolean {
    return this.#hasStopped;
  }

  /** @returns the number of the request. */
  savepoint(format: "CANONICAL" | "NATIVE" = "CANONICAL"): number {
    return this.#request(savepointProperties("savepoint", this.#settings.unaligned, { format }));
  }

  /** Ends the job with a savepoint; when that fails, the job goes on. */
  stopWithSavepoint(drain: boolean, format: "CANONICAL" | "NATIVE" = "CANONICAL"): number {
    this.stop();
    // Flink's number of the request is known only when it may already have failed, so it is foreseen here.
    this.#stopping = this.state.nextRequest;
    return this.#request(
      savepointProperties("stop-with-savepoint", this.#settings.unaligned, { drain, format }),
    );
  }

  /** A savepoint to cancel the job with; when that fails, the job goes on. */
  cancelWithSavepoint(): void {
    this.stop();
    this.#cancels = true;
    this.#stopping = this.state.nextRequest;
    this.savepoint();
  }

  /** Whether these are of the savepoint that the job is to end with. */
  #endsWith(properties: CheckpointProperties): boolean {
    return this.#stopping !== 0 && (this.#cancels ? isSavepoint(properties) : isSynchronous(properties));
  }

  #request(properties: CheckpointProperties): number {
    let request = 0;
    this.#act(() => {
      request = onRequest(this.#step, properties, this.#sim.now);
    });
    return request;
  }

  // ---- what the tasks say

  acknowledge(
    task: number,
    checkpoint: number,
    metrics: CheckpointMetrics,
    snapshot: TaskStateSnapshot,
    at: number,
  ): void {
    this.#send({ task, checkpoint, reason: 0, metrics, snapshot }, at);
  }

  decline(task: number, checkpoint: number, reason: number, at: number): void {
    this.#send({ task, checkpoint, reason, metrics: undefined, snapshot: undefined }, at);
  }

  #send(message: Message, at: number): void {
    if (this.#isDisposed) return;
    const number = ++this.#lastMessage;
    this.#messages.set(number, message);
    const { number: receiver, rpc, warmUp } = this.#settings;
    const arrival = at + rpc * slowness(warmUp, at);
    this.#sim.scheduleAt(Math.ceil(arrival), this.#kinds.message, receiver, number);
  }

  // ---- handlers

  onTimer(): void {
    this.#timerEvent = NO_EVENT;
    this.#act(() => onTimer(this.#step, this.#sim.now));
  }

  onTimeout(checkpoint: number): void {
    this.#timeouts.delete(checkpoint);
    this.#act(() => onTimeout(this.#step, checkpoint, this.#sim.now));
  }

  /** A stage of the trigger has ended. */
  onStage(): void {
    this.#act(() => this.#endStage());
  }

  onMessage(number: number): void {
    const message = this.#messages.get(number);
    if (message === undefined) return;
    this.#messages.delete(number);
    const { task, checkpoint, reason, metrics, snapshot } = message;
    const now = this.#sim.now;
    this.#act(() => {
      if (reason !== 0) onDecline(this.#step, checkpoint, reason, now);
      else if (onAcknowledge(this.#step, checkpoint, task, snapshot!, now) === "SUCCESS") {
        const subtask = this.#tasks.subtaskOf(task);
        const { job } = this.#settings;
        this.#observer.checkpointAcknowledged(job, subtask, checkpoint, metrics!, snapshot!, now);
      }
    });
  }

  onFinalized(): void {
    this.#act(() => {
      if (this.#storage.refusesMetadata) {
        onFinalizeFailed(this.#step, this.#sim.now);
        return;
      }
      const subtaskOf = (task: number): number => this.#tasks.subtaskOf(task);
      onFinalized(this.#step, subtaskOf, this.#metadataBytes, this.#sim.now);
    });
  }

  onCleaned(): void {
    this.#act(() => onCleaned(this.#step, this.#sim.now));
  }

  // ---- mails, as they arrive at a task

  triggerMail(checkpoint: number): Mail {
    return this.#mail("trigger-checkpoint", checkpoint);
  }

  completeMail(checkpoint: number): Mail {
    return this.#mail("notify-checkpoint-complete", checkpoint);
  }

  abortMail(checkpoint: number): Mail {
    return this.#mail("notify-checkpoint-aborted", checkpoint);
  }

  #mail(kind: Mail["kind"], checkpoint: number): Mail {
    const { triggeredAt, properties, other } = this.#sentOf(checkpoint);
    return { kind, checkpoint, triggeredAt, properties, other };
  }

  #sentOf(checkpoint: number): Sent {
    const sent = this.#sent.get(checkpoint);
    invariant(sent !== undefined, "a mail arrives before many later checkpoints have ended");
    return sent;
  }

  // ---- effects

  /** Takes a step and carries out what it asks for, in order; what that leads to at once is carried out behind it. */
  #act(step: () => void): void {
    if (this.#isDisposed) return;
    step();
    if (this.#isCarryingOut) return;
    this.#isCarryingOut = true;
    const outbox = this.#outbox;
    for (let i = 0; i < outbox.length; i++) this.#carryOut(outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!);
    outbox.clear();
    this.#isCarryingOut = false;
  }

  #carryOut(effect: number, a: number, b: number): void {
    const { job, number, initializeLocation, snapshotOperatorCoordinators } = this.#settings;
    const now = this.#sim.now;
    switch (effect) {
      case ARM_TIMER:
        this.#sim.cancel(this.#timerEvent);
        this.#timerEvent = this.#sim.scheduleAt(a, this.#kinds.timer, number, 0);
        break;
      case CANCEL_TIMER:
        this.#sim.cancel(this.#timerEvent);
        this.#timerEvent = NO_EVENT;
        break;
      case COMPUTE_PLAN:
      case DRAW_ID:
        this.#endStage();
        break;
      case ARM_TIMEOUT:
        this.#timeouts.set(a, this.#sim.scheduleAt(b, this.#kinds.timeout, number, a));
        break;
      case INITIALIZE_LOCATION:
        this.#remember(a);
        this.#stageFor(initializeLocation);
        break;
      case SNAPSHOT_OPERATOR_COORDINATORS:
        this.#stageFor(snapshotOperatorCoordinators);
        break;
      case SEND_TRIGGER_REQUESTS:
        for (const task of this.#sentOf(a).plan.trigger) this.#mailTo(task, this.#kinds.triggerMail, a);
        this.#endStage();
        break;
      case FINALIZE:
        this.#finalize(a);
        break;
      case COMPLETED:
        this.#end(a);
        break;
      case NOTIFY_COMPLETE:
        this.#sentOf(a).other = b;
        for (const task of this.#sentOf(a).plan.commitTo) this.#mailTo(task, this.#kinds.completeMail, a);
        break;
      case ABORT:
        this.#abort(a, b);
        break;
      case REQUEST_FAILED:
        if (a === this.#stopping) this.#goOn();
        break;
      case FAILED_WITHOUT_PENDING:
        this.#observer.checkpointTriggerFailed(job, CHECKPOINT_FAILURE_REASONS[a]!.name, now);
        break;
      case CLEAN:
        this.#clean();
        break;
      case FAIL_JOB: {
        const { name } = CHECKPOINT_FAILURE_REASONS[a]!;
        this.#observer.checkpointsFailedJob(job, name, now);
        this.onJobFailure(name);
        break;
      }
    }
  }

  #stageFor(duration: number): void {
    if (duration === 0) this.#endStage();
    else this.#sim.scheduleAfter(this.#slowed(duration), this.#kinds.stage, this.#settings.number, 0);
  }

  /** Tells the coordinator that the stage its trigger is in has ended. */
  #endStage(): void {
    const now = this.#sim.now;
    switch (this.state.trigger?.stage) {
      case "plan": {
        const plan = checkpointPlan(this.#tasks.list(), this.#settings.checkpointsAfterTasksFinish);
        onPlan(this.#step, plan, now);
        break;
      }
      case "id":
        onIdDrawn(this.#step, now);
        break;
      case "location":
        onLocationInitialized(this.#step, !this.#isFolderRefused(), now);
        break;
      case "operator-coordinators":
        for (let i = 0; i < this.#settings.operatorCoordinators; i++) {
          if (this.state.trigger?.stage !== "operator-coordinators") return;
          onOperatorCoordinatorSnapshot(this.#step, true, now);
        }
        break;
      case "requests":
        onRequestsSent(this.#step, true, now);
        break;
    }
  }

  /** Where making a folder takes no time it is no request to the store. */
  #isFolderRefused(): boolean {
    return this.#settings.initializeLocation > 0 && this.#storage.refusesFolders;
  }

  #remember(checkpoint: number): void {
    const { plan, properties, triggeredAt } = this.#pending(checkpoint);
    this.#sent.set(checkpoint, { plan, properties, triggeredAt, other: 0 });
    for (const id of this.#sent.keys()) {
      if (id > checkpoint - REMEMBERED - this.state.pending.length) break;
      if (!this.state.pending.some((one) => one.id === id)) this.#sent.delete(id);
    }
    const { job } = this.#settings;
    this.#observer.checkpointTriggered(job, checkpoint, triggeredAt, checkpointTypeOf(properties));
  }

  #pending(checkpoint: number): PendingCheckpoint {
    const pending = this.state.pending.find((one) => one.id === checkpoint);
    invariant(pending !== undefined, "the checkpoint is pending");
    return pending;
  }

  #finalize(checkpoint: number): void {
    const { states, latestAckAt, triggeredAt } = this.#pending(checkpoint);
    this.#metadataBytes = this.#storage.metadataBytes(states.values());
    const duration = this.#storage.writeMetadata(this.#metadataBytes);
    this.#finalizing = { triggeredAt, latestAckAt };
    this.#sim.scheduleAfter(Math.ceil(duration), this.#kinds.finalized, this.#settings.number, checkpoint);
  }

  #finalizing = { triggeredAt: 0, latestAckAt: 0 };

  #end(checkpoint: number): void {
    this.#disarmTimeout(checkpoint);
    const { properties } = this.#sentOf(checkpoint);
    if (isSynchronous(properties)) this.#hasStopped = true;
    const { triggeredAt, latestAckAt } = this.#finalizing;
    const { job } = this.#settings;
    this.#observer.checkpointCompleted(
      job,
      checkpoint,
      triggeredAt,
      latestAckAt,
      this.#sim.now,
      this.#metadataBytes,
    );
    if (this.#cancels && this.#endsWith(properties)) this.onSavepointOfCancel();
  }

  #abort(checkpoint: number, reason: number): void {
    this.#disarmTimeout(checkpoint);
    const { job } = this.#settings;
    const { name, message } = CHECKPOINT_FAILURE_REASONS[reason]!;
    this.#observer.checkpointAborted(job, checkpoint, name, this.#sim.now, message);
    const sent = this.#sentOf(checkpoint);
    sent.other = latestCompletedId(this.state);
    for (const task of sent.plan.commitTo) this.#mailTo(task, this.#kinds.abortMail, checkpoint);
    if (this.#endsWith(sent.properties)) this.#goOn();
  }

  /** A savepoint that should have ended the job has failed. */
  #goOn(): void {
    this.#stopping = 0;
    this.#cancels = false;
    this.#startScheduler();
  }

  #startScheduler(): void {
    const { firstTriggerAt } = this.#settings;
    const stated = this.state.schedulerStarts === 0 ? firstTriggerAt : undefined;
    onSchedulerStart(this.#step, this.#sim.now, this.#random.uniform(), stated);
  }

  #clean(): void {
    const duration = this.#storage.clean();
    if (duration === 0) onCleaned(this.#step, this.#sim.now);
    else this.#sim.scheduleAfter(Math.ceil(duration), this.#kinds.cleaned, this.#settings.number, 0);
  }

  #mailTo(task: number, kind: number, checkpoint: number): void {
    this.#sim.scheduleAfter(this.#slowed(this.#settings.rpc), kind, task, checkpoint);
  }

  #slowed(duration: number): number {
    return Math.round(duration * slowness(this.#settings.warmUp, this.#sim.now));
  }

  #disarmTimeout(checkpoint: number): void {
    const event = this.#timeouts.get(checkpoint);
    if (event === undefined) return;
    this.#sim.cancel(event);
    this.#timeouts.delete(checkpoint);
  }
}
