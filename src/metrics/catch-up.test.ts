import { expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import { CatchUp } from "./catch-up.ts";

const MS = 1e6;

/** One partition, record n created at n ms, and a reader that had records after 20 ms at most before a fault at 100 ms. */
function watched() {
  const lineage = new Lineage();
  lineage.addOrigin(
    new ConstantOrigin(1, { numerator: 1000, denominator: 1 }, 10e9),
    LaneTable.of(1, 8, { kind: "cycle" }, 4, 1),
  );
  const route = lineage.everyKey(0).id;
  const catchUp = new CatchUp(2, lineage);
  const deliver = (from: number, to: number, first: number, last: number): void =>
    catchUp.delivered(0, 0, route, from, to, first * MS, last * MS);
  return { catchUp, deliver };
}

test("ends with the last record that is a quarter later than any before the fault", () => {
  const { catchUp, deliver } = watched();
  deliver(0, 91, 20, 100);
  catchUp.faultInjected();
  expect(catchUp.until(0)).toBe(Number.NEGATIVE_INFINITY);
  // Record 91 after 109 ms, 191 after 59 ms.
  deliver(91, 192, 200, 250);
  expect(catchUp.until(0)).toBe(250 * MS);
  // From 58 ms down to 8 ms: at 25 ms, two thirds of the way.
  deliver(192, 342, 250, 350);
  expect(catchUp.until(0)).toBeCloseTo((250 + (33 / 49.0) * 100) * MS, -5);
  const caughtUp = catchUp.until(0);
  // 25 ms is not more than a quarter later.
  deliver(342, 343, 367, 367);
  expect(catchUp.until(0)).toBe(caughtUp);
});

test("is unknown to a reader that had nothing before the fault", () => {
  const { catchUp, deliver } = watched();
  deliver(0, 1, 5, 5);
  catchUp.faultInjected();
  expect(catchUp.until(1)).toBeNaN();
});
