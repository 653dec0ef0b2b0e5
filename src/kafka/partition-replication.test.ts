import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  ISR_SHRUNK,
  onAppend,
  onFollowerFetch,
  onLagCheck,
  type PartitionReplication,
  partitionReplication,
} from "./partition-replication.ts";

const SECOND = 1e9;
const LAG = 30 * SECOND;

/** Brokers 0 (leader), 1 and 2. */
function threeReplicas(): PartitionReplication {
  return partitionReplication([0, 1, 2], LAG, 0);
}

/** Brokers that a check takes out of the replicas in sync. */
function check(state: PartitionReplication, now: number): readonly number[] {
  const outbox = new Outbox();
  onLagCheck(state, now, outbox);
  return Array.from({ length: outbox.length }, (_, i) => {
    expect(outbox.effects[i]).toBe(ISR_SHRUNK);
    return outbox.a[i]!;
  });
}

describe("the replicas in sync", () => {
  test("lose one that has not caught up for longer than replica.lag.time.max.ms, once", () => {
    const state = threeReplicas();
    onAppend(state, 10);
    onFollowerFetch(state, 1, 10, 1 * SECOND);
    expect(check(state, 15 * SECOND)).toEqual([]);
    expect(check(state, 30 * SECOND)).toEqual([]); // not longer than
    expect(check(state, 45 * SECOND)).toEqual([2]);
    expect(state.isr).toEqual([0, 1]);
    expect(check(state, 60 * SECOND)).toEqual([]);
  });

  test("keep a follower that is always one fetch behind: each fetch has what the leader had at the one before", () => {
    const state = threeReplicas();
    for (let second = 0; second < 120; second++) {
      onAppend(state, 10);
      onFollowerFetch(state, 1, state.logEndOffset - 10, second * SECOND);
      onFollowerFetch(state, 2, state.logEndOffset - 10, second * SECOND);
      if (second % 15 === 0) expect(check(state, second * SECOND)).toEqual([]);
    }
    expect(state.isr).toEqual([0, 1, 2]);
  });

  test("keep an idle follower of an idle partition", () => {
    expect(check(threeReplicas(), 1000 * SECOND)).toEqual([]);
  });

  test("only followers fetch", () => {
    expect(() => onFollowerFetch(threeReplicas(), 7, 0, 0)).toThrow("only followers of the partition");
  });
});

/** Appends, fetches of what is there and checks in any order. */
const plans = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("append" as const), records: fc.integer({ min: 1, max: 9 }) }),
    fc.record({
      kind: fc.constant("fetch" as const),
      broker: fc.integer({ min: 1, max: 2 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({ kind: fc.constant("check" as const) }),
  ),
  { maxLength: 60 },
);

property.prop([plans])(
  "a follower that leaves has asked for the end of the log for so long no more",
  (plan) => {
    const state = threeReplicas();
    const hadAllAt = [0, 0, 0];
    let now = 0;
    for (const step of plan) {
      now += 10 * SECOND;
      if (step.kind === "append") onAppend(state, step.records);
      else if (step.kind === "check") {
        for (const broker of check(state, now)) {
          expect(now - hadAllAt[broker]!).toBeGreaterThan(LAG);
          expect(state.isr).not.toContain(broker);
        }
      } else {
        const { logEndOffset } = state.followers[step.broker - 1]!;
        const reached = Math.round(logEndOffset + step.share * (state.logEndOffset - logEndOffset));
        if (reached === state.logEndOffset) hadAllAt[step.broker] = now;
        onFollowerFetch(state, step.broker, reached, now);
      }
      expect(state.isr[0]).toBe(0);
    }
  },
);
