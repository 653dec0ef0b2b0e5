export { type Calibration, calibrate } from "./calibrate.ts";
export { type EnvironmentTitle, formatEnvironmentFile } from "./environment-yaml.ts";
export { type RestAnswer, type RestReading, readRestAnswer } from "./flink-rest.ts";
