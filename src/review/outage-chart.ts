import { FAILURE_PHASES } from "../charts/index.ts";
import { framed, type ReviewChart } from "./chart-frame.ts";
import { formatTime, formatTimeBriefly } from "./format-figures.ts";
import { phraseOf } from "./judge-candidate.ts";
import { CRASHES } from "./plan-review.ts";
import type { Review } from "./review.ts";
import { type CrashFigures, crashOf } from "./review-figures.ts";

const PHASES = [
  { key: "noticedMs", phase: "until it is noticed", color: FAILURE_PHASES["until noticed"]! },
  { key: "restartMs", phase: "restart delay, wait for a TaskManager", color: FAILURE_PHASES["restart"]! },
  { key: "restoreMs", phase: "deploy and restore", color: FAILURE_PHASES["restore"]! },
] as const;

/** How long the configured job is down after each crash, and with what. */
export function outageChart(review: Review): ReviewChart | undefined {
  const configured = review.candidates[0]!;
  const rows = CRASHES.flatMap((crash) => {
    const { phases, outageMs } = crashOf(configured, crash);
    return PHASES.flatMap(({ key, phase }, order) => {
      const ms = phases[key]?.mean;
      if (ms === undefined) return [];
      return [
        {
          crash,
          phase,
          order,
          s: ms / 1000,
          total: totalOf(phases) / 1000,
          label: outageMs === null ? "not back" : formatTimeBriefly(outageMs),
          said: `${crash}, ${phase}: ${formatTime(phases[key])}`,
        },
      ];
    });
  });
  if (rows.length === 0) return undefined;
  const y = {
    field: "crash",
    type: "nominal",
    sort: [...CRASHES],
    title: null,
    axis: { domain: false, ticks: false, labelFontSize: 13 },
  };
  const totals = [...new Map(rows.map((row) => [row.crash, row])).values()].map(
    ({ crash, total, label }) => ({ crash, s: total, label }),
  );
  return framed(
    "outages",
    findingOf(review),
    "as configured, from the fault until every task runs; mean of the repetitions",
    {
      height: { step: 38 },
      data: { values: rows },
      layer: [
        {
          mark: { type: "bar", height: { band: 0.62 } },
          encoding: {
            y,
            x: {
              field: "s",
              type: "quantitative",
              title: "outage, s",
              stack: "zero",
              axis: { grid: true, tickCount: 5 },
              scale: { domainMax: Math.max(...rows.map(({ total }) => total), 0.1) * 1.12, domainMin: 0 },
            },
            color: {
              field: "phase",
              type: "nominal",
              scale: { domain: PHASES.map(({ phase }) => phase), range: PHASES.map(({ color }) => color) },
              legend: { title: null, columns: 1 },
            },
            order: { field: "order" },
            description: { field: "said" },
          },
        },
        {
          data: { values: totals },
          mark: { type: "text", aria: false, align: "left", dx: 5 },
          encoding: { y, x: { field: "s", type: "quantitative" }, text: { field: "label" } },
        },
      ],
    },
  );
}

/** ms of all phases that have begun. */
function totalOf(phases: CrashFigures["phases"]): number {
  return PHASES.reduce((sum, { key }) => sum + (phases[key]?.mean ?? 0), 0);
}

function findingOf(review: Review): string {
  const configured = review.candidates[0]!;
  const outages = CRASHES.flatMap((crash) => {
    const { outageMs, phases } = crashOf(configured, crash);
    return outageMs === null ? [] : [{ crash, outageMs, phases }];
  });
  const [longest] = outages.toSorted((a, b) => b.outageMs.mean - a.outageMs.mean);
  if (longest === undefined) return "The job doesn't come back after any crash";
  const [main] = PHASES.flatMap(({ key, phase }) => {
    const ms = longest.phases[key];
    return ms === null ? [] : [{ ms, phase }];
  }).toSorted((a, b) => b.ms.mean - a.ms.mean);
  const total = formatTimeBriefly(longest.outageMs);
  const stops = `${phraseOf(longest.crash).replace(/^a/, "A")} stops the job for ${total}`;
  if (main === undefined) return stops;
  const part = formatTimeBriefly(main.ms);
  switch (main.phase) {
    case "until it is noticed":
      return `${stops}, ${part} of it before anybody notices`;
    case "deploy and restore":
      return `${stops}, ${part} of it to deploy and restore`;
    default:
      return `${stops}, ${part} of it waiting for a TaskManager`;
  }
}
