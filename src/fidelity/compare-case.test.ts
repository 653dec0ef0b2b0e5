import { expect, test } from "vitest";
import { compareCase } from "./compare-case.ts";
import { summariseRows } from "./fidelity-report.ts";
import { LAPTOP, shortCase } from "./reference-case.fixture.ts";
import { simulateOverPhases } from "./simulate-case.ts";

const SETTINGS = { seed: "1", environment: LAPTOP };

test("each figure of a steady case is a row, and records created outside its window don't count", () => {
  const reference = shortCase();
  const rows = compareCase(reference, simulateOverPhases(reference, SETTINGS));
  expect(rows.map(({ figure }) => figure)).toEqual([
    ...["mean", "p10", "p25", "p50", "p75", "p90", "p99"].map((figure) => `read_committed ${figure}`),
    ...["mean", "p10", "p25", "p50", "p75", "p90", "p99"].map((figure) => `read_uncommitted ${figure}`),
    "checkpoint duration p50",
    "trigger gap p50",
    "read_committed duplicates",
    "read_committed lost",
    "read_uncommitted duplicates",
    "read_uncommitted lost",
  ]);
  const row = (name: string) => rows.find(({ figure }) => figure === name);
  expect(row("read_committed mean")).toMatchObject({ kind: "steady latency", unit: "ms" });
  // Half an interval, a checkpoint and a commit; an even load leaves nothing to chance but the flusher's phase.
  expect(row("read_committed p50")?.simulated).toBeGreaterThan(500);
  expect(row("read_committed p50")?.simulated).toBeLessThan(540);
  expect(row("trigger gap p50")).toMatchObject({ simulated: 1000, verdict: "ok" });
});

test("without a stated trigger the case is simulated over the phases of its checkpoints", () => {
  // Three tenths of an interval: how long its records wait is a matter of when the checkpoint comes.
  const latency = { from_s: 2, to_s: 2.3, n: 30, mean: 1, p10: 1, p25: 1, p50: 1, p75: 1, p90: 1, p99: 1 };
  const isolation = { produced: 600, duplicates: 0, lost: 0, steady_latency_ms: latency };
  const spread = (phases: object): number => {
    const reference = shortCase({}, { phases, measured: { read_committed: isolation } });
    const medians = simulateOverPhases(reference, SETTINGS).runs.map(({ isolations }) =>
      isolations.read_committed.latency!.quantile(0.5),
    );
    expect(medians).toHaveLength(10);
    return Math.max(...medians) - Math.min(...medians);
  };
  // What is left are the phases of the buffer flushers.
  expect(spread({ first_trigger_at_ms: 250 })).toBeLessThan(20);
  expect(spread({})).toBeGreaterThan(500);
});

test("cold, saturated and large are seen from a case's settings", () => {
  const kindOf = (input: Readonly<Record<string, unknown>>) => {
    const reference = shortCase(input);
    return compareCase(reference, { runs: [], whyNot: undefined })[0]?.kind;
  };
  expect(kindOf({})).toBe("steady latency");
  expect(kindOf({ cluster_age_s: 199 })).toBe("cold latency");
  const job = { guarantee: "EXACTLY_ONCE", skewSubtask: 1, skewNanos: 20_000_000 };
  expect(kindOf({ job })).toBe("saturated or large-state latency");
  expect(kindOf({ job: { ...job, skewNanos: 19_000_000 } })).toBe("steady latency");
  expect(kindOf({ job: { guarantee: "NONE", stateBytes: 10_000 }, cluster_age_s: 1 })).toBe(
    "saturated or large-state latency",
  );
});

const FAULT = {
  at_s: 5,
  restores: 3,
  first_completed_trigger_after_ms: 1000,
  first_completed_duration_ms: 200,
  timeline_ms: [
    [1, "job RUNNING to RESTARTING"],
    [1000, "job RESTARTING to RUNNING"],
    [1400, "source subtask running"],
    [1900, "stateful+sink subtask running"],
  ],
};

test("what a fault does is held against what it did", () => {
  const reference = shortCase(
    {
      faults: [{ at: 5, kill: "tm0" }],
      seconds: 30,
      cluster: { "heartbeat.interval": "1 s", "heartbeat.timeout": "5 s" },
    },
    { fault: FAULT, phases: { first_trigger_at_ms: 250, declared_lost_ms_after_fault: [1500, 1500] } },
  );
  const simulated = simulateOverPhases(reference, SETTINGS);
  const crash = compareCase(reference, simulated).filter(({ kind }) => kind === "crash");
  expect(crash.map(({ figure, measured }) => [figure, measured])).toEqual([
    ["restarts", 3],
    ["last restart to running", 900],
    ["first completed checkpoint after", 1200],
  ]);
  for (const { recovery, isolations } of simulated.runs) {
    // Declared lost 1.5 s after the fault: by a closed connection, and onto the dead process a second later.
    expect(recovery!.restarts).toBe(2);
    expect(recovery!.firstCompletedAfter).toBeGreaterThan(2000);
    const { read_committed: committed, read_uncommitted: uncommitted } = isolations;
    expect([committed.lost, committed.duplicates, uncommitted.lost]).toEqual([0, 0, 0]);
    // From the trigger at 4.25 s until the fault.
    expect(uncommitted.duplicates).toBeGreaterThan(60);
    expect(uncommitted.duplicates).toBeLessThan(80);
    expect(committed.largestGap).toBeGreaterThan(uncommitted.largestGap!);
    // A record of second 5 waits until the job runs again, one of second 25 as ever.
    expect(committed.medianOfSecond(5)).toBeGreaterThan(2000);
    expect(committed.medianOfSecond(25)).toBeLessThan(1100);
    expect(committed.medianOfSecond(30)).toBeUndefined();
  }
});

test("what happens in and after a fault that isn't simulated is listed so, what happened before it is judged", () => {
  const faults = [{ at: 5, kill: "jm" }];
  const reference = shortCase({ faults }, { fault: FAULT });
  const rows = compareCase(reference, simulateOverPhases(reference, SETTINGS));
  const crash = rows.filter(({ kind }) => kind === "crash");
  expect(crash.map(({ figure, verdict }) => [figure, verdict])).toEqual([
    ["restarts", "not simulated"],
    ["last restart to running", "not simulated"],
    ["first completed checkpoint after", "not simulated"],
  ]);
  const judged = rows.filter(({ verdict }) => verdict !== "not simulated");
  expect(new Set(judged.map(({ kind }) => kind))).toEqual(new Set(["steady latency"]));
});

test("the summary counts what isn't simulated as out, and takes errors from what is", () => {
  const reference = shortCase({ job: { guarantee: "NONE" }, conf: {} });
  const rows = compareCase(reference, simulateOverPhases(reference, SETTINGS));
  const report = summariseRows(rows);
  expect(report.total).toBe(rows.length);
  expect(report.kinds.find(({ kind }) => kind === "checkpoint duration")).toEqual({
    kind: "checkpoint duration",
    rows: 1,
    within: 0,
    notSimulated: 1,
    medianErrorPercent: null,
    worst: null,
  });
  const errors = rows.flatMap(({ errorPercent }) => (errorPercent === null ? [] : [errorPercent]));
  expect(report.medianErrorPercent).toBe(errors.toSorted((a, b) => a - b)[Math.floor(errors.length / 2)]);
});
