import { formatBytes, formatCount, formatMs as formatShortMs } from "../charts/index.ts";
import { knownDigits } from "../stats/index.ts";
import type { Known } from "./review-figures.ts";

const MINUTE = 60_000;
const LONG = 120_000;

/** A duration of some ms as people read it, three digits: `116 ms`, `10.7 s`, from two minutes on `9 min 40 s`. */
export function formatMs(milliseconds: number): string {
  const rounded = Number(milliseconds.toPrecision(3));
  if (rounded < LONG) return formatShortMs(milliseconds);
  const minutes = Math.floor(rounded / MINUTE);
  const seconds = Math.round((rounded - minutes * MINUTE) / 1000);
  if (minutes >= 100 || seconds === 0 || seconds === 60) return `${Math.round(rounded / MINUTE)} min`;
  return `${minutes} min ${seconds} s`;
}

const UNITS = [
  { unit: "min", size: MINUTE, from: LONG },
  { unit: "s", size: 1000, from: 1000 },
  { unit: "ms", size: 1, from: 0 },
] as const;

/** `10.4 ± 0.04 s`, with no more digits than are known; null is a dash. */
export function formatTime(value: Known | null): string {
  if (value === null) return "-";
  const { mean, halfWidth } = value;
  if (halfWidth === null || halfWidth === 0) return formatMs(mean);
  const { unit, size } = UNITS.find(({ from }) => mean >= from) ?? UNITS[2];
  const half = Number((halfWidth / size).toPrecision(1));
  return `${knownDigits(mean / size, halfWidth / size)} ± ${half} ${unit}`;
}

/** Only as many digits as are known, without the interval: for sentences. */
export function formatTimeBriefly(value: Known | null): string {
  if (value === null) return "-";
  const digits = knownDigits(value.mean, value.halfWidth ?? Number.POSITIVE_INFINITY);
  return digits.startsWith("~") ? `about ${formatMs(Number(digits.slice(1)))}` : formatMs(Number(digits));
}

/** A share of a thousand, as per cent: busy time in ms a second. */
export function formatBusy({ mean }: Known): string {
  return `${Number((mean / 10).toPrecision(2))} %`;
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

export { formatBytes, formatCount };
