import { describe, expect, test } from "vitest";
import { formatCount, formatDuration, formatSetting, significant } from "./format-quantity.ts";

describe("formatDuration", () => {
  test.each([
    [null, "-"],
    [0, "0 ms"],
    [0.01234, "0.0123 ms"],
    [1.5, "1.50 ms"],
    [99.96, "100 ms"],
    [987.4, "987 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [9_876, "9.88 s"],
    [9_994, "9.99 s"],
    [9_996, "10.0 s"],
    [12_345, "12.3 s"],
    [3_600_000, "3600 s"],
    [-20, "-20.0 ms"],
  ])("%s ms is %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

test.each([
  [10_000, "10 s"],
  [200, "200 ms"],
  [1500, "1500 ms"],
  [3_600_000, "3,600 s"],
])("formatSetting: %s ms is %s", (milliseconds, text) => {
  expect(formatSetting(milliseconds)).toBe(text);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [12_345_678, "12,345,678"],
])("formatCount: %s is %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [0, "0"],
  [1e-9, "0.00000000100"],
  [0.9996, "1.00"],
  [123_456, "123000"],
])("significant: %s is %s", (value, text) => {
  expect(significant(value)).toBe(text);
});
