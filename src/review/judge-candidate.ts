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
  const {
    readers,
    crashes,
    otherCrashes,
    busiestTask,
    leastTimeoutMs,
    transactionTimeoutMs,
    lostWithoutFault,
  } = candidate;
  const problems: Problem[] = readers
    .filter(({ met }) => met === false)
    .map((reader) => ({ kind: "slo", text: missed(reader) }));
  if (lostWithoutFault > 0) {
    problems.push({
      kind: "loss",
      text: `up to ${formatCount(lostWithoutFault)} records are lost although nothing fails`,
    });
  }
  const away = crashes.filter(({ outageMs }) => outageMs === null).map(({ crash }) => phraseOf(crash));
  if (away.length > 0) {
    const since = candidate.isStandalone && away.length < crashes.length ? STANDALONE : "";
    problems.push({ kind: "down", text: `the job isn't back after ${listed(away)}${since}` });
  }
  const all = [
    ...crashes.map((one) => ({ what: phraseOf(one.crash), after: one.readers })),
    ...otherCrashes.map((one) => ({ what: `an exception in ${one.job}`, after: one.readers })),
  ];
  for (const { what, after } of all) {
    const worst = after.toSorted((a, b) => b.lost - a.lost)[0];
    if (worst !== undefined && worst.lost > 0) {
      problems.push({
        kind: "loss",
        text: `${what} loses up to ${formatCount(worst.lost)} records for ${worst.reader}`,
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

const STANDALONE = ", since nothing replaces a process (flink.resource-provider: standalone)";

/** `a, b and c` */
export function listed(parts: readonly string[]): string {
  if (parts.length <= 1) return parts[0] ?? "";
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** `an exception` */
export function phraseOf(crash: string): string {
  return `${/^[aeiou]/.test(crash) ? "an" : "a"} ${crash}`;
}

function missed({ reader, quantile, latencyMs, sloMs }: ReaderLatency): string {
  if (latencyMs === null) return `${reader} gets nothing`;
  return `${reader} waits ${formatTimeBriefly(latencyMs)} at ${formatQuantile(quantile)} instead of ${formatMs(sloMs ?? 0)}`;
}
