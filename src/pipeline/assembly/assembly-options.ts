import type { EngineObserver } from "../../engine/index.ts";

export interface AssemblyOptions {
  /** What all randomness is derived from. */
  readonly seed: string;
  /** ns; producers make no record from then on. */
  readonly loadEnd: number;
  /** `one-record`: every record its own span and event; the slow reference of the curves. */
  readonly spans: "curves" | "one-record";
  /** `eager`: every poll, batch and request an event; the slow reference of the closed forms. Needs one-record spans. */
  readonly polls: "lazy" | "eager";
  /** Sees every event; the order's fingerprint is kept then. */
  readonly engineObserver?: EngineObserver;
}
