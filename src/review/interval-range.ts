import type { GridPoint } from "./review-figures.ts";

/** The intervals at which a latency stays within a bound, ms: all that were simulated, none, or those from `from` to `to`
 *  (null: open to that side), with `to` and `from` known to lie in the ranges behind them. */
export type IntervalRange =
  | { readonly kind: "all" }
  | { readonly kind: "none" }
  | {
      readonly kind: "some";
      readonly from: number | null;
      readonly to: number | null;
    };

/** Linear between the simulated intervals. A point is within the bound when all of its 95 % interval is.
 *  @param points of one reader under one guarantee, ascending by interval. */
export function intervalsWithin(points: readonly GridPoint[], bound: number): IntervalRange {
  const values = points.map(({ intervalMs, latencyMs }) => ({
    intervalMs,
    upper: latencyMs === null ? Number.POSITIVE_INFINITY : latencyMs.mean + (latencyMs.halfWidth ?? 0),
  }));
  const first = values.findIndex(({ upper }) => upper <= bound);
  if (first < 0) return { kind: "none" };
  // The longest stretch is taken where there are several: the one that begins first.
  const end = values.findIndex(({ upper }, i) => i > first && upper > bound);
  const last = end < 0 ? values.length - 1 : end - 1;
  const from = first === 0 ? null : crossing(values[first - 1]!, values[first]!, bound);
  const to = last === values.length - 1 ? null : crossing(values[last]!, values[last + 1]!, bound);
  return from === null && to === null ? { kind: "all" } : { kind: "some", from, to };
}

interface Value {
  readonly intervalMs: number;
  readonly upper: number;
}

/** Where the line between two points meets the bound; at a point without a value, the other point. */
function crossing(a: Value, b: Value, bound: number): number {
  if (!Number.isFinite(a.upper)) return b.intervalMs;
  if (!Number.isFinite(b.upper)) return a.intervalMs;
  return a.intervalMs + ((bound - a.upper) / (b.upper - a.upper)) * (b.intervalMs - a.intervalMs);
}
