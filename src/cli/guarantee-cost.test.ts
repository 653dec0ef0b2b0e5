import { expect, test } from "vitest";
import { describeGuaranteeCost } from "./guarantee-cost.ts";
import { readerResult, runResult } from "./run-result.fixture.ts";

const fraud = { reader: "fraud", isolationLevel: "read_uncommitted" } as const;
const audit = { reader: "audit" } as const;
const slo = { quantile: 0.99, boundMs: 5000, measuredMs: 9980, met: false };

test("tells the dearest reader of each isolation level, from the figures", () => {
  const runs = new Map([
    [
      "at-least-once",
      runResult("at-least-once", [readerResult({ p99Ms: 99 }), readerResult(audit), readerResult(fraud)]),
    ],
    [
      "exactly-once",
      runResult("exactly-once", [
        readerResult({ p99Ms: 9980, slo }),
        readerResult({ ...audit, p99Ms: 500 }),
        readerResult({ ...fraud, p99Ms: 100.5 }),
      ]),
    ],
  ]);
  expect(describeGuaranteeCost(runs)).toEqual([
    "Exactly-once costs billing (read_committed) 9.88 s (0.988 × the checkpoint interval of 10 s) at p99: 9.98 s instead of 99.0 ms with at-least-once.",
    "Exactly-once costs fraud (read_uncommitted) 1.50 ms at p99: 101 ms instead of 99.0 ms with at-least-once.",
    "No reader lost a record or saw one twice. SLOs missed: billing under exactly-once (p99 <= 5 s, measured 9.98 s).",
  ]);
});

test("a saving is called a saving, and no change none", () => {
  const runs = new Map([
    ["at-least-once", runResult("at-least-once", [readerResult({ ...fraud, p99Ms: 120 }), readerResult()])],
    ["exactly-once", runResult("exactly-once", [readerResult({ ...fraud, p99Ms: 100 }), readerResult()])],
  ]);
  expect(describeGuaranteeCost(runs).slice(0, 2)).toEqual([
    "Exactly-once leaves billing (read_committed) where it is at p99: 99.0 ms, as with at-least-once.",
    "Exactly-once saves fraud (read_uncommitted) 20.0 ms at p99: 100 ms instead of 120 ms with at-least-once.",
  ]);
});

test("one run tells losses and SLOs alone, and nothing measured costs nothing", () => {
  const met = { ...slo, met: true };
  const lossy = readerResult({ recordsLost: 1200, recordsDuplicated: 3, p99Ms: null, slo: met });
  expect(describeGuaranteeCost(new Map([["none", runResult("none", [lossy])]]))).toEqual([
    "billing lost 1,200 and saw 3 twice under none. Every SLO is met.",
  ]);
  const runs = new Map([
    ["at-least-once", runResult("at-least-once", [lossy])],
    ["exactly-once", runResult("exactly-once", [lossy])],
  ]);
  expect(describeGuaranteeCost(runs)).toHaveLength(1);
});
