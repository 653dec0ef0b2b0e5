import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runPipeline, type VertexResult } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { SECOND, scenario } from "./scenario.ts";

/** No snapshot and no commit in the way. */
const UNDISTURBED = [
  "jobs.job.sinks.0.sink.delivery-guarantee=none",
  "jobs.job.config.execution.checkpointing.interval=1 h",
];
const SLOW_SNAPSHOTS = [
  "environment.snapshot.sync=100 ms",
  "jobs.job.config.execution.checkpointing.interval=1 s",
];
const ONE_SUBTASK = ["jobs.job.config.parallelism.default=1", "kafka.topics.in.partitions=1"];
/** bytes of a record in a buffer: 100 and 17 of its frame. */
const RECORD_BYTES = 117;

function vertices(seconds: number, ...assignments: readonly string[]): readonly VertexResult[] {
  return runPipeline(scenario(...assignments), { seed: "1", duration: seconds * SECOND }).tasks;
}

/** The first subtask's times of each vertex. */
function times(seconds: number, ...assignments: readonly string[]) {
  return vertices(seconds, ...assignments).map(({ subtasks }) => {
    const { busyTimeMsPerSecond, idleTimeMsPerSecond, backPressuredTimeMsPerSecond } = subtasks[0]!;
    return [busyTimeMsPerSecond, idleTimeMsPerSecond, backPressuredTimeMsPerSecond] as const;
  });
}

/** Each figure within 1 % of 1000 ms/s. */
function expectNear(actual: readonly number[], expected: readonly number[]): void {
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${actual}`).toBeLessThanOrEqual(10);
  });
}

describe("busy, idle and back-pressured time", () => {
  test("half of its capacity keeps a source and an operator busy half of the time", () => {
    const [source, operator] = times(
      70,
      ...UNDISTURBED,
      ...ONE_SUBTASK,
      "producers.load.rate=500/s",
      "environment.source.emission=1 ms",
      "jobs.job.operators.process.service-time=1 ms",
    );
    expectNear(source!, [500, 500, 0]);
    expectNear(operator!, [500, 500, 0]);
  });

  test("an operator with twice its load is always busy, and its source back-pressured but for what it emits", () => {
    const [source, operator] = times(
      140,
      ...UNDISTURBED,
      ...ONE_SUBTASK,
      "producers.load.rate=1000/s",
      "environment.source.emission=0.5 ms",
      "jobs.job.operators.process.service-time=2 ms",
    );
    expect(operator).toEqual([1000, 0, 0]);
    expectNear(source!, [250, 0, 750]);
  });

  test("an operator in front of a slow one is back-pressured but for its own work", () => {
    const text = readFileSync(new URL("../../pipelines/reference.yaml", import.meta.url), "utf8");
    const { pipeline } = parsePipeline(text, "reference.yaml", [
      "parallelism.default=1",
      "execution.checkpointing.interval=1 h",
      "jobs.job.sinks.0.sink.delivery-guarantee=none",
      "kafka.topics.in.partitions=1",
      "producers.load.rate=1000/s",
      "environment.source.emission=0.2 ms",
      "jobs.job.operators.map.service-time=0.5 ms",
      "jobs.job.operators.count.service-time=2 ms",
    ]);
    const { tasks } = runPipeline(pipeline, { seed: "1", duration: 140 * SECOND });
    const [, map, count] = tasks.map(({ subtasks }) => subtasks[0]!);
    expect(count!.busyTimeMsPerSecond).toBe(1000);
    expectNear(
      [map!.busyTimeMsPerSecond, map!.idleTimeMsPerSecond, map!.backPressuredTimeMsPerSecond],
      [250, 0, 750],
    );
  });

  test("without records a task is idle, and in a snapshot it is busy", () => {
    const idleSubtask = (...assignments: readonly string[]) =>
      vertices(70, "producers.load.keys=1", ...assignments)[1]!.subtasks.find(
        (subtask) => subtask!.numRecordsIn === 0,
      )!;
    expect(idleSubtask(...UNDISTURBED).idleTimeMsPerSecond).toBe(1000);
    const none = idleSubtask(...SLOW_SNAPSHOTS, "jobs.job.sinks.0.sink.delivery-guarantee=none");
    expect(none.busyTimeMsPerSecond).toBe(100);
  });

  test("a task that waits for Kafka in a flush or a commit is busy", () => {
    const FAR = [...SLOW_SNAPSHOTS, "environment.broker.round-trip=50 ms"];
    const [, none] = times(70, ...FAR, "jobs.job.sinks.0.sink.delivery-guarantee=none");
    const [, exactlyOnce] = times(70, ...FAR);
    // A round trip a second each: the flush, the commit, the beginning of the next transaction; handling comes to it.
    const waited = exactlyOnce![0] - none![0];
    expect(waited).toBeGreaterThanOrEqual(150);
    expect(waited).toBeLessThan(151);
  });
});

describe("counters", () => {
  test("records in and out, and the bytes of finished segments", () => {
    const [source, operator] = vertices(10.5);
    const sum = (vertex: VertexResult, name: keyof NonNullable<VertexResult["subtasks"][0]>): number =>
      vertex.subtasks.reduce((all, subtask) => all + subtask![name], 0);
    // 1013 a second in 10.5 s, the first at 0; the operator hasn't served what the flusher (100 ms) hasn't handed out.
    expect(sum(source!, "numRecordsOut")).toBe(10_637);
    expect(sum(operator!, "numRecordsIn")).toBe(10_600);
    expect(sum(operator!, "numBytesIn")).toBe(10_600 * RECORD_BYTES);
    // Ten checkpoints, each of which finishes the two segments of each of two sources; barriers are not counted.
    expect(sum(source!, "numBuffersOut")).toBe(10 * 4);
    expect(sum(source!, "numBytesOut")).toBe(2 * 4843 * RECORD_BYTES);
    expect(sum(operator!, "numBytesOut")).toBe(0);
  });

  test("full segments count once each, flushed before or not", () => {
    for (const timeout of ["100 ms", "0 ms"]) {
      const [source] = vertices(
        10,
        ...UNDISTURBED,
        ...ONE_SUBTASK,
        `jobs.job.config.execution.buffer-timeout.interval=${timeout}`,
      );
      const { numRecordsOut, numBytesOut, numBuffersOut } = source!.subtasks[0]!;
      expect(numBuffersOut).toBe(Math.floor((numRecordsOut * RECORD_BYTES) / 32_768));
      expect(numBytesOut).toBe(numBuffersOut * 32_768);
    }
  });
});
