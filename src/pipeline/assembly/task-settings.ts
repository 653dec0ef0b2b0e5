import { type AlignmentSettings, LatencyStats } from "../../flink/index.ts";
import { type JobVertex, sinkWriterName } from "../job-graph.ts";
import { type JobSpec, SOURCE, type WatermarkSpec } from "../pipeline.ts";
import { compareVersions } from "../values/version.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** How the tasks of a job write to their channels. */
export function writersOf({ network, checkpointing }: JobSpec, { pipeline }: JobSurroundings) {
  return {
    bufferTimeout: network.bufferTimeout,
    oversleep: pipeline.environment.timerOversleep,
    maxBuffersPerChannel: network.maxBuffersPerChannel,
    overdraftBuffers: network.maxOverdraftBuffersPerGate,
    alignedTimeout: checkpointing.alignedTimeout,
  };
}

/** How they align barriers. */
export function alignmentOf({ checkpointing }: JobSpec, { pipeline }: JobSurroundings): AlignmentSettings {
  const { mode, unaligned, alignedTimeout } = checkpointing;
  const urgentMails = compareVersions(pipeline.versions.flink, "2.1") >= 0;
  return { mode, unaligned, alignedTimeout, urgentMails };
}

/** How a source subtask emits event-time watermarks. */
export function watermarksOf(
  { name }: JobSpec,
  { outOfOrderness, idleTimeout, interval }: WatermarkSpec,
  subtask: number,
  { sim, pipeline }: JobSurroundings,
) {
  return {
    strategy: {
      outOfOrderness,
      idleTimeout,
      interval,
      oversleep: pipeline.environment.timerOversleep,
      pausesWhileHeldUp: compareVersions(pipeline.versions.flink, "2.0") >= 0,
    },
    random: sim.stream(`watermarks of ${name} ${subtask}`),
  };
}

/** How a source subtask emits latency markers. */
export function latencyMarkersOf(
  { name, latencyTracking: { interval } }: JobSpec,
  subtask: number,
  { sim }: JobSurroundings,
) {
  if (interval === 0) return {};
  const random = sim.stream(`latency markers ${name} ${SOURCE} ${subtask}`);
  return { latencyMarkers: { interval, random } };
}

/** What the operators of a subtask keep of latency markers; undefined: there are none. */
export function latencyStatsOf(
  { name, latencyTracking }: JobSpec,
  number: number,
  { name: vertex, operators, sinks }: JobVertex,
  subtask: number,
  { sim, observer }: JobSurroundings,
): LatencyStats | undefined {
  if (latencyTracking.interval === 0) return undefined;
  return new LatencyStats(
    latencyTracking,
    {
      source: SOURCE,
      operators: operators.map((operator) => operator.name),
      sinks: sinks.map(({ topic }) => sinkWriterName(topic)),
      subtask,
    },
    sim.stream(`latency markers ${name} ${vertex} ${subtask}`),
    (operator, { markedTime }) => observer.latencyReported?.(number, operator, subtask, markedTime, sim.now),
  );
}
