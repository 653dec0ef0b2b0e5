import { expect, test } from "vitest";
import { REVIEW } from "./review.fixture.ts";
import { reviewTables } from "./review-tables.ts";

/** The medians of a review in whose draws billing waits 1 s, 2 s, and so on. */
function mediansOf(draws: number): (string | undefined)[] {
  const together = Array.from({ length: draws }, (_, i) => ({
    ...REVIEW.together[0]!,
    name: `draw ${i + 1}`,
    latencyMs: { billing: 1000 * (i + 1), fraud: 100 },
  }));
  const { columns, rows } = reviewTables({ ...REVIEW, together }).get("guesses-together")!;
  const column = columns.findIndex(({ header }) => header === "median, 95 % interval");
  return rows.slice(0, 2).map((row) => row[column]);
}

test("the median over the draws has its interval, from their order", () => {
  // From the 6th of 20 values to the 15th it is 95.9 %, and a little of that is left out.
  expect(mediansOf(20)).toEqual(["11 s (6.1 s to 15 s)", "100 ms"]);
});

test("where there are too few draws for an interval there is none", () => {
  expect(mediansOf(3)).toEqual(["2 s", "100 ms"]);
});
