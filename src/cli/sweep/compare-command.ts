import { METRICS, type Metric, type PointSummary } from "../../experiment/index.ts";
import { type MeanWithConfidence, pairedDifference } from "../../stats/index.ts";
import { EXIT_CODES, type ExitCode } from "../exit-codes.ts";
import { formatCount } from "../format-quantity.ts";
import { type Column, renderPlainTable } from "../plain-table.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { formatMean } from "./format-mean.ts";
import { type Manifest, readManifest, readResults, resultFolderOf } from "./read-results.ts";

/** What follows `sluice compare A B`, as typed. */
export interface CompareArguments {
  readonly metric?: readonly string[];
}

const CONFIDENCE = 0.95;

/** What two sweeps say of the same reader at the same point. */
interface Comparison {
  readonly place: string;
  readonly reader: string;
  readonly metric: Metric;
  readonly before: MeanWithConfidence;
  readonly after: MeanWithConfidence;
  /** B - A over the repetitions of the same seed. */
  readonly difference: MeanWithConfidence;
}

/** Compares two sweeps point by point: repetitions of the same seed are paired, so that what chance does to both cancels.
 *  @throws UsageError when there are no results, or no point that both have. */
export async function compareResults(
  a: string,
  b: string,
  typed: CompareArguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const folders = [resultFolderOf(a), resultFolderOf(b)] as const;
  const manifests = [readManifest(folders[0]), readManifest(folders[1])] as const;
  const before = await readResults(folders[0], manifests[0]);
  const after = await readResults(folders[1], manifests[1]);
  const shared = manifests[0].factors
    .map(({ factor }) => factor)
    .filter((factor) => manifests[1].factors.some((other) => other.factor === factor));
  const keyOf = ({ factors, reader }: PointSummary): string =>
    JSON.stringify([reader, ...shared.map((factor) => factors[factor])]);
  const others = Map.groupBy(after.summaries, keyOf);
  const comparisons = before.summaries.flatMap((summary) =>
    (others.get(keyOf(summary)) ?? []).flatMap((other) =>
      metricsOf(typed, manifests[0]).map((metric) => compare(summary, other, metric, shared)),
    ),
  );
  if (comparisons.length === 0) {
    throw new UsageError([
      `Cannot compare ${a} with ${b}: got no point and reader that both have, wanted sweeps over the same factors`,
    ]);
  }
  terminal.print(`${renderPlainTable(comparisons, columnsOf(a, b), 2, terminal.colors).join("\n")}\n\n`);
  const known = comparisons.filter(({ difference }) => isKnown(difference)).length;
  terminal.print(
    `${formatCount(known)} of ${formatCount(comparisons.length)} differences are known not to be 0 (95 % intervals of the paired differences; ± after each mean is its own)\n`,
  );
  return EXIT_CODES.fine;
}

function compare(a: PointSummary, b: PointSummary, metric: Metric, shared: readonly string[]): Comparison {
  const pairs = a.seeds.flatMap((seed, i) => {
    const j = b.seeds.indexOf(seed);
    const [x, y] = [a.values[metric][i]!, b.values[metric][j] ?? Number.NaN];
    return Number.isNaN(x) || Number.isNaN(y) ? [] : [[x, y] as const];
  });
  return {
    place: shared.map((factor) => `${factor} ${a.factors[factor]}`).join(", "),
    reader: a.reader,
    metric,
    before: a.metrics[metric],
    after: b.metrics[metric],
    difference: pairedDifference(
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
      CONFIDENCE,
    ),
  };
}

function isKnown({ mean, halfWidth }: MeanWithConfidence): boolean {
  return Math.abs(mean) > halfWidth;
}

function metricsOf({ metric }: CompareArguments, { definition }: Manifest): readonly Metric[] {
  const wanted = metric ?? definition.metrics;
  return wanted.map((name) => {
    const known = METRICS.find((one) => one === name);
    if (known !== undefined) return known;
    throw new UsageError([`Cannot read --metric: got "${name}", wanted one of ${METRICS.join(", ")}`]);
  });
}

function columnsOf(a: string, b: string): Column<Comparison>[] {
  return [
    { header: "point", align: "left", cell: ({ place }) => place },
    { header: "reader", align: "left", cell: ({ reader }) => reader },
    { header: "metric", align: "left", cell: ({ metric }) => metric },
    { header: a, align: "right", cell: ({ before }) => formatMean(before) },
    { header: b, align: "right", cell: ({ after }) => formatMean(after) },
    {
      header: "difference",
      align: "right",
      cell: ({ difference }) => (difference.count === 0 ? "-" : differenceText(difference)),
    },
  ];
}

function differenceText(difference: MeanWithConfidence): string {
  if (difference.mean === 0 && difference.halfWidth === 0) return "none";
  const sign = difference.mean > 0 ? "+" : "";
  return `${sign}${formatMean(difference)}${isKnown(difference) ? "" : " (may be 0)"}`;
}
