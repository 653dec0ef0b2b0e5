import type { Simulation } from "../../engine/index.ts";
import type { Fault } from "../../faults/index.ts";
import type { Lineage } from "../../records/index.ts";
import type { Pipeline } from "../pipeline.ts";
import { formatFault } from "../values/format-fault.ts";
import type { AssemblyOptions } from "./assembly-options.ts";
import type { FlinkEvents } from "./flink-events.ts";
import type { PipelineObserver } from "./pipeline-observer.ts";
import type { SimulatedKafka } from "./simulated-kafka.ts";
import type { WindowOrigins } from "./window-origins.ts";

/** What the jobs of one world share. */
export interface JobSurroundings {
  readonly sim: Simulation;
  readonly pipeline: Pipeline;
  readonly options: AssemblyOptions;
  readonly lineage: Lineage;
  readonly kafka: SimulatedKafka;
  readonly events: FlinkEvents;
  readonly windows: WindowOrigins;
  readonly observer: PipelineObserver;
}

/** Tells that a fault of the plan happens now. */
export function tellFault({ name, action, time }: Fault, { sim, observer }: JobSurroundings): void {
  const duration = "duration" in action ? action.duration : 0;
  observer.faultInjected(`${name}: ${formatFault({ action, time })}`, sim.now, sim.now + duration);
}
