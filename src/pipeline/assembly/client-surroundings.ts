import type { Simulation } from "../../engine/index.ts";
import type { BrokerTiming, ClientLinks } from "../../kafka/index.ts";
import type { Pipeline } from "../pipeline.ts";
import type { AssemblyOptions } from "./assembly-options.ts";

/** What the Kafka clients of one world share. */
export interface ClientSurroundings {
  readonly sim: Simulation;
  readonly pipeline: Pipeline;
  readonly options: AssemblyOptions;
  readonly timing: BrokerTiming;
  readonly links: ClientLinks;
  readonly brokersCanFail: boolean;
}
