import { describe, expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import { UpsertView } from "./upsert-view.ts";

const MS = 1e6;

/** One partition, a record a millisecond, and a reader to whom ranks are delivered evenly over a time, in ms. */
function reader() {
  const lineage = new Lineage();
  lineage.addOrigin(
    new ConstantOrigin(1, { numerator: 1000, denominator: 1 }, 10e9),
    LaneTable.of(1, 8, { kind: "cycle" }, 4, 1),
  );
  const { id } = lineage.everyKey(0);
  const view = new UpsertView(1, lineage);
  return {
    figures: view.readers[0]!,
    deliver: (from: number, to: number, first: number, last: number): void =>
      view.delivered(0, 0, id, from, to, first * MS, last * MS),
  };
}

describe("an upsert view", () => {
  test("of records that come once and in order never goes back", () => {
    const { figures, deliver } = reader();
    deliver(0, 10, 20, 30);
    deliver(10, 40, 40, 70);
    expect(figures).toEqual({ twice: 0, late: 0, setbacks: 0, deepest: 0, longest: 0 });
  });

  test("goes back by what a restored job sends again, until the newest record is there again", () => {
    const { figures, deliver } = reader();
    deliver(0, 100, 100, 200);
    // A failure; the checkpoint was at rank 40. Its replay takes 59 ms to rank 99, a record a millisecond.
    deliver(40, 70, 1000, 1029);
    deliver(70, 120, 1030, 1079);
    deliver(120, 130, 1100, 1110);
    expect(figures).toEqual({ twice: 60, late: 0, setbacks: 1, deepest: 59 * MS, longest: 59 * MS });
  });

  test("counts each failure, and a second replay of the same records again", () => {
    const { figures, deliver } = reader();
    deliver(0, 100, 100, 200);
    deliver(40, 100, 1000, 1059);
    deliver(20, 100, 2000, 2079);
    expect(figures).toEqual({ twice: 140, late: 0, setbacks: 2, deepest: 79 * MS, longest: 79 * MS });
  });

  test("goes back without a failure where one Kafka partition is held up and the keys are spread over several", () => {
    const { figures, deliver } = reader();
    deliver(0, 10, 10, 20);
    // Ranks 10 to 19 went to a partition behind an open transaction.
    deliver(20, 30, 40, 50);
    deliver(10, 20, 900, 900);
    deliver(30, 40, 901, 910);
    expect(figures).toEqual({ twice: 0, late: 10, setbacks: 1, deepest: 19 * MS, longest: 1 * MS });
  });

  test("tells what is late from what comes twice in one delivery", () => {
    const { figures, deliver } = reader();
    deliver(0, 10, 10, 20);
    deliver(20, 30, 40, 50);
    deliver(5, 25, 900, 919);
    expect([figures.twice, figures.late]).toEqual([10, 10]);
  });

  test("goes back alike when the repeats reach further than what was seen", () => {
    const { figures, deliver } = reader();
    deliver(0, 10, 10, 20);
    deliver(5, 15, 100, 109);
    expect(figures).toEqual({ twice: 5, late: 0, setbacks: 1, deepest: 4 * MS, longest: 4 * MS });
  });
});
