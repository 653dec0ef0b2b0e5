import type { RandomStream } from "../engine/index.ts";

/** What a source subtask sends along with its records so that operators can tell how long those are under way. */
export interface LatencyMarker {
  /** number of the source subtask. */
  readonly sourceSubtask: number;
  /** ns, when it was emitted. */
  readonly markedTime: number;
}

/** A marker among the records of a segment or buffer. */
export interface MarkerPlace {
  readonly marker: LatencyMarker;
  /** How many of those records come before it. */
  readonly after: number;
}

/** A marker leaves a task through one of its outputs alone, and one channel of that.
 *  @param sinks outputs besides the network's. @returns the channel; a number: which of the sinks.
 *  Source: flink BroadcastingOutputCollector.emitLatencyMarker, RecordWriter.randomEmit. */
export function drawOutput<Channel>(
  edges: readonly (readonly Channel[])[],
  sinks: number,
  random: RandomStream,
): Channel | number {
  const output = drawBelow(edges.length + sinks, random);
  if (output >= edges.length) return output - edges.length;
  const channels = edges[output]!;
  return channels[drawBelow(channels.length, random)]!;
}

function drawBelow(count: number, random: RandomStream): number {
  return count > 1 ? Math.floor(random.uniform() * count) : 0;
}
