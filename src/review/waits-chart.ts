import { COLORS, durationAxis, durationScale, seriesScales } from "../charts/index.ts";
import { configuredMark, framed, pointLayers, type ReviewChart, strokeScales } from "./chart-frame.ts";
import { formatMs, formatQuantile, formatTime } from "./format-figures.ts";
import { intervalsWithin } from "./interval-range.ts";
import { listed } from "./judge-candidate.ts";
import { pointsOf } from "./propose-setting.ts";
import type { Review } from "./review.ts";
import type { ReaderFacts } from "./review-figures.ts";
import { rangeText } from "./sentences.ts";

/** What one reader waits against the checkpoint interval: a colour a guarantee, dashed under the isolation level that the reader
 *  doesn't have; its SLO; the configured interval. */
export function waitsChart(review: Review, facts: ReaderFacts): ReviewChart {
  const { reader, isolationLevel, quantile, sloMs } = facts;
  const points = review.grid.filter((point) => point.reader === reader && point.latencyMs !== null);
  const seriesOf = (guarantee: string, level: string): string =>
    level === isolationLevel
      ? `${guarantee}, ${level} as configured`
      : `${guarantee}, if ${reader} read ${level}`;
  const rows = points.map(({ guarantee, intervalMs, isolationLevel: level, latencyMs }) => {
    const { mean, halfWidth } = latencyMs!;
    return {
      guarantee,
      series: seriesOf(guarantee, level),
      x: intervalMs,
      y: mean,
      low: Math.max(mean - (halfWidth ?? 0), mean / 10),
      high: mean + (halfWidth ?? 0),
      said: `${guarantee}, ${level}, every ${formatMs(intervalMs)}: ${formatTime(latencyMs)}`,
    };
  });
  const xs = rows.map(({ x }) => x);
  const ys = [...rows.flatMap(({ low, high }) => [low, high]), ...(sloMs === null ? [] : [sloMs])];
  const x = {
    field: "x",
    type: "quantitative",
    title: "execution.checkpointing.interval",
    scale: durationScale(xs),
    axis: durationAxis(xs),
  };
  const y = {
    field: "y",
    type: "quantitative",
    title: `${formatQuantile(quantile)}, creation to ${reader}`,
    scale: durationScale(ys),
    axis: { ...durationAxis(ys), grid: true },
  };
  const series = [...new Map(rows.map((row) => [row.series, row.guarantee]))];
  const ofGuarantee = seriesScales(series.map(([, guarantee]) => guarantee));
  const styles = series.map(([name], i) => ({
    name,
    shape: ofGuarantee.shape.range[i]!,
    dash: name.endsWith("as configured") ? ofGuarantee.dash.range[i]! : [2, 3],
  }));
  const { color, strokeDash } = strokeScales(styles, ofGuarantee.color.range);
  const goal =
    sloMs === null
      ? []
      : [
          {
            data: { values: [{ y: sloMs, label: `promised: ${formatMs(sloMs)}` }] },
            layer: [
              { mark: { type: "rule", aria: false, color: COLORS.goal, strokeWidth: 1.5 }, encoding: { y } },
              {
                mark: {
                  type: "text",
                  aria: false,
                  align: "left",
                  baseline: "bottom",
                  dx: 4,
                  dy: -3,
                  color: COLORS.goal,
                },
                encoding: { x: { value: 0 }, y, text: { field: "label" } },
              },
            ],
          },
        ];
  return framed(
    `waits-of-${reader}`,
    findingOf(review, facts),
    `${review.repetitions} repetitions and their 95 % intervals, no fault; both axes logarithmic`,
    {
      height: 230,
      data: { values: rows },
      layer: [
        configuredMark(review.configured.intervalMs, x, COLORS.law, COLORS.quiet),
        ...goal,
        { mark: { type: "line" }, encoding: { x, y, color, strokeDash, description: { field: "series" } } },
        {
          mark: { type: "rule", aria: false, strokeWidth: 1.5 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
        },
        ...pointLayers(styles, { x, y, color }),
      ],
    },
  );
}

function findingOf(review: Review, { reader, isolationLevel, quantile, sloMs }: ReaderFacts): string {
  const slopes = review.guarantees.map((guarantee) => {
    const points = pointsOf(review.grid, guarantee, reader, isolationLevel);
    return { guarantee, points };
  });
  if (sloMs === null) {
    const spans = slopes.map(({ guarantee, points }) => {
      const values = points.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs.mean]));
      return `${guarantee} ${formatMs(Math.min(...values))} to ${formatMs(Math.max(...values))}`;
    });
    return `${reader} waits at ${formatQuantile(quantile)}: ${spans.join(", ")}`;
  }
  const verbs = slopes.map(({ guarantee, points }) => ({
    guarantee,
    verb: rangeText(intervalsWithin(points, sloMs), points[0]!.intervalMs, points.at(-1)!.intervalMs),
  }));
  const promise = `${formatQuantile(quantile)} ≤ ${formatMs(sloMs)} for ${reader}`;
  const [first] = verbs;
  if (verbs.every(({ verb }) => verb === first?.verb)) {
    const verb = first!.verb.replace(/^meets/, "meet").replace(/^needs/, "need");
    return `${promise}: ${listed(verbs.map(({ guarantee }) => guarantee))} ${verb}`;
  }
  return `${promise}: ${verbs.map(({ guarantee, verb }) => `${guarantee} ${verb}`).join("; ")}`;
}
