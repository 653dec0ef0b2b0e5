import { describe, expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { broken } from "./faulted-runs.ts";
import { SECOND } from "./scenario.ts";
import { WINDOW_SUMS } from "./window-sums.ts";

function run(seconds: number, assignments: readonly string[] = [], options = {}): RunResult {
  const { pipeline } = parsePipeline(WINDOW_SUMS, "windows.yaml", assignments);
  return runPipeline(pipeline, { seed: "1", duration: seconds * SECOND, ...options });
}

describe("results of windows", () => {
  test("there is one for every key and window that the last watermark passes, and each comes once", () => {
    // The last records are of 60 s, so that the watermark ends at 58 s: windows up to 55 s.
    const result = run(60);
    expect(broken(result)).toEqual([]);
    expect(result.readers.map(({ recordsIn, recordsVisible }) => [recordsIn, recordsVisible])).toEqual([
      [11 * 50, 11 * 50],
      [11 * 50, 11 * 50],
    ]);
  });

  test("are the same record by record, and with every request an event", () => {
    const reader = (options: object) => run(20, ["producers.load.rate=211/s"], options).readers[1]!;
    const curves = reader({});
    for (const options of [{ spans: "one-record" }, { polls: "eager" }]) {
      const reference = reader(options);
      expect(reference.recordsVisible).toBe(curves.recordsVisible);
      expect(Math.abs(reference.latency.p50Ms! / curves.latency.p50Ms! - 1)).toBeLessThan(0.005);
      expect(Math.abs(reference.latency.p99Ms! / curves.latency.p99Ms! - 1)).toBeLessThan(0.005);
    }
  });
});

describe("a failure", () => {
  const guarantees = ["none", "at-least-once", "exactly-once"];

  test.each(guarantees.flatMap((guarantee) => ["window", "source"].map((vertex) => [guarantee, vertex])))(
    "under %s, of the %s: windows go on from the checkpoint, and no promise is broken",
    (guarantee, vertex) => {
      const faults = [`faults.one=fail sum/${vertex} at 27.5 s`, `faults.two=fail sum/${vertex} at 43.1 s`];
      const result = run(60, [`jobs.sum.sinks.0.sink.delivery-guarantee=${guarantee}`, ...faults]);
      expect(broken(result)).toEqual([]);
      expect(result.recovery.jobs[0]!.restarts).toBe(2);
      expect(result.readers.map(({ recordsVisible }) => recordsVisible)).toEqual([550, 550]);
      // Windows hold all records of their time, those from before the failure too.
      expect(result.windows![0]!.lateRecordsDropped).toBe(0);
      expect(result.windows![0]!.recordsFired).toBeGreaterThanOrEqual(55 * 1013);
    },
  );

  // The window that ends at 25 s is fired at about 27.2 s, between the checkpoints of 23 and 43 s.
  const behindTheWindow = [
    "jobs.sum.config.execution.checkpointing.interval=20 s",
    "faults.one=fail sum/window at 27.9 s",
    "environment.cluster.age=1 h",
  ];
  const phases = { firstTriggerAt: { sum: 23 * SECOND } };

  test("behind a window, and before the next checkpoint, fires it again: its results come twice to whoever may see that", () => {
    const repeats = (guarantee: string): readonly number[] =>
      run(50, [...behindTheWindow, `jobs.sum.sinks.0.sink.delivery-guarantee=${guarantee}`], {
        phases,
      }).readers.map(({ recordsDuplicated }) => recordsDuplicated);
    expect(repeats("at-least-once")).toEqual([50, 50]);
    expect(repeats("exactly-once")).toEqual([0, 50]);
  });

  test("of nothing: a stop with a savepoint ends the watermarks with the source, so that nothing is fired behind the savepoint", () => {
    // The window up to 20 s is due from 22 s on. The savepoint takes a while, in which the watermarks' timers would go off.
    for (const ms of [22_010, 22_060, 22_110, 22_160]) {
      const result = run(40, [
        `faults.one=restart sum from savepoint at ${ms} ms`,
        "environment.snapshot.async=400 ms",
      ]);
      expect(broken(result)).toEqual([]);
      expect(result.readers.map((one) => [one.recordsVisible, one.recordsDuplicated])).toEqual([
        [350, 0],
        [350, 0],
      ]);
    }
  });

  test("drained, a job fires all its windows before it ends", () => {
    const result = run(40, ["faults.one=stop-with-savepoint sum drain at 23 s"]);
    expect(broken(result)).toEqual([]);
    // Up to 20 s as ever, then the one from 20 s on, which lacks no key.
    expect(result.windows![0]).toMatchObject({ results: 5 * 50, lateRecordsDropped: 0 });
  });

  test("drained, and started again from that savepoint, a job fires its last window twice, each time with what it had", () => {
    const drained = "faults.one=stop-with-savepoint sum drain at 23 s";
    const result = run(40, [drained, "faults.two=restart sum from savepoint at 25 s"]);
    expect(broken(result)).toEqual([]);
    const again = { recordsVisible: 7 * 50, recordsDuplicated: 50 };
    expect(
      result.readers.map(({ recordsVisible, recordsDuplicated }) => ({ recordsVisible, recordsDuplicated })),
    ).toEqual([again, again]);
    const [output] = result.checks;
    expect(output!.permitted).toEqual([
      expect.stringMatching(
        /^reader committed saw 50 records again: .*; a drained job has fired windows before their time/,
      ),
      expect.stringMatching(/^reader uncommitted saw 50 records again: /),
    ]);
    expect(result.windows![0]).toMatchObject({ results: 8 * 50, lateRecordsDropped: 0 });
  });

  test("in an unaligned checkpoint and under AT_LEAST_ONCE keeps every record in a window too", () => {
    for (const mode of [
      "jobs.sum.config.execution.checkpointing.unaligned.enabled=true",
      "jobs.sum.config.execution.checkpointing.mode=AT_LEAST_ONCE",
    ]) {
      const load = [
        "jobs.sum.operators.0.service-time=1.8 ms",
        "jobs.sum.sinks.0.sink.delivery-guarantee=at-least-once",
      ];
      const result = run(50, [...load, mode, "faults.one=fail sum/window at 29.3 s"]);
      expect(broken(result)).toEqual([]);
      expect(result.readers.map(({ recordsVisible }) => recordsVisible)).toEqual([450, 450]);
    }
  });
});

describe("windows behind windows", () => {
  /** Sums of 1 s, of these of 5 s, by a second job of 10 s. */
  const CHAIN = `
versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka:
  topics:
    in: { partitions: 4 }
    mid: { partitions: 2 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 211/s, record: 100 B, keys: 50 }
jobs:
  first:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in, watermark: bounded-out-of-orderness 1 s }
    operators:
      - { name: seconds, keyed: true, service-time: 10 us, window: tumble 1 s, state: 100 B/key }
      - { name: sums, keyed: true, service-time: 10 us, window: tumble 5 s }
      - { name: format, service-time: 10 us }
    sinks:
      - topic: mid
        sink.partitioner: fixed
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: first
        properties.transaction.timeout.ms: 10 min
  second:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: mid, watermark: bounded-out-of-orderness 3 s, properties.isolation.level: read_committed }
    operators:
      - { name: tens, keyed: true, service-time: 10 us, window: tumble 10 s }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: second
        properties.transaction.timeout.ms: 10 min
readers:
  middle: { topic: mid, isolation.level: read_committed }
  end: { topic: out, isolation.level: read_committed }
`;
  const chained = (assignments: readonly string[] = [], options = {}): RunResult => {
    const { pipeline } = parsePipeline(CHAIN, "chain.yaml", assignments);
    return runPipeline(pipeline, { seed: "1", duration: 60 * SECOND, ...options });
  };
  // The first job's sums up to 55 s; of these the second sees the last at 54.999 s, less 3 s: its windows up to 50 s.
  const ALL = [
    [11 * 50, 0],
    [5 * 50, 0],
  ];
  const seen = ({ readers }: RunResult) =>
    readers.map((reader) => [reader.recordsVisible, reader.recordsDuplicated]);

  test("sum up, in a job and from job to job, record by record as well", () => {
    const curves = chained();
    expect([broken(curves), seen(curves)]).toEqual([[], ALL]);
    const reference = chained([], { spans: "one-record" });
    expect(seen(reference)).toEqual(ALL);
    for (const [i, { latency }] of reference.readers.entries())
      expect(Math.abs(latency.p50Ms! / curves.readers[i]!.latency.p50Ms! - 1)).toBeLessThan(0.01);
  });

  test("through failures of both jobs", () => {
    const result = chained([
      "faults.a=fail first/sums[0] at 31.4 s",
      "faults.b=fail second/tens[1] at 44.2 s",
    ]);
    expect(result.recovery.jobs.map(({ restarts }) => restarts)).toEqual([1, 1]);
    expect([broken(result), seen(result)]).toEqual([[], ALL]);
  });
});

describe("when a result comes", () => {
  /** One source subtask, one partition; every record is flushed at once, so that nothing waits but the watermark's timer. */
  const ONE = [
    "kafka.topics.in.partitions=1",
    "kafka.topics.out.partitions=1",
    "jobs.sum.config.parallelism.default=1",
    "jobs.sum.config.execution.buffer-timeout.interval=0 ms",
    "jobs.sum.sinks.0.sink.delivery-guarantee=at-least-once",
    "environment.timer.oversleep=0 ms",
    "producers.load.keys=1",
    "producers.load.rate=250/s",
  ];

  test("the out-of-orderness after its window's end, transport, and uniformly up to an interval of the watermark", () => {
    // 1,009 ms and 200 ms: every phase of the timer against the window's end comes equally often.
    const window = "jobs.sum.operators.0.window=tumble 1009 ms";
    for (const [outOfOrderness, interval] of [
      [0, 200],
      [2000, 200],
      [500, 1000],
    ] as const) {
      const { latency } = run(250, [
        ...ONE,
        window,
        `jobs.sum.source.watermark=bounded-out-of-orderness ${outOfOrderness} ms`,
        `jobs.sum.config.pipeline.auto-watermark-interval=${interval} ms`,
      ]).readers[1]!;
      const transport = latency.minMs! - outOfOrderness;
      // Up to 4 ms until the record behind the window's end, to the source, through the job, to the log, and to the reader.
      expect(transport).toBeGreaterThan(0.5);
      expect(transport).toBeLessThan(9);
      const share = (quantile: number): number => (quantile - latency.minMs!) / interval;
      const figures = [latency.p10Ms!, latency.p50Ms!, latency.p90Ms!, latency.maxMs!].map(share);
      // Records come 4 ms apart.
      for (const [i, expected] of [0.1, 0.5, 0.9, 1].entries())
        expect(Math.abs(figures[i]! - expected)).toBeLessThan(0.03);
    }
  });

  test("a source subtask without a partition holds up every window until its idle time-out, and for ever without one", () => {
    const idle = ["kafka.topics.in.partitions=1", "jobs.sum.sinks.0.sink.delivery-guarantee=at-least-once"];
    const forEver = run(60, idle);
    expect(forEver.windows![0]!.fired).toBe(0);
    expect(forEver.readers[1]!.recordsVisible).toBe(0);
    const timeout = ["jobs.sum.source.scan.watermark.idle-timeout=12 s", "environment.timer.oversleep=0 ms"];
    const timed = run(60, [...idle, ...timeout], {
      window: { from: 0, until: 60 * SECOND },
    });
    expect(timed.readers[1]!.recordsVisible).toBe(550);
    // Looks come every 200 ms; the first that finds nothing starts the time-out, and must be exceeded by another: 12.2 to
    // 12.4 s, then a flush and transport. The window that ends at 5 s waits until then, the ones from 10 s on don't.
    const { maxMs, p50Ms } = timed.readers[1]!.latency;
    expect(maxMs! + 4999).toBeGreaterThan(12_200);
    expect(maxMs! + 4999).toBeLessThan(12_700);
    expect(p50Ms!).toBeLessThan(2500);
  });

  test("a partition that is out of reach holds up every window; with a shorter idle time-out its records are dropped", () => {
    // The source is cut off from one of two brokers from 22 s on, for ten seconds and TCP's back-off; nothing else is in its way.
    const cut = (idleTimeout: string): RunResult =>
      run(60, [
        "kafka.brokers=2",
        "kafka.topics.out.partitions=1",
        "faults.cut=cut taskmanagers <-> broker-1 at 22 s for 10 s",
        "jobs.sum.config.execution.checkpointing.interval=50 s",
        "jobs.sum.sinks.0.sink.delivery-guarantee=at-least-once",
        `jobs.sum.source.scan.watermark.idle-timeout=${idleTimeout}`,
      ]);
    const patient = cut("30 s");
    expect([broken(patient), patient.windows![0]!.lateRecordsDropped]).toEqual([[], 0]);
    expect(patient.windows![0]!.recordsFired).toBe(55 * 1013);
    const hasty = cut("3 s");
    expect(broken(hasty)).toEqual([]);
    // Half of the records from 22 s to 25 s, and of the next window, which was fired while the cut went on, all of its half.
    const late = hasty.windows![0]!.lateRecordsDropped;
    expect(late).toBeGreaterThan((3 * 1013) / 2 - 100);
    expect(late + hasty.windows![0]!.recordsFired).toBe(55 * 1013);
    // Keys in turn: those of the two partitions have no records in the others, and so no result of the next window.
    const { recordsVisible, recordsLost } = hasty.readers[1]!;
    expect(recordsVisible + recordsLost).toBe(550);
    expect(recordsLost).toBeGreaterThan(0);
    expect(recordsLost).toBeLessThanOrEqual(25);
    expect(hasty.checks[0]!.permitted.join()).toMatch(
      /lost: windows of window-\d+ .* fired before the records of a key came/,
    );
  });

  test("results take overdraft buffers, and only then does their task wait, in the middle of its timer", () => {
    const slow = "      - { name: slow, partitioner: rebalance, service-time: 40 ms }";
    const text = WINDOW_SUMS.replace("    sinks:", `${slow}\n    sinks:`);
    const load = ["producers.load.rate=100/s", "producers.load.record=20 kB"];
    const hard = (keys: number): number => {
      const { pipeline } = parsePipeline(text, "windows.yaml", [...load, `producers.load.keys=${keys}`]);
      const result = runPipeline(pipeline, { seed: "1", duration: 30 * SECOND });
      expect(broken(result)).toEqual([]);
      const windows = result.tasks[1]!.subtasks;
      return Math.max(...windows.map((task) => task!.hardBackPressuredTimeMsPerSecond));
    };
    // Two channels have 12 buffers of 32 KiB and 20 of overdraft, at the rate of 1.6 results each: 52 of a subtask.
    expect(hard(80)).toBe(0);
    expect(hard(160)).toBeGreaterThan(50);
  });

  test("firing keeps the thread from its mails and barriers: a checkpoint waits until all results are out", () => {
    const longest = (resultTime: string): number => {
      const phases = { firstTriggerAt: { sum: 1.3 * SECOND } };
      const results = [`jobs.sum.operators.0.result-time=${resultTime}`, "environment.cluster.age=1 h"];
      return run(60, [...ONE, ...results, "producers.load.keys=100"], { phases }).checkpoints[0]!.durationMs
        .maxMs!;
    };
    // Fired 2.0 to 2.2 s behind the windows' ends; a trigger comes 2.3 s behind them, and 100 results of 10 ms take 1 s.
    expect(longest("10 us")).toBeLessThan(60);
    const waited = longest("10 ms");
    expect(waited).toBeGreaterThan(700);
    expect(waited).toBeLessThan(900 + 60);
  });
});

test("events grow with watermarks and buffers, not with records", () => {
  const events = (rate: string, record: string): number =>
    run(30, [`producers.load.rate=${rate}`, `producers.load.record=${record}`]).eventsPerSimulatedSecond;
  // About as many bytes with what Flink adds to each.
  expect(events("10130/s", "1 B") / events("1013/s", "100 B")).toBeLessThan(1.15);
});
