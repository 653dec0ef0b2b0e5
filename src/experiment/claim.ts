import type { Metric } from "./experiment.ts";

/** A piece of common advice, judged by what an experiment gives. Plain data and one pure function, written as
 *  `experiments/claims/NN-advice.ts` beside the experiment. */
export interface Claim {
  /** Roman, as the page counts them: `iv`. */
  readonly number: string;
  /** What people say, without a full stop. */
  readonly advice: string;
  /** Verdict, reason and turning point, all from the figures: other figures give another verdict. */
  readonly judge: (figures: Figures) => Judgement;
  /** Commands that show the same on a pipeline of one's own, called PIPELINE. */
  readonly onYours: readonly string[];
}

export type Verdict = "true" | "false" | "depends";

export interface Judgement {
  readonly verdict: Verdict;
  /** What kind of "depends". */
  readonly shade?: "misleading" | "half true" | "incomplete";
  /** One sentence with its figures, without a full stop. */
  readonly why: string;
  /** The setting at which it comes out otherwise, without a full stop. */
  readonly flips: string;
  /** Where names are judged and nothing is drawn. */
  readonly table?: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
}

/** What an experiment measured, by the factors and reader that `where` names. */
export interface Figures {
  readonly mean: (where: Place, metric: Metric) => number;
  /** With no more digits than are known of it, and its unit. */
  readonly text: (where: Place, metric: Metric) => string;
  /** What is over the line, multiplied, by what is under it, repetition by repetition of the same seed: mean and half-width of its 95 %
   *  interval. */
  readonly ratio: (over: readonly Measured[], under: readonly Measured[]) => Ratio;
}

/** A metric somewhere. */
export type Measured = readonly [where: Place, metric: Metric];

export interface Ratio {
  readonly mean: number;
  readonly halfWidth: number;
}

type Place = Readonly<Record<string, string | number>>;

/** Declares a claim, with its types checked. */
export function defineClaim(claim: Claim): Claim {
  return claim;
}
