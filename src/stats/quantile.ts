/** The q-quantile of values sorted in ascending order, 0 <= q <= 1: linear between the order statistics, so that the smallest is
 *  at 0 and the largest at 1. NaN when there are none. Source: Hyndman and Fan, "Sample quantiles in statistical packages",
 *  The American Statistician 50(4), 1996, definition 7. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}
