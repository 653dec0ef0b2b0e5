import { type BufferRecycler, Channel, type ChannelState, type UpstreamTask } from "../../flink/index.ts";
import { edgesFrom, type JobVertex } from "../job-graph.ts";
import type { JobSpec } from "../pipeline.ts";
import { mayOvertake, partOf } from "./edge-routes.ts";
import type { JobEdgeOfSubtasks, JobSubtask, RestoredSubtask, TaskAttempt } from "./job-subtask.ts";
import type { JobSurroundings } from "./job-surroundings.ts";
import type { UndividedRoutes } from "./undivided-routes.ts";

/** bytes of a serialised record besides its value's own: its length, tag and timestamp, and the length of the value.
 *  Source: flink SpanningRecordSerializer (4), StreamElementSerializer with a timestamp (1 + 8), BytePrimitiveArraySerializer (4). */
const RECORD_OVERHEAD_BYTES = 17;

/** A job whose subtasks are connected. */
export interface ConnectedJob {
  readonly spec: JobSpec;
  readonly vertices: readonly JobVertex[];
  readonly subtasks: readonly JobSubtask[];
  readonly recycler: BufferRecycler;
  /** Where the job gets another parallelism. */
  readonly undivided: UndividedRoutes | undefined;
}

/** Connects two attempts by a channel. @param local both are in one process. @param restored what a subtask starts from. */
export function addChannel(
  { spec, vertices, subtasks, recycler, undivided }: ConnectedJob,
  { vertex, gate, from, to }: JobEdgeOfSubtasks,
  up: TaskAttempt,
  down: TaskAttempt,
  local: boolean,
  restored: (subtask: number) => RestoredSubtask | undefined,
  world: JobSurroundings,
): void {
  const { sim, lineage, events } = world;
  const { maxParallelism } = spec;
  const input = vertices[vertex]!.inputs[gate]!;
  const edge = {
    partitioner: input.partitioner,
    upstream: vertices[input.from]!.parallelism,
    downstream: vertices[vertex]!.parallelism,
  };
  const upIndex = subtasks[from]!.index;
  const downIndex = subtasks[to]!.index;
  const writer = edgesFrom(vertices, input.from).indexOf(input);
  const source = events.sources[up.task];
  const upstream: UpstreamTask = source ?? events.operators[up.task]!;
  const channel = new Channel(sim, events.channelKinds, channelSettings(spec, recycler, world), {
    number: events.channels.length,
    upstream,
    upstreamIndex: up.outputs.flat().length,
    downstreamIndex: down.inputs.flat().length,
    writer,
    gate,
    local,
    select: (route) => partOf(edge, upIndex, downIndex, lineage.routeById(route), lineage, maxParallelism),
    divide: source || !undivided ? undefined : (...ranks) => undivided.divide(vertex, ...ranks),
    splits: source?.feed.splits ?? 0,
    supportsUnaligned: vertices[vertex]!.inputs.every(({ partitioner }) => mayOvertake(partitioner)),
  });
  events.channels.push(channel);
  const inFlight = [
    ...recordsInFlight(restored(to), "input", channel.downstreamIndex),
    ...recordsInFlight(restored(from), "output", channel.upstreamIndex),
  ];
  if (inFlight.length > 0) channel.restore(inFlight);
  up.outputs[writer] ??= [];
  up.outputs[writer].push(channel);
  down.inputs[gate] ??= [];
  down.inputs[gate].push(channel);
}

/** An attempt is over. A channel lives as long as its sender does, which need not know that the receiver is gone. */
export function leaveChannels(attempt: TaskAttempt, channels: (Channel | undefined)[]): void {
  for (const channel of attempt.inputs.flat()) channel.loseReceiver();
  for (const channel of attempt.outputs.flat()) {
    // What has finished leaves what it has sent.
    if (channel.isFinished) continue;
    channel.dispose();
    channels[channel.number] = undefined;
  }
}

function channelSettings(spec: JobSpec, recycler: BufferRecycler, world: JobSurroundings) {
  const { network } = spec;
  return {
    segmentSize: network.segmentSize,
    recordBytes: inputRecordBytes(spec, world) + RECORD_OVERHEAD_BYTES,
    ...(network.debloat.enabled && { startingSegmentSize: network.debloat.start }),
    buffersPerChannel: network.buffersPerChannel,
    latency: world.pipeline.environment.taskManagerNetworkLatency,
    recycler,
    flushAlways: network.bufferTimeout === 0,
  };
}

function inputRecordBytes({ source: { topic } }: JobSpec, { pipeline }: JobSurroundings): number {
  const { producers, jobs } = pipeline;
  const producer = producers.find((one) => one.topic === topic);
  if (producer !== undefined) return producer.recordBytes;
  const sinks = jobs.flatMap((job) => job.sinks);
  return sinks.find((sink) => sink.topic === topic)!.recordBytes;
}

/** Records that an unaligned snapshot of a subtask holds of one of its channels. */
function recordsInFlight(
  restored: RestoredSubtask | undefined,
  side: ChannelState["side"],
  channel: number,
): ChannelState["spans"] {
  const states = restored?.state.channelState ?? [];
  return states.find((one) => one.side === side && one.channel === channel)?.spans ?? [];
}
