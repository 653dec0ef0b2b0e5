export type { ReviewChart } from "./chart-frame.ts";
export { type FirstScreen, firstScreen, type ScreenCell, type ScreenRow } from "./first-screen.ts";
export { formatTime } from "./format-figures.ts";
export type { GivenGuess } from "./guesses.ts";
export { recoveryExperiment } from "./plan-recovery.ts";
export {
  crashExperiment,
  gridExperiment,
  guessExperiment,
  planReview,
  type ReviewPlan,
  type ReviewRequest,
  type Setting,
  timeoutExperiment,
} from "./plan-review.ts";
export {
  buildReview,
  candidatesOf,
  type Review,
  settingsToCompare,
  settingToGuess,
  timeoutsToTry,
} from "./review.ts";
export { reviewCharts } from "./review-charts.ts";
export { type ReviewTable, reviewTables } from "./review-tables.ts";
export { confidenceOf, findingsOf, guessSentences, verdictOf } from "./sentences.ts";
