import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { ConstantOrigin, IntervalLedger, LaneTable, Lineage, type SpanList } from "../records/index.ts";
import type { AlignmentSettings, ChannelState } from "./alignment.ts";
import type { ChainedSink } from "./chained-sinks.ts";
import { Channel } from "./channel.ts";
import { PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import { JobManagerCheckpointStorage } from "./checkpoint-storage-in-memory.ts";
import { BufferRecycler } from "./network-buffer.ts";
import type { FlinkObserver } from "./observations.ts";
import { OperatorTask } from "./operator-task.ts";
import { ALL_ROUTES, type Chunk, type SourceFeed } from "./source-feed.ts";
import { SourceTask } from "./source-task.ts";
import { SubtaskCheckpointCoordinator } from "./subtask-checkpoint-coordinator.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";

const MILLISECOND = 1e6;
/** One origin partition a source subtask, 10,000 records/s each, which the feed has as soon as they are created. */
const RATE = 10_000;
const SOURCES = 2;
const OPERATORS = 2;
const GROUPS = 128;

const SILENT = {
  snapshotStarted: () => {},
  snapshotCompleted: () => {},
  offsetInSnapshot: () => {},
} as unknown as FlinkObserver;

interface Attempt {
  /** Offsets to begin at. */
  readonly offsets: readonly number[];
  /** What the snapshot that it is restored from held in flight, by upstream and downstream subtask. */
  readonly inFlight: ReadonlyMap<string, ChannelState["spans"]>;
}

/** Two sources, an exchange by key, two operators that are busier than they can be; killed and started again. */
function world(alignment: AlignmentSettings) {
  const sim = new Simulation({ seed: "life" });
  const lineage = new Lineage();
  const origin = new ConstantOrigin(SOURCES, { numerator: SOURCES * RATE, denominator: 1 }, 1e12);
  lineage.addOrigin(origin, LaneTable.of(SOURCES, 1000, { kind: "cycle" }, GROUPS, 1));
  const channels: Channel[] = [];
  const sources: SourceTask[] = [];
  const operators: OperatorTask[] = [];
  const at = (time: number, action: () => void): void => {
    sim.scheduleAt(time, sim.defineKind(`action at ${time}, ${tasks++}`, action), 0, 0);
  };
  const channelKinds = {
    segmentFull: sim.defineKind("segment full", (c) => channels[c]!.onSegmentFull()),
    arrival: sim.defineKind("arrival", (c) => channels[c]!.onArrival()),
    credit: sim.defineKind("credit", (c) => channels[c]!.onCredit()),
    resume: sim.defineKind("resume", (c) => channels[c]!.onResume()),
    processed: sim.defineKind("processed", (c) => channels[c]!.onAllRecordsProcessed()),
    asked: sim.defineKind("asked", (c) => channels[c]!.onAsked()),
    bufferSize: sim.defineKind("buffer size", (c, bytes) => channels[c]!.onBufferSize(bytes)),
  };
  const task = (number: number) => (sources[number] ?? operators[number])!;
  const snapshotsOf = (number: number) => sources[number] ?? operators[number]!.snapshots;
  const kinds = {
    flush: sim.defineKind("flush", (t, writer) => task(t).onFlush(writer)),
    advance: sim.defineKind("advance", (t) => sources[t]!.onAdvance()),
    wake: sim.defineKind("wake", (t) => operators[t]!.onWake()),
    inputEnded: sim.defineKind("input ended", (t) => operators[t]!.onInputEnded()),
    flushed: sim.defineKind("flushed", (t) => operators[t]!.snapshots.onAllFlushed()),
    syncDone: sim.defineKind("sync done", (t) => snapshotsOf(t).onSyncDone()),
    outputTimeout: sim.defineKind("output", (t, c) => snapshotsOf(t).onOutputTimeout(c)),
    latencyMarker: sim.defineKind("latency marker", (t) => sources[t]!.onLatencyMarker()),
    watermark: sim.defineKind("watermark", (t) => sources[t]!.onWatermarkTimer()),
    debloat: sim.defineKind("debloat", (t) => operators[t]!.onDebloat()),
    alignmentTimeout: sim.defineKind("alignment", (t, c) => operators[t]!.snapshots.onAlignmentTimer(c)),
  };
  const snapshots = new Map<number, TaskStateSnapshot>();
  const written: (readonly [operator: number, partition: number, from: number, to: number])[] = [];
  let tasks = 0;

  function start({ offsets, inFlight }: Attempt) {
    const recycler = new BufferRecycler(false);
    const writers = {
      bufferTimeout: 5 * MILLISECOND,
      oversleep: 0,
      maxBuffersPerChannel: 10,
      overdraftBuffers: 20,
      alignedTimeout: alignment.alignedTimeout,
    };
    const coordinator = (number: number, subtask: number) =>
      new SubtaskCheckpointCoordinator(
        {
          job: 0,
          subtask,
          task: number,
          sync: MILLISECOND,
          async: MILLISECOND,
          first: 0,
          warmUp: { startedAt: 0, excess: 0, time: 0 },
          restored: 0,
        },
        undefined,
        new JobManagerCheckpointStorage(10_485_760),
        {
          acknowledge: (_task, _checkpoint, _metrics, snapshot) => snapshots.set(subtask, snapshot),
          decline: () => {},
        },
        SILENT,
      );
    const mySources = Array.from({ length: SOURCES }, (_, subtask) => {
      const number = tasks++;
      const settings = {
        job: 0,
        subtask,
        emission: 1000,
        writers,
        alignment,
        channelStateWrite: () => 0,
        commitOffsets: false,
        onStopped: () => {},
        endOfInput: UNBOUNDED,
      };
      const feed = new EvenFeed(origin, subtask, offsets[subtask]!);
      const flushers = [sim.stream(`flusher ${number}`)];
      const made = new SourceTask(
        sim,
        kinds,
        number,
        settings,
        feed,
        lineage,
        flushers,
        coordinator(number, subtask),
        SILENT,
      );
      sources[number] = made;
      return made;
    });
    const myOperators = Array.from({ length: OPERATORS }, (_, subtask) => {
      const number = tasks++;
      const settings = {
        job: 0,
        subtask: SOURCES + subtask,
        floatingBuffers: 8,
        buffersPerChannel: 2,
        writers,
        alignment,
        channelStateWrite: () => 0,
        longestRun: Number.POSITIVE_INFINITY,
        oneRecord: false,
        restoredRecords: 0,
        checkpointsAfterTasksFinish: true,
      };
      const made = new OperatorTask(sim, kinds, number, settings, {
        service: (records) => records * 120_000,
        sinks: [{ sink: sinkOf(subtask), share: { numerator: 1, denominator: 1 } }],
        lineage,
        recycler,
        checkpoints: coordinator(number, SOURCES + subtask),
        flushers: [],
        poison: [],
        onPoisoned: () => {},
        onStopped: () => {},
        endOfInput: UNBOUNDED,
      });
      operators[number] = made;
      return made;
    });
    const mine = mySources.map((upstream, i) =>
      myOperators.map((_, j) => {
        const channel = new Channel(
          sim,
          channelKinds,
          {
            segmentSize: 4096,
            recordBytes: 100,
            buffersPerChannel: 2,
            latency: 100_000,
            recycler,
            flushAlways: false,
          },
          {
            number: channels.length,
            upstream,
            upstreamIndex: j,
            downstreamIndex: i,
            writer: 0,
            gate: 0,
            local: i === j,
            select: (route) => lineage.keyed(lineage.routeById(route), j, OPERATORS, GROUPS),
            splits: 1,
            supportsUnaligned: true,
          },
        );
        channels.push(channel);
        return channel;
      }),
    );
    myOperators.forEach((operator, j) => {
      operator.start([mine.map((row) => row[j]!)], []);
    });
    mine.forEach((row, i) => {
      row.forEach((channel, j) => {
        channel.restore(inFlight.get(`${i} ${j}`) ?? []);
      });
    });
    mySources.forEach((source, i) => {
      source.start([mine[i]!]);
    });
    const trigger = (checkpoint: number, triggeredAt: number): void => {
      for (const source of mySources) {
        source.post({
          kind: "trigger-checkpoint",
          checkpoint,
          triggeredAt,
          properties: PERIODIC_CHECKPOINT,
          other: 0,
        });
      }
    };
    const kill = (): void => {
      for (const one of [...mySources, ...myOperators]) one.dispose();
    };
    return { mySources, myOperators, mine, trigger, kill };
  }

  function sinkOf(operator: number): ChainedSink {
    return {
      write: (spans: SpanList) => {
        for (const [partition, , from, to] of spans.rows()) written.push([operator, partition, from, to]);
        spans.clear();
      },
      prepareSnapshot: (_checkpoint, now) => now,
      endInput: (now) => now,
      committables: () => [],
      snapshotState: () => 0,
      notifyCheckpointComplete: () => false,
    };
  }

  return { sim, at, start, snapshots, written, origin };
}

const UNBOUNDED = { waitsForFinalCheckpoint: true, onEndOfData: () => {}, onFinished: () => {} };

/** A split that has what was created up to now. */
class EvenFeed implements SourceFeed {
  readonly splits = 1;
  readonly closedForm = true;
  readonly readsOrigins = true;
  readonly jumps = false;
  readonly position: Float64Array;
  readonly #origin: ConstantOrigin;
  readonly #partition: number;

  constructor(origin: ConstantOrigin, partition: number, offset: number) {
    this.#origin = origin;
    this.#partition = partition;
    this.position = Float64Array.of(offset);
  }

  readonly checkpointed = { committedOffset: [-1], commitsSucceeded: 0 };

  topicPartition(): number {
    return this.#partition;
  }

  consumerGroupLag(): null {
    return null;
  }

  shift(): number {
    return 0;
  }

  originPartition(): number {
    return this.#partition;
  }

  availableCount(_split: number, time: number): number {
    return this.#origin.countAt(this.#partition, time);
  }

  availableAt(_split: number, offset: number): number {
    return this.#origin.createdAt(this.#partition, offset);
  }

  take(now: number, into: Chunk): boolean {
    const from = this.position[0]!;
    const to = Math.min(from + 500, this.availableCount(0, now));
    if (to <= from) return false;
    Object.assign(into, { split: 0, originPartition: this.#partition, route: ALL_ROUTES, from, to });
    this.position[0] = to;
    return true;
  }

  nextAt(): number {
    return this.availableAt(0, this.position[0]!);
  }

  seek(): void {}

  pendingRecords(): number {
    return 0;
  }

  dispose(): void {}

  snapshotState(): void {}

  notifyCheckpointComplete(): void {}
}

const MODES: readonly (readonly [string, AlignmentSettings])[] = [
  ["aligned", { mode: "exactly-once", unaligned: false, alignedTimeout: 0, urgentMails: true }],
  ["unaligned", { mode: "exactly-once", unaligned: true, alignedTimeout: 0, urgentMails: true }],
  [
    "aligned with a time-out",
    { mode: "exactly-once", unaligned: true, alignedTimeout: 20 * MILLISECOND, urgentMails: true },
  ],
];

describe("tasks that are killed and started again from a snapshot", () => {
  test.each(MODES)(
    "%s: what was served up to the snapshot and by the new attempt is each record once",
    (_name, alignment) => {
      const { sim, at, start, snapshots, written } = world(alignment);
      const first = start({ offsets: [0, 0], inFlight: new Map() });
      at(2000 * MILLISECOND, () => first.trigger(1, sim.now));
      sim.run(4000 * MILLISECOND);
      expect(snapshots.size).toBe(SOURCES + OPERATORS);
      first.kill();
      const killedAt = written.length;
      sim.run(4500 * MILLISECOND);
      // Nothing of the first attempt happens any more.
      expect(written.length).toBe(killedAt);

      const served = [0, 1].map((operator) => snapshots.get(SOURCES + operator)!.keyedRecords);
      const inFlight = new Map<string, [number, number, number, number][]>();
      for (const side of ["input", "output"] as const) {
        for (const [task, snapshot] of snapshots) {
          for (const state of snapshot.channelState) {
            if (state.side !== side) continue;
            // Each source has a channel to each operator, in order.
            const key = side === "input" ? `${state.channel} ${task - SOURCES}` : `${task} ${state.channel}`;
            inFlight.set(key, [
              ...(inFlight.get(key) ?? []),
              ...(state.spans as [number, number, number, number][]),
            ]);
          }
        }
      }
      expect(inFlight.size > 0).toBe(alignment.unaligned);
      const offsets = [0, 1].map((subtask) => snapshots.get(subtask)!.operator.splits[0]!.offset);
      const beforeRestart = written.splice(0);
      const second = start({ offsets, inFlight });
      sim.run(6000 * MILLISECOND);
      second.kill();

      // Of the first attempt, each operator's records up to its snapshot are kept.
      const ledgers = new Map<string, IntervalLedger>();
      const note = (operator: number, partition: number, from: number, to: number): void => {
        const key = `${operator} ${partition}`;
        const ledger = ledgers.get(key) ?? new IntervalLedger();
        ledger.add(from, to);
        ledgers.set(key, ledger);
      };
      const left = [...served];
      for (const [operator, partition, from, to] of beforeRestart) {
        const kept = Math.min(to - from, left[operator]!);
        left[operator]! -= kept;
        note(operator, partition, from, from + kept);
      }
      expect(left).toEqual([0, 0]);
      for (const [operator, partition, from, to] of written) note(operator, partition, from, to);
      expect(ledgers.size).toBe(SOURCES * OPERATORS);
      for (const ledger of ledgers.values()) {
        expect([ledger.repeats, ledger.intervals().length, ledger.intervals()[0]![0]]).toEqual([0, 1, 0]);
        expect(ledger.seen).toBeGreaterThan(8000);
      }
    },
  );

  test("a kill in the middle of everything leaves no event behind, at any instant", () => {
    for (const [, alignment] of MODES) {
      for (const instant of [1, 7.3, 100, 1000.7, 2000.1, 2001.05, 2010, 2021]) {
        const { sim, at, start, written } = world(alignment);
        const attempt = start({ offsets: [0, 0], inFlight: new Map() });
        at(2000 * MILLISECOND, () => attempt.trigger(1, sim.now));
        sim.run(instant * MILLISECOND);
        attempt.kill();
        const before = written.length;
        const executed = sim.executed;
        sim.run(60_000 * MILLISECOND);
        expect(written.length).toBe(before);
        // Messages that were under way, and the trigger.
        expect(sim.executed - executed).toBeLessThan(60);
      }
    }
  });
});
