import fc from "fast-check";
import { expect } from "vitest";
import type { PendingEventSet } from "./pending-event-set.ts";

/** Delays that strain a pending-event set in different ways: all ties, few instants, one scale, nine scales, two clusters. */
const DELAYS: Record<string, fc.Arbitrary<number>> = {
  ties: fc.constant(5),
  few: fc.integer({ min: 1, max: 3 }),
  uniform: fc.integer({ min: 1, max: 1000 }),
  scales: fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 99 }))
    .map(([e, m]) => m * 10 ** e),
  clusters: fc
    .tuple(fc.boolean(), fc.integer({ min: 1, max: 10 }))
    .map(([far, near]) => (far ? 1e9 : 0) + near),
};

type Step =
  | { readonly kind: "insert"; readonly delays: readonly number[] }
  | { readonly kind: "take"; readonly count: number; readonly isAskedBefore: boolean }
  | { readonly kind: "take too early" }
  | { readonly kind: "remove"; readonly at: number };

function steps(delay: fc.Arbitrary<number>): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant("insert" as const),
        delays: fc.array(delay, { minLength: 1, maxLength: 150 }),
      }),
      fc.record({
        kind: fc.constant("take" as const),
        count: fc.integer({ min: 1, max: 120 }),
        isAskedBefore: fc.boolean(),
      }),
      fc.record({ kind: fc.constant("take too early" as const) }),
      fc.record({ kind: fc.constant("remove" as const), at: fc.nat() }),
    ),
    { minLength: 5, maxLength: 60 },
  );
}

/** Drives a pending-event set and a sorted list side by side; both must give the same slots in the same order. */
function compareWithSortedList(create: () => PendingEventSet, script: readonly Step[]): void {
  const set = create();
  const list: { time: number; slot: number }[] = [];
  let now = 0;
  const takeBoth = (isAskedBefore: boolean): void => {
    const first = list.shift();
    if (isAskedBefore) expect(set.nextTime()).toBe(first?.time ?? Number.POSITIVE_INFINITY);
    if (first === undefined) {
      expect(set.takeUpTo(Number.MAX_SAFE_INTEGER)).toBe(0);
      return;
    }
    expect(set.takeUpTo(first.time - 1)).toBe(0);
    expect(set.takeUpTo(first.time)).toBe(first.slot);
    set.release(first.slot);
    now = first.time;
  };
  for (const step of script) {
    if (step.kind === "insert") {
      for (const delay of step.delays) {
        const time = now + delay;
        const slot = set.add(time, 0, 0, 0);
        const entry = { time, slot };
        set.insert(slot, time);
        const position = list.findLastIndex((other) => other.time <= entry.time);
        list.splice(position + 1, 0, entry);
      }
    } else if (step.kind === "take") {
      for (let i = 0; i < step.count; i++) takeBoth(step.isAskedBefore);
    } else if (step.kind === "take too early") {
      expect(set.takeUpTo(list.length > 0 ? list[0]!.time - 1 : Number.MAX_SAFE_INTEGER)).toBe(0);
    } else if (list.length > 0) {
      const [removed] = list.splice(step.at % list.length, 1);
      set.remove(removed!.slot);
      set.release(removed!.slot);
    }
  }
  while (list.length > 0) takeBoth(false);
  takeBoth(true);
}

/** The properties of every pending-event set, each checked by fast-check with a seed that it prints when it fails. */
export const pendingEventSetProperties = Object.entries(DELAYS).map(([name, delay]) => ({
  name: `gives the total order of a sorted list, delays: ${name}`,
  check: (create: () => PendingEventSet): void =>
    fc.assert(
      fc.property(steps(delay), (script) => compareWithSortedList(create, script)),
      { numRuns: 60 },
    ),
}));
