import type { LawRow } from "./law.ts";

/** A figure with five digits and its unit. */
export function figure(value: number, unit: string): string {
  const digits = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
  return unit === "" ? digits : `${digits} ${unit}`;
}

/** How sure a row's simulated figure is: its interval, or what was allowed where nothing was drawn. */
export function certainty(row: LawRow): string {
  if (row.seed !== undefined && row.halfWidth > 0) return `± ${figure(row.halfWidth, row.unit)}`;
  return row.tolerance === 0 ? "exact" : `within ${figure(row.tolerance, row.unit)}`;
}

/** Where a row's draws come from. */
export function provenance(row: LawRow): string {
  return row.seed === undefined ? `n ${row.n}` : `n ${row.n}, seed "${row.seed}"`;
}

/** One row on one line. */
export function describeRow(row: LawRow): string {
  const { setup, relation, expected, simulated, unit } = row;
  const interval = `${certainty(row)}, wanted ${figure(row.precision, unit)} or narrower`;
  return `${setup}: expected ${relation} ${figure(expected, unit)}, simulated ${figure(simulated, unit)} (${interval}; ${provenance(row)})`;
}
