import type { Chart, ChartSpec, SweepResults } from "../experiment/index.ts";
import { failurePhases, phaseBands } from "./failure-phases.ts";
import { only, pick, type Where } from "./find-points.ts";
import { CHART_HEIGHT, CHART_WIDTH, COLORS, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

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
  const crash = phases[0]!.from;
  const domain = [-before, (phases.at(-1)!.to - crash) / 1000 + behind];
  const rows = pick(results, where).flatMap((summary) =>
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
      .filter(({ at }) => at >= domain[0]! && at <= domain[1]!),
  );
  const names = [...new Set(rows.map((row) => row.reader))];
  const scales = seriesScales(names);
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
    layer: [
      phaseBands(phases, CHART_HEIGHT),
      {
        data: { values: [{ at: 0 }] },
        mark: { type: "rule", color: COLORS.goal, strokeWidth: 2 },
        encoding: { x: { field: "at", type: "quantitative" } },
      },
      {
        data: { values: rows },
        mark: { type: "line", strokeWidth: 2.5, clip: true },
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
            title: "latency of the records created then (s), mean",
            axis: { grid: true },
          },
          stroke: { field: "reader", type: "nominal", scale: scales.color, legend },
          strokeDash: { field: "dash", type: "nominal", scale: scales.dash, legend: null },
        },
      },
    ],
    resolve: { legend: { fill: "independent", stroke: "independent" } },
    config: THEME,
  };
}
