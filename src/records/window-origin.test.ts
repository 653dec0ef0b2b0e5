import { describe, expect, test } from "vitest";
import { WindowOrigin } from "./window-origin.ts";

/** Three firings of one partition: 4 results at 1000, 2 at 2000, 5 at 4000. */
function origin(): WindowOrigin {
  const one = new WindowOrigin(2, 4);
  expect(one.fire(0, 1000, 4)).toBe(0);
  expect(one.fire(0, 2000, 2)).toBe(4);
  expect(one.fire(0, 3000, 0)).toBe(6);
  expect(one.fire(0, 4000, 5)).toBe(6);
  return one;
}

describe("results of windows as an origin", () => {
  test("each is created at the end of its window, and counts are the inverse", () => {
    const one = origin();
    expect([0, 3, 4, 5, 6, 10].map((offset) => one.createdAt(0, offset))).toEqual([
      1000, 1000, 2000, 2000, 4000, 4000,
    ]);
    expect([999, 1000, 1999, 2000, 3999, 4000].map((time) => one.countAt(0, time))).toEqual([
      0, 4, 4, 6, 6, 11,
    ]);
    expect(one.createdAt(0, 11)).toBe(Number.POSITIVE_INFINITY);
    expect([one.total(0), one.total(1), one.countAt(1, 5000)]).toEqual([11, 0, 0]);
  });

  test("forget what is long past, but not how many there were", () => {
    const one = origin();
    one.forgetBefore(2000);
    expect(one.createdAt(0, 4)).toBe(2000);
    expect(() => one.createdAt(0, 3)).toThrow("already forgotten");
    one.forgetBefore(1e9);
    expect([one.total(0), one.countAt(0, 1e9)]).toEqual([11, 11]);
    expect(one.fire(0, 5000, 1)).toBe(11);
  });

  test("windows fire in order", () => {
    expect(() => origin().fire(0, 3999, 1)).toThrow("windows fire in order");
  });
});
