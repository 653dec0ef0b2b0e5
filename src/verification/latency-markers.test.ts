import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { measurePipeline, type RunOptions, runPipeline } from "../experiment/index.ts";
import { assemble, parsePipeline } from "../pipeline/index.ts";
import { SECOND, scenario } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

const MILLISECOND = 1e6;
const MARKED = "metrics.latency.interval=100 ms";

interface Report {
  readonly operator: string;
  readonly subtask: number;
  readonly markedTime: number;
  readonly at: number;
}

/** What is reported of markers in `seconds`. */
function reports(seconds: number, ...assignments: readonly string[]): readonly Report[] {
  const found: Report[] = [];
  const world = assemble(
    scenario(MARKED, ...assignments),
    { seed: "1", loadEnd: seconds * SECOND, spans: "curves", polls: "lazy" },
    () => ({
      ...SILENT,
      latencyReported: (_job, operator, subtask, markedTime, at) =>
        found.push({ operator, subtask, markedTime, at }),
    }),
  );
  world.run(seconds * SECOND);
  return found;
}

const ofSink = (all: readonly Report[]) => all.filter(({ operator }) => operator === "out: Writer");

/** One subtask behind another one in the same process, which gets every record at once. */
const STRAIGHT = [
  "jobs.job.config.parallelism.default=1",
  "kafka.topics.in.partitions=1",
  "execution.buffer-timeout.interval=0 ms",
  "execution.checkpointing.interval=1 h",
  "environment.timer.oversleep=0 ms",
];

describe("latency markers", () => {
  test("without an interval there are none, and their histograms are off", () => {
    const { latencyMarkers, readers } = runPipeline(scenario(), { seed: "1", duration: 5 * SECOND });
    expect(latencyMarkers).toEqual([{ job: "job", histograms: "off" }]);
    expect(readers.map(({ latencyByMarker }) => latencyByMarker)).toEqual(["off", "off"]);
  });

  test("change no count; where one lies in a run of records, that is handed on in two parts", () => {
    const of = (...more: readonly string[]) =>
      runPipeline(scenario(...more), { seed: "1", duration: 20 * SECOND });
    const [plain, marked] = [of(), of(MARKED)];
    // A run in two parts is two lines of the producer's connection, whose last answer comes less than a request's 0.1 ms apart.
    const [expected, checkpoints] = [plain.checkpoints[0]!, marked.checkpoints[0]!];
    expect(checkpoints.completed).toBe(expected.completed);
    for (const figure of ["minMs", "meanMs", "p50Ms", "maxMs"] as const)
      expect(Math.abs(checkpoints.durationMs[figure]! - expected.durationMs[figure]!)).toBeLessThan(0.1);
    marked.readers.forEach(({ latency, recordsVisible }, i) => {
      const before = plain.readers[i]!;
      expect(recordsVisible).toBe(before.recordsVisible);
      expect(latency.count).toBe(before.latency.count);
      for (const figure of ["meanMs", "p50Ms", "p90Ms", "p99Ms"] as const)
        expect(Math.abs(latency[figure]! / before.latency[figure]! - 1)).toBeLessThan(0.001);
    });
  });

  test("each source subtask emits one at once and then one an interval", () => {
    const times = ofSink(reports(2, ...STRAIGHT)).map(({ markedTime }) => markedTime / MILLISECOND);
    expect(times).toEqual(Array.from({ length: 21 }, (_, i) => 100 * i));
    // Two sources; the last ones are on their way.
    expect(ofSink(reports(2)).length).toBeGreaterThanOrEqual(2 * 18);
    expect(ofSink(reports(2)).length).toBeLessThanOrEqual(2 * 20);
  });

  test("wait for no service of their own, but for that of the records before them", () => {
    const idle = ofSink(reports(2, ...STRAIGHT, "producers.load.rate=1/h"));
    expect(idle.map(({ at, markedTime }) => at - markedTime)).toEqual(idle.map(() => 0));
    // A record each 10 ms takes 5 ms: a marker comes while none is served, or waits for the rest of one.
    const busy = ofSink(
      reports(20, ...STRAIGHT, "producers.load.rate=100/s", "jobs.job.operators.process.service-time=5 ms"),
    ).map(({ at, markedTime }) => at - markedTime);
    expect(Math.min(...busy)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...busy)).toBeLessThanOrEqual(5 * MILLISECOND);
  });

  test("queue behind records that wait for a slow operator", () => {
    const load = ["producers.load.rate=1000/s", "jobs.job.operators.process.service-time=2 ms"];
    const waits = ofSink(reports(10, ...STRAIGHT.filter((one) => !one.includes("timeout")), ...load)).map(
      ({ at, markedTime }) => (at - markedTime) / MILLISECOND,
    );
    // Without a bound but the buffers between the two: 280 records of 117 bytes a segment, 2 ms each.
    expect(waits.at(-1)).toBeGreaterThan(2 * 2 * 280);
  });

  test("wait for the flusher where buffers aren't full, up to the buffer timeout", () => {
    const waits = ofSink(reports(60, "metrics.latency.interval=77 ms")).map(
      ({ at, markedTime }) => (at - markedTime) / MILLISECOND,
    );
    expect(waits.length).toBeGreaterThan(1000);
    expect(Math.max(...waits)).toBeLessThan(101);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(Math.abs(mean - 50)).toBeLessThan(2);
  });

  test("go through one channel, drawn at random: half of them to each of two operators", () => {
    const sunk = ofSink(reports(60));
    const first = sunk.filter(({ subtask }) => subtask === 0).length;
    // Binomial of n = 1200, p = 1/2: four standard deviations are 69.
    expect(Math.abs(first - sunk.length / 2)).toBeLessThan(70);
  });

  test("aren't emitted during a snapshot, which a mail waits for", () => {
    const times = ofSink(
      reports(
        3,
        ...STRAIGHT.filter((one) => !one.includes("checkpointing")),
        "environment.snapshot.sync=250 ms",
        "execution.checkpointing.interval=1 s",
      ),
    ).map(({ markedTime }) => markedTime / MILLISECOND);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    // One that comes due as the snapshot begins is emitted at its end, and the next one an interval after that.
    const long = gaps.filter((gap) => gap > 101);
    expect(long.length).toBeGreaterThanOrEqual(1);
    for (const gap of long) {
      expect(gap).toBeGreaterThanOrEqual(250);
      expect(gap).toBeLessThanOrEqual(350);
    }
  });

  test("don't see that a reader waits for a checkpoint: theirs and LogAppendTime's latency stay where they are", () => {
    const { result } = measurePipeline(scenario(MARKED), { seed: "1", duration: 30 * SECOND });
    const [committed] = result.readers;
    const { latency, latencyByLogAppendTime, latencyByMarker } = committed!;
    if (latencyByMarker === "off") throw new Error("there are markers");
    expect(latency.p50Ms).toBeGreaterThan(490);
    expect(latencyByLogAppendTime.p99Ms).toBeLessThan(102);
    expect(latencyByLogAppendTime.count).toBe(latency.count);
    expect(latencyByMarker.p99Ms).toBeLessThan(102);
    expect(latencyByMarker.count).toBe(540);
  });

  test.each([
    ["as it is", []],
    ["half busy", ["jobs.job.operators.process.service-time=1 ms"]],
    ["overloaded", ["jobs.job.operators.process.service-time=3 ms", "execution.checkpointing.interval=2 s"]],
  ])("take as long in both references, to the ns (%s)", (_, set) => {
    const of = (how: Partial<RunOptions>) =>
      runPipeline(scenario("metrics.latency.interval=77 ms", ...set), {
        seed: "1",
        duration: 8 * SECOND,
        ...how,
      });
    const curves = of({ spans: "curves" });
    for (const how of [{ spans: "one-record" }, { polls: "eager" }] as const) {
      const reference = of(how);
      expect(curves.latencyMarkers).toEqual(reference.latencyMarkers);
      expect(curves.readers[0]!.latencyByMarker).toEqual(reference.readers[0]!.latencyByMarker);
    }
  });

  test("each comes to one sink, through every vertex on its way, and is served nowhere", () => {
    const text = readFileSync(new URL("../../pipelines/reference.yaml", import.meta.url), "utf8");
    const { pipeline } = parsePipeline(text, "reference.yaml", [
      MARKED,
      "jobs.job.operators.map.service-time=0.3 ms",
    ]);
    const found: string[] = [];
    measurePipeline(pipeline, {
      seed: "1",
      duration: 10 * SECOND,
      observe: () => [
        {
          latencyReported: (_job, operator, _subtask, markedTime) => {
            // The rest is on its way when the load ends, or comes after it.
            if (markedTime < 10 * SECOND) found.push(operator);
          },
        },
      ],
    });
    const counts = ["map", "count", "out: Writer"].map(
      (operator) => found.filter((one) => one === operator).length,
    );
    // Four sources, 100 in 10 s each; one may come a little later than an interval after the last.
    expect(counts[0]).toBeGreaterThanOrEqual(4 * 99);
    expect(counts[0]).toBeLessThanOrEqual(4 * 100);
    expect(counts).toEqual([counts[0], counts[0], counts[0]]);
  });

  test("aren't held by windows, whose results wait for theirs to end", () => {
    const text = readFileSync(new URL("../../pipelines/windows.yaml", import.meta.url), "utf8");
    const { pipeline } = parsePipeline(text, "windows.yaml", [MARKED]);
    const [reader] = runPipeline(pipeline, { seed: "1", duration: 40 * SECOND }).readers;
    const { latencyByMarker, latencyByLogAppendTime } = reader!;
    if (latencyByMarker === "off") throw new Error("there are markers");
    expect(latencyByMarker.count).toBeGreaterThan(1000);
    expect(latencyByMarker.p99Ms).toBeLessThan(150);
    // The out-of-orderness of 2 s.
    expect(latencyByLogAppendTime.p50Ms).toBeGreaterThan(2000);
  });

  test.each(["aligned", "unaligned"])("go on after a failure, under back-pressure (%s)", (alignment) => {
    const { latencyMarkers, checks, recovery } = runPipeline(
      scenario(
        MARKED,
        `execution.checkpointing.unaligned.enabled=${alignment === "unaligned"}`,
        "producers.load.rate=3000/s",
        "jobs.job.operators.process.service-time=0.8 ms",
        "faults.crash=kill taskmanager-1 at 5300 ms",
        "faults.pause=freeze taskmanager-2 at 2 s for 500 ms",
        "environment.taskmanager.start=1 s",
      ),
      { seed: "1", duration: 20 * SECOND },
    );
    expect(checks.filter(({ violations }) => violations.length > 0)).toEqual([]);
    expect(recovery.jobs[0]!.restarts).toBe(1);
    const { histograms } = latencyMarkers[0]!;
    // Both operators and both writers, of their second attempt: a second or more behind two tasks that are too slow.
    expect(histograms).toHaveLength(4);
    if (histograms !== "off") for (const one of histograms) expect(one.max).toBeGreaterThan(1000);
  });

  test.each([
    ["single", "latency.operator_id.process.operator_subtask_index.0.latency", 4],
    ["operator", "latency.source_id.source.operator_id.process.operator_subtask_index.0.latency", 4],
    [
      "subtask",
      "latency.source_id.source.source_subtask_index.1.operator_id.process.operator_subtask_index.0.latency",
      8,
    ],
  ])("metrics.latency.granularity %s keeps a histogram as Flink names it", (granularity, name, count) => {
    const pipeline = scenario(
      MARKED,
      `flink.config.metrics.latency.granularity=${granularity}`,
      "flink.config.metrics.latency.history-size=16",
    );
    const [job] = runPipeline(pipeline, { seed: "1", duration: 10 * SECOND }).latencyMarkers;
    const histograms = job!.histograms === "off" ? [] : job!.histograms;
    expect(histograms.length).toBe(count);
    expect(histograms.map((one) => one.name)).toContain(name);
  });
});
