import { formatMs, formatQuantile } from "./format-figures.ts";
import type { Candidate, GuessEffect, GuessOutcome } from "./review-figures.ts";

/** How far one guessed input may go before the verdict no longer holds. */
export interface GuessThreshold {
  readonly key: string;
  readonly what: string;
  readonly guess: GuessEffect;
  /** The value at which it flips, ms. */
  readonly atMs: number;
  /** The verdict flips above it, or below. */
  readonly above: boolean;
  /** Whether the value lies within the guess's range; outside of it, it is a line drawn on. */
  readonly inRange: boolean;
  /** The end of the range behind it, when what is promised is exceeded so far there that no line leads to it: it flips
   *  somewhere in between. undefined: the line holds. */
  readonly before: string | undefined;
  /** What happens there. */
  readonly effect: string;
}

interface Criterion {
  /** What it is a share of. */
  readonly name: string;
  readonly effect: string;
  /** Over 1: it is not met. */
  readonly use: (outcome: GuessOutcome) => number | null;
}

/** Most that a criterion may use at the end of a line that is believed. */
const MOST_ON_A_LINE = 3;
/** Least change of a criterion's use that counts as an effect rather than as chance. */
const EFFECT = 0.003;

/** The guesses by how near they are to flipping what the candidate has now, the nearest first; those without effect left out. */
export function guessThresholds(candidate: Candidate, effects: readonly GuessEffect[]): GuessThreshold[] {
  const criteria = criteriaOf(candidate);
  return effects
    .flatMap((guess) => {
      const found = criteria.flatMap((criterion) => thresholdsOf(guess, criterion));
      const [nearest] = found.toSorted((a, b) => distance(a) - distance(b));
      return nearest === undefined ? [] : [nearest];
    })
    .toSorted((a, b) => Number(b.inRange) - Number(a.inRange) || distance(a) - distance(b));
}

/** What a guess uses up of what is promised, over its range: 1 is all of it. */
export interface GuessUse {
  readonly guess: GuessEffect;
  readonly criterion: string;
  readonly low: number;
  readonly typical: number;
  readonly high: number;
  readonly most: number;
}

/** Each guess under the criterion that it moves most, against what is left of it; those that move none are left out. */
export function usesOf(candidate: Candidate, effects: readonly GuessEffect[]): GuessUse[] {
  return effects.flatMap((guess) => {
    const uses = criteriaOf(candidate).flatMap(({ name, use }): GuessUse[] => {
      const [low, typical, high] = [use(guess.ends.low), use(guess.ends.typical), use(guess.ends.high)];
      if (low === null || typical === null || high === null) return [];
      const most = Math.max(low, typical, high);
      return most - Math.min(low, typical, high) < EFFECT
        ? []
        : [{ guess, criterion: name, low, typical, high, most }];
    });
    const movement = ({ most, typical }: GuessUse): number => (most - typical) / Math.max(0.01, 1 - typical);
    const [nearest] = uses.toSorted((a, b) => movement(b) - movement(a));
    return nearest === undefined ? [] : [nearest];
  });
}

function criteriaOf({ readers, transactionTimeoutMs }: Candidate): Criterion[] {
  const latencies = readers.flatMap(({ reader, sloMs, quantile, met }): Criterion[] => {
    if (sloMs === null) return [];
    const promise = `${formatQuantile(quantile)} ≤ ${formatMs(sloMs)}`;
    return [
      {
        name: `${reader}'s ${promise}`,
        effect: `${reader} ${met === false ? "meets" : "misses"} ${promise}`,
        use: ({ latencyMs }) => {
          const value = latencyMs[reader];
          return value === null || value === undefined ? null : value / sloMs;
        },
      },
    ];
  });
  const timeout: Criterion[] =
    transactionTimeoutMs === null
      ? []
      : [
          {
            name: `the transaction timeout of ${formatMs(transactionTimeoutMs)}`,
            effect: `a lost node loses records, the transaction timeout being ${formatMs(transactionTimeoutMs)}`,
            use: ({ leastTimeoutMs }) =>
              leastTimeoutMs === null ? null : leastTimeoutMs / transactionTimeoutMs,
          },
        ];
  const busy: Criterion = {
    name: "the busiest task's time",
    effect: "the busiest task has no time left and falls behind",
    use: ({ busiestTask }) => (Number.isNaN(busiestTask) ? null : busiestTask / 1000),
  };
  return [...latencies, ...timeout, busy];
}

/** Where a line from the typical value through an end of the range meets 1. */
function thresholdsOf(guess: GuessEffect, { effect, use }: Criterion): GuessThreshold[] {
  const { low, typical, high } = guess.ends;
  const here = use(typical);
  if (here === null) return [];
  return [low, high].flatMap((end) => {
    const there = use(end);
    if (there === null || end.value === typical.value || Math.abs(there - here) < EFFECT) return [];
    const at = typical.value + ((1 - here) / (there - here)) * (end.value - typical.value);
    const isAhead = (at - typical.value) * (end.value - typical.value) > 0;
    if (!isAhead || at <= 0) return [];
    const before = Math.max(here, there) > MOST_ON_A_LINE ? guess[end === low ? "low" : "high"] : undefined;
    const inRange = here <= 1 !== there <= 1;
    return [
      {
        key: guess.key,
        what: guess.what,
        guess,
        atMs: at / 1e6,
        above: at > typical.value,
        inRange,
        before,
        effect,
      },
    ];
  });
}

function distance({ atMs, guess }: GuessThreshold): number {
  return Math.abs(Math.log((atMs * 1e6) / guess.ends.typical.value));
}
