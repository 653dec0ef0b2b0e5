const MOST_DIGITS = 3;

/** A value with no more digits than are known of it: none behind the first digit of its half-width, and at most three that count.
 *  `12.3456 ± 0.04` is `12.3`, `± 0.4` as well, `± 4` is `12`, `± 40` is `~10`: not even the first digit is sure.
 *  An infinite half-width (a single value) says nothing of the digits and gets two. A half-width of 0 is exact. No exponents.
 *  Source: JCGM 100:2008 (GUM), 7.2.6, with one digit for the uncertainty. */
export function knownDigits(value: number, halfWidth: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const place = placeOf(value, halfWidth);
  const leading = leadingOf(value);
  const isSure =
    halfWidth === 0 || !Number.isFinite(halfWidth) || (place <= leading && halfWidth < Math.abs(value));
  return isSure ? atPlace(value, place) : `~${atPlace(value, leading)}`;
}

/** The half-width that stands beside `knownDigits`, with one digit: at least one of the last place that is shown, so that what is
 *  rounded off lies within. `12.3456 ± 0.04` is `12.3 ± 0.1`. */
export function knownHalfWidth(value: number, halfWidth: number): number {
  const shown = Number(halfWidth.toPrecision(1));
  if (value === 0 || halfWidth === 0 || !Number.isFinite(value)) return shown;
  return Math.max(shown, Number(`1e${Math.min(placeOf(value, halfWidth), leadingOf(value))}`));
}

/** Of the last digit to show, as a power of ten. */
function placeOf(value: number, halfWidth: number): number {
  const leading = leadingOf(value);
  const finest = leading - (MOST_DIGITS - 1);
  if (halfWidth === 0) return finest;
  if (!Number.isFinite(halfWidth)) return leading - 1;
  // 9.7 is shown as 10, and leaves no digit of the ones.
  return Math.max(finest, leadingOf(Number(halfWidth.toPrecision(1))));
}

function leadingOf(value: number): number {
  return Math.floor(Math.log10(Math.abs(value)));
}

/** Rounded to a multiple of 10^place. */
function atPlace(value: number, place: number): string {
  if (place < 0) return value.toFixed(Math.min(-place, 20));
  const unit = 10 ** place;
  return String(Math.round(value / unit) * unit);
}
