export { type FirstScreen, firstScreen, type ScreenCell, type ScreenRow } from "./first-screen.ts";
export {
  crashExperiment,
  gridExperiment,
  guessExperiment,
  planReview,
  type ReviewPlan,
  type ReviewRequest,
  type Setting,
} from "./plan-review.ts";
export { buildReview, type Review, settingsToCompare, settingToGuess } from "./review.ts";
export { findingsOf, guessSentences, verdictOf } from "./sentences.ts";
