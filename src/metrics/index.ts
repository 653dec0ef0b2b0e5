export { CheckpointRecorder, type JobCheckpoints } from "./checkpoint-recorder.ts";
export { LatencyRecorder } from "./latency-recorder.ts";
export { RampHistogram } from "./ramp-histogram.ts";
