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
  /** Phases that are stated instead of drawn. */
  readonly phases?: Phases;
  /** Sees every event; the order's fingerprint is kept then. */
  readonly engineObserver?: EngineObserver;
}

/** What a run's outcome hangs on and no option sets: when free-running clocks tick. Drawn where nothing is stated. */
export interface Phases {
  /** ns; first trigger of the periodic timer, by name of the job. */
  readonly firstTriggerAt?: Readonly<Record<string, number>>;
  /** ns; heartbeats of each job's JobMaster, in the order of the jobs, and of the ResourceManager. */
  readonly heartbeats?: { readonly jobMasters: readonly number[]; readonly resourceManager: number };
}
