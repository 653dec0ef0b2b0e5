import { expect, test } from "vitest";
import { type Figure, judge } from "./fidelity-row.ts";
import { COLD_LATENCY, SATURATED_LATENCY, steadyLatency } from "./tolerance.ts";

function latency(measured: number): Figure {
  return { figure: "p50", kind: "steady latency", unit: "ms", measured, tolerance: steadyLatency(measured) };
}

function verdict(figure: Figure, ...simulated: (number | undefined)[]): string {
  return judge("a case", figure, simulated, "no such figure").verdict;
}

test.each([
  // 10 % of what is long, 6 ms of what is short, 1.5 ms of what is below 20 ms.
  [500, 550, "ok"],
  [500, 550.1, "OUT"],
  [500, 449.9, "OUT"],
  [50, 56, "ok"],
  [50, 56.1, "OUT"],
  [10, 11.5, "ok"],
  [10, 11.6, "OUT"],
])("a steady latency of %d ms simulated as %d is %s", (measured, simulated, expected) => {
  expect(verdict(latency(measured), simulated)).toBe(expected);
});

test("a cold cluster has 15 % or 40 ms", () => {
  const cold: Figure = { ...latency(50), tolerance: COLD_LATENCY };
  expect([verdict(cold, 90), verdict(cold, 90.1)]).toEqual(["ok", "OUT"]);
});

test("a figure between the neighbouring quantiles is right however far it is from its own", () => {
  const jump: Figure = { ...latency(1000), tolerance: SATURATED_LATENCY, between: [120, 3000] };
  expect([verdict(jump, 130), verdict(jump, 2999), verdict(jump, 110)]).toEqual(["ok", "ok", "OUT"]);
});

test("where the outcome hangs on a phase that isn't stated, the measured figure must lie among the simulated ones", () => {
  expect(judge("a case", latency(500), [400, 700, 420], "")).toEqual({
    case: "a case",
    figure: "p50",
    kind: "steady latency",
    unit: "ms",
    measured: 500,
    // The median; its error counts, though the verdict is right.
    simulated: 420,
    range: [400, 700],
    errorPercent: 16,
    verdict: "ok",
    note: null,
  });
  expect(judge("a case", latency(500), [600, 700, 601], "")).toMatchObject({
    simulated: 601,
    verdict: "OUT",
  });
  expect(judge("a case", latency(500), [510, 700, 400], "")).toMatchObject({ range: null, verdict: "ok" });
});

test("phases in which nothing could be measured are told, and the others judged", () => {
  expect(judge("a case", latency(500), [undefined, 510, undefined], "")).toMatchObject({
    simulated: 510,
    verdict: "ok",
    note: "nothing to measure in 2 of 3 phases",
  });
});

test("what the model doesn't have is neither right nor skipped", () => {
  expect(judge("a case", latency(500), [undefined], "no such figure")).toMatchObject({
    simulated: null,
    errorPercent: null,
    verdict: "not simulated",
    note: "no such figure",
  });
});

test("nothing measured and something simulated has no error in percent, and is out", () => {
  const none: Figure = { ...latency(0), tolerance: { relative: 0, absolute: 0 } };
  expect(judge("a case", none, [1], "")).toMatchObject({ errorPercent: null, verdict: "OUT" });
  expect(judge("a case", none, [0], "")).toMatchObject({ errorPercent: null, verdict: "ok" });
});
