/** Models: who has which slot: the ResourceManager's view of TaskManagers and of what each job requires, and each
 *    JobMaster's pool of the slots it was offered. The two views may differ, and then a job waits.
 *  Source: flink FineGrainedSlotManager, DeclarativeSlotPool, DeclarativeSlotPoolBridge, StandaloneResourceManager,
 *    ActiveResourceManager (Flink 2.1).
 *  Leaves out: resource profiles (all slots are equal), idle slots that are returned (slot.idle.timeout), blocked nodes. */

import { invariant } from "../engine/index.ts";
import type { Outbox } from "../records/index.ts";

interface RegisteredTaskManager {
  readonly id: number;
  /** per slot: the job that it is allocated to, -1: free. */
  readonly slots: number[];
}

/** Plain data. A TaskManager that is started anew has a new id, as a new process has a new ResourceID. */
export interface SlotAllocationState {
  /** as the ResourceManager knows them, in order of registration. */
  readonly taskManagers: RegisteredTaskManager[];
  /** per job: slots it requires. */
  readonly required: number[];
  /** per job: TaskManagers of the slots it was offered, one entry a slot. */
  readonly pools: number[][];
  /** workers that were asked for and have not registered. */
  workersOnTheirWay: number;
}

/** Effects. OFFER(job, TaskManager): one slot is allocated, call onOffered when the offer has arrived. NOT_ENOUGH(job):
 *  nobody can give what the job requires (standalone). START_WORKERS(count): the provider starts TaskManagers.
 *  SLOTS_LOST(job, TaskManager): the JobMaster has lost the slots of that TaskManager. */
export const OFFER = 1;
export const NOT_ENOUGH = 2;
export const START_WORKERS = 3;
export const SLOTS_LOST = 4;

export interface SlotAllocationSettings {
  readonly slotsPerTaskManager: number;
  /** whether a resource provider starts workers for what is missing; false: standalone. */
  readonly startsWorkers: boolean;
}

export function slotAllocation(jobs: number): SlotAllocationState {
  return {
    taskManagers: [],
    required: Array.from({ length: jobs }, () => 0),
    pools: Array.from({ length: jobs }, () => []),
    workersOnTheirWay: 0,
  };
}

/** A TaskManager has registered at the ResourceManager. */
export function onRegistered(
  state: SlotAllocationState,
  settings: SlotAllocationSettings,
  taskManager: number,
  outbox: Outbox,
): void {
  invariant(
    state.taskManagers.every(({ id }) => id !== taskManager),
    "a TaskManager registers once",
  );
  state.taskManagers.push({
    id: taskManager,
    slots: Array.from({ length: settings.slotsPerTaskManager }, () => -1),
  });
  state.workersOnTheirWay = Math.max(0, state.workersOnTheirWay - 1);
  allocate(state, outbox);
}

/** A JobMaster declares how many slots it requires; all that the ResourceManager believes it has count. */
export function onRequirement(
  state: SlotAllocationState,
  settings: SlotAllocationSettings,
  job: number,
  slots: number,
  outbox: Outbox,
): void {
  state.required[job] = slots;
  allocate(state, outbox);
  report(state, settings, outbox);
}

/** An offered slot has arrived at its JobMaster. */
export function onOffered(state: SlotAllocationState, job: number, taskManager: number): void {
  state.pools[job]!.push(taskManager);
}

/** The ResourceManager has noticed the loss of a TaskManager, and tells the JobMasters at once. */
export function onLostByResourceManager(
  state: SlotAllocationState,
  settings: SlotAllocationSettings,
  taskManager: number,
  outbox: Outbox,
): void {
  const index = state.taskManagers.findIndex(({ id }) => id === taskManager);
  if (index < 0) return;
  state.taskManagers.splice(index, 1);
  state.pools.forEach((_, job) => {
    onLostByJobMaster(state, job, taskManager, outbox);
  });
  allocate(state, outbox);
  report(state, settings, outbox);
}

/** A JobMaster's own heartbeat has declared a TaskManager lost. The ResourceManager doesn't know yet: in its view the job
 *  still has those slots, so it gets no others. */
export function onLostByJobMaster(
  state: SlotAllocationState,
  job: number,
  taskManager: number,
  outbox: Outbox,
): void {
  const pool = state.pools[job]!;
  const kept = pool.filter((id) => id !== taskManager);
  if (kept.length === pool.length) return;
  state.pools[job] = kept;
  outbox.add(SLOTS_LOST, job, taskManager);
}

/** The TaskManager of each of the first `required` slots of a job's pool, or undefined while it has fewer. What the slots
 *  did before is kept: a pool hands out again what was freed. */
export function assignedSlots(state: SlotAllocationState, job: number): readonly number[] | undefined {
  const pool = state.pools[job]!;
  const required = state.required[job]!;
  return pool.length < required ? undefined : pool.slice(0, required);
}

function allocate(state: SlotAllocationState, outbox: Outbox): void {
  state.required.forEach((required, job) => {
    let missing = required - allocated(state, job);
    for (const { id, slots } of state.taskManagers) {
      for (let slot = 0; slot < slots.length && missing > 0; slot++) {
        if (slots[slot] !== -1) continue;
        slots[slot] = job;
        missing--;
        outbox.add(OFFER, job, id);
      }
    }
  });
}

function report(state: SlotAllocationState, settings: SlotAllocationSettings, outbox: Outbox): void {
  let missing = 0;
  state.required.forEach((required, job) => {
    const lacking = required - allocated(state, job);
    if (lacking <= 0) return;
    missing += lacking;
    if (!settings.startsWorkers) outbox.add(NOT_ENOUGH, job);
  });
  if (!settings.startsWorkers) return;
  const workers = Math.ceil(missing / settings.slotsPerTaskManager) - state.workersOnTheirWay;
  if (workers <= 0) return;
  state.workersOnTheirWay += workers;
  outbox.add(START_WORKERS, workers);
}

function allocated(state: SlotAllocationState, job: number): number {
  let count = 0;
  for (const { slots } of state.taskManagers) for (const owner of slots) if (owner === job) count++;
  return count;
}
