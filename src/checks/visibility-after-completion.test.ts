import { describe, expect, test } from "vitest";
import { VisibilityAfterCompletion } from "./visibility-after-completion.ts";

const BILLING = 0;
const FRAUD = 1;

/** Two jobs; reader 0 is read_committed, reader 1 is not. */
function check(): VisibilityAfterCompletion {
  return new VisibilityAfterCompletion(new Set([BILLING]), 2);
}

/** Delivers rank 40 of origin partition 3, at `first`. */
function deliver(to: VisibilityAfterCompletion, reader: number, first: number, transaction: number): void {
  to.delivered(reader, 3, 0, 40, 50, first, first + 5, transaction);
}

describe("NoVisibilityBeforeCompletion", () => {
  test("allows a delivery at or after the completion of its checkpoint", () => {
    const visibility = check();
    visibility.preCommitted(0, 0, 7, 100);
    visibility.checkpointCompleted(0, 7, 1000, 1900, 2000);
    deliver(visibility, BILLING, 2000, 100);
    deliver(visibility, BILLING, 3000, 100);
    expect(visibility.violations).toEqual([]);
  });

  test("names a delivery before the completion", () => {
    const visibility = check();
    visibility.preCommitted(0, 0, 7, 100);
    visibility.checkpointCompleted(0, 7, 1000, 1900, 2000);
    deliver(visibility, BILLING, 1999, 100);
    expect(visibility.violations).toEqual([
      "rank 40 of origin partition 3 was delivered at 1999 ns, before the checkpoint of transaction 100 completed",
    ]);
  });

  test("catches a delivery whose checkpoint never completes, or whose transaction was never pre-committed", () => {
    const visibility = check();
    visibility.preCommitted(0, 0, 7, 100);
    deliver(visibility, BILLING, 5000, 100);
    deliver(visibility, BILLING, 6000, 101);
    expect(visibility.violations.map((line) => line.match(/transaction \d+/)?.[0])).toEqual([
      "transaction 100",
      "transaction 101",
    ]);
  });

  test("does not take the completion of another job's checkpoint, or of an earlier one, for its own", () => {
    const visibility = check();
    visibility.preCommitted(0, 0, 7, 100);
    visibility.checkpointCompleted(1, 7, 1000, 1900, 2000);
    visibility.checkpointCompleted(0, 6, 1000, 1900, 2000);
    deliver(visibility, BILLING, 5000, 100);
    expect(visibility.violations).toHaveLength(1);
  });

  test("allows what a failed checkpoint left with the next that completes, and not before", () => {
    const visibility = check();
    visibility.preCommitted(0, 0, 7, 100);
    visibility.checkpointCompleted(0, 6, 1000, 1900, 2000);
    visibility.checkpointCompleted(0, 9, 3000, 3900, 4000);
    deliver(visibility, BILLING, 4000, 100);
    expect(visibility.violations).toEqual([]);
    deliver(visibility, BILLING, 3999, 100);
    expect(visibility.violations).toHaveLength(1);
  });

  test("leaves read_uncommitted readers and records outside transactions alone", () => {
    const visibility = check();
    visibility.preCommitted(0, 0, 7, 100);
    deliver(visibility, FRAUD, 10, 100);
    deliver(visibility, BILLING, 10, 0);
    expect(visibility.violations).toEqual([]);
  });

  test("still knows 4,096 transactions later, and reports twenty violations at most", () => {
    const visibility = check();
    for (let n = 1; n <= 4096; n++) {
      visibility.preCommitted(0, 0, n, n);
      visibility.checkpointCompleted(0, n, 0, 0, 1000 * n);
    }
    deliver(visibility, BILLING, 1000, 1);
    expect(visibility.violations).toEqual([]);
    for (let n = 1; n <= 30; n++) deliver(visibility, BILLING, 999, n);
    expect(visibility.violations).toHaveLength(20);
  });
});
