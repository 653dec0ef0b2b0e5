/** Models: the histograms that the operators of a task keep of latency markers, by granularity, under Flink's names: the last
 *    samples, in whole milliseconds of the clock.
 *  Source: flink LatencyStats, DescriptiveStatisticsHistogram, AbstractStreamOperator.reportOrForwardLatencyMarker (Flink 2.1).
 *  Leaves out: clocks of processes that differ; operator ids (32 hex digits): a name stands for each. */

import type { RandomStream } from "../engine/index.ts";
import type { Channel } from "./channel.ts";
import { drawOutput, type LatencyMarker } from "./latency-marker.ts";

export interface LatencyTracking {
  /** ns between two markers of a source subtask; 0: there are none. Source: flink SourceOperator.initializeLatencyMarkerEmitter. */
  readonly interval: number;
  /** Which markers share a histogram at a subtask: all, those of a source, or those of a source subtask. */
  readonly granularity: "single" | "operator" | "subtask";
  /** samples that a histogram keeps. */
  readonly historySize: number;
}

/** Whose histograms these are. */
export interface LatencyStatsOwner {
  readonly source: string;
  readonly operators: readonly string[];
  /** Writers chained behind the operators: a marker reaches one of them, or leaves through the network. */
  readonly sinks: readonly string[];
  readonly subtask: number;
}

/** One histogram: its path below the job's scope, and the samples that it holds, ms. */
export interface LatencySamples {
  readonly name: string;
  readonly samples: readonly number[];
}

const MILLISECOND = 1e6;

export class LatencyStats {
  readonly #tracking: LatencyTracking;
  readonly #owner: LatencyStatsOwner;
  readonly #random: RandomStream;
  readonly #reported: (operator: string, marker: LatencyMarker) => void;
  /** By histogram: how many samples there were, and the last of them. */
  readonly #samples = new Map<string, { count: number; readonly last: number[] }>();

  /** @param reported told of each sample. */
  constructor(
    tracking: LatencyTracking,
    owner: LatencyStatsOwner,
    random: RandomStream,
    reported: (operator: string, marker: LatencyMarker) => void,
  ) {
    this.#tracking = tracking;
    this.#owner = owner;
    this.#random = random;
    this.#reported = reported;
  }

  /** A marker has come through the input at `now`. @returns where it goes on; undefined: a sink has got it. */
  arrive(marker: LatencyMarker, edges: readonly (readonly Channel[])[], now: number): Channel | undefined {
    const { operators, sinks } = this.#owner;
    for (const operator of operators) this.#report(operator, marker, now);
    const output = drawOutput(edges, sinks.length, this.#random);
    if (typeof output !== "number") return output;
    if (sinks.length > 0) this.#report(sinks[output]!, marker, now);
    return undefined;
  }

  #report(operator: string, marker: LatencyMarker, now: number): void {
    const name = this.#nameOf(operator, marker);
    const kept = this.#samples.get(name) ?? { count: 0, last: [] };
    this.#samples.set(name, kept);
    const latency = Math.floor(now / MILLISECOND) - Math.floor(marker.markedTime / MILLISECOND);
    kept.last[kept.count++ % this.#tracking.historySize] = latency;
    this.#reported(operator, marker);
  }

  #nameOf(operator: string, { sourceSubtask }: LatencyMarker): string {
    const { source, subtask } = this.#owner;
    const { granularity } = this.#tracking;
    const sender = granularity === "single" ? "" : `source_id.${source}.`;
    const index = granularity === "subtask" ? `source_subtask_index.${sourceSubtask}.` : "";
    return `latency.${sender}${index}operator_id.${operator}.operator_subtask_index.${subtask}.latency`;
  }

  /** In the order in which they came to be. */
  get histograms(): readonly LatencySamples[] {
    return [...this.#samples].map(([name, { last }]) => ({ name, samples: last }));
  }
}
