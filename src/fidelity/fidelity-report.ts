import { quantile } from "../stats/index.ts";
import { type FidelityRow, KINDS, type Kind } from "./fidelity-row.ts";

/** Errors of one sort of figure, % of the measured figure. */
export interface KindSummary {
  readonly kind: Kind;
  readonly rows: number;
  readonly within: number;
  readonly notSimulated: number;
  /** null: nothing of the kind was simulated. */
  readonly medianErrorPercent: number | null;
  readonly worst: { readonly case: string; readonly figure: string; readonly errorPercent: number } | null;
}

/** What a folder of cases says about the simulator. */
export interface FidelityReport {
  readonly rows: readonly FidelityRow[];
  readonly kinds: readonly KindSummary[];
  readonly within: number;
  readonly total: number;
  /** Over all rows that were simulated and whose measured figure isn't 0. */
  readonly medianErrorPercent: number | null;
}

export function summariseRows(rows: readonly FidelityRow[]): FidelityReport {
  const kinds = KINDS.filter((kind) => rows.some((row) => row.kind === kind));
  return {
    rows,
    kinds: kinds.map((kind) => summariseKind(kind, rows)),
    within: rows.filter(({ verdict }) => verdict === "ok").length,
    total: rows.length,
    medianErrorPercent: median(errorsOf(rows)),
  };
}

function summariseKind(kind: Kind, all: readonly FidelityRow[]): KindSummary {
  const rows = all.filter((row) => row.kind === kind);
  const simulated = rows.filter((row) => row.errorPercent !== null);
  const worst = simulated.reduce<FidelityRow | undefined>(
    (found, row) => (found === undefined || errorOf(row) > errorOf(found) ? row : found),
    undefined,
  );
  return {
    kind,
    rows: rows.length,
    within: rows.filter(({ verdict }) => verdict === "ok").length,
    notSimulated: rows.filter(({ verdict }) => verdict === "not simulated").length,
    medianErrorPercent: median(errorsOf(rows)),
    worst:
      worst === undefined ? null : { case: worst.case, figure: worst.figure, errorPercent: errorOf(worst) },
  };
}

function errorOf(row: FidelityRow): number {
  return row.errorPercent ?? 0;
}

function errorsOf(rows: readonly FidelityRow[]): number[] {
  return rows.flatMap(({ errorPercent }) => (errorPercent === null ? [] : [errorPercent]));
}

function median(errors: readonly number[]): number | null {
  return errors.length === 0
    ? null
    : quantile(
        errors.toSorted((a, b) => a - b),
        0.5,
      );
}
