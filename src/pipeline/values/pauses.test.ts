import { describe, expect, test } from "vitest";
import { pauses } from "./pauses.ts";

const SECOND = 1e9;

test("reads pauses that come once, and one that comes again", () => {
  expect(pauses().read("none")).toEqual({ ok: true, value: [] });
  expect(pauses().read("30 s for 10 s, 2 min for 500 ms every 5 min")).toEqual({
    ok: true,
    value: [
      { from: 30 * SECOND, length: 10 * SECOND, every: undefined },
      { from: 120 * SECOND, length: SECOND / 2, every: 300 * SECOND },
    ],
  });
});

describe("what isn't a list of pauses is refused in words", () => {
  test.each([
    ["", /^none, or times such as/],
    ["30 for 10", /^none, or times such as/],
    ["30 s", /^none, or times such as/],
    ["3 s for 10 s every 10 s", /^pauses shorter than the time after which they come again \(10 s\)$/],
    ["3 s for 10 s, 12 s for 1 s", /^pauses one after the other/],
    ["3 s for 1 s every 5 s, 12 s for 1 s", /^pauses one after the other/],
  ])("%j", (input, wanted) => {
    const reading = pauses().read(input);
    expect(reading.ok ? "" : reading.wanted).toMatch(wanted);
  });
});
