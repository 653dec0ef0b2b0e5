import { knownDigits, knownHalfWidth, type MeanWithConfidence } from "../../stats/index.ts";

/** `10.7 ± 0.3`, with no more digits than are known; a single value has no interval, and none is a dash. */
export function formatMean({ mean, halfWidth, count }: MeanWithConfidence): string {
  if (count === 0) return "-";
  const value = knownDigits(mean, halfWidth);
  return Number.isFinite(halfWidth) ? `${value} ± ${knownHalfWidth(mean, halfWidth)}` : value;
}
