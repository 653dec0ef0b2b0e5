import type { LatencySummary, RunResult } from "../experiment/index.ts";
import { formatTime } from "../review/index.ts";
import { meanWithConfidence } from "../stats/index.ts";
import { formatCount } from "./format-quantity.ts";
import { type Column, renderPlainTable } from "./plain-table.ts";
import { guaranteeOf } from "./result-rows.ts";
import type { Colors } from "./terminal.ts";

const CONFIDENCE = 0.95;

/** A mean over runs with other seeds, and the half-width of its 95 % interval. */
interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

/** What one reader saw in runs of a pipeline that differ in the seed alone; null: in one of them nothing was measured. */
export interface ReaderIntervals {
  readonly reader: string;
  readonly p50Ms: Interval | null;
  readonly p90Ms: Interval | null;
  readonly p99Ms: Interval | null;
  /** Of all runs. */
  readonly mostLost: number;
  readonly mostDuplicated: number;
}

/** Each reader's quantiles with 95 % intervals over two or more runs. The seeds are independent starts of the same jobs: a run cut
 *  into pieces would tell less, since what a start draws, such as the phases of timers, stays for all of it. */
export function intervalsOf(runs: readonly RunResult[]): ReaderIntervals[] {
  return runs[0]!.readers.map(({ reader }, i) => {
    const same = runs.map(({ readers }) => readers[i]!);
    const over = (quantile: "p50Ms" | "p90Ms" | "p99Ms") =>
      interval(
        same.map(({ latency }) => latency),
        quantile,
      );
    return {
      reader,
      p50Ms: over("p50Ms"),
      p90Ms: over("p90Ms"),
      p99Ms: over("p99Ms"),
      mostLost: Math.max(...same.map(({ recordsLost }) => recordsLost)),
      mostDuplicated: Math.max(...same.map(({ recordsDuplicated }) => recordsDuplicated)),
    };
  });
}

function interval(
  latencies: readonly LatencySummary[],
  quantile: "p50Ms" | "p90Ms" | "p99Ms",
): Interval | null {
  const values = latencies.flatMap(({ [quantile]: value }) => value ?? []);
  if (values.length < latencies.length) return null;
  const { mean, halfWidth } = meanWithConfidence(values, CONFIDENCE);
  return { mean, halfWidth };
}

interface Row extends ReaderIntervals {
  readonly guarantee: string;
  readonly isolationLevel: string;
}

/** Two lines a reader, within 80 characters. @param repetitions of each run, by guarantee, all with the same seeds. Ends with a
 *  newline. */
export function renderIntervals(repetitions: readonly (readonly RunResult[])[], colors: Colors): string {
  const rows = repetitions.flatMap((runs) =>
    intervalsOf(runs).map((intervals, i): Row => {
      const { topic, isolationLevel } = runs[0]!.readers[i]!;
      return { ...intervals, guarantee: guaranteeOf(runs[0]!, topic), isolationLevel };
    }),
  );
  const count = repetitions[0]!.length;
  const columns: readonly Column<Row>[] = [
    {
      header: `mean of ${count} seeds,\n95 % intervals`,
      align: "left",
      cell: ({ guarantee, reader, isolationLevel }) => `${guarantee} ${reader}\n${isolationLevel}`,
    },
    { header: "p50", align: "right", cell: ({ p50Ms }) => formatTime(p50Ms) },
    { header: "p90", align: "right", cell: ({ p90Ms }) => formatTime(p90Ms) },
    { header: "p99", align: "right", cell: ({ p99Ms }) => formatTime(p99Ms) },
    {
      header: "most lost\nduplicated",
      align: "right",
      cell: ({ mostLost, mostDuplicated }) => `${formatCount(mostLost)}\n${formatCount(mostDuplicated)}`,
    },
  ];
  return `${renderPlainTable(rows, columns, 1, colors).join("\n")}\n`;
}
