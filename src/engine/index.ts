export {
  compareRuns,
  type Divergence,
  describeDivergence,
  type ExecutedEvent,
  type ReplayableRun,
} from "./compare-runs.ts";
export { ConstantDistribution } from "./constant-distribution.ts";
export { counterHash, counterUniform } from "./counter-hash.ts";
export type { Distribution, QuantileDistribution } from "./distribution.ts";
export { EmpiricalDistribution } from "./empirical-distribution.ts";
export type { EngineObserver } from "./engine-observer.ts";
export { exp, log, pow } from "./exact-math.ts";
export { ExponentialDistribution, sampleStandardExponential } from "./exponential-distribution.ts";
export { GammaDistribution, sampleStandardGamma } from "./gamma-distribution.ts";
export { InvariantError, invariant } from "./invariant.ts";
export { LognormalDistribution } from "./lognormal-distribution.ts";
export { NormalDistribution, sampleStandardNormal } from "./normal-distribution.ts";
export { normalQuantile } from "./normal-quantile.ts";
export { OrderFingerprint } from "./order-fingerprint.ts";
export { ParetoDistribution } from "./pareto-distribution.ts";
export type { EventHandler } from "./pending-event-set.ts";
export { PoissonDistribution } from "./poisson-distribution.ts";
export { RandomStream } from "./random-stream.ts";
export { hashText, mix32, mixSeed } from "./seed-mixing.ts";
export {
  type Duration,
  elapsed,
  HOUR,
  MICROSECOND,
  MILLISECOND,
  MINUTE,
  microseconds,
  milliseconds,
  NANOSECOND,
  nanoseconds,
  SECOND,
  type SimTime,
  START_OF_RUN,
  seconds,
  simTime,
} from "./sim-time.ts";
export {
  NO_EVENT,
  Simulation,
  type SimulationBounds,
  type SimulationOptions,
} from "./simulation.ts";
export type { StopReason } from "./stop-reason.ts";
export { UniformDistribution } from "./uniform-distribution.ts";
export { WeibullDistribution } from "./weibull-distribution.ts";
