import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CheckpointMetrics, TaskStateSnapshot } from "../flink/index.ts";
import { assemble, parsePipeline } from "../pipeline/index.ts";
import { SECOND } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

/** pipelines/reference.yaml with a last operator that serves 1,667 records/s a subtask where 2,500 come: both hops fill up. */
const TEXT = readFileSync(new URL("../../pipelines/reference.yaml", import.meta.url), "utf8");
const SLOW = "jobs.job.operators.count.service-time=600 us";
/** Without a transaction to begin, which holds the thread and with it the last barriers. */
const PLAIN_SINK = "sink.delivery-guarantee=at-least-once";
const SERVED = 1e9 / 600e3;
const RECORD = 117;

const ALO = ["execution.checkpointing.mode=AT_LEAST_ONCE"];
const UNALIGNED = ["execution.checkpointing.unaligned.enabled=true"];
const TIMEOUT = [...UNALIGNED, "execution.checkpointing.aligned-checkpoint-timeout=200 ms"];

interface Acknowledgement {
  readonly subtask: number;
  readonly metrics: CheckpointMetrics;
  readonly snapshot: TaskStateSnapshot;
}

interface Checkpoint {
  readonly acknowledgements: readonly Acknowledgement[];
  /** Offsets in the sources' snapshots. */
  readonly emitted: number;
}

function checkpoints(seconds: number, assignments: readonly string[]): Checkpoint[] {
  const { pipeline } = parsePipeline(TEXT, "reference.yaml", [SLOW, PLAIN_SINK, ...assignments]);
  const acknowledged = new Map<number, Acknowledgement[]>();
  const offsets = new Map<number, number>();
  const completed: Checkpoint[] = [];
  const world = assemble(
    pipeline,
    { seed: "1", loadEnd: seconds * SECOND, spans: "curves", polls: "lazy" },
    () => ({
      ...SILENT,
      offsetInSnapshot: (_job, checkpoint, _partition, offset) => {
        offsets.set(checkpoint, (offsets.get(checkpoint) ?? 0) + offset);
      },
      checkpointAcknowledged: (_job, subtask, checkpoint, metrics, snapshot) => {
        const entry = acknowledged.get(checkpoint) ?? [];
        entry.push({ subtask, metrics, snapshot });
        acknowledged.set(checkpoint, entry);
      },
      checkpointCompleted: (_job, checkpoint) => {
        const acknowledgements = acknowledged.get(checkpoint)!;
        completed.push({ acknowledgements, emitted: offsets.get(checkpoint)! });
      },
    }),
  );
  world.run(seconds * SECOND);
  return completed;
}

/** Subtasks 0 to 3 are sources, 4 to 7 the operator in the middle, 8 to 11 the last one. */
function vertexOf({ subtask }: Acknowledgement): number {
  return Math.floor(subtask / 4);
}

/** ms from the trigger until some subtask's last barrier. */
function latestBarrier({ acknowledgements }: Checkpoint): number {
  return Math.max(...acknowledgements.map(({ metrics }) => metrics.startDelay + metrics.alignment)) / 1e6;
}

function sum(checkpoint: Checkpoint, vertex: number, of: (one: Acknowledgement) => number): number {
  return checkpoint.acknowledgements
    .filter((one) => vertexOf(one) === vertex)
    .reduce((all, one) => all + of(one), 0);
}

function inFlight(checkpoint: Checkpoint, vertex: number, side: "input" | "output"): number {
  return sum(checkpoint, vertex, ({ snapshot }) =>
    snapshot.channelState
      .filter((state) => state.side === side)
      .flatMap((state) => state.spans)
      .reduce((records, [, , from, to]) => records + to - from, 0),
  );
}

describe("RecordConservation at the cut: what a vertex has emitted, the next has served or it is in flight in the snapshot", () => {
  test.each([
    ["aligned", []],
    ["unaligned", UNALIGNED],
    ["aligned with a time-out", TIMEOUT],
    ["unaligned, both operators busy", [...UNALIGNED, "jobs.job.operators.map.service-time=390 us"]],
    [
      "aligned with a time-out, both operators busy",
      [...TIMEOUT, "jobs.job.operators.map.service-time=390 us"],
    ],
    ["unaligned, one TaskManager", [...UNALIGNED, "flink.taskmanagers=1", "taskmanager.numberOfTaskSlots=4"]],
  ])("%s", (_name, assignments) => {
    const seen = checkpoints(15, assignments);
    expect(seen.length).toBeGreaterThanOrEqual(5);
    let captured = 0;
    for (const checkpoint of seen) {
      const middle = sum(checkpoint, 1, ({ snapshot }) => snapshot.keyedRecords);
      const last = sum(checkpoint, 2, ({ snapshot }) => snapshot.keyedRecords);
      const first = inFlight(checkpoint, 0, "output") + inFlight(checkpoint, 1, "input");
      const second = inFlight(checkpoint, 1, "output") + inFlight(checkpoint, 2, "input");
      expect([middle + first, last + second]).toEqual([checkpoint.emitted, middle]);
      captured += first + second;
      const persisted = [0, 1, 2].map((vertex) =>
        sum(checkpoint, vertex, (one) => one.metrics.persistedBytes),
      );
      expect(persisted.reduce((a, b) => a + b, 0)).toBe((first + second) * RECORD);
    }
    expect(captured > 0).toBe(assignments.length > 0);
  });
});

describe("under back-pressure", () => {
  test("an aligned barrier travels behind the records: L25, in-flight bytes over the drain rate", () => {
    // Both hops: 4 channels with 2 exclusive and a gate with 8 floating buffers on either side, a segment 32 KiB.
    const hop = (2 * 32_768 * (4 * 2 + 8)) / (SERVED * RECORD);
    const seen = checkpoints(45, []);
    const steady = seen.at(-1)!;
    for (const { subtask, metrics } of steady.acknowledgements) {
      const hops = Math.floor(subtask / 4);
      const travelled = (metrics.startDelay + metrics.alignment) / SECOND;
      expect(travelled).toBeLessThan(hops * hop + 0.01);
      // The buffers are full: barriers aren't much faster than that.
      expect(travelled).toBeGreaterThan(0.6 * hops * hop);
      expect(metrics.persistedBytes).toBe(0);
    }
  });

  test("an unaligned barrier takes what it takes without load, and what was in flight is persisted", () => {
    const seen = checkpoints(30, UNALIGNED);
    expect(seen.length).toBeGreaterThan(25);
    for (const checkpoint of seen) expect(latestBarrier(checkpoint)).toBeLessThan(6);
    for (const one of seen.at(-1)!.acknowledgements) {
      if (vertexOf(one) > 0) expect(one.metrics.persistedBytes).toBeGreaterThan(4 * 32_768);
    }
  });

  test("with a time-out the last barrier is there by then, having overtaken", () => {
    const seen = checkpoints(20, TIMEOUT).slice(2);
    expect(seen.length).toBeGreaterThan(12);
    for (const checkpoint of seen) {
      expect(latestBarrier(checkpoint)).toBeGreaterThan(199);
      expect(latestBarrier(checkpoint)).toBeLessThan(206);
      const persisted = checkpoint.acknowledgements.reduce((all, one) => all + one.metrics.persistedBytes, 0);
      expect(persisted).toBeGreaterThan(0);
    }
  });

  test("debloated buffers hold a second of records each hop: V27, barriers are there after hops x 1.0 to 1.2 s", () => {
    const seen = checkpoints(40, ["taskmanager.network.memory.buffer-debloat.enabled=true"]);
    // Smoothed over 20 periods of 200 ms, sizes grow from the first ones; a change of less than 25 % isn't announced.
    const barriers = seen.map((checkpoint) => latestBarrier(checkpoint) / 1000);
    expect(barriers.length).toBeGreaterThan(15);
    for (const seconds of barriers) expect(seconds).toBeLessThan(2 * 1.2);
    for (const seconds of barriers.slice(8)) expect(seconds).toBeGreaterThan(2);
    // Half the target, half the time.
    const half = checkpoints(40, [
      "taskmanager.network.memory.buffer-debloat.enabled=true",
      "taskmanager.network.memory.buffer-debloat.target=500 ms",
    ]).slice(3);
    for (const checkpoint of half) expect(latestBarrier(checkpoint)).toBeLessThan(2 * 1.25 * 500);
  });

  test("without back-pressure the time-out is never reached, and nothing is persisted", () => {
    const seen = checkpoints(10, [...TIMEOUT, "jobs.job.operators.count.service-time=50 us"]);
    expect(seen.length).toBeGreaterThan(7);
    for (const checkpoint of seen) {
      expect(latestBarrier(checkpoint)).toBeLessThan(60);
      for (const { metrics } of checkpoint.acknowledgements) expect(metrics.persistedBytes).toBe(0);
    }
  });

  test("at-least-once blocks no channel: records behind a barrier are served before the snapshot, and are in it", () => {
    const seen = checkpoints(20, ALO);
    const overserved = seen.map((checkpoint) => {
      const last = sum(checkpoint, 2, ({ snapshot }) => snapshot.keyedRecords);
      return last - checkpoint.emitted;
    });
    // Each checkpoint's state holds records that its sources would send again.
    for (const more of overserved.slice(2)) expect(more).toBeGreaterThan(0);
    for (const checkpoint of checkpoints(20, []).slice(2)) {
      expect(sum(checkpoint, 2, ({ snapshot }) => snapshot.keyedRecords)).toBe(checkpoint.emitted);
    }
  });
});
