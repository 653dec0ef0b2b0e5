import { describe, expect, test } from "vitest";
import { isLegalTransition, type TransactionState } from "./transaction-state.ts";

const STATES: readonly TransactionState[] = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Dead",
  "PrepareEpochFence",
];

/** Rows: from; columns: to, both in the order above. x: legal in Kafka's TransactionState.validPreviousStates. */
const TABLE = [
  "xx.x..x.", // Empty
  ".xxx...x", // Ongoing
  "....x...", // PrepareCommit
  ".....x..", // PrepareAbort
  "xx.x..x.", // CompleteCommit
  "xx.x..x.", // CompleteAbort
  "........", // Dead
  "...x....", // PrepareEpochFence
];

const pairs = STATES.flatMap((from, row) =>
  STATES.map((to, column) => ({ from, to, legal: TABLE[row]![column] === "x" })),
);

describe("the states of a transaction", () => {
  test.each(pairs.filter((pair) => pair.legal))("may go from $from to $to", ({ from, to }) => {
    expect(isLegalTransition(from, to)).toBe(true);
  });

  test.each(pairs.filter((pair) => !pair.legal))("may not go from $from to $to", ({ from, to }) => {
    expect(isLegalTransition(from, to)).toBe(false);
  });
});
