import type { Chart, ChartSpec, PointSummary, SweepResults } from "../experiment/index.ts";
import { durationAxis, durationScale } from "./duration-axis.ts";
import { pick, type Where } from "./find-points.ts";
import { formatCount, formatMs } from "./format-quantity.ts";
import { CHART_HEIGHT, CHART_WIDTH, COLORS, seriesScales, THEME, titled, VEGA_LITE } from "./theme.ts";

/** p99 against what a crash would repeat. */
export interface TradeOffFrontOptions {
  readonly name?: string;
  readonly where: Where;
  /** Factor of the checkpoint interval. */
  readonly interval: string;
  /** Factor of the sink's delivery guarantee. */
  readonly guarantee: string;
  /** The reader's SLO on p99, ms. */
  readonly sloMs: number;
}

const MS_PER_HOUR = 3_600_000;

/** Each point's p99 against its checkpoints an hour: what a shorter interval buys, and what it costs. The point with the fewest
 *  checkpoints among those that meet the SLO is the chosen one of its guarantee. */
export function tradeOffFront(options: TradeOffFrontOptions): Chart {
  return { name: options.name ?? "trade-off-front", draw: (results) => drawFront(results, options) };
}

interface Row {
  readonly series: string;
  readonly interval: string;
  readonly p99: number;
  readonly checkpoints: number;
  /** Most records that a restore reads again: those since the last completed checkpoint's trigger. */
  readonly replay: number;
  readonly label: string;
  readonly chosen: boolean;
}

function drawFront(results: SweepResults, options: TradeOffFrontOptions): ChartSpec {
  const rows = rowsOf(results, options);
  const names = [...new Set(rows.map(({ series }) => series))];
  const scales = seriesScales(names);
  const p99s = [...rows.map(({ p99 }) => p99), options.sloMs];
  const x = {
    field: "checkpoints",
    type: "quantitative",
    title: "checkpoints an hour",
    scale: {
      type: "log",
      nice: false,
      domain: [
        Math.min(...rows.map((row) => row.checkpoints)) * 0.8,
        Math.max(...rows.map((row) => row.checkpoints)) * 1.3,
      ],
    },
    axis: { values: [10, 20, 50, 100, 200, 500, 1000, 2000, 5000], grid: false },
  };
  const y = {
    field: "p99",
    type: "quantitative",
    title: "p99 latency",
    scale: durationScale(p99s),
    axis: { ...durationAxis(p99s), grid: true },
  };
  const legend = { title: "sink.delivery-guarantee", symbolStrokeWidth: 0, symbolOpacity: 1 };
  return {
    $schema: VEGA_LITE,
    title: titled(
      finding(rows, options.sloMs),
      "each point an interval, labelled with it and with the most records that a restore reads again; ringed: the fewest checkpoints that meet the SLO",
    ),
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    data: { values: rows },
    layer: [
      {
        data: { values: [{ y: options.sloMs, label: `SLO: p99 ≤ ${formatMs(options.sloMs)}` }] },
        layer: [
          {
            mark: { type: "rule", color: COLORS.goal, strokeWidth: 1.5 },
            encoding: { y: { ...y, field: "y" } },
          },
          {
            mark: { type: "text", align: "right", baseline: "bottom", dy: -4, color: COLORS.goal },
            encoding: { x: { value: CHART_WIDTH }, y: { ...y, field: "y" }, text: { field: "label" } },
          },
        ],
      },
      {
        mark: { type: "line", strokeWidth: 1.5, opacity: 0.6 },
        encoding: {
          x,
          y,
          color: { field: "series", type: "nominal", scale: scales.color, legend },
          order: { field: "checkpoints" },
        },
      },
      {
        mark: { type: "point", filled: true, opacity: 1, size: 70 },
        encoding: {
          x,
          y,
          color: { field: "series", type: "nominal", scale: scales.color, legend },
          shape: { field: "series", type: "nominal", scale: scales.shape, legend },
        },
      },
      {
        transform: [{ filter: "datum.chosen" }],
        mark: { type: "point", filled: false, size: 330, strokeWidth: 2, color: COLORS.ink, opacity: 1 },
        encoding: { x, y },
      },
      {
        mark: { type: "text", align: "left", dx: 10, dy: -12, fontSize: 11 },
        encoding: { x, y, text: { field: "label" } },
      },
    ],
    config: THEME,
  };
}

function rowsOf(results: SweepResults, { where, interval, guarantee, sloMs }: TradeOffFrontOptions): Row[] {
  const summaries = pick(results, where);
  const best = new Map<string, PointSummary>();
  for (const summary of summaries) {
    const series = String(summary.factors[guarantee]);
    const meets = summary.metrics.latency_p99_ms.mean <= sloMs;
    const before = best.get(series);
    if (meets && (before === undefined || period(before) < period(summary))) best.set(series, summary);
  }
  return summaries.map((summary) => {
    const series = String(summary.factors[guarantee]);
    const { latency_p99_ms, checkpoint_duration_mean_ms, records_in } = summary.metrics;
    const replay =
      (records_in.mean / summary.simulatedS) * ((period(summary) + checkpoint_duration_mean_ms.mean) / 1000);
    const text = formatMs(Number(summary.factors[interval]));
    return {
      series,
      interval: text,
      p99: latency_p99_ms.mean,
      checkpoints: MS_PER_HOUR / period(summary),
      replay,
      label: series === "exactly-once" ? `${text}, ${formatCount(replay)}` : "",
      chosen: best.get(series) === summary,
    };
  });
}

function period({ metrics }: PointSummary): number {
  return metrics.checkpoint_period_mean_ms.mean;
}

function finding(rows: readonly Row[], sloMs: number): string {
  const chosen = rows.filter((row) => row.chosen);
  const row = chosen.find(({ series }) => series === "exactly-once") ?? chosen[0];
  if (row === undefined) return `No interval meets p99 ≤ ${formatMs(sloMs)}`;
  return (
    `Fewest checkpoints for p99 ≤ ${formatMs(sloMs)}: ${row.series} every ${row.interval}, ` +
    `${formatCount(row.checkpoints)} an hour; a restore then reads up to ${formatCount(row.replay)} records again`
  );
}
