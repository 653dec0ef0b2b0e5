/** The p-th percentile of values sorted in ascending order, 0 < p <= 100, as Flink's dashboards compute it: position
 *  p (n + 1) / 100, linear between neighbours, the ends where there is none. NaN when there are no values.
 *  Source: Apache Commons Math Percentile, EstimationType.LEGACY, which Flink's DescriptiveStatisticsHistogram uses. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  const position = (p * (n + 1)) / 100;
  const below = Math.floor(position);
  if (below < 1) return sorted[0]!;
  if (below >= n) return sorted[n - 1]!;
  const low = sorted[below - 1]!;
  return low + (position - below) * (sorted[below]! - low);
}
