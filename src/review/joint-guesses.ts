import { RandomStream } from "../engine/index.ts";
import type { Settings } from "../experiment/index.ts";
import { type Guess, nanoseconds, shownDuration } from "./guesses.ts";

/** A value for every guess. */
export interface JointGuess {
  readonly name: string;
  readonly settings: Settings;
}

/** Draws of all guesses together. */
export const DRAWS = 20;
export const ALL_AT_THEIR_UPPER_ENDS = "all at their upper ends";

/** All guesses drawn from their ranges, independently of each other, and all at their upper ends; empty: there are none. Each range is
 *  log-uniform on either side of its typical value, which is its median; the draws are a Latin hypercube: each twentieth of each
 *  range occurs once. Source: McKay, Beckman and Conover, "A comparison of three methods for selecting values of input variables",
 *  Technometrics 21(2), 1979. */
export function jointGuesses(guesses: readonly Guess[], seed: number): JointGuess[] {
  if (guesses.length === 0) return [];
  const shares = guesses.map(({ key }) => strata(new RandomStream(String(seed), `guess ${key}`)));
  const draws = Array.from({ length: DRAWS }, (_, draw) => ({
    name: `draw ${draw + 1}`,
    settings: settingsOf(guesses, (guess, i) => shownDuration(valueAt(guess, shares[i]![draw]!))),
  }));
  return [...draws, { name: ALL_AT_THEIR_UPPER_ENDS, settings: settingsOf(guesses, ({ high }) => high) }];
}

/** The value of which a share (0 to 1) of the range lies below, ns. */
export function valueAt({ low, typical, high }: Guess, share: number): number {
  const [from, to, part] = share < 0.5 ? [low, typical, 2 * share] : [typical, high, 2 * share - 1];
  const [a, b] = [nanoseconds(from), nanoseconds(to)];
  return Math.round(a * (b / a) ** part);
}

/** One share from each of as many equal parts as there are draws, shuffled. */
function strata(stream: RandomStream): number[] {
  const order = Array.from({ length: DRAWS }, (_, i) => i);
  for (let i = DRAWS - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.map((part) => (part + stream.uniform()) / DRAWS);
}

const MEDIAN = "storage.latency";
const SLOW = "storage.latency-p99";

function settingsOf(guesses: readonly Guess[], textOf: (guess: Guess, i: number) => string): Settings {
  const settings = Object.fromEntries(guesses.map((guess, i) => [guess.key, textOf(guess, i)]));
  const [median, slow] = [settings[MEDIAN], settings[SLOW]];
  const areCrossed = median !== undefined && slow !== undefined && nanoseconds(slow) < nanoseconds(median);
  return areCrossed ? { ...settings, [SLOW]: median } : settings;
}
