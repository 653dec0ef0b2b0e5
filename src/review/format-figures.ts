import { formatCount, formatMs } from "../charts/index.ts";
import { knownDigits, knownHalfWidth } from "../stats/index.ts";
import type { Known } from "./review-figures.ts";

const MINUTE = 60_000;
const LONG = 120_000;

/** A duration that one run gave, or that was drawn on from some: two digits. */
export function formatRoughMs(milliseconds: number): string {
  return formatMs(Number(milliseconds.toPrecision(2)));
}

const UNITS = [
  { unit: "min", size: MINUTE, from: LONG },
  { unit: "s", size: 1000, from: 1000 },
  { unit: "ms", size: 1, from: 0 },
] as const;

/** `10.4 ± 0.1 s`, with no more digits than are known; null is a dash. */
export function formatTime(value: Omit<Known, "max"> | null): string {
  if (value === null) return "-";
  const { mean, halfWidth } = value;
  if (halfWidth === null || halfWidth === 0) return formatMs(mean);
  const { unit, size } = UNITS.find(({ from }) => mean >= from) ?? UNITS[2];
  return formatInterval(value, size, unit);
}

/** `4.16 ± 0.02 MB/s`: a value in units of some size, with no more digits than are known, and thousands apart. */
export function formatInterval({ mean, halfWidth }: Omit<Known, "max">, size: number, unit: string): string {
  const half = halfWidth === null ? Number.POSITIVE_INFINITY : halfWidth / size;
  // What has a fraction is below 1000, for three digits are shown at most.
  const known = knownDigits(mean / size, half);
  const text = known.includes(".") ? known : known.replace(/\B(?=(\d{3})+$)/g, ",");
  if (half === 0 || halfWidth === null) return `${half === 0 ? trimmed(text) : text} ${unit}`;
  return `${text} ± ${formatCount(knownHalfWidth(mean / size, half))} ${unit}`;
}

/** The same without the interval: for sentences. */
export function formatBriefly({ mean, halfWidth }: Known, size: number, unit: string): string {
  const text = knownDigits(mean / size, halfWidth === null ? Number.POSITIVE_INFINITY : halfWidth / size);
  return `${(halfWidth === 0 ? trimmed(text) : text).replace("~", "about ")} ${unit}`;
}

/** `5.00` of an exact value is `5`. */
function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const PREFIXES = ["", "k", "M", "G", "T"];

/** A rate in bytes, in powers of 1000. @param unit `B/s`. */
export function formatRate(value: Known, unit: string): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, value.mean)) / 3)));
  return formatInterval(value, 1000 ** power, `${PREFIXES[power]}${unit}`);
}

/** Only as many digits as are known, without the interval: for sentences. */
export function formatTimeBriefly(value: Known | null): string {
  if (value === null) return "-";
  const digits = knownDigits(value.mean, value.halfWidth ?? Number.POSITIVE_INFINITY);
  return digits.startsWith("~") ? `about ${formatMs(Number(digits.slice(1)))}` : formatMs(Number(digits));
}

/** A share of a thousand, as per cent: busy time in ms a second. */
export function formatBusy(share: Known): string {
  return formatInterval(share, 10, "%");
}

/** `p99`, `p99.9`. */
export function formatQuantile(quantile: number): string {
  return `p${Number((quantile * 100).toPrecision(12))}`;
}

/** To two digits, down: what is allowed up to a value is allowed up to what this says. */
export function floorMs(milliseconds: number): string {
  const unit = 10 ** (Math.floor(Math.log10(milliseconds)) - 1);
  return formatMs(Math.floor(milliseconds / unit + 1e-9) * unit);
}

/** To two digits, up: what is safe from a value on is safe from what this says. */
export function ceilMs(milliseconds: number): string {
  const unit = 10 ** (Math.floor(Math.log10(milliseconds)) - 1);
  return formatMs(Math.ceil(milliseconds / unit - 1e-9) * unit);
}

export { formatCount, formatMs };
