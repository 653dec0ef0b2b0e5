import { describe, expect, test } from "vitest";
import { idsToInitialise, subtaskOf } from "./transaction-naming.ts";

describe("INCREMENTING", () => {
  test("names the transaction after its checkpoint", () => {
    expect(idsToInitialise("INCREMENTING", "enrich", 3, 7, 8, new Set())).toEqual(["enrich-3-8"]);
  });

  test("fills the gap that aborted checkpoints left", () => {
    expect(idsToInitialise("INCREMENTING", "enrich", 0, 7, 10, new Set(["enrich-0-7"]))).toEqual([
      "enrich-0-8",
      "enrich-0-9",
      "enrich-0-10",
    ]);
  });
});

test("POOLING takes the smallest offset that is free, whatever the checkpoint", () => {
  const taken = (...offsets: readonly number[]) => new Set(offsets.map((offset) => `enrich-2-${offset}`));
  expect(idsToInitialise("POOLING", "enrich", 2, 7, 10, taken())).toEqual(["enrich-2-0"]);
  expect(idsToInitialise("POOLING", "enrich", 2, 7, 10, taken(0, 1, 3))).toEqual(["enrich-2-2"]);
  expect(idsToInitialise("POOLING", "enrich", 1, 7, 10, taken(0))).toEqual(["enrich-1-0"]);
});

test("a subtask is read from an id of its own prefix only", () => {
  expect(subtaskOf("enrich", "enrich-12-40")).toBe(12);
  expect(subtaskOf("enrich", "enrich-more-1-2")).toBe(-1);
  expect(subtaskOf("enrich", "other-1-2")).toBe(-1);
});
