import { LatencyRecorder } from "../../metrics/index.ts";
import { assemble } from "../../pipeline/index.ts";
import { meanWithConfidence } from "../../stats/index.ts";
import { SECOND, scenario } from "../scenario.ts";
import { SILENT } from "../silent-observer.ts";
import { CONFIDENCE, estimatedRow, exactRow, type Law, type LawRow, observations } from "./law.ts";

const COMMITTED = 0;
/** Creation to emission: half a round trip, handling and append of the produce request, half a round trip and the wake-up
 *  of the source's fetch, one emission; then the reader's pickup, ms. */
const TO_EMISSION = 0.1 + 0.05 + 0.05 + 0.1 + 0.02 + 0.001;
const PICKUP = 0.1 + 0.02;
const TOLERANCE = 0.01;

/** What one run showed, ms: visibility from emission without the reader's pickup; `ackTime` (d') from the barrier's injection
 *  to the last acknowledgement, and `commitTime` (c) from there to the marker, both read off the protocol's events and not
 *  off the latencies. */
interface Visibility {
  readonly mean: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
  readonly ackTime: number;
  readonly commitTime: number;
}

function visibility(seed: string, from: number, until: number, assignments: readonly string[]): Visibility {
  const commits: number[] = [];
  const injectionToAck: number[] = [];
  let triggeredAt = 0;
  let injectedAt = 0;
  let latestAckAt = 0;
  let latency: LatencyRecorder | undefined;
  const world = assemble(
    scenario(...assignments),
    { seed, loadEnd: until, spans: "curves", polls: "lazy" },
    (lineage) => {
      const recorder = new LatencyRecorder(2, lineage, from, until);
      latency = recorder;
      return {
        ...SILENT,
        checkpointTriggered: (_job, _checkpoint, at) => {
          triggeredAt = at;
        },
        snapshotStarted: (_job, subtask, _checkpoint, startDelay) => {
          if (subtask < 2) injectedAt = triggeredAt + startDelay;
        },
        checkpointCompleted: (_job, _checkpoint, _triggeredAt, ackAt) => {
          latestAckAt = ackAt;
          if (injectedAt >= from) injectionToAck.push(ackAt - injectedAt);
        },
        delivered: (reader, origin, route, first, end, at, last) => {
          recorder.delivered(reader, origin, route, first, end, at, last);
          if (reader === COMMITTED && at >= from) commits.push(at - latestAckAt);
        },
      };
    },
  );
  world.run(until + 3 * (until - from));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length / 1e6;
  const histogram = latency!.histograms[COMMITTED]!;
  const fromEmission = (value: number) => value / 1e6 - TO_EMISSION - PICKUP;
  return {
    mean: fromEmission(histogram.mean),
    p99: fromEmission(histogram.quantiles([0.99])[0]!),
    min: fromEmission(histogram.min),
    max: fromEmission(histogram.max),
    ackTime: mean(injectionToAck),
    commitTime: mean(commits) - PICKUP,
  };
}

/** `periods` checkpoints of each of some runs, an interval of `period` ms. */
function compare(effort: number, period: number): LawRow[] {
  const interval = `execution.checkpointing.interval=${period} ms`;
  const seeds = Array.from({ length: observations(5, effort, 3) }, (_, i) => `${i + 1}`);
  const from = Math.max(4, (2 * period) / 1000) * SECOND;
  const until = from + observations(40, effort, 10) * period * 1e6;
  const runs = seeds.map((seed) => visibility(seed, from, until, [interval]));
  const average = (pick: (run: Visibility) => number) => meanWithConfidence(runs.map(pick), CONFIDENCE);
  const constant = average((run) => run.ackTime + run.commitTime).mean;
  const seed = `1 to ${seeds.length}`;
  const setup = (what: string) => `I ${period} ms, d' + c ${constant.toFixed(2)} ms: ${what}`;
  const estimate = (what: string, expected: number, pick: (run: Visibility) => number): LawRow =>
    estimatedRow(
      effort,
      { setup: setup(what), expected, unit: "ms", n: seeds.length, seed },
      average(pick),
      TOLERANCE,
    );
  // The last record before a barrier and the first behind it; records are 1 ms apart, epochs end within 1 ms of each other.
  const ends = { unit: "ms", tolerance: 2.5, n: runs.length, seed };
  return [
    estimate("mean", period / 2 + constant, (run) => run.mean),
    estimate("p99", 0.99 * period + constant, (run) => run.p99),
    exactRow({
      ...ends,
      setup: setup("min"),
      expected: constant,
      simulated: Math.min(...runs.map((run) => run.min)),
    }),
    exactRow({
      ...ends,
      setup: setup("max"),
      expected: period + constant,
      simulated: Math.max(...runs.map((run) => run.max)),
    }),
  ];
}

/** The default partitioner lets every subtask write into every partition: a record then waits for the slowest commit. */
function sharedPartitions(effort: number): LawRow {
  const period = 1000;
  const until = (10 + observations(40, effort, 10)) * SECOND;
  const run = visibility("1", 10 * SECOND, until, ["sink.partitioner=default"]);
  const constant = run.ackTime + run.commitTime;
  return exactRow({
    setup: `I ${period} ms, default partitioner: mean`,
    relation: ">=",
    expected: period / 2 + constant,
    simulated: run.mean,
    unit: "ms",
    tolerance: TOLERANCE * period,
    seed: "1",
  });
}

/** Asynchronous part 1.5 s, interval 1 s: the next trigger waits for the completion, metadata write included. */
function longCheckpoints(): LawRow {
  const triggers: number[] = [];
  const durations: number[] = [];
  const world = assemble(
    scenario("execution.checkpointing.interval=1 s", "environment.snapshot.async=1500 ms"),
    { seed: "1", loadEnd: 60 * SECOND, spans: "curves", polls: "lazy" },
    () => ({
      ...SILENT,
      checkpointTriggered: (_job, _checkpoint, at) => {
        triggers.push(at);
      },
      checkpointCompleted: (_job, _checkpoint, at, _ack, completedAt) => {
        durations.push(completedAt - at);
      },
    }),
  );
  world.run(60 * SECOND);
  const differences = triggers.slice(1).map((at, i) => Math.abs(at - triggers[i]! - durations[i]!));
  return exactRow({
    setup: "I 1 s, d 1.5 s: largest difference between period and duration",
    expected: 0,
    simulated: differences.length > 30 ? Math.max(...differences) : Number.NaN,
    unit: "ns",
    n: differences.length,
  });
}

export const transactionalVisibility: Law = {
  id: "L18",
  name: "transactional visibility",
  statement:
    "from emission U(0, P) + d' + c: mean P/2 + d' + c, p99 0.99 P + d' + c; P = max(I, d); one writer a partition",
  source: "KafkaSink commits after completion, ConsumerConfig isolation.level, last stable offset",
  run: (effort) => [
    ...[200, 1000, 10_000, 60_000].flatMap((period) => compare(effort, period)),
    sharedPartitions(effort),
    longCheckpoints(),
  ],
};
