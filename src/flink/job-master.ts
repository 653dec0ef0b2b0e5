/** Models: one job's JobMaster in time: deployment of its tasks to slots, reports of their states and failures, restarts,
 *    cancellation, loss of TaskManagers and the wait for new slots.
 *  Source: flink JobMaster, DefaultScheduler, DefaultExecutionDeployer, Execution.sendCancelRpcCall (Flink 2.1).
 *  Leaves out: blob downloads, reconciliation of deployments, shuffle descriptors that are updated. */

import { invariant, NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import {
  ARM_RESTART,
  CANCEL,
  DEPLOY,
  type DefaultSchedulerState,
  defaultScheduler,
  isNewFailure,
  type JobStatus,
  onCanceled,
  onCancelJob,
  onExecutionState,
  onFinished,
  onGlobalFailure,
  onRestartDelayOver,
  onSlots,
  onStart,
  onTaskFailed,
  REQUEST_SLOTS,
  RESTORE,
  SET_STATUS,
  START_CHECKPOINTS,
  STOP_CHECKPOINTS,
} from "./default-scheduler.ts";
import type { FailoverObserver } from "./failover-observer.ts";
import { type JvmWarmUp, slowness } from "./jvm-warm-up.ts";
import {
  onFailure,
  type RestartDecision,
  type RestartStrategySettings,
  type RestartStrategyState,
  restartStrategy,
} from "./restart-strategy.ts";

/** The tasks of a job, as its JobMaster needs them. Subtasks are numbered through. */
export interface JobDeployment {
  /** per subtask: its pipelined region, and the slot (by number) that it shares with the others of that slot. */
  readonly regionOf: readonly number[];
  readonly slotOf: readonly number[];
  /** Executions were reset: their next attempts start from the latest completed checkpoint. `everything`: with the operator
   *  coordinators, since all tasks restart. */
  restore(subtasks: readonly number[], everything: boolean): void;
  /** The attempt is in its process: it restores state and opens its operators, then calls JobMaster.onInitialised. */
  initialise(subtask: number, attempt: number, taskManager: number): void;
  /** The attempt runs. */
  start(subtask: number, attempt: number): void;
  /** The first attempts of all subtasks run, at the beginning of the simulated time. */
  startAll(): void;
  /** The attempt ends in good order: its operators are closed. `whenEnded` is called when its thread has ended, now or later;
   *  never, if its process ends before. */
  close(subtask: number, attempt: number, whenEnded: () => void): void;
  /** The same at somebody's request; if its thread doesn't end in time, its process does. */
  cancel(subtask: number, attempt: number, whenEnded: () => void): void;
  startCheckpoints(): void;
  stopCheckpoints(): void;
  /** The savepoint that the job ends with has completed. A failure before every task has ended then ends the job for good:
   *  to go back to its last checkpoint would be to go behind what the savepoint has committed (FLINK-26783).
   *  Source: flink StopWithSavepointTerminationHandlerImpl, StopWithSavepointStoppingException (not recoverable). */
  readonly hasStopped: boolean;
}

/** What a JobMaster knows of the processes its tasks are sent to. */
export interface TaskManagers {
  isReachable(taskManager: number): boolean;
  /** Until when it does and answers nothing, though it is there, ns; not in the future: it isn't frozen. */
  frozenUntil(taskManager: number): number;
  /** Calls `then` when the process has loaded what tasks need: at once in one that has run some. */
  whenLoaded(taskManager: number, then: () => void): void;
  /** A task runs in the process. */
  markWarm(taskManager: number): void;
}

/** Slots of one job. */
export interface SlotSupply {
  /** Declares the requirement. @returns the TaskManagers of the slots in the pool. */
  require(slots: number): readonly number[];
}

/** Event kinds; payload a = number of the execution (or of the job), b = attempt (or id). */
export interface JobMasterKinds {
  readonly restartDelayOver: number;
  readonly submitted: number;
  readonly deployed: number;
  /** what was done while the process stood still counts from its thaw on. */
  readonly initialised: number;
  readonly cancelArrives: number;
  readonly failed: number;
  readonly canceled: number;
  readonly running: number;
  readonly slotsMissing: number;
}

/** Durations in ns. */
export interface JobMasterSettings {
  readonly job: number;
  /** number of the job's first execution among those of all jobs. */
  readonly firstExecution: number;
  readonly restartStrategy: RestartStrategySettings;
  /** One way, by a warm JobManager. */
  readonly rpc: number;
  /** Of the JobManager. */
  readonly warmUp: JvmWarmUp;
  /** From a submission until the task initialises, in a process that has run some. */
  readonly deployment: number;
  readonly askTimeout: number;
  readonly cancellation: number;
  readonly slotRequestTimeout: number;
}

/** Why an execution failed, as the exception that Flink shows. */
export type FailureReason =
  | "RemoteTransportException"
  | "RecipientUnreachableException"
  | "TimeoutException"
  | "NoResourceAvailableException"
  | "TaskManager lost"
  | "user exception"
  | "Kafka send failed"
  | "checkpoint failures"
  | "commit failed"
  | "restore failed"
  | "JobManager lost"
  | "stop-with-savepoint failed";

export const FAILURE_REASONS = [
  "RemoteTransportException",
  "RecipientUnreachableException",
  "TimeoutException",
  "NoResourceAvailableException",
  "TaskManager lost",
  "user exception",
  "Kafka send failed",
  "checkpoint failures",
  "commit failed",
  "restore failed",
  "JobManager lost",
  "stop-with-savepoint failed",
] as const satisfies readonly FailureReason[];

/** A cancel call is tried so often before it is given up: NUM_CANCEL_CALL_TRIES retries after the first. */
const CANCEL_CALLS = 4;

export class JobMaster {
  readonly #sim: Simulation;
  readonly #kinds: JobMasterKinds;
  readonly #settings: JobMasterSettings;
  readonly #deployment: JobDeployment;
  readonly #taskManagers: TaskManagers;
  readonly #slots: SlotSupply;
  readonly #random: RandomStream;
  readonly #observer: FailoverObserver;
  readonly #outbox = new Outbox();
  readonly #state: DefaultSchedulerState;
  readonly #strategy: RestartStrategyState = restartStrategy();
  /** per slot number: the TaskManager that has it; -1: none. */
  readonly #assignment: number[];
  /** per subtask: the TaskManager of its current attempt. */
  readonly #placeOf: number[];
  #waitsForSlots = false;
  #isInstant = false;
  /** Its process is gone. */
  #isDisposed = false;
  #isCarryingOut = false;
  #slotsEvent = NO_EVENT;

  constructor(
    sim: Simulation,
    kinds: JobMasterKinds,
    settings: JobMasterSettings,
    deployment: JobDeployment,
    taskManagers: TaskManagers,
    slots: SlotSupply,
    random: RandomStream,
    observer: FailoverObserver,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#settings = settings;
    this.#deployment = deployment;
    this.#taskManagers = taskManagers;
    this.#slots = slots;
    this.#random = random;
    this.#observer = observer;
    this.#state = defaultScheduler(deployment.regionOf);
    this.#assignment = Array.from({ length: Math.max(...deployment.slotOf) + 1 }, () => -1);
    this.#placeOf = deployment.regionOf.map(() => -1);
  }

  /** The JobManager's process is gone: nothing is decided here any more, and tasks that fail end where they are. */
  dispose(): void {
    this.#isDisposed = true;
    this.#waitsForSlots = false;
    this.#sim.cancel(this.#slotsEvent);
    this.#slotsEvent = NO_EVENT;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  get status(): JobStatus {
    return this.#state.status;
  }

  get numRestarts(): number {
    return this.#state.numRestarts;
  }

  /** Whether every task runs, or has ended by itself. */
  get allRunning(): boolean {
    return this.#state.executions.every(({ state }) => state === "RUNNING" || state === "FINISHED");
  }

  /** The number of the subtask's current attempt, from 0. */
  attemptOf(subtask: number): number {
    return this.#state.executions[subtask]!.attempt;
  }

  /** The TaskManager that the current attempt of a subtask was sent to; -1: none. */
  placeOf(subtask: number): number {
    return this.#placeOf[subtask]!;
  }

  hasFinished(subtask: number): boolean {
    return this.#state.executions[subtask]!.state === "FINISHED";
  }

  isRunning(subtask: number): boolean {
    return this.#state.executions[subtask]!.state === "RUNNING";
  }

  /** Whether the attempt is the current one and neither over nor being cancelled. */
  isAlive(subtask: number, attempt: number): boolean {
    return isNewFailure(this.#state, subtask, attempt);
  }

  /** Starts the job. `instantly`: its tasks run at once, so that a simulation needn't begin with their deployment. */
  start(instantly: boolean): void {
    this.#isInstant = instantly;
    onStart(this.#state, this.#outbox);
    this.#carryOut();
    if (instantly) this.#deployment.startAll();
    this.#isInstant = false;
  }

  /** Handler of `submitted`: the attempt's submission has arrived at its process, or found none. */
  onSubmitted(execution: number, attempt: number): void {
    if (this.#isDisposed) return;
    const subtask = execution - this.#settings.firstExecution;
    if (!this.isAlive(subtask, attempt)) return;
    const taskManager = this.#placeOf[subtask]!;
    if (!this.#taskManagers.isReachable(taskManager)) {
      this.#report(this.#rpc(), subtask, attempt, "RecipientUnreachableException");
      return;
    }
    const thaw = this.#timeToThaw(subtask);
    if (thaw > this.#settings.askTimeout) {
      this.#report(this.#settings.askTimeout, subtask, attempt, "TimeoutException");
      return;
    }
    if (thaw > 0) {
      this.#sim.scheduleAfter(thaw, this.#kinds.submitted, execution, attempt);
      return;
    }
    this.#taskManagers.whenLoaded(taskManager, () => {
      this.#sim.scheduleAfter(this.#settings.deployment, this.#kinds.deployed, execution, attempt);
    });
  }

  /** Handler of `deployed`. */
  onDeployed(execution: number, attempt: number): void {
    if (this.#isDisposed) return;
    const subtask = execution - this.#settings.firstExecution;
    if (!this.isAlive(subtask, attempt) || !this.#isReachable(subtask)) return;
    if (this.#waitsForThaw(this.#kinds.deployed, subtask, attempt)) return;
    onExecutionState(this.#state, subtask, attempt, "INITIALIZING");
    this.#deployment.initialise(subtask, attempt, this.#placeOf[subtask]!);
  }

  /** The attempt has restored its state and opened its operators: it runs from now on. */
  onInitialised(subtask: number, attempt: number): void {
    if (this.#isDisposed) return;
    if (!this.isAlive(subtask, attempt) || !this.#isReachable(subtask)) return;
    if (this.#waitsForThaw(this.#kinds.initialised, subtask, attempt)) return;
    this.#deployment.start(subtask, attempt);
    this.#taskManagers.markWarm(this.#placeOf[subtask]!);
    this.#sim.scheduleAfter(
      this.#rpc(),
      this.#kinds.running,
      this.#settings.firstExecution + subtask,
      attempt,
    );
  }

  /** Handler of `initialised`. */
  onThawedInitialised(execution: number, attempt: number): void {
    this.onInitialised(execution - this.#settings.firstExecution, attempt);
  }

  /** Handler of `cancelArrives`. */
  onCancelArrives(execution: number, attempt: number): void {
    if (this.#isDisposed) return;
    const subtask = execution - this.#settings.firstExecution;
    const { state, attempt: current } = this.#state.executions[subtask]!;
    if (state === "CANCELING" && attempt === current) this.#cancel(subtask, attempt);
  }

  /** Handler of `running`: the JobMaster learns that an attempt runs. */
  onRunning(execution: number, attempt: number): void {
    if (this.#isDisposed) return;
    const subtask = execution - this.#settings.firstExecution;
    onExecutionState(this.#state, subtask, attempt, "RUNNING");
    if (!this.isAlive(subtask, attempt)) return;
    this.#observer.executionRunning(this.#settings.job, subtask, attempt, this.#sim.now);
    if (this.allRunning) this.#observer.allRunning(this.#settings.job, this.#sim.now);
  }

  /** An attempt ends of itself with an exception now, in good order; the JobMaster learns of it one RPC after its end. */
  onTaskException(subtask: number, attempt: number, reason: FailureReason): void {
    if (!this.isAlive(subtask, attempt)) return;
    this.#deployment.close(subtask, attempt, () => {
      if (!this.#isDisposed) this.#report(this.#rpc(), subtask, attempt, reason);
    });
  }

  /** A task has ended by itself since its input has. */
  onTaskFinished(subtask: number, attempt: number): void {
    if (this.#isDisposed) return;
    onFinished(this.#state, subtask, attempt, this.#outbox);
    this.#carryOut();
  }

  /** Handler of `failed`: a failure of an attempt is known to the JobMaster. `b` holds the attempt and the reason. */
  onFailed(execution: number, b: number): void {
    if (this.#isDisposed) return;
    const attempt = Math.floor(b / FAILURE_REASONS.length);
    this.#onFailed(execution - this.#settings.firstExecution, attempt, b % FAILURE_REASONS.length);
  }

  /** The whole job fails, as on too many failed checkpoints. */
  onGlobalFailure(reason: FailureReason): void {
    if (this.#isDisposed) return;
    const { status } = this.#state;
    if (status !== "RUNNING" && status !== "RESTARTING") return;
    this.#observer.jobFailed(this.#settings.job, -1, FAILURE_REASONS.indexOf(reason), this.#sim.now);
    onGlobalFailure(this.#state, this.#decide(), this.#outbox);
    this.#carryOut();
  }

  /** Handler of `canceled`. */
  onCanceled(execution: number, attempt: number): void {
    if (this.#isDisposed) return;
    onCanceled(this.#state, execution - this.#settings.firstExecution, attempt, this.#outbox);
    this.#carryOut();
  }

  /** Handler of `restartDelayOver`. */
  onRestartDelayOver(restart: number): void {
    if (this.#isDisposed) return;
    onRestartDelayOver(this.#state, restart, this.#outbox);
    this.#carryOut();
  }

  /** The user cancels the job. */
  cancel(): void {
    if (this.#isDisposed) return;
    onCancelJob(this.#state, this.#outbox);
    this.#carryOut();
  }

  /** The slots of a TaskManager are lost: what is there has failed, and what was being cancelled there is over. */
  onTaskManagerLost(taskManager: number): void {
    if (this.#isDisposed) return;
    const lost = this.#placeOf.flatMap((place, subtask) => (place === taskManager ? [subtask] : []));
    for (let slot = 0; slot < this.#assignment.length; slot++)
      if (this.#assignment[slot] === taskManager) this.#assignment[slot] = -1;
    for (const subtask of lost) {
      const { attempt } = this.#state.executions[subtask]!;
      if (this.isAlive(subtask, attempt)) {
        this.#onFailed(subtask, attempt, FAILURE_REASONS.indexOf("TaskManager lost"));
      } else {
        onCanceled(this.#state, subtask, attempt, this.#outbox);
        this.#carryOut();
      }
    }
  }

  /** The pool of slots may hold what the job waits for. */
  onSlotsOffered(): void {
    if (this.#waitsForSlots) this.#deployIfPossible(this.#slots.require(this.#assignment.length));
  }

  /** Nobody can give the slots that the job waits for, or it has waited too long. */
  onSlotsMissing(): void {
    this.#slotsEvent = NO_EVENT;
    if (!this.#waitsForSlots) return;
    this.#waitsForSlots = false;
    const waiting = this.#state.executions.findIndex(({ state }) => state === "SCHEDULED");
    if (waiting < 0) return;
    const { attempt } = this.#state.executions[waiting]!;
    this.#onFailed(waiting, attempt, FAILURE_REASONS.indexOf("NoResourceAvailableException"));
  }

  /** How long nobody has to be told that there are no slots: `at` is when the job gives up. */
  giveUpSlotsAt(at: number): void {
    if (!this.#waitsForSlots) return;
    this.#sim.cancel(this.#slotsEvent);
    this.#slotsEvent = this.#sim.scheduleAt(at, this.#kinds.slotsMissing, this.#settings.job, 0);
  }

  // ---- inside

  #onFailed(subtask: number, attempt: number, reason: number): void {
    const { job } = this.#settings;
    const execution = this.#state.executions[subtask]!;
    if (execution.attempt === attempt && execution.state === "CANCELING") {
      onCanceled(this.#state, subtask, attempt, this.#outbox);
      this.#carryOut();
      return;
    }
    if (!this.isAlive(subtask, attempt)) return;
    this.#observer.jobFailed(job, subtask, reason, this.#sim.now);
    onTaskFailed(this.#state, subtask, this.#decide(), this.#outbox);
    this.#carryOut();
  }

  #decide(): RestartDecision {
    if (this.#deployment.hasStopped) return { canRestart: false, delay: 0, isNewAttempt: false };
    const { restartStrategy: settings } = this.#settings;
    return onFailure(this.#strategy, settings, this.#sim.now, this.#random.uniform());
  }

  #report(delay: number, subtask: number, attempt: number, reason: FailureReason): void {
    const b = attempt * FAILURE_REASONS.length + FAILURE_REASONS.indexOf(reason);
    this.#sim.scheduleAfter(delay, this.#kinds.failed, this.#settings.firstExecution + subtask, b);
  }

  #rpc(): number {
    const { rpc, warmUp } = this.#settings;
    return Math.round(rpc * slowness(warmUp, this.#sim.now));
  }

  #isReachable(subtask: number): boolean {
    return this.#taskManagers.isReachable(this.#placeOf[subtask]!);
  }

  /** ns until the process of a subtask goes on; 0: it isn't frozen. */
  #timeToThaw(subtask: number): number {
    return Math.max(0, this.#taskManagers.frozenUntil(this.#placeOf[subtask]!) - this.#sim.now);
  }

  /** @returns whether the process of a subtask stands still: then the event comes when it goes on. */
  #waitsForThaw(kind: number, subtask: number, attempt: number): boolean {
    const thaw = this.#timeToThaw(subtask);
    if (thaw > 0) this.#sim.scheduleAfter(thaw, kind, this.#settings.firstExecution + subtask, attempt);
    return thaw > 0;
  }

  #carryOut(): void {
    // An effect may lead to further steps: they append to the same outbox, and the loop below reaches them.
    if (this.#isCarryingOut) return;
    this.#isCarryingOut = true;
    const { job } = this.#settings;
    for (let i = 0; i < this.#outbox.length; i++) {
      const a = this.#outbox.a[i]!;
      const b = this.#outbox.b[i]!;
      switch (this.#outbox.effects[i]) {
        case SET_STATUS:
          this.#observer.jobStatusChanged(job, this.#state.status, this.#sim.now);
          break;
        case STOP_CHECKPOINTS:
          this.#deployment.stopCheckpoints();
          break;
        case START_CHECKPOINTS:
          this.#deployment.startCheckpoints();
          break;
        case CANCEL:
          this.#cancel(a, b);
          break;
        case ARM_RESTART:
          this.#sim.scheduleAfter(b, this.#kinds.restartDelayOver, job, a);
          break;
        case RESTORE:
          this.#deployment.restore(this.#scheduled(), a === 1);
          break;
        case REQUEST_SLOTS:
          this.#requestSlots();
          break;
        case DEPLOY:
          this.#deploy(a, b);
          break;
      }
    }
    this.#outbox.clear();
    this.#isCarryingOut = false;
  }

  #scheduled(): number[] {
    return this.#state.executions.flatMap(({ state }, subtask) => (state === "SCHEDULED" ? [subtask] : []));
  }

  #cancel(subtask: number, attempt: number): void {
    const { askTimeout, cancellation, firstExecution } = this.#settings;
    const taskManager = this.#placeOf[subtask]!;
    const endsAt = (at: number): void => {
      const { now } = this.#sim;
      this.#sim.scheduleAt(Math.max(now, at), this.#kinds.canceled, firstExecution + subtask, attempt);
    };
    const thaw = this.#timeToThaw(subtask);
    const { now } = this.#sim;
    if (!this.#taskManagers.isReachable(taskManager)) endsAt(now + CANCEL_CALLS * this.#rpc());
    else if (thaw > CANCEL_CALLS * askTimeout) endsAt(now + CANCEL_CALLS * askTimeout);
    else if (!this.#waitsForThaw(this.#kinds.cancelArrives, subtask, attempt)) {
      this.#deployment.cancel(subtask, attempt, () => endsAt(now + cancellation));
    }
  }

  #requestSlots(): void {
    this.#waitsForSlots = true;
    this.giveUpSlotsAt(this.#sim.now + this.#settings.slotRequestTimeout);
    this.#deployIfPossible(this.#slots.require(this.#assignment.length));
  }

  /** Slots that the job still has keep their place; what else is in the pool fills the holes. */
  #deployIfPossible(pool: readonly number[]): void {
    if (!this.#waitsForSlots || pool.length < this.#assignment.length) return;
    const free = [...pool];
    this.#assignment.forEach((taskManager, slot) => {
      const index = free.indexOf(taskManager);
      if (index < 0) this.#assignment[slot] = -1;
      else free.splice(index, 1);
    });
    this.#assignment.forEach((taskManager, slot) => {
      if (taskManager < 0) this.#assignment[slot] = free.shift()!;
    });
    this.#waitsForSlots = false;
    this.#sim.cancel(this.#slotsEvent);
    this.#slotsEvent = NO_EVENT;
    this.#state.executions.forEach(({ state }, subtask) => {
      if (state === "SCHEDULED")
        this.#placeOf[subtask] = this.#assignment[this.#deployment.slotOf[subtask]!]!;
    });
    onSlots(this.#state, this.#outbox);
    this.#carryOut();
  }

  #deploy(subtask: number, attempt: number): void {
    invariant(this.#placeOf[subtask]! >= 0, "a task is deployed to a slot");
    const execution = this.#settings.firstExecution + subtask;
    if (!this.#isInstant) {
      this.#sim.scheduleAfter(this.#rpc(), this.#kinds.submitted, execution, attempt);
      return;
    }
    onExecutionState(this.#state, subtask, attempt, "INITIALIZING");
    onExecutionState(this.#state, subtask, attempt, "RUNNING");
  }
}
