import type { Metric } from "../experiment/index.ts";
import { knownDigits } from "../stats/index.ts";

const DIGITS = 3;

/** A duration of some ms as people read it, three digits: `0.42 ms`, `116 ms`, `10.7 s`, `15 min`. */
export function formatMs(milliseconds: number): string {
  const rounded = Number(milliseconds.toPrecision(DIGITS));
  if (rounded === 0) return "0 ms";
  if (rounded < 1) return `${trimmed(rounded)} ms`;
  if (rounded < 1000) return `${trimmed(rounded)} ms`;
  if (rounded < 120_000) return `${trimmed(Number((milliseconds / 1000).toPrecision(DIGITS)))} s`;
  return `${trimmed(Number((milliseconds / 60_000).toPrecision(DIGITS)))} min`;
}

/** Whether a metric is a time in ms; the others are counts. */
export function isTime(metric: Metric): boolean {
  return metric.endsWith("_ms");
}

/** A metric's mean with no more digits than are known of it. */
export function formatKnown(
  metric: Metric,
  { mean, halfWidth }: { readonly mean: number; readonly halfWidth: number },
): string {
  const known = Number(knownDigits(mean, halfWidth).replace("~", ""));
  return isTime(metric) ? formatMs(known) : formatCount(known);
}

/** A count with its thousands apart, to three digits: `20,300`. */
export function formatCount(count: number): string {
  const rounded =
    count < 1000 ? Number(count.toPrecision(DIGITS)) : Math.round(Number(count.toPrecision(DIGITS)));
  return String(rounded).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A share as per cent, two digits. */
export function formatShare(share: number): string {
  return `${trimmed(Number((100 * share).toPrecision(2)))} %`;
}

function trimmed(value: number): string {
  // toPrecision of small values may be written with an exponent; Number and String undo that down to 1e-7.
  return String(value);
}
