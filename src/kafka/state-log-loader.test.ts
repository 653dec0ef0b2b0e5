import { expect, test } from "vitest";
import { StateLogLoader } from "./state-log-loader.ts";

test("a broker loads its partitions one after the other, each as long as what was written there takes", () => {
  // A byte takes a microsecond.
  const loader = new StateLogLoader(3, 2, 1000, 1e6);
  loader.onWrite(1, "job-0-1", 4);
  const microseconds = (time: number): number => time / 1000;
  expect(microseconds(loader.load(0, 1, 5e6))).toBe(6000);
  // 140 B of a record, 7 of its id, 4 for each of four partitions.
  expect(microseconds(loader.load(1, 1, 5e6))).toBe(6000 + 1000 + 163);
  expect(microseconds(loader.load(2, 0, 5e6))).toBe(6000);
  expect(microseconds(loader.load(0, 1, 9e6))).toBe(10_000);
});
