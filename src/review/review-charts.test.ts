import { describe, expect, test } from "vitest";
import { renderSvg } from "../charts/index.ts";
import { exactly, REVIEW } from "./review.fixture.ts";
import { reviewCharts } from "./review-charts.ts";
import { reviewTables } from "./review-tables.ts";

const FINDINGS = [
  "p99 ≤ 15 s for billing: exactly-once needs an interval ≤ 14 s; at-least-once meets it at any interval from 1 s to 50 s",
  "p99 ≤ 200 ms for fraud: exactly-once and at-least-once meet it at any interval from 1 s to 50 s",
  "An exception repeats up to 10,000 records a second of the interval, none to billing under exactly-once",
  "A lost node stops the job for 75 s, 45 s of it before anybody notices",
  "After a lost node billing and fraud wait up to 80 s; 2 min 40 s after it nobody waits longer than before",
  "No guess breaks a promise anywhere in its range",
  "All guesses drawn together: 1 of 2 draws keep every promise; broken: fraud waits, p99",
];

describe("each chart", () => {
  test.each(reviewCharts(REVIEW).map((chart, i) => ({ ...chart, i })))(
    "$name",
    async ({ name, finding, spec, i }) => {
      expect(finding).toBe(FINDINGS[i]);
      await expect(`${JSON.stringify(spec, null, 2)}\n`).toMatchFileSnapshot(`golden/${name}.json`);
      const warnings: string[] = [];
      const svg = await renderSvg(spec, (message) => warnings.push(message));
      expect(warnings).toEqual([]);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    },
  );
});

test("findings follow the figures", () => {
  const [configured, upsert] = REVIEW.candidates;
  const crashes = configured!.crashes.map((one) =>
    one.crash === "lost node"
      ? { ...one, phases: { noticedMs: exactly(5000), restartMs: exactly(69_000), restoreMs: exactly(1000) } }
      : one,
  );
  const findings = reviewCharts({
    ...REVIEW,
    throughCrash: { ...REVIEW.throughCrash!, phases: REVIEW.throughCrash!.phases.slice(0, 3) },
    candidates: [{ ...configured!, crashes, transactionTimeoutMs: 100_000 }, upsert!],
    repeats: REVIEW.repeats.map((one) => ({ ...one, repeated: 0 })),
  }).map(({ finding }) => finding);
  expect(findings.slice(2)).toEqual([
    "An exception repeats nothing, whatever the interval",
    "A lost node stops the job for 75 s, 69 s of it waiting for a TaskManager",
    "After a lost node billing and fraud wait up to 80 s",
    "One guess can break a promise: taskmanager.start",
    "All guesses drawn together: 1 of 2 draws keep every promise; broken: fraud waits, p99 and least safe transaction timeout",
  ]);
});

test("a job that doesn't come back has the phases that it reached", () => {
  const [configured, upsert] = REVIEW.candidates;
  const crashes = configured!.crashes.map((one) => ({
    ...one,
    outageMs: null,
    phases: { ...one.phases, restartMs: null, restoreMs: null },
  }));
  const review = { ...REVIEW, candidates: [{ ...configured!, crashes, caughtUpMs: null }, upsert!] };
  const chart = reviewCharts({ ...review, throughCrash: null }).find(({ name }) => name === "outages")!;
  expect(chart.finding).toBe("The job doesn't come back after any crash");
  expect(JSON.stringify(chart.spec)).toContain('{"crash":"lost node","s":45,"label":"not back"}');
});

test("each chart has its table", () => {
  const tables = reviewTables(REVIEW);
  for (const { name } of reviewCharts(REVIEW)) expect(tables.get(name)?.rows.length).toBeGreaterThan(0);
  expect(tables.get("guesses-given")?.rows).toEqual([
    [
      "taskmanager.start",
      "the start of a new TaskManager",
      "5 s",
      "25 s",
      "90 s",
      "estimate for a pod; range: a standby process; a node to be added",
    ],
  ]);
});
