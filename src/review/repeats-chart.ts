import { COLORS, countAxis, countScale, durationAxis, durationScale, seriesScales } from "../charts/index.ts";
import { configuredMark, framed, pointLayers, type ReviewChart, strokeScales } from "./chart-frame.ts";
import { formatCount, formatMs } from "./format-figures.ts";
import type { Review } from "./review.ts";

/** What an exception just before a checkpoint completes repeats, against the interval: a line for each guarantee, to the reader
 *  that sees most twice. */
export function repeatsChart(review: Review): ReviewChart {
  const rows = review.guarantees.flatMap((guarantee) => {
    const own = review.repeats.filter((one) => one.guarantee === guarantee && one.repeated > 0);
    const readers = [...new Set(own.map(({ reader }) => reader))];
    const most = [...Map.groupBy(own, ({ intervalMs }) => intervalMs)].map(([intervalMs, ofInterval]) => ({
      intervalMs,
      repeated: Math.max(...ofInterval.map(({ repeated }) => repeated)),
    }));
    return most.map(({ intervalMs, repeated }) => ({
      guarantee,
      series: `${guarantee}, to ${readers.join(" and ")}`,
      x: intervalMs,
      y: repeated,
      said: `${guarantee}, every ${formatMs(intervalMs)}: ${formatCount(repeated)} records to ${readers.join(", ")}`,
    }));
  });
  const series = [...new Map(rows.map((row) => [row.series, row.guarantee]))];
  const domain = series.map(([name]) => name);
  const scales = seriesScales(series.map(([, guarantee]) => guarantee));
  const xs = rows.length === 0 ? [1000, 10_000] : rows.map(({ x }) => x);
  const ys = rows.length === 0 ? [1, 10] : rows.map(({ y }) => y);
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
    title: "records repeated, at most",
    scale: countScale(ys),
    axis: { ...countAxis(ys), grid: true },
  };
  const styles = domain.map((name, i) => ({
    name,
    shape: scales.shape.range[i]!,
    dash: scales.dash.range[i]!,
  }));
  const { color, strokeDash } = strokeScales(styles, scales.color.range);
  return framed(
    "repeats",
    findingOf(review),
    "an exception, largest of the repetitions; both axes logarithmic",
    {
      height: 230,
      data: { values: rows },
      layer: [
        configuredMark(review.configured.intervalMs, x, COLORS.law, COLORS.quiet),
        // Lines on top of each other show each other.
        ...styles.map(({ name }, i) => ({
          transform: [{ filter: { field: "series", equal: name } }],
          mark: { type: "line", strokeWidth: i === 0 ? 6 : 2.5 },
          encoding: { x, y, color, strokeDash, description: { field: "series" } },
        })),
        ...pointLayers(styles, { x, y, color }),
      ],
    },
  );
}

function findingOf({ repeats, guarantees, readers }: Review): string {
  const most = repeats.toSorted((a, b) => b.repeated - a.repeated)[0];
  if (most === undefined || most.repeated === 0) return "An exception repeats nothing, whatever the interval";
  const spared = guarantees.flatMap((guarantee) =>
    readers
      .filter(({ reader }) =>
        repeats.every((one) => one.guarantee !== guarantee || one.reader !== reader || one.repeated === 0),
      )
      .map(({ reader }) => `${reader} under ${guarantee}`),
  );
  const perSecond = (most.repeated / most.intervalMs) * 1000;
  const growth = `An exception repeats up to ${formatCount(Number(perSecond.toPrecision(2)))} records a second of the interval`;
  return spared.length === 0 ? growth : `${growth}, none to ${spared.join(" and ")}`;
}
