const MOST_DIGITS = 3;

/** A value with no more digits than are known of it: none behind the first digit of its half-width, and at most three that count.
 *  `12.3456 ± 0.04` is `12.3`, `± 0.4` as well, `± 4` is `12`, `± 40` is `~10`: not even the first digit is sure.
 *  An infinite half-width (a single value) says nothing of the digits and gets two. A half-width of 0 is exact. No exponents.
 *  Source: JCGM 100:2008 (GUM), 7.2.6, with one digit for the uncertainty. */
export function knownDigits(value: number, halfWidth: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const leading = Math.floor(Math.log10(Math.abs(value)));
  const finest = leading - (MOST_DIGITS - 1);
  if (halfWidth === 0) return atPlace(value, finest);
  if (!Number.isFinite(halfWidth) || Number.isNaN(halfWidth)) return atPlace(value, leading - 1);
  // 9.7 is shown as 10, and leaves no digit of the ones.
  const shown = Number(halfWidth.toPrecision(1));
  const place = Math.max(finest, Math.floor(Math.log10(shown)));
  return place > leading || halfWidth >= Math.abs(value)
    ? `~${atPlace(value, leading)}`
    : atPlace(value, place);
}

/** Rounded to a multiple of 10^place. */
function atPlace(value: number, place: number): string {
  if (place < 0) return value.toFixed(Math.min(-place, 20));
  const unit = 10 ** place;
  return String(Math.round(value / unit) * unit);
}
