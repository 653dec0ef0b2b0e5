import { formatDuration } from "../pipeline/index.ts";
import { nanoseconds } from "./guesses.ts";
import { type IntervalRange, intervalsWithin } from "./interval-range.ts";
import type { ReviewPlan, Setting } from "./plan-review.ts";
import { type GridPoint, readersOf } from "./review-figures.ts";

/** Steps of a decade that people set. */
const NICE = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
/** Room that a proposed interval keeps from the ends of what is allowed. */
const MARGIN = 0.9;

/** The least change of the configured setting with which every reader has what it is promised, by the grid: none; another
 *  interval; another guarantee, at-least-once first; undefined: nothing that was simulated does. */
export function proposeSetting(plan: ReviewPlan, grid: readonly GridPoint[]): Setting | undefined {
  const guarantees = [plan.guarantee, ...plan.guarantees.filter((one) => one !== plan.guarantee).reverse()];
  for (const guarantee of guarantees) {
    const interval = nearestInterval(plan, grid, guarantee);
    if (interval !== undefined) return { guarantee, interval };
  }
  return undefined;
}

function nearestInterval(
  plan: ReviewPlan,
  grid: readonly GridPoint[],
  guarantee: string,
): string | undefined {
  const configured = nanoseconds(plan.interval) / 1e6;
  const ranges = readersOf(plan).flatMap(({ reader, isolationLevel, sloMs }) =>
    sloMs === null ? [] : [intervalsWithin(pointsOf(grid, guarantee, reader, isolationLevel), sloMs)],
  );
  if (ranges.some(({ kind }) => kind === "none")) return undefined;
  const ends = plan.intervals.map((interval) => nanoseconds(interval) / 1e6);
  const from = Math.max(Math.min(...ends), ...ranges.map(fromOf));
  const to = Math.min(Math.max(...ends), ...ranges.map(toOf));
  if (configured >= from && configured <= to) return plan.interval;
  const allowed = niceIntervals(from / (from > Math.min(...ends) ? MARGIN : 1), to * MARGIN);
  const [nearest] = allowed.toSorted(
    (a, b) => Math.abs(Math.log(a / configured)) - Math.abs(Math.log(b / configured)),
  );
  return nearest === undefined ? undefined : formatDuration(Math.round(nearest * 1e6));
}

/** One reader's points under one guarantee, ascending by interval. */
export function pointsOf(
  grid: readonly GridPoint[],
  guarantee: string,
  reader: string,
  isolationLevel: string,
): GridPoint[] {
  return grid
    .filter(
      (point) =>
        point.guarantee === guarantee && point.reader === reader && point.isolationLevel === isolationLevel,
    )
    .toSorted((a, b) => a.intervalMs - b.intervalMs);
}

function fromOf(range: IntervalRange): number {
  return range.kind === "some" ? (range.from ?? 0) : 0;
}

function toOf(range: IntervalRange): number {
  return range.kind === "some" ? (range.to ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}

/** ms */
function niceIntervals(from: number, to: number): number[] {
  const first = Math.floor(Math.log10(from));
  const decades = Array.from(
    { length: Math.max(0, Math.ceil(Math.log10(to)) - first + 1) },
    (_, i) => 10 ** (first + i),
  );
  return [
    ...new Set(decades.flatMap((decade) => NICE.map((step) => Number((step * decade).toPrecision(6))))),
  ].filter((interval) => interval >= from && interval <= to);
}
