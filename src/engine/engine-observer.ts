import type { SimTime } from "./sim-time.ts";

/** Listens to the executed events. It is given numbers, not the simulation: whatever it does, the run is the same, and the
 *  engine asserts that it neither scheduled nor cancelled nor stopped anything. */
export interface EngineObserver {
  /** Called right before the handler of each executed event. `time` is in nanoseconds; `kind` is an index into the kinds in
   *  order of definition; `a` and `b` are the event's int32 payload. */
  onEvent(time: SimTime, kind: number, a: number, b: number): void;
}
