import type { Claim, Figures, SweepResults } from "../experiment/index.ts";
import { known, mean, ratio } from "./find-points.ts";

/** A sweep's results as a claim asks for them. */
export function figuresOf(results: SweepResults): Figures {
  return {
    mean: (where, metric) => mean(results, where, metric),
    text: (where, metric) => known(results, where, metric),
    ratio: (over, under) => ratio(results, over, under),
  };
}

/** What the chart of a claim finds: its verdict and the reason. */
export function verdictOf(claim: Claim, results: SweepResults): string {
  const { verdict, why } = claim.judge(figuresOf(results));
  return `${verdict[0]!.toUpperCase()}${verdict.slice(1)}: ${why}`;
}
