/** Three significant digits: enough to compare, few enough to read. */
const DIGITS = 3;

/** A duration as people read it: milliseconds below 1 s, seconds above. `null` (nothing was measured) is a dash. */
export function formatDuration(milliseconds: number | null): string {
  if (milliseconds === null) return "-";
  const rounded = Number(milliseconds.toPrecision(DIGITS));
  return Math.abs(rounded) < 1000
    ? `${significant(milliseconds)} ms`
    : `${significant(milliseconds / 1000)} s`;
}

/** The same without zeros at the end, for values somebody has typed: `10 s` rather than `10.0 s`. */
export function formatSetting(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${formatCount(milliseconds / 1000)} s` : `${milliseconds} ms`;
}

/** Three significant digits without exponent: 0.0123, 1.50, 987, 12300. */
export function significant(value: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(DIGITS));
  const decimals = DIGITS - 1 - Math.floor(Math.log10(Math.abs(rounded)));
  return rounded.toFixed(Math.min(Math.max(decimals, 0), 20));
}

/** A count with its thousands apart: 1,234,567. The locale of the machine has no say. */
export function formatCount(count: number | string): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
