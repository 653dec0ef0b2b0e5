import type { Metric } from "../experiment/index.ts";
import { knownDigits } from "../stats/index.ts";

const DIGITS = 3;

const MINUTE = 60_000;
const LONG = 120_000;

/** A duration of some ms as people read it, three digits: `0.42 ms`, `116 ms`, `10.7 s`, from two minutes on `9 min 40 s`. */
export function formatMs(milliseconds: number): string {
  const rounded = Number(milliseconds.toPrecision(DIGITS));
  if (rounded === 0) return "0 ms";
  if (rounded < 1) return `${trimmed(rounded)} ms`;
  if (rounded < 1000) return `${trimmed(rounded)} ms`;
  if (rounded < LONG) return `${trimmed(Number((milliseconds / 1000).toPrecision(DIGITS)))} s`;
  const minutes = Math.floor(rounded / MINUTE);
  const seconds = Math.round((rounded - minutes * MINUTE) / 1000);
  if (minutes >= 100 || seconds === 0 || seconds === 60) return `${Math.round(rounded / MINUTE)} min`;
  return `${minutes} min ${seconds} s`;
}

/** A setting of some ms: in whole hours, minutes or seconds where it is some, else as `formatMs`. */
export function formatSetting(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds % 3_600_000 === 0) return `${milliseconds / 3_600_000} h`;
  if (milliseconds > 0 && milliseconds % 60_000 === 0) return `${milliseconds / 60_000} min`;
  if (milliseconds > 0 && milliseconds % 1000 === 0 && milliseconds < 600_000)
    return `${milliseconds / 1000} s`;
  return formatMs(milliseconds);
}

/** Whether a metric is a time in ms; the others are counts. */
export function isTime(metric: Metric): boolean {
  return metric.endsWith("_ms");
}

export function isBytes(metric: Metric): boolean {
  return metric.endsWith("_bytes");
}

/** A size, three digits, in powers of 1000: `820 B`, `1.28 MB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(
    4,
    Math.max(0, Math.floor(Math.log10(Math.max(1, Number(bytes.toPrecision(DIGITS)))) / 3)),
  );
  return `${trimmed(Number((bytes / 1000 ** power).toPrecision(DIGITS)))} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}

/** A metric's mean with no more digits than are known of it; `~` before one of which not even the first is sure. */
export function formatKnown(metric: Metric, { mean, halfWidth }: Estimate): string {
  const digits = knownDigits(mean, halfWidth);
  const known = Number(digits.replace("~", ""));
  const format = isTime(metric) ? formatMs : isBytes(metric) ? formatBytes : formatCount;
  return digits.startsWith("~") ? `~${format(known)}` : format(known);
}

/** A count with its thousands apart, to three digits: `20,300`. */
export function formatCount(count: number): string {
  const rounded =
    count < 1000 ? Number(count.toPrecision(DIGITS)) : Math.round(Number(count.toPrecision(DIGITS)));
  // Of a fraction nothing is set apart.
  return Math.abs(rounded) < 1000 ? String(rounded) : String(rounded).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A ratio with no more digits than are known of it: `× 1.04`. */
export function formatTimes({ mean, halfWidth }: Estimate): string {
  return `× ${knownDigits(mean, halfWidth).replace("~", "about ")}`;
}

/** A share as per cent, with no more digits than are known of it; where that is none, what it is at most. */
export function formatKnownShare({ mean, halfWidth }: Estimate): string {
  const digits = knownDigits(100 * mean, 100 * halfWidth);
  if (halfWidth === 0 || !(digits.startsWith("~") || mean === 0)) return `${digits} %`;
  const most = 100 * (mean + halfWidth);
  const unit = 10 ** (Math.floor(Math.log10(most)) - 1);
  return `at most ${Number((Math.ceil(most / unit - 1e-9) * unit).toPrecision(2))} %`;
}

interface Estimate {
  readonly mean: number;
  readonly halfWidth: number;
}

/** A share as per cent, two digits. */
export function formatShare(share: number): string {
  return `${trimmed(Number((100 * share).toPrecision(2)))} %`;
}

function trimmed(value: number): string {
  // toPrecision of small values may be written with an exponent; Number and String undo that down to 1e-7.
  return String(value);
}
