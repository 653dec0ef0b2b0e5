import type { Route } from "../records/index.ts";
import type { DivideRanks } from "./chained-sinks.ts";
import type { Channel } from "./channel.ts";
import type { BufferRecycler } from "./network-buffer.ts";

/** The task that fills a channel. */
export interface UpstreamTask {
  /** A barrier that was to overtake if it took too long has left `channel` in time. */
  onTimeoutableBarrierSent(channel: Channel, checkpoint: number): void;
  /** Puts what the task has emitted into `channel` up to `now` into `channel.open`. */
  emitInto(channel: Channel, now: number): void;
  /** When, by the emission as it stands, `channel.open` will hold `records` records; infinite if not foreseen, ns. */
  timeOfEmission(channel: Channel, records: number): number;
  /** A queued buffer has left `channel`. */
  onBufferTaken(channel: Channel): void;
  /** A buffer was put into the queue of `channel`. */
  onBufferQueued(channel: Channel): void;
  /** A full segment was cut by itself: the output may be unavailable now. */
  afterSegmentFull(): void;
  /** The receiver of `channel` has processed all that came before EndOfData. */
  onAllRecordsProcessed(channel: Channel): void;
}

/** The task that reads a channel. */
export interface DownstreamTask {
  /** A barrier that overtakes is at the head of the channel: `takeBarrier` gives it. */
  onPriorityBarrier(channel: Channel): void;
  /** A timeoutable barrier is somewhere in the channel's queue. */
  onAnnouncement(channel: Channel, checkpoint: number, triggeredAt: number): void;
  onData(channel: Channel): void;
  /** The sender waits for credit: finish by yourself what is already over, and give credit back. */
  touch(): void;
}

/** What all channels of a job share. */
export interface ChannelSettings {
  /** bytes of a segment, and of one serialised record with its length and tag. */
  readonly segmentSize: number;
  readonly recordBytes: number;
  /** bytes of the first segments, where their size is debloated. */
  readonly startingSegmentSize?: number;
  readonly buffersPerChannel: number;
  /** one way between TaskManagers, ns. */
  readonly latency: number;
  readonly recycler: BufferRecycler;
  /** every record is flushed by itself (`execution.buffer-timeout.interval: 0`). */
  readonly flushAlways: boolean;
}

/** Event kinds of channels, payload a = channel number. */
export interface ChannelKinds {
  readonly segmentFull: number;
  readonly arrival: number;
  readonly credit: number;
  readonly resume: number;
  /** a receiver that started later asks for what is there. */
  readonly asked: number;
  /** the receiver wants buffers of b bytes. */
  readonly bufferSize: number;
  /** the sender learns that all records are processed. */
  readonly processed: number;
}

/** What a channel connects. */
export interface ChannelEnds {
  readonly number: number;
  readonly upstream: UpstreamTask;
  readonly upstreamIndex: number;
  readonly downstreamIndex: number;
  readonly writer: number;
  readonly gate: number;
  readonly local: boolean;
  /** The partitioner: which records of the route with this number the channel takes; undefined: none. */
  readonly select: (route: number) => Route | undefined;
  /** What the records of a route that come through the channel are made of, where the job gets another parallelism: those that were in
   *  flight come by these routes, and with newer ones in one buffer they stay in order only as the same route. Undefined: the route. */
  readonly divide?: DivideRanks | undefined;
  /** splits of an upstream source. */
  readonly splits: number;
  /** whether barriers may overtake on this edge.
   *  Source: flink StreamPartitioner.isSupportsUnalignedCheckpoint. */
  readonly supportsUnaligned: boolean;
}

/** A sender that has finished has nothing more to hand on, and nothing to learn. */
export const FINISHED: UpstreamTask = {
  emitInto: () => {},
  timeOfEmission: () => Number.POSITIVE_INFINITY,
  onTimeoutableBarrierSent: () => {},
  onBufferTaken: () => {},
  onBufferQueued: () => {},
  afterSegmentFull: () => {},
  onAllRecordsProcessed: () => {},
};

/** Whoever comes later asks for what is there. */
export const NOBODY: DownstreamTask = {
  onData: () => {},
  touch: () => {},
  onPriorityBarrier: () => {},
  onAnnouncement: () => {},
};
