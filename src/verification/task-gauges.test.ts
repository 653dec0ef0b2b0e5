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
  test("a sink's writer has sent what its task has processed, and its committer has committed all but the checkpoint under way", () => {
    const { tasks, checkpoints, deliveryGuarantees } = runPipeline(
      scenario("jobs.job.config.execution.checkpointing.interval=1 s"),
      { seed: "1", duration: 10.5 * SECOND },
    );
    expect(Object.values(deliveryGuarantees)).toEqual(["exactly-once"]);
    const [source, operator] = tasks;
    expect(source!.subtasks.map((subtask) => subtask!.sinks)).toEqual(source!.subtasks.map(() => undefined));
    const { completed } = checkpoints[0]!;
    expect(completed).toBeGreaterThan(8);
    for (const subtask of operator!.subtasks) {
      const [sink, ...others] = subtask!.sinks!;
      expect(others).toEqual([]);
      expect(sink).toEqual({
        topic: "out",
        numRecordsSend: subtask!.numRecordsIn,
        totalCommittables: sink!.successfulCommittables + sink!.pendingCommittables,
        successfulCommittables: sink!.successfulCommittables,
        alreadyCommittedCommittables: 0,
        failedCommittables: 0,
        retriedCommittables: 0,
        pendingCommittables: sink!.pendingCommittables,
      });
      // One for each checkpoint that had completed by the end of the load.
      expect(sink!.successfulCommittables).toBeGreaterThan(8);
      expect(sink!.successfulCommittables).toBeLessThanOrEqual(completed);
      expect(sink!.pendingCommittables).toBeLessThanOrEqual(1);
    }
  });

  test("records in and out, and the bytes of finished segments", () => {
    const [source, operator] = vertices(10.5);
    type Counter = "numRecordsIn" | "numRecordsOut" | "numBytesIn" | "numBytesOut" | "numBuffersOut";
    const sum = (vertex: VertexResult, name: Counter): number =>
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

describe("meters", () => {
  const RATES = [
    "numRecordsInPerSecond",
    "numRecordsOutPerSecond",
    "numBytesInPerSecond",
    "numBytesOutPerSecond",
    "numBuffersOutPerSecond",
  ] as const;

  function rates(seconds: number): readonly (readonly number[])[] {
    const load = ["producers.load.rate=1000/s", "execution.buffer-timeout.interval=10 ms"];
    return vertices(seconds, ...UNDISTURBED, ...ONE_SUBTASK, ...load).map(({ subtasks }) =>
      RATES.map((name) => subtasks[0]![name]),
    );
  }

  test("show the last 60 s, as they were at the last of the updates, which come every 5 s", () => {
    const [source, operator] = rates(74.9);
    const segments = RECORD_BYTES * 1000 * 60;
    expectWithin(source!, [1000, 1000, 0, segments / 60, segments / 60 / 32_768], 0.01);
    expectWithin(operator!, [1000, 0, RECORD_BYTES * 1000, 0, 0], 0.01);
  });

  test("of a task that is younger they show what it has done over 60 s all the same", () => {
    expect(rates(4.9)).toEqual([
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ]);
    const [source] = rates(29.9);
    expectWithin(source!.slice(0, 2), [(25 * 1000) / 60, (25 * 1000) / 60], 0.001);
  });

  function expectWithin(actual: readonly number[], expected: readonly number[], relative: number): void {
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!), `${actual}`).toBeLessThanOrEqual(relative * expected[i]!);
    });
  }
});

describe("queues and pools", () => {
  test("in front of a slow operator the buffers between it and its source are all in use", () => {
    const [source, operator] = vertices(
      70,
      ...UNDISTURBED,
      "producers.load.rate=4000/s",
      "jobs.job.operators.process.service-time=2 ms",
    );
    const upstream = source!.subtasks[0]!;
    expect(upstream.isBackPressured).toBe(true);
    expect(upstream.softBackPressuredTimeMsPerSecond).toBeGreaterThan(900);
    expect(upstream.hardBackPressuredTimeMsPerSecond).toBe(0);
    // Ten buffers in the subpartition that is full; of 2 s + 8 segments for two.
    expect(upstream.outputQueueLength).toBeGreaterThanOrEqual(10);
    expect(upstream.outPoolUsage).toBeGreaterThanOrEqual(10 / 12);
    expect(upstream.outPoolUsage).toBeLessThanOrEqual(1);
    const downstream = operator!.subtasks[0]!;
    expect(downstream.isBackPressured).toBe(false);
    // One remote channel: two buffers of its own, and eight floating ones, which are filled first; one may be in service.
    const { inputQueueLength, inPoolUsage } = downstream;
    expect(inputQueueLength).toBeGreaterThan(5);
    expect([inputQueueLength / 10, (inputQueueLength + 1) / 10]).toContain(inPoolUsage);
    expect(8 * downstream.inputFloatingBuffersUsage + 2 * downstream.inputExclusiveBuffersUsage).toBe(
      10 * inPoolUsage,
    );
  });

  test("where nothing waits, none", () => {
    const [source, operator] = vertices(30, ...UNDISTURBED, "producers.load.rate=1/h");
    for (const { subtasks } of [source!, operator!]) {
      const { inPoolUsage, outPoolUsage, inputQueueLength, outputQueueLength, mailboxQueueSize } =
        subtasks[0]!;
      expect([inputQueueLength, outputQueueLength, mailboxQueueSize]).toEqual([0, 0, 0]);
      expect([inPoolUsage, outPoolUsage].every((usage) => usage <= 1 / 12)).toBe(true);
    }
  });

  test("a task tells the start delay and the alignment of its latest checkpoint, as its statistics do", () => {
    const pipeline = scenario("environment.taskmanager.network-latency=7 ms");
    const { tasks, checkpoints } = runPipeline(pipeline, { seed: "1", duration: 10.9 * SECOND });
    const { statistics } = checkpoints[0]!;
    // Statistics go on until everything is drained.
    const latest = statistics.details.find((one) => one.latest_ack_timestamp < 10_900)!;
    const ofVertices = Object.values(statistics.subtasks[latest.id]!);
    tasks.forEach(({ subtasks }, vertex) => {
      subtasks.forEach((subtask, index) => {
        const told = ofVertices[vertex]!.subtasks[index]!;
        if (told.className === "pending") throw new Error("it has completed");
        expect(subtask!.checkpointStartDelayNanos).toBe(told.start_delay * 1e6);
        expect(Math.floor(subtask!.checkpointAlignmentTime / 1e6)).toBe(told.alignment.duration);
      });
    });
    expect(tasks[1]!.subtasks[0]!.checkpointAlignmentTime).toBeGreaterThan(1e6);
  });

  test("with debloating a task tells the size of buffers, and for how long they last: the target under load", () => {
    const [, operator] = vertices(
      60,
      ...UNDISTURBED,
      "producers.load.rate=4000/s",
      "jobs.job.operators.process.service-time=1 ms",
      "taskmanager.network.memory.buffer-debloat.enabled=true",
      "taskmanager.network.memory.buffer-debloat.target=500 ms",
    );
    const { debloatedBufferSize, estimatedTimeToConsumeBuffersMs } = operator!.subtasks[0]!;
    expect(debloatedBufferSize).toBeGreaterThan(256);
    expect(debloatedBufferSize).toBeLessThan(32_768);
    expect(Math.abs(estimatedTimeToConsumeBuffersMs! - 500)).toBeLessThan(100);
  });
});

test("initializationTime: nothing for what runs from the beginning, then the way of a restored attempt's state", () => {
  const run = (...faults: readonly string[]) =>
    runPipeline(
      scenario(
        // No transaction to commit or to abort before the sinks open.
        "jobs.job.sinks.0.sink.delivery-guarantee=none",
        "jobs.job.operators.process.state=10 kb/key",
        "execution.checkpointing.dir=s3://checkpoints",
        "environment.storage.latency=50 ms",
        "environment.storage.latency-p99=50 ms",
        "environment.storage.bandwidth=10 mb/s",
        "environment.storage.shared-bandwidth=10 mb/s",
        "flink.config.web.checkpoints.history=100",
        ...faults,
      ),
      { seed: "1", duration: 15 * SECOND },
    );
  const times = ({ tasks }: ReturnType<typeof run>) =>
    tasks.map(({ subtasks }) => subtasks.map((subtask) => subtask!.initializationTime));
  expect(times(run())).toEqual([
    [0, 0],
    [0, 0],
  ]);
  const failed = run("faults.bad=fail job at 8300 ms");
  const [sources, operators] = times(failed);
  expect(sources).toEqual([0, 0]);
  const { checkpoints, subtasks } = failed.checkpoints[0]!.statistics;
  const [, restored] = Object.values(subtasks[checkpoints.latest.restored!.id]!);
  restored!.subtasks.forEach((subtask, i) => {
    if (subtask.className === "pending") throw new Error("it has completed");
    const download = (subtask.state_size / (10 * 1024 * 1024)) * 1000;
    expect(download).toBeGreaterThan(1000);
    expect(operators![i]! - download).toBeGreaterThanOrEqual(50);
    expect(operators![i]! - download).toBeLessThan(150);
  });
});
