import { runPipeline } from "../../experiment/index.ts";
import { batchMeans, meanWithConfidence } from "../../stats/index.ts";
import { SECOND, scenario } from "../scenario.ts";
import { observeDeliveries } from "./delivery-times.ts";
import { CONFIDENCE, estimatedRow, exactRow, type Law, type LawRow, observations } from "./law.ts";

const UNCOMMITTED = 1;
/** The rest of a record's way is constant here: creation to emission, the network, one service, the produce request, the
 *  reader's fetch, ms. */
const CONSTANT_PART = 0.1 + 0.1 + 0.1 + 0.02 + 0.001 + 0.1 + 0.001 + 0.1 + 0.1 + 0.1 + 0.02;

const ALO = "sink.delivery-guarantee=at-least-once";
const LONG = "execution.checkpointing.interval=1 h";
/** A segment that fills up is handed out at once, which the law leaves out. */
const NEVER_FULL = "taskmanager.memory.segment-size=16 mb";

function appendLatency(seed: string, seconds: number, assignments: readonly string[]) {
  return runPipeline(scenario(ALO, ...assignments), { seed, duration: seconds * SECOND }).readers[1]!.latency;
}

/** The flusher sleeps the timeout and then up to 0.5 ms longer. */
function bufferTimeout(effort: number, timeout: number): LawRow[] {
  const period = timeout + 0.25;
  const seconds = observations(400, effort, 30) * (timeout / 1000);
  const seeds = Array.from({ length: 6 }, (_, i) => `${i + 1}`);
  const runs = seeds.map((seed) =>
    appendLatency(seed, seconds, [LONG, NEVER_FULL, `execution.buffer-timeout.interval=${timeout} ms`]),
  );
  const row = (what: string, expected: number, values: readonly number[]): LawRow =>
    estimatedRow(
      effort,
      {
        setup: `buffer timeout ${timeout} ms: ${what}`,
        expected,
        unit: "ms",
        n: runs.length,
        seed: `1 to ${runs.length}`,
      },
      meanWithConfidence(values, CONFIDENCE),
      0.01,
    );
  return [
    row(
      "mean",
      period / 2 + CONSTANT_PART,
      runs.map((run) => run.meanMs!),
    ),
    row(
      "p99",
      0.99 * period + CONSTANT_PART,
      runs.map((run) => run.p99Ms!),
    ),
  ];
}

/** Every record is flushed by itself: only the constant part is left. */
function noTimeout(): LawRow[] {
  const { meanMs, maxMs } = appendLatency("1", 20, [LONG, "execution.buffer-timeout.interval=0 ms"]);
  const row = { expected: CONSTANT_PART, unit: "ms", seed: "1" };
  return [
    exactRow({ ...row, setup: "buffer timeout 0: mean", simulated: meanMs!, tolerance: 0.1 }),
    exactRow({ ...row, setup: "buffer timeout 0: max", relation: "<=", simulated: maxMs!, tolerance: 4 }),
  ];
}

/** 32 KiB over 117 serialised bytes, at 253.25 records/s a channel: 280 records fill a segment in 1.11 s. (The mean would
 *  be moved by the last segments, which stay open until a barrier comes.) */
function noFlusher(): LawRow {
  const fill = (32768 / 117 / (1013 / 4)) * 1000;
  const expected = fill / 4 + CONSTANT_PART;
  const { p25Ms } = appendLatency("1", 60, [LONG, "execution.buffer-timeout.enabled=false"]);
  return exactRow({
    setup: "without a flusher a record waits until its segment is full: p25",
    expected,
    simulated: p25Ms!,
    unit: "ms",
    tolerance: 0.05 * expected,
    seed: "1",
  });
}

/** Within a second flushes come at phi and phi + T of the flusher and at the barrier: the gaps are phi, T and T - phi, and
 *  the mean wait is half the sum of their squares, on average over phi (T^2 + 2 T^2 / 3) / 2 = 208.3 ms. */
function barriersFlushToo(effort: number): LawRow {
  const n = observations(400, effort);
  const means = Array.from(
    { length: n },
    (_, seed) =>
      appendLatency(`barrier ${seed}`, 10, [NEVER_FULL, "execution.buffer-timeout.interval=500 ms"]).meanMs! -
      CONSTANT_PART,
  );
  return estimatedRow(
    effort,
    {
      setup: "buffer timeout 500 ms, a barrier a second: mean over phases",
      expected: 1250 / 6,
      unit: "ms",
      n,
      seed: `barrier 0 to ${n - 1}`,
    },
    meanWithConfidence(means, CONFIDENCE),
    0.01,
  );
}

/** Poisson records that reach the sink one by one, ns of each record's time to the reader. */
function sinkLatencies(rate: number, lingerMs: number, seconds: number, seed: string): Float64Array {
  const pipeline = scenario(
    "jobs.job.config.parallelism.default=1",
    "kafka.topics.in.partitions=1",
    "kafka.topics.out.partitions=1",
    "sink.delivery-guarantee=none",
    LONG,
    "execution.buffer-timeout.interval=0 ms",
    "producers.load.arrivals=poisson",
    `producers.load.rate=${rate}/s`,
    "jobs.job.sinks[0].properties.batch.size=1048576",
    `jobs.job.sinks[0].properties.linger.ms=${lingerMs}`,
  );
  const loadEnd = seconds * SECOND;
  const times = observeDeliveries(pipeline, { seed, loadEnd, end: loadEnd + SECOND });
  const latencies: number[] = [];
  times.each(UNCOMMITTED, 0, loadEnd, (created, delivered) => latencies.push(delivered - created));
  return Float64Array.from(latencies);
}

/** A batch lingers from its first record on: that one waits L, and a Poisson number of others waits uniformly less. */
function linger(effort: number, rate: number): LawRow[] {
  const lingerMs = 100;
  const seed = "linger";
  const perBatch = (rate * lingerMs) / 1000;
  const seconds = observations(Math.round(150_000 / rate), effort, 20);
  const waits = sinkLatencies(rate, lingerMs, seconds, seed);
  const straight = sinkLatencies(rate, 0, seconds, seed);
  const extra = waits.map((wait, i) => (wait - straight[i]!) / 1e6);
  const row = (what: string, expected: number, unit: string, values: Float64Array): LawRow =>
    estimatedRow(
      effort,
      {
        setup: `linger ${lingerMs} ms, Poisson ${rate}/s: ${what}`,
        expected,
        unit,
        n: values.length,
        seed,
      },
      batchMeans(values, 30, CONFIDENCE),
      0.01,
    );
  const mean = (lingerMs * (1 + perBatch / 2)) / (1 + perBatch);
  // A record that waits longer than L / 2: the first of its batch, or one of the first half of the others.
  const half = (1 + perBatch / 2) / (1 + perBatch);
  return [
    row("mean wait", mean, "ms", extra),
    row(
      "share that waits longer than L/2",
      half,
      "",
      extra.map((wait) => (wait > lingerMs / 2 ? 1 : 0)),
    ),
  ];
}

export const flushTimers: Law = {
  id: "L26",
  name: "flush timers",
  statement:
    "buffer flusher of period T: U(0, T); linger L under Poisson lambda: mean L (1 + lambda L / 2) / (1 + lambda L)",
  source: "renewal theory; RecordWriter.OutputFlusher, RecordAccumulator",
  run: (effort) => [
    ...[50, 100, 500].flatMap((timeout) => bufferTimeout(effort, timeout)),
    ...noTimeout(),
    noFlusher(),
    barriersFlushToo(effort),
    ...[10, 100, 1000].flatMap((rate) => linger(effort, rate)),
  ],
};
