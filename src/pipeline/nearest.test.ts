import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

describe("editDistance", () => {
  test.each([
    ["", "", 0],
    ["kitten", "sitting", 3],
    ["linger", "lingre", 1],
    ["orders", "order", 1],
    ["abc", "xyz", 3],
  ])("%s to %s is %i", (a, b, distance) => {
    expect(editDistance(a, b, 99)).toBe(distance);
  });

  test.prop([fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), fc.nat(15)])(
    "is symmetric, zero for equal texts only, and never above its limit",
    (a, b, limit) => {
      const distance = editDistance(a, b, 99);
      expect(editDistance(b, a, 99)).toBe(distance);
      expect(distance === 0).toBe(a === b);
      expect(editDistance(a, b, limit)).toBe(Math.min(distance, limit));
    },
  );
});

describe("nearest", () => {
  const keys = ["execution.checkpointing.interval", "execution.checkpointing.timeout", "linger.ms", "topic"];

  test.each([
    ["execution.checkpointing.intervall", "execution.checkpointing.interval"],
    ["Linger_ms", "linger.ms"],
    ["tpoic", "topic"],
    ["chekpointing.interval", "execution.checkpointing.interval"],
    ["interval", "execution.checkpointing.interval"],
    ["banana", undefined],
    ["", undefined],
  ])("%s is meant for %s", (name, expected) => {
    expect(nearest(name, keys)).toBe(expected);
  });
});
