import type { ReviewChart } from "./chart-frame.ts";
import { guessesChart } from "./guesses-chart.ts";
import { outageChart } from "./outage-chart.ts";
import { repeatsChart } from "./repeats-chart.ts";
import type { Review } from "./review.ts";
import { waitsChart } from "./waits-chart.ts";

/** The charts of a review in the order of its page. */
export function reviewCharts(review: Review): ReviewChart[] {
  const guesses = guessesChart(review);
  return [
    ...review.readers.map((facts) => waitsChart(review, facts)),
    repeatsChart(review),
    outageChart(review),
    ...(guesses === undefined ? [] : [guesses]),
  ];
}
