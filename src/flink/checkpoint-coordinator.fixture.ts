import { Outbox } from "../records/index.ts";
import * as coordinator from "./checkpoint-coordinator.ts";
import { CHECKPOINT_FAILURE_REASONS } from "./checkpoint-failure-reason.ts";
import type { CheckpointPlan } from "./checkpoint-plan.ts";
import { savepointProperties } from "./checkpoint-properties.ts";
import { NO_STATE } from "./task-state-snapshot.ts";

export const SETTINGS: coordinator.CheckpointCoordinatorSettings = {
  baseInterval: 1000e6,
  intervalDuringBacklog: 1000e6,
  minPause: 0,
  maxConcurrent: 1,
  timeout: 5000e6,
  tolerableFailures: 0,
  retained: 1,
  delaysEveryStart: true,
  operatorCoordinators: 1,
};

/** Two sources (1, 2) and two tasks behind them. */
export const PLAN: CheckpointPlan = {
  trigger: [1, 2],
  waitFor: [1, 2, 3, 4],
  commitTo: [1, 2, 3, 4],
  finished: [],
};

const NAMES = new Map<unknown, string>(Object.entries(coordinator).map(([name, value]) => [value, name]));
const TIMES: ReadonlySet<number> = new Set([coordinator.ARM_TIMER]);
const WITH_REASON: ReadonlySet<number> = new Set([coordinator.ABORT, coordinator.REQUEST_FAILED]);
const ONLY_REASON: ReadonlySet<number> = new Set([coordinator.FAIL_JOB, coordinator.FAILED_WITHOUT_PENDING]);

/** A coordinator whose inputs are given by hand, in milliseconds, and whose effects are read as text. */
export class CoordinatorAtHand {
  readonly state = coordinator.checkpointCoordinator();
  readonly #outbox = new Outbox();
  readonly step: coordinator.CoordinatorStep;

  constructor(changed: Partial<coordinator.CheckpointCoordinatorSettings> = {}) {
    this.step = { state: this.state, settings: { ...SETTINGS, ...changed }, outbox: this.#outbox };
  }

  /** What the steps so far have asked for. */
  effects(): string[] {
    const outbox = this.#outbox;
    const texts = Array.from({ length: outbox.length }, (_, i) =>
      describe(outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!),
    );
    outbox.clear();
    return texts;
  }

  /** @param uniform draws the initial delay. */
  start(at = 0, uniform = 1 - 2 ** -53): string[] {
    coordinator.onSchedulerStart(this.step, at * 1e6, uniform);
    return this.effects();
  }

  timer(at: number): string[] {
    coordinator.onTimer(this.step, at * 1e6);
    return this.effects();
  }

  savepoint(
    at: number,
    kind: "savepoint" | "stop-with-savepoint" = "savepoint",
    unaligned = false,
  ): string[] {
    coordinator.onRequest(this.step, savepointProperties(kind, unaligned), at * 1e6);
    return this.effects();
  }

  /** All stages of the trigger at hand, at one time. */
  trigger(at: number, plan: CheckpointPlan = PLAN): string[] {
    coordinator.onPlan(this.step, plan, at * 1e6);
    coordinator.onIdDrawn(this.step, at * 1e6);
    coordinator.onLocationInitialized(this.step, true, at * 1e6);
    coordinator.onOperatorCoordinatorSnapshot(this.step, true, at * 1e6);
    coordinator.onRequestsSent(this.step, true, at * 1e6);
    return this.effects();
  }

  acknowledge(id: number, at: number, tasks: readonly number[] = PLAN.waitFor): string[] {
    for (const task of tasks) coordinator.onAcknowledge(this.step, id, task, NO_STATE, at * 1e6);
    return this.effects();
  }

  finalized(at: number): string[] {
    coordinator.onFinalized(this.step, (task) => task - 1, 0, at * 1e6);
    return this.effects();
  }

  /** Timer, stages, acknowledgements and completion of a checkpoint, without what they ask for. */
  complete(id: number, triggeredAt: number, completedAt: number): void {
    this.timer(triggeredAt);
    this.trigger(triggeredAt);
    this.acknowledge(id, completedAt);
    this.finalized(completedAt);
  }

  timeout(id: number, at: number): string[] {
    coordinator.onTimeout(this.step, id, at * 1e6);
    return this.effects();
  }
}

function describe(effect: number, a: number, b: number): string {
  const name = NAMES.get(effect)!;
  if (TIMES.has(effect)) return `${name} ${a / 1e6}`;
  if (effect === coordinator.ARM_TIMEOUT) return `${name} ${a} ${b / 1e6}`;
  if (WITH_REASON.has(effect)) return `${name} ${a} ${CHECKPOINT_FAILURE_REASONS[b]!.name}`;
  if (ONLY_REASON.has(effect)) return `${name} ${CHECKPOINT_FAILURE_REASONS[a]!.name}`;
  if (effect === coordinator.NOTIFY_COMPLETE) return `${name} ${a} ${b}`;
  return a === 0 ? name : `${name} ${a}`;
}
