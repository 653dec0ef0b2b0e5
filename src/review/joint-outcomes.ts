import { quantileWithConfidence } from "../stats/index.ts";
import { formatMs, formatQuantile, formatRoughMs } from "./format-figures.ts";
import { ALL_AT_THEIR_UPPER_ENDS } from "./joint-guesses.ts";
import { phraseOf } from "./judge-candidate.ts";
import { LONGEST_CRASH } from "./plan-review.ts";
import type { Review } from "./review.ts";
import type { Candidate, Outcome } from "./review-figures.ts";

/** A figure of the verdict, and what all guesses together make of it. */
export interface JointFigure {
  readonly name: string;
  /** As a clause has it: "fraud waits 112 ms to 1.2 s at p99". */
  readonly clause: (range: string) => string;
  /** The same where no draw has it. */
  readonly none: string;
  /** What it may be at most; null: nothing is promised. */
  readonly most: number | null;
  /** The same in words. */
  readonly promise: string;
  /** Whether the sentence has it even where every draw keeps it. */
  readonly isTold: boolean;
  readonly format: (value: number) => string;
  /** null: the job didn't come back. */
  readonly of: (outcome: Outcome) => number | null;
}

/** Of a task that has no time left, ms a second. */
const SATURATED = 999;

/** The setting that guesses are looked at with. */
export function guessedCandidate({ candidates }: Pick<Review, "candidates">): Candidate {
  return candidates.find(({ name }) => name === "proposed") ?? candidates[0]!;
}

/** What each reader waits, how long the longest crash takes, the least safe transaction timeout, how busy the busiest task is. */
export function jointFigures({ readers, transactionTimeoutMs }: Candidate): JointFigure[] {
  const crash = phraseOf(LONGEST_CRASH);
  return [
    ...readers.map(({ reader, quantile, sloMs }): JointFigure => {
      const at = formatQuantile(quantile);
      return {
        name: `${reader} waits, ${at}`,
        clause: (range) => `${reader} waits ${range} at ${at}`,
        none: `${reader} gets nothing`,
        most: sloMs,
        promise: sloMs === null ? "-" : `≤ ${formatMs(sloMs)}`,
        isTold: true,
        format: formatRoughMs,
        of: ({ latencyMs }) => latencyMs[reader] ?? null,
      };
    }),
    {
      name: `down after ${crash}`,
      clause: (range) => `after ${crash} the job is down ${range}`,
      none: `after ${crash} the job is down for good`,
      most: null,
      promise: "-",
      isTold: true,
      format: formatRoughMs,
      of: ({ outageMs }) => outageMs,
    },
    ...(transactionTimeoutMs === null
      ? []
      : [
          {
            name: "least safe transaction timeout",
            clause: (range: string) => `the least safe transaction timeout is ${range}`,
            none: "the least safe transaction timeout is unknown",
            most: transactionTimeoutMs,
            promise: `set ${formatMs(transactionTimeoutMs)}`,
            isTold: false,
            format: formatRoughMs,
            of: ({ leastTimeoutMs }: Outcome) => leastTimeoutMs,
          },
        ]),
    {
      name: "busiest task",
      clause: (range) => `the busiest task is busy ${range} of the time`,
      none: "it is unknown how busy the tasks are",
      most: SATURATED,
      promise: "< 100 %",
      isTold: false,
      format: (share) => `${Number((share / 10).toPrecision(2))} %`,
      of: ({ busiestTask }) => (Number.isNaN(busiestTask) ? null : busiestTask),
    },
  ];
}

/** How many of the draws keep every promise, and how many there are. */
export function keptDraws(review: Review): { readonly kept: number; readonly of: number } {
  const figures = jointFigures(guessedCandidate(review));
  const draws = drawsOf(review);
  return {
    kept: draws.filter((draw) => figures.every((figure) => isKept(figure, draw))).length,
    of: draws.length,
  };
}

/** What all guesses at once make of the verdict, one sentence each; none: nothing is guessed. */
export function jointSentences(review: Review): string[] {
  const draws = drawsOf(review);
  if (draws.length === 0) return [];
  const { kept, of } = keptDraws(review);
  const figures = jointFigures(guessedCandidate(review));
  const clauses = figures.flatMap((figure) => {
    const missed = draws.filter((draw) => !isKept(figure, draw)).length;
    // Where the job doesn't come back nothing but that is known.
    const isUnknown = draws.every((draw) => figure.of(draw) === null);
    if (!figure.isTold && (missed === 0 || isUnknown)) return [];
    const range = rangeOf(figure, draws);
    if (range === "-") return figure.none;
    return figure.clause(range) + (missed === 0 ? "" : ` (too much in ${missed})`);
  });
  const every = kept === of ? "every promise is kept in all of them" : `every promise is kept in ${kept}`;
  return [`All guesses at once, ${of} draws from their ranges: ${every}; ${clauses.join(", ")}.`];
}

/** What of the promise of a figure an outcome uses up: 1 is all of it; null: nothing is promised, or the job didn't come back. */
export function useOf({ most, of }: JointFigure, outcome: Outcome): number | null {
  const value = of(outcome);
  return value === null || most === null ? null : value / most;
}

export function drawsOf({ together }: Review): Review["together"] {
  return together.filter(({ name }) => name !== ALL_AT_THEIR_UPPER_ENDS);
}

export function isKept({ most, of }: JointFigure, outcome: Outcome): boolean {
  const value = of(outcome);
  return value !== null && (most === null || value <= most);
}

export function rangeOf({ of, format }: JointFigure, outcomes: readonly Outcome[]): string {
  const values = outcomes.flatMap((outcome) => of(outcome) ?? []);
  if (values.length === 0) return "-";
  const [least, most] = [format(Math.min(...values)), format(Math.max(...values))];
  return least === most ? least : `${least} to ${most}`;
}

/** The median of what may come of the guesses, with its 95 % interval where there are draws enough for one. A Latin hypercube's draws
 *  scatter less than independent ones, for which the interval holds. */
export function medianOf({ of, format }: JointFigure, outcomes: readonly Outcome[]): string {
  const values = outcomes.flatMap((outcome) => of(outcome) ?? []).toSorted((a, b) => a - b);
  if (values.length === 0) return "-";
  const { value, low, high } = quantileWithConfidence(values, 0.5, 0.95);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return format(value);
  return format(low) === format(high)
    ? format(value)
    : `${format(value)} (${format(low)} to ${format(high)})`;
}
