import { ceilMs, formatCount, formatMs, formatQuantile, formatTimeBriefly } from "./format-figures.ts";
import type { Candidate, ReaderLatency } from "./review-figures.ts";

/** A promise that a candidate breaks, as a clause. */
export interface Problem {
  /** `slo`: a reader waits too long; `loss`: a crash loses records; `timeout`: it would, in an outage as long as the longest;
   *  `load`: the job can't keep up; `down`: it doesn't come back. */
  readonly kind: "slo" | "loss" | "timeout" | "load" | "down";
  readonly text: string;
}

/** Everything that is wrong with a candidate; empty: it keeps every promise. */
export function problemsOf(candidate: Candidate): Problem[] {
  const { readers, crashes, busiestTask, leastTimeoutMs, transactionTimeoutMs } = candidate;
  const problems: Problem[] = readers
    .filter(({ met }) => met === false)
    .map((reader) => ({ kind: "slo", text: missed(reader) }));
  for (const { crash, outageMs, readers: after } of crashes) {
    if (outageMs === null)
      problems.push({ kind: "down", text: `the job isn't back after ${phraseOf(crash)}` });
    const worst = after.toSorted((a, b) => b.lost - a.lost)[0];
    if (worst !== undefined && worst.lost > 0) {
      problems.push({
        kind: "loss",
        text: `${phraseOf(crash)} loses up to ${formatCount(worst.lost)} records for ${worst.reader}`,
      });
    }
  }
  if (leastTimeoutMs !== null && transactionTimeoutMs !== null && leastTimeoutMs > transactionTimeoutMs) {
    problems.push({
      kind: "timeout",
      text: `a transaction timeout of ${formatMs(transactionTimeoutMs)} is too short, ${ceilMs(leastTimeoutMs)} the least that is safe`,
    });
  }
  if (busiestTask.mean >= 1000) problems.push({ kind: "load", text: "the busiest task has no time left" });
  return problems;
}

/** `an exception` */
export function phraseOf(crash: string): string {
  return `${/^[aeiou]/.test(crash) ? "an" : "a"} ${crash}`;
}

function missed({ reader, quantile, latencyMs, sloMs }: ReaderLatency): string {
  if (latencyMs === null) return `${reader} gets nothing`;
  return `${reader} waits ${formatTimeBriefly(latencyMs)} at ${formatQuantile(quantile)} instead of ${formatMs(sloMs ?? 0)}`;
}
