import type { Chart, PointSummary, SweepResults } from "../experiment/index.ts";
import { largestWithin, pick } from "./find-points.ts";
import { formatMs } from "./format-quantity.ts";
import { type LawPoint, lineChart } from "./line-chart.ts";

/** Which reader's p99 against which factors. */
export interface LatencyAgainstIntervalOptions {
  readonly reader: string;
  /** The reader's SLO on p99, ms. */
  readonly sloMs: number;
  /** Factor of the checkpoint interval. Default `interval`. */
  readonly interval?: string;
  /** Factor of the sink's delivery guarantee. Default `guarantee`. */
  readonly guarantee?: string;
}

/** p99 of one reader against the checkpoint interval, a line for each guarantee, the SLO, and law L18: a record written in a
 *  transaction becomes visible at the end of its checkpoint, so p99 is 0.99 P + d' + c, where P is the time between two
 *  checkpoints and d' + c what the run itself took from pre-commit to commit. */
export function latencyAgainstInterval(options: LatencyAgainstIntervalOptions): Chart {
  const { reader, sloMs, interval = "interval", guarantee = "guarantee" } = options;
  return lineChart({
    name: "latency-against-interval",
    finding: (results) => finding(results, reader, sloMs, interval, guarantee),
    shown: `p99 from creation to ${reader}, mean of the repetitions; both axes logarithmic`,
    where: { reader },
    x: { factor: interval, title: "execution.checkpointing.interval" },
    y: { metric: "latency_p99_ms", title: `p99 latency of ${reader}` },
    series: guarantee,
    seriesTitle: "sink.delivery-guarantee",
    laws: (results) => law(results, reader, interval),
    goal: { ms: sloMs, label: `SLO of ${reader}: p99 ≤ ${formatMs(sloMs)}` },
  });
}

function finding(
  results: SweepResults,
  reader: string,
  sloMs: number,
  interval: string,
  guarantee: string,
): string {
  const guarantees = [...new Set(pick(results, { reader }).map(({ factors }) => String(factors[guarantee])))];
  const parts = guarantees.map((name) => {
    const largest = largestWithin(results, { reader, [guarantee]: name }, interval, "latency_p99_ms", sloMs);
    if (largest === "all") return `${name} meets it at any of these intervals`;
    if (largest === "none") return `${name} meets it at none`;
    return `${name} needs an interval of ${formatMs(roundedDown(largest))} or less`;
  });
  return `p99 ≤ ${formatMs(sloMs)} for ${reader}: ${parts.reverse().join("; ")}`;
}

/** To two digits that the bound still holds for. */
function roundedDown(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.floor(value / unit) * unit;
}

function law(results: SweepResults, reader: string, interval: string): LawPoint[] {
  const committed = (summary: PointSummary): boolean =>
    summary.isolationLevel === "read_committed" && summary.deliveryGuarantee === "exactly-once";
  return pick(results, { reader })
    .filter(committed)
    .map(({ factors, metrics }) => ({
      law: "law: 0.99 × period + pre-commit to commit",
      x: Number(factors[interval]),
      y: 0.99 * metrics.checkpoint_period_mean_ms.mean + metrics.precommit_to_commit_mean_ms.mean,
    }));
}
