import type { Chart, ChartSpec, SweepResults } from "../experiment/index.ts";
import { type FailurePhase, failurePhases, phaseBands } from "./failure-phases.ts";
import { only, pick, type Where } from "./find-points.ts";
import {
  CHART_HEIGHT,
  CHART_WIDTH,
  COLORS,
  SERIES_COLORS,
  seriesScales,
  THEME,
  titled,
  VEGA_LITE,
} from "./theme.ts";

/** Latency through time around a crash. */
export interface LatencyAroundCrashOptions {
  readonly name?: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  /** One point, of an experiment that keeps series. */
  readonly where: Where;
  /** The reader whose catch-up is shaded. */
  readonly reader: string;
  /** s shown before the crash and behind the last phase. */
  readonly before: number;
  readonly behind: number;
}

/** Each reader's latency by when a record was created, since the crash, over the phases of the recovery. */
export function latencyAroundCrash(options: LatencyAroundCrashOptions): Chart {
  return {
    name: options.name ?? "latency-around-crash",
    draw: (results) => drawLatency(results, options),
  };
}

function drawLatency(results: SweepResults, options: LatencyAroundCrashOptions): ChartSpec {
  const { where, reader, before, behind, finding, shown } = options;
  const phases = failurePhases(results, only(results, { ...where, reader }));
  const legend = {
    title: null,
    symbolType: "stroke",
    symbolStrokeWidth: 2.5,
    orient: "top-right",
    direction: "vertical",
    fillColor: "#ffffff",
    padding: 6,
  };
  return {
    $schema: VEGA_LITE,
    title: titled(finding(results), shown),
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    ...crashLayers(phases, crashRows(results, where, phases, before, behind), {
      before,
      behind,
      height: CHART_HEIGHT,
      legend,
    }),
    config: THEME,
  };
}

/** The latency of what was created at one time. */
export interface CrashRow {
  /** The reader and its isolation level. */
  readonly reader: string;
  readonly dash: string;
  /** s since the crash. */
  readonly at: number;
  /** Mean, s. */
  readonly latency: number;
}

/** What every reader of a point sees from `before` the crash to `behind` the last phase, s. */
export function crashRows(
  results: SweepResults,
  where: Where,
  phases: readonly FailurePhase[],
  before: number,
  behind: number,
): CrashRow[] {
  const crash = phases[0]!.from;
  const end = (phases.at(-1)!.to - crash) / 1000 + behind;
  return pick(results, where).flatMap((summary) =>
    results.series
      .filter(
        (one) =>
          one.point === summary.point && one.subject === summary.reader && one.measure === "latency_mean_ms",
      )
      .map(({ fromMs, value }) => ({
        reader: `${summary.reader}, ${summary.isolationLevel}`,
        dash: `${summary.reader}, ${summary.isolationLevel}`,
        at: (fromMs - crash) / 1000,
        latency: value / 1000,
      }))
      .filter(({ at }) => at >= -before && at <= end),
  );
}

/** Those of series that no phase of a recovery comes near. */
const LINE_COLORS = [SERIES_COLORS[0], SERIES_COLORS[3], SERIES_COLORS[4]];

/** A line for each reader over the phases. */
export function crashLayers(
  phases: readonly FailurePhase[],
  rows: readonly CrashRow[],
  {
    before,
    behind,
    height,
    legend,
  }: {
    readonly before: number;
    readonly behind: number;
    readonly height: number;
    /** Of the lines. */
    readonly legend: object;
  },
) {
  const domain = [-before, (phases.at(-1)!.to - phases[0]!.from) / 1000 + behind];
  const scales = seriesScales([...new Set(rows.map((row) => row.reader))]);
  const color = {
    ...scales.color,
    range: scales.color.domain.map((_, i) => LINE_COLORS[i % LINE_COLORS.length]!),
  };
  return {
    layer: [
      phaseBands(phases, height),
      {
        data: { values: [{ at: 0 }] },
        mark: { type: "rule", aria: false, color: COLORS.goal, strokeWidth: 2 },
        encoding: { x: { field: "at", type: "quantitative" } },
      },
      {
        data: { values: rows },
        mark: { type: "line", strokeWidth: 2.5 },
        encoding: {
          x: {
            field: "at",
            type: "quantitative",
            title: "when a record was created, s since the crash",
            scale: { domain, nice: false },
            axis: { grid: false },
          },
          y: {
            field: "latency",
            type: "quantitative",
            title: "mean latency of these records (s)",
            axis: { grid: true },
          },
          description: { field: "reader" },
          stroke: { field: "reader", type: "nominal", scale: color, legend },
          strokeDash: { field: "dash", type: "nominal", scale: scales.dash, legend: null },
        },
      },
    ],
    resolve: { legend: { fill: "independent", stroke: "independent" } },
  };
}
