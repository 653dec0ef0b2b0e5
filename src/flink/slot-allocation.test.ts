import { expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  assignedSlots,
  NOT_ENOUGH,
  OFFER,
  onLostByJobMaster,
  onLostByResourceManager,
  onOffered,
  onRegistered,
  onRequirement,
  SLOTS_LOST,
  type SlotAllocationSettings,
  type SlotAllocationState,
  START_WORKERS,
  slotAllocation,
} from "./slot-allocation.ts";

const standalone: SlotAllocationSettings = { slotsPerTaskManager: 1, startsWorkers: false };
const kubernetes: SlotAllocationSettings = { slotsPerTaskManager: 2, startsWorkers: true };
const NAMES: Readonly<Record<number, string>> = {
  [OFFER]: "offer",
  [NOT_ENOUGH]: "not enough",
  [START_WORKERS]: "start workers",
  [SLOTS_LOST]: "slots lost",
};

/** Slots whose offers arrive at once. */
function slots(jobs: number) {
  const state = slotAllocation(jobs);
  const outbox = new Outbox();
  const step = (call: (state: SlotAllocationState, outbox: Outbox) => void): string[] => {
    call(state, outbox);
    const words: string[] = [];
    for (let i = 0; i < outbox.length; i++) {
      const [effect, a, b] = [outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!];
      if (effect === OFFER) onOffered(state, a, b);
      words.push(`${NAMES[effect]} ${effect === OFFER || effect === SLOTS_LOST ? `${a} ${b}` : a}`);
    }
    outbox.clear();
    return words;
  };
  return { state, step };
}

test("a job gets the slots of the TaskManagers in the order in which they registered", () => {
  const { state, step } = slots(1);
  step((s, o) => onRegistered(s, standalone, 0, o));
  expect(step((s, o) => onRequirement(s, standalone, 0, 2, o))).toEqual(["offer 0 0", "not enough 0"]);
  expect(assignedSlots(state, 0)).toBeUndefined();
  expect(step((s, o) => onRegistered(s, standalone, 1, o))).toEqual(["offer 0 1"]);
  expect(assignedSlots(state, 0)).toEqual([0, 1]);
});

test("nobody takes a dead TaskManager's slot away until a heartbeat has noticed: the pool hands it out again", () => {
  const { state, step } = slots(1);
  for (const taskManager of [0, 1]) step((s, o) => onRegistered(s, standalone, taskManager, o));
  step((s, o) => onRequirement(s, standalone, 0, 2, o));
  // A fresh one registers; the job still has what it requires.
  expect(step((s, o) => onRegistered(s, standalone, 2, o))).toEqual([]);
  expect(step((s, o) => onRequirement(s, standalone, 0, 2, o))).toEqual([]);
  expect(assignedSlots(state, 0)).toEqual([0, 1]);
});

test("when the ResourceManager is first, the job loses the slot and gets the fresh one in the same instant", () => {
  const { state, step } = slots(1);
  for (const taskManager of [0, 1]) step((s, o) => onRegistered(s, standalone, taskManager, o));
  step((s, o) => onRequirement(s, standalone, 0, 2, o));
  step((s, o) => onRegistered(s, standalone, 2, o));
  expect(step((s, o) => onLostByResourceManager(s, standalone, 0, o))).toEqual([
    "slots lost 0 0",
    "offer 0 2",
  ]);
  expect(assignedSlots(state, 0)).toEqual([1, 2]);
});

test("when the JobMaster is first, it waits until the ResourceManager has noticed too", () => {
  const { state, step } = slots(1);
  for (const taskManager of [0, 1]) step((s, o) => onRegistered(s, standalone, taskManager, o));
  step((s, o) => onRequirement(s, standalone, 0, 2, o));
  step((s, o) => onRegistered(s, standalone, 2, o));
  expect(step((s, o) => onLostByJobMaster(s, 0, 0, o))).toEqual(["slots lost 0 0"]);
  expect(step((s, o) => onRequirement(s, standalone, 0, 2, o))).toEqual([]);
  expect(assignedSlots(state, 0)).toBeUndefined();
  expect(step((s, o) => onLostByResourceManager(s, standalone, 0, o))).toEqual(["offer 0 2"]);
  expect(assignedSlots(state, 0)).toEqual([1, 2]);
});

test("a resource provider starts what is missing, once", () => {
  const { step } = slots(2);
  expect(step((s, o) => onRequirement(s, kubernetes, 0, 3, o))).toEqual(["start workers 2"]);
  expect(step((s, o) => onRequirement(s, kubernetes, 1, 1, o))).toEqual([]);
  expect(step((s, o) => onRegistered(s, kubernetes, 0, o))).toEqual(["offer 0 0", "offer 0 0"]);
  expect(step((s, o) => onRegistered(s, kubernetes, 1, o))).toEqual(["offer 0 1", "offer 1 1"]);
  expect(step((s, o) => onLostByResourceManager(s, kubernetes, 1, o))).toEqual([
    "slots lost 0 1",
    "slots lost 1 1",
    "start workers 1",
  ]);
});
