import type { Chart, ChartSpec, SeriesEntry, SweepResults } from "../experiment/index.ts";
import { pick, type Where } from "./find-points.ts";
import { CHART_WIDTH, COLORS, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

/** Back-pressure and buffer fill through time. */
export interface BackPressureOptions {
  readonly name?: string;
  readonly finding: (results: SweepResults) => string;
  readonly shown: string;
  /** One point, of an experiment that keeps series. */
  readonly where: Where;
}

const PANELS = [
  {
    title: "back-pressured",
    measures: ["back_pressured_share"],
    share: true,
  },
  { title: "busy", measures: ["busy_share"], share: true },
  { title: "buffers queued", measures: ["input_queue_buffers", "output_queue_buffers"], share: false },
] as const;

const PANEL_HEIGHT = 110;

/** Mean share of time that each vertex's subtasks are back-pressured and busy, and the buffers that wait before and behind
 *  them, a panel each. */
export function backPressure(options: BackPressureOptions): Chart {
  return { name: options.name ?? "back-pressure", draw: (results) => drawPanels(results, options) };
}

function drawPanels(results: SweepResults, options: BackPressureOptions): ChartSpec {
  const { where, finding, shown } = options;
  const point = pick(results, where)[0]?.point;
  const ours = results.series.filter((one) => one.point === point && vertexOf(one) !== undefined);
  const vertices = [...new Set(ours.map((one) => vertexOf(one)!))];
  const { color, dash } = seriesScales(vertices);
  const crash = results.timeline.find((one) => one.point === point && one.phase === "until noticed");
  const marks = crash === undefined ? [] : [{ at: crash.fromMs / 1000, label: "crash" }];
  const slotS = slotOf(ours) / 1000;
  const lastS = Math.max(...ours.map(({ fromMs }) => fromMs)) / 1000;
  const panels = PANELS.map(({ title, measures, share }, panel) => {
    const values = ours
      .filter(({ measure }) => measures.some((one) => one === measure))
      .reduce((sums, one) => addUp(sums, one), new Map<string, Sum>());
    const rows = vertices.flatMap((vertex) => {
      const ours = [...values.values()].filter((one) => one.vertex === vertex);
      return ours.flatMap(({ at, sum, subtasks }, i) => {
        const row = { vertex, dash: vertex, at, value: share ? sum / subtasks.size : sum };
        const next = ours[i + 1]?.at ?? at;
        // Without a task there is nothing to show: the line breaks.
        return next - at > 1.5 * slotS ? [row, { ...row, at: at + slotS, value: null }] : [row];
      });
    });
    const legend = { title: null, symbolType: "stroke", symbolStrokeWidth: 2.5 };
    const x = {
      field: "at",
      type: "quantitative",
      title: panel === PANELS.length - 1 ? "simulated time (s)" : null,
      scale: { domain: [0, lastS], nice: false },
      axis: { grid: false, labels: panel === PANELS.length - 1 },
    };
    return {
      width: CHART_WIDTH,
      height: PANEL_HEIGHT,
      layer: [
        {
          data: { values: marks },
          mark: { type: "rule", color: COLORS.goal, strokeWidth: 1.5 },
          encoding: { x: { field: "at", type: "quantitative" } },
        },
        ...(panel === 0
          ? [
              {
                data: { values: marks },
                mark: { type: "text", align: "left", baseline: "bottom", dx: -4, dy: -4, color: COLORS.goal },
                encoding: {
                  x: { field: "at", type: "quantitative" },
                  y: { value: 0 },
                  text: { field: "label" },
                },
              },
            ]
          : []),
        {
          data: { values: rows },
          mark: { type: "line", strokeWidth: 2 },
          encoding: {
            x,
            y: {
              field: "value",
              type: "quantitative",
              title,
              ...(share ? { scale: { domain: [0, 1] } } : {}),
              axis: { grid: true, tickCount: 4, ...(share ? { format: ".0%" } : {}) },
            },
            color: { field: "vertex", type: "nominal", scale: color, legend },
            strokeDash: { field: "dash", type: "nominal", scale: dash, legend: null },
          },
        },
      ],
    };
  });
  return {
    $schema: VEGA_LITE,
    title: titled(finding(results), shown),
    vconcat: panels,
    resolve: { scale: { color: "shared" } },
    spacing: 14,
    config: THEME,
  };
}

interface Sum {
  readonly vertex: string;
  readonly at: number;
  readonly subtasks: Set<string>;
  sum: number;
}

function addUp(sums: Map<string, Sum>, one: SeriesEntry): Map<string, Sum> {
  const vertex = vertexOf(one)!;
  const key = `${vertex}/${one.fromMs}`;
  const sum = sums.get(key) ?? { vertex, at: one.fromMs / 1000, subtasks: new Set<string>(), sum: 0 };
  sum.sum += one.value;
  sum.subtasks.add(one.subject);
  sums.set(key, sum);
  return sums;
}

/** ms between two looks. */
function slotOf(rows: readonly SeriesEntry[]): number {
  const times = [...new Set(rows.map(({ fromMs }) => fromMs))].sort((a, b) => a - b);
  return Math.min(...times.slice(1).map((time, i) => time - times[i]!));
}

/** The first operator of a subtask's vertex, as `source` or `join`; undefined: it is no subtask. */
function vertexOf({ subject }: SeriesEntry): string | undefined {
  const name = /^[^/]+\/(.+)\[\d+\]$/.exec(subject)?.[1];
  return name?.startsWith("Source: ") ? "source" : name?.split(" -> ")[0];
}
