import type { ReviewChart } from "./chart-frame.ts";
import { crashChart } from "./crash-chart.ts";
import { guessesChart } from "./guesses-chart.ts";
import { jointChart } from "./joint-chart.ts";
import { outageChart } from "./outage-chart.ts";
import { repeatsChart } from "./repeats-chart.ts";
import type { Review } from "./review.ts";
import { waitsChart } from "./waits-chart.ts";

/** The charts of a review in the order of its page. */
export function reviewCharts(review: Review): ReviewChart[] {
  const maybe = (chart: ReviewChart | undefined): ReviewChart[] => (chart === undefined ? [] : [chart]);
  return [
    ...review.readers.map((facts) => waitsChart(review, facts)),
    repeatsChart(review),
    ...maybe(outageChart(review)),
    ...maybe(crashChart(review)),
    ...maybe(guessesChart(review)),
    ...maybe(jointChart(review)),
  ];
}
