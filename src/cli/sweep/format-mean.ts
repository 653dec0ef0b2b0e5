import { knownDigits, knownHalfWidth, type MeanWithConfidence } from "../../stats/index.ts";
import { formatCount } from "../format-quantity.ts";

const MILLION = 1e6;

/** `10.7 ± 0.3`, with no more digits than are known, thousands of long ones apart; a single value has no interval, and none is a
 *  dash. */
export function formatMean({ mean, halfWidth, count }: MeanWithConfidence): string {
  if (count === 0) return "-";
  const known = knownDigits(mean, halfWidth);
  const apart = (text: string) => (mean < MILLION ? text : formatCount(text));
  const half = knownHalfWidth(mean, halfWidth);
  return Number.isFinite(halfWidth) ? `${apart(known)} ± ${apart(String(half))}` : apart(known);
}
