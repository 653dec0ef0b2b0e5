import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  APPENDED,
  acknowledgement,
  effectiveMinIsr,
  HIGH_WATERMARK_ADVANCED,
  ISR_EXPANDED,
  ISR_SHRUNK,
  onAppend,
  onFenced,
  onFollowerFetch,
  onLagCheck,
  type PartitionReplication,
  partitionReplication,
  REFUSE_NOT_ENOUGH_REPLICAS,
} from "./partition-replication.ts";

const SECOND = 1e9;
const LAG = 30 * SECOND;

/** Brokers 0 (leader), 1 and 2, two of which must be in sync. */
function threeReplicas(): PartitionReplication {
  return partitionReplication([0, 1, 2], 2, LAG, 0);
}

/** What one step asked for: [effect, number]. */
function effects(step: (outbox: Outbox) => void): readonly (readonly [number, number])[] {
  const outbox = new Outbox();
  step(outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!] as const);
}

const append = (state: PartitionReplication, records: number, acks: "0" | "1" | "all" = "all") =>
  effects((outbox) => onAppend(state, records, acks, outbox));
const fetch = (state: PartitionReplication, broker: number, offset: number, now: number) =>
  effects((outbox) => onFollowerFetch(state, broker, offset, now, outbox));
const check = (state: PartitionReplication, now: number) =>
  effects((outbox) => onLagCheck(state, now, outbox));
const fence = (state: PartitionReplication, broker: number, fenced = true) =>
  effects((outbox) => onFenced(state, broker, fenced, outbox));

describe("the high watermark", () => {
  test("passes an append when every replica in sync has fetched behind it", () => {
    const state = threeReplicas();
    expect(append(state, 5)).toEqual([[APPENDED, 0]]);
    expect(fetch(state, 1, 5, 1)).toEqual([]);
    expect(acknowledgement(state, 5)).toBe("waits");
    expect(fetch(state, 2, 3, 1)).toEqual([[HIGH_WATERMARK_ADVANCED, 3]]);
    expect(fetch(state, 2, 5, 2)).toEqual([[HIGH_WATERMARK_ADVANCED, 5]]);
    expect(acknowledgement(state, 5)).toBe("NONE");
  });

  test("follows the leader at once where it is alone", () => {
    const state = partitionReplication([4], 2, LAG, 0);
    expect(append(state, 2)).toEqual([
      [APPENDED, 0],
      [HIGH_WATERMARK_ADVANCED, 2],
    ]);
  });

  test("stands still below min.insync.replicas, whatever acks say", () => {
    const state = threeReplicas();
    fence(state, 1);
    fence(state, 2);
    expect(append(state, 1, "1")).toEqual([[APPENDED, 0]]);
    expect(state.highWatermark).toBe(0);
  });
});

describe("acks=all", () => {
  test("is refused below min.insync.replicas, and nothing is written", () => {
    const state = threeReplicas();
    fence(state, 1);
    expect(append(state, 1)).toEqual([[APPENDED, 0]]);
    fence(state, 2);
    expect(append(state, 1)).toEqual([[REFUSE_NOT_ENOUGH_REPLICAS, 1]]);
    expect(state.logEndOffset).toBe(1);
    expect(append(state, 1, "0")).toEqual([[APPENDED, 1]]);
  });

  test("that was appended, and lost its replicas in sync, stays in the log and is told so", () => {
    const state = threeReplicas();
    append(state, 1);
    fetch(state, 1, 1, 1);
    fetch(state, 2, 1, 1);
    fence(state, 1);
    fence(state, 2);
    expect(acknowledgement(state, 1)).toBe("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
    expect(state.logEndOffset).toBe(1);
  });

  test("needs no more than there are replicas", () => {
    expect(effectiveMinIsr(2, 1)).toBe(1);
    expect(effectiveMinIsr(2, 3)).toBe(2);
  });
});

describe("the replicas in sync", () => {
  test("lose one that has not caught up for replica.lag.time.max.ms, and the high watermark goes on without it", () => {
    const state = threeReplicas();
    append(state, 10);
    fetch(state, 1, 10, 1 * SECOND);
    expect(check(state, 15 * SECOND)).toEqual([]);
    expect(check(state, 30 * SECOND)).toEqual([]); // not longer than
    expect(check(state, 45 * SECOND)).toEqual([
      [ISR_SHRUNK, 2],
      [HIGH_WATERMARK_ADVANCED, 10],
    ]);
    expect(state.isr).toEqual([0, 1]);
  });

  test("keep a follower that is always one fetch behind: each fetch has what the leader had at the one before", () => {
    const state = threeReplicas();
    for (let second = 0; second < 120; second++) {
      append(state, 10);
      fetch(state, 1, state.logEndOffset - 10, second * SECOND);
      fetch(state, 2, state.logEndOffset - 10, second * SECOND);
      if (second % 15 === 0) expect(check(state, second * SECOND)).toEqual([]);
    }
    expect(state.isr).toEqual([0, 1, 2]);
  });

  test("keep an idle follower of an idle partition", () => {
    const state = threeReplicas();
    expect(check(state, 1000 * SECOND)).toEqual([]);
  });

  test("take one back when it has reached the high watermark and isn't fenced", () => {
    const state = threeReplicas();
    append(state, 10);
    fetch(state, 1, 10, 1);
    expect(fence(state, 2)).toEqual([
      [ISR_SHRUNK, 2],
      [HIGH_WATERMARK_ADVANCED, 10],
    ]);
    expect(fetch(state, 2, 10, 5)).toEqual([]);
    fence(state, 2, false);
    expect(fetch(state, 2, 9, 6)).toEqual([]);
    expect(fetch(state, 2, 10, 7)).toEqual([[ISR_EXPANDED, 2]]);
    expect(state.isr).toEqual([0, 1, 2]);
  });

  test("a broker is fenced once", () => {
    const state = threeReplicas();
    expect(fence(state, 2)).toEqual([[ISR_SHRUNK, 2]]);
    expect(fence(state, 2)).toEqual([]);
  });

  test("only followers fetch", () => {
    expect(() => fetch(threeReplicas(), 7, 0, 0)).toThrow("only followers of the partition");
  });
});

/** Appends, fetches of what is there, checks and fencing in any order. */
const plans = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("append" as const), records: fc.integer({ min: 1, max: 9 }) }),
    fc.record({
      kind: fc.constant("fetch" as const),
      broker: fc.integer({ min: 1, max: 2 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({ kind: fc.constant("check" as const) }),
    fc.record({
      kind: fc.constant("fence" as const),
      broker: fc.integer({ min: 1, max: 2 }),
      fenced: fc.boolean(),
    }),
  ),
  { maxLength: 60 },
);

property.prop([plans])(
  "the high watermark never goes back, and what it has passed is on min.insync.replicas at least",
  (plan) => {
    const state = threeReplicas();
    let now = 0;
    for (const step of plan) {
      now += 10 * SECOND;
      const before = state.highWatermark;
      if (step.kind === "append") append(state, step.records);
      else if (step.kind === "check") check(state, now);
      else if (step.kind === "fence") fence(state, step.broker, step.fenced);
      else {
        const { logEndOffset } = state.followers[step.broker - 1]!;
        const reached = Math.round(logEndOffset + step.share * (state.logEndOffset - logEndOffset));
        fetch(state, step.broker, reached, now);
      }
      expect(state.highWatermark).toBeGreaterThanOrEqual(before);
      expect(state.isr[0]).toBe(0);
      const holders = 1 + state.followers.filter((one) => one.logEndOffset >= state.highWatermark).length;
      expect(holders).toBeGreaterThanOrEqual(2);
    }
  },
);
