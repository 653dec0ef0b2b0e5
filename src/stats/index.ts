export { batchMeans } from "./batch-means.ts";
export { ExactSum } from "./exact-sum.ts";
export { type MeanWithConfidence, meanWithConfidence } from "./mean-with-confidence.ts";
export { quantile } from "./quantile.ts";
export { studentTQuantile } from "./student-t-quantile.ts";
export { warmUpLength } from "./warm-up-length.ts";
