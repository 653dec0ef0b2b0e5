/** What a process of the bench runs and reports. */

/** What one run measured. `seconds` is the thread's processor time without setting up; `hash` covers the executed order. */
export interface Measurement {
  readonly events: number;
  readonly seconds: number;
  readonly hash: number;
  /** Of a pipeline: how long a time it simulated. */
  readonly simulatedSeconds?: number;
}

export interface CandidateArguments {
  /** Delays in nanoseconds, drawn beforehand, so that both languages use the same. */
  readonly draws: Float64Array;
  readonly parameters: readonly string[];
  readonly queue: "auto" | "heap" | "ladder";
}

/** What a file in `workloads/` exports under the name `measure`. */
export type Measure = (candidate: CandidateArguments) => Measurement;
