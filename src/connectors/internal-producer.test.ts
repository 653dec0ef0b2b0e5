import { describe, expect, test } from "vitest";
import { mayFollow, type ProducerState } from "./internal-producer.ts";

const STATES: readonly ProducerState[] = [
  "NOT_IN_TRANSACTION",
  "IN_TRANSACTION",
  "DATA_IN_TRANSACTION",
  "PRECOMMITTED",
];

/** Rows: from; columns: to, both in the order above. x: FlinkKafkaInternalProducer goes that way. */
const TABLE = [
  // A restored transaction is resumed as if it had been pre-committed here.
  ".x.x", // NOT_IN_TRANSACTION
  "x.x.", // IN_TRANSACTION
  "x..x", // DATA_IN_TRANSACTION
  "x...", // PRECOMMITTED
];

describe("the producer of the exactly-once writer", () => {
  test.each(STATES.flatMap((from, row) => STATES.map((to, column) => ({ from, to, row, column }))))(
    "from $from to $to",
    ({ from, to, row, column }) => {
      expect(mayFollow(from, to)).toBe(TABLE[row]![column] === "x");
    },
  );
});
