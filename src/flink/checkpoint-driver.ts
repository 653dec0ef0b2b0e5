/** Models: the JobManager's side of a checkpoint in time: the timer, the trigger pipeline, RPCs to and from the tasks,
 *    the write of _metadata, the notifications.
 *  Source: flink CheckpointCoordinator.startTriggeringCheckpoint, completePendingCheckpoint; Execution.notifyCheckpoint*.
 *  Leaves out: threads of the JobManager that wait for each other, RPC retries, failover after an expired checkpoint. */

import { invariant, NO_EVENT, type RandomStream, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import {
  ABORT,
  ABORT_REASONS,
  ARM_TIMEOUT,
  ARM_TIMER,
  type CheckpointCoordinatorSettings,
  type CheckpointCoordinatorState,
  checkpointCoordinator,
  FINALIZE,
  NOTIFY_COMPLETE,
  onAcknowledge,
  onFinalized,
  onTimeout,
  onTimer,
  onTriggered,
  type PendingCheckpoint,
  START,
} from "./checkpoint-coordinator.ts";
import type { CheckpointResponder } from "./checkpoint-responder.ts";
import type { Mail } from "./mailbox.ts";
import type { FlinkObserver } from "./observations.ts";

/** A task as the JobManager reaches it. */
export interface CheckpointedTask {
  post(mail: Mail): void;
}

/** Event kinds; payload a = number of the job, b = checkpoint (`mail`: a = subtask of all jobs). */
export interface CheckpointKinds {
  readonly timer: number;
  readonly timeout: number;
  readonly triggered: number;
  readonly acknowledge: number;
  readonly finalized: number;
  readonly triggerMail: number;
  readonly completeMail: number;
}

export interface CheckpointDriverSettings extends CheckpointCoordinatorSettings {
  readonly job: number;
  /** one way, JobManager to TaskManager or back, ns. */
  readonly rpc: number;
  /** ns to write _metadata. */
  readonly metadataWrite: number;
  /** ns; undefined: drawn as Flink draws it. */
  readonly firstTriggerAt?: number | undefined;
}

export class CheckpointDriver implements CheckpointResponder {
  readonly #sim: Simulation;
  readonly #kinds: CheckpointKinds;
  readonly #settings: CheckpointDriverSettings;
  readonly #observer: FlinkObserver;
  readonly #sources: readonly number[];
  readonly #all: readonly number[];
  readonly #outbox = new Outbox();
  #state: CheckpointCoordinatorState;
  #timerEvent = NO_EVENT;
  readonly #timeouts = new Map<number, number>();
  /** The periodic timer stops here, ns. */
  #end = Number.POSITIVE_INFINITY;

  /** @param sources numbers of the source tasks. @param all numbers of all tasks of the job. */
  constructor(
    sim: Simulation,
    kinds: CheckpointKinds,
    settings: CheckpointDriverSettings,
    sources: readonly number[],
    all: readonly number[],
    random: RandomStream,
    observer: FlinkObserver,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#settings = settings;
    this.#sources = sources;
    this.#all = all;
    this.#observer = observer;
    const span = settings.baseInterval - settings.minPause;
    const millisecond = 1e6;
    const drawn = settings.minPause + random.below(Math.floor(span / millisecond) + 1) * millisecond;
    const delay = settings.firstTriggerAt ?? drawn;
    this.#state = checkpointCoordinator(delay);
    this.#armTimer(delay);
  }

  /** No checkpoint is triggered by the timer from now on. */
  stopTimer(): void {
    this.#sim.cancel(this.#timerEvent);
    this.#timerEvent = NO_EVENT;
    this.#end = this.#sim.now;
  }

  acknowledge(subtask: number, checkpoint: number, at: number): void {
    this.#observer.snapshotCompleted(this.#settings.job, subtask, checkpoint, at);
    this.#sim.scheduleAt(
      Math.ceil(at + this.#settings.rpc),
      this.#kinds.acknowledge,
      this.#settings.job,
      checkpoint,
    );
  }

  onTimer(): void {
    this.#timerEvent = NO_EVENT;
    onTimer(this.#state, this.#settings, this.#sim.now, this.#outbox);
    this.#carryOut();
  }

  onTriggered(): void {
    onTriggered(this.#state, this.#settings, this.#sim.now, this.#outbox);
    this.#carryOut();
  }

  onTimeout(checkpoint: number): void {
    this.#timeouts.delete(checkpoint);
    onTimeout(this.#state, this.#settings, checkpoint, this.#sim.now, this.#outbox);
    this.#carryOut();
  }

  onAcknowledge(checkpoint: number): void {
    onAcknowledge(this.#state, checkpoint, this.#sim.now, this.#outbox);
    this.#carryOut();
  }

  onFinalized(checkpoint: number): void {
    const pending = this.#pending(checkpoint);
    if (pending === undefined) return;
    const now = this.#sim.now;
    this.#observer.checkpointCompleted(
      this.#settings.job,
      checkpoint,
      pending.triggeredAt,
      pending.latestAckAt,
      now,
    );
    onFinalized(this.#state, this.#settings, checkpoint, now, this.#outbox);
    this.#carryOut();
  }

  /** When a checkpoint was triggered, ns. */
  triggeredAt(checkpoint: number): number {
    const pending = this.#pending(checkpoint);
    invariant(pending !== undefined, "only a pending checkpoint is asked for its trigger");
    return pending.triggeredAt;
  }

  #pending(checkpoint: number): PendingCheckpoint | undefined {
    return this.#state.pending.find((one) => one.id === checkpoint);
  }

  #carryOut(): void {
    const outbox = this.#outbox;
    for (let i = 0; i < outbox.length; i++) {
      const a = outbox.a[i]!;
      const b = outbox.b[i]!;
      switch (outbox.effects[i]) {
        case ARM_TIMER:
          this.#armTimer(a);
          break;
        case START:
          this.#start(a);
          break;
        case ARM_TIMEOUT:
          this.#timeouts.set(a, this.#sim.scheduleAt(b, this.#kinds.timeout, this.#settings.job, a));
          break;
        case FINALIZE:
          this.#sim.scheduleAfter(this.#settings.metadataWrite, this.#kinds.finalized, this.#settings.job, a);
          break;
        case NOTIFY_COMPLETE:
          this.#disarmTimeout(a);
          for (const task of this.#all) {
            this.#sim.scheduleAfter(this.#settings.rpc, this.#kinds.completeMail, task, a);
          }
          break;
        case ABORT:
          this.#disarmTimeout(a);
          this.#observer.checkpointAborted(this.#settings.job, a, ABORT_REASONS[b]!, this.#sim.now);
          break;
      }
    }
    outbox.clear();
  }

  #start(checkpoint: number): void {
    const now = this.#sim.now;
    this.#observer.checkpointTriggered(this.#settings.job, checkpoint, now);
    for (const task of this.#sources) {
      this.#sim.scheduleAfter(this.#settings.rpc, this.#kinds.triggerMail, task, checkpoint);
    }
    this.#sim.scheduleAfter(0, this.#kinds.triggered, this.#settings.job, checkpoint);
  }

  #armTimer(at: number): void {
    this.#sim.cancel(this.#timerEvent);
    this.#timerEvent = NO_EVENT;
    if (at < this.#end) this.#timerEvent = this.#sim.scheduleAt(at, this.#kinds.timer, this.#settings.job, 0);
  }

  #disarmTimeout(checkpoint: number): void {
    const event = this.#timeouts.get(checkpoint);
    if (event === undefined) return;
    this.#sim.cancel(event);
    this.#timeouts.delete(checkpoint);
  }
}
