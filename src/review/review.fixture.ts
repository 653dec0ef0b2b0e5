import { CRASHES } from "./plan-review.ts";
import type { Review } from "./review.ts";
import type { Candidate, GridPoint, GuessEffect, Known, ReaderFacts } from "./review-figures.ts";

/** Round numbers in the shape of a review of two readers: exactly-once takes an interval and 500 ms at p99, what isn't
 *  committed 100 ms; a crash repeats 10,000 records for each second of the interval. */
export const READERS: readonly ReaderFacts[] = [
  { reader: "billing", topic: "out", isolationLevel: "read_committed", quantile: 0.99, sloMs: 15_000 },
  { reader: "fraud", topic: "out", isolationLevel: "read_uncommitted", quantile: 0.99, sloMs: 200 },
];

export const INTERVALS = [1000, 2000, 5000, 10_000, 20_000, 50_000];

/** Without an interval worth mentioning. */
export function exactly(mean: number): Known {
  return { mean, halfWidth: 0, max: mean };
}

export function gridOf(
  latencyMs: (guarantee: string, isolationLevel: string, intervalMs: number) => Known | null,
): GridPoint[] {
  return ["exactly-once", "at-least-once"].flatMap((guarantee) =>
    INTERVALS.flatMap((intervalMs) =>
      READERS.flatMap(({ reader }) =>
        ["read_committed", "read_uncommitted"].map((isolationLevel) => ({
          guarantee,
          intervalMs,
          reader,
          isolationLevel,
          latencyMs: latencyMs(guarantee, isolationLevel, intervalMs),
        })),
      ),
    ),
  );
}

/** p99 in ms of the fixture's pipeline. */
export function usualLatency(guarantee: string, isolationLevel: string, intervalMs: number): Known {
  return exactly(
    guarantee === "exactly-once" && isolationLevel === "read_committed" ? intervalMs + 500 : 100,
  );
}

export function candidate(name: string, guarantee: string, intervalMs: number): Candidate {
  const isExactlyOnce = guarantee === "exactly-once";
  return {
    name,
    guarantee,
    intervalMs,
    readers: READERS.map((facts) => {
      const latencyMs = usualLatency(guarantee, facts.isolationLevel, intervalMs);
      return { ...facts, latencyMs, met: latencyMs.mean <= facts.sloMs! };
    }),
    isStandalone: false,
    lostWithoutFault: 0,
    crashes: CRASHES.map((crash, i) => ({
      crash,
      outageMs: exactly([2000, 28_000, 75_000][i]!),
      phases: {
        noticedMs: exactly([1, 500, 45_000][i]!),
        restartMs: exactly([1000, 26_000, 29_000][i]!),
        restoreMs: exactly([999, 1500, 1000][i]!),
      },
      ageMs: exactly(intervalMs),
      readers: READERS.map(({ reader, isolationLevel }) => ({
        reader,
        lost: 0,
        repeated: isExactlyOnce && isolationLevel === "read_committed" ? 0 : 10 * intervalMs,
        setbackMs: isExactlyOnce && isolationLevel === "read_committed" ? 0 : intervalMs,
      })),
    })),
    otherCrashes: [],
    caughtUpMs: { mean: 86_000, halfWidth: 4000, max: 88_000 },
    checkpointMs: exactly(500),
    busiestTask: exactly(500),
    meanTask: exactly(250),
    taskBytesPerS: exactly(4_160_000),
    storageBytesPerH: exactly(9.8e9),
    putsPerH: exactly(1800),
    transactionalIdsPerDay: exactly(isExactlyOnce ? 41_500 : 0),
    transactionTimeoutMs: isExactlyOnce ? 600_000 : null,
    leastTimeoutMs: isExactlyOnce ? intervalMs + 500 + 75_000 : null,
  };
}

/** A start that moves the outage alone. */
export const START: GuessEffect = {
  key: "taskmanager.start",
  what: "the start of a new TaskManager",
  low: "5 s",
  typical: "25 s",
  high: "90 s",
  source: "estimate for a pod; range: a standby process; a node to be added",
  ends: {
    low: outcome(5, 55_000),
    typical: outcome(25, 75_000),
    high: outcome(90, 140_000),
  },
};

/** @param seconds of the guess. */
function outcome(seconds: number, outageMs: number): GuessEffect["ends"]["low"] {
  return {
    value: seconds * 1e9,
    latencyMs: { billing: 10_500, fraud: 100 },
    outageMs,
    busiestTask: 500,
    leastTimeoutMs: 10_500 + outageMs,
  };
}

export const REVIEW: Review = {
  pipeline: "fixture",
  seed: 1,
  repetitions: 3,
  configured: { guarantee: "exactly-once", interval: "10 s", intervalMs: 10_000, job: null },
  crashedJob: "enrich",
  readers: READERS,
  guarantees: ["exactly-once", "at-least-once"],
  grid: gridOf(usualLatency),
  repeats: ["exactly-once", "at-least-once"].flatMap((guarantee) =>
    INTERVALS.flatMap((intervalMs) =>
      READERS.map(({ reader, isolationLevel }) => ({
        guarantee,
        intervalMs,
        reader,
        repeated: guarantee === "exactly-once" && isolationLevel === "read_committed" ? 0 : 10 * intervalMs,
      })),
    ),
  ),
  candidates: [
    candidate("as configured", "exactly-once", 10_000),
    candidate("at-least-once with upsert", "at-least-once", 10_000),
  ],
  proposed: "as configured",
  timeouts: [
    { timeoutMs: 43_000, lost: 20_300 },
    { timeoutMs: 86_000, lost: 0 },
  ],
  sweepMs: 10_000,
  haveWindows: false,
  throughCrash: {
    crash: "lost node",
    phases: [
      { phase: "until noticed", from: 30_000, to: 75_000 },
      { phase: "restart", from: 75_000, to: 104_000 },
      { phase: "restore", from: 104_000, to: 105_000 },
      { phase: "catch-up", from: 105_000, to: 190_000 },
    ],
    before: 20,
    behind: 16,
    rows: READERS.flatMap(({ reader, isolationLevel }) =>
      [-20, -10, -1, 0, 40, 80, 120, 160].map((at) => ({
        reader: `${reader}, ${isolationLevel}`,
        dash: `${reader}, ${isolationLevel}`,
        at,
        latency: at < 0 || at > 120 ? 0.1 : (120 - at) / 1.5,
      })),
    ),
  },
  guesses: [START],
  together: [
    { name: "draw 1", settings: { "taskmanager.start": "5 s" }, ...outcome(5, 55_000) },
    {
      name: "draw 2",
      settings: { "taskmanager.start": "40 s" },
      ...outcome(40, 90_000),
      latencyMs: { billing: 10_500, fraud: 250 },
    },
    {
      name: "all at their upper ends",
      settings: { "taskmanager.start": "90 s" },
      ...outcome(90, 140_000),
      latencyMs: { billing: 11_000, fraud: 400 },
    },
  ],
  thresholds: [],
};
