import {
  type Distribution,
  ExponentialDistribution,
  Simulation,
  UniformDistribution,
} from "../../engine/index.ts";
import { ALIGNED, barrierHandler, onBarrier, resumeBlocked, START_SNAPSHOT } from "../../flink/index.ts";
import { assemble } from "../../pipeline/index.ts";
import { Outbox } from "../../records/index.ts";
import { batchMeans } from "../../stats/index.ts";
import { SECOND, scenario } from "../scenario.ts";
import { SILENT } from "../silent-observer.ts";
import { CONFIDENCE, estimatedRow, type Law, type LawRow, observations } from "./law.ts";

const UNIT = 1e6;
const BATCHES = 30;
const SEED = "barriers";

/** Barriers of `checkpoints` checkpoints reach a task's channels, each after a delay of its own. Units of time.
 *  `alignments`: from the first to the last, as the barrier handler says; `completions`: from the trigger to the last. */
function align(channels: number, delay: Distribution, checkpoints: number) {
  const sim = new Simulation({ seed: SEED });
  const draws = sim.stream("delays");
  const handler = barrierHandler(channels);
  const outbox = new Outbox();
  const alignments = new Float64Array(checkpoints);
  const completions = new Float64Array(checkpoints);
  let triggeredAt = 0;
  const trigger = (checkpoint: number): void => {
    triggeredAt = sim.now;
    for (let channel = 0; channel < channels; channel++) {
      sim.scheduleAfter(Math.round(delay.sample(draws)), arrival, channel, checkpoint);
    }
  };
  const arrival = sim.defineKind("barrier arrives", (channel, checkpoint) => {
    outbox.clear();
    onBarrier(handler, channel, checkpoint, ALIGNED, triggeredAt, sim.now, outbox);
    resumeBlocked(handler, outbox);
    for (let i = 0; i < outbox.length; i++) {
      if (outbox.effects[i] !== START_SNAPSHOT) continue;
      alignments[checkpoint - 1] = outbox.b[i]! / UNIT;
      completions[checkpoint - 1] = (sim.now - triggeredAt) / UNIT;
      if (checkpoint < checkpoints) trigger(checkpoint + 1);
    }
  });
  trigger(1);
  sim.run(Number.POSITIVE_INFINITY);
  return { alignments, completions };
}

function row(
  effort: number,
  setup: string,
  expected: number,
  values: Float64Array,
  tolerance = 0.01,
): LawRow {
  return estimatedRow(
    effort,
    { setup, expected, unit: "", n: values.length, seed: SEED },
    batchMeans(values, BATCHES, CONFIDENCE),
    tolerance,
  );
}

function harmonic(n: number): number {
  return Array.from({ length: n }, (_, i) => 1 / (i + 1)).reduce((sum, term) => sum + term, 0);
}

export const alignmentAndCompletion: Law = {
  id: "L23",
  name: "alignment and completion",
  statement:
    "alignment is the range of n barriers' delays, completion their maximum: a (n-1)/(n+1) and a n/(n+1) for U(0, a), m H_(n-1) and m H_n for exponential ones",
  source: "order statistics",
  run: (effort) =>
    [2, 8, 32].flatMap((n) => {
      const checkpoints = observations(80_000, effort);
      const uniform = align(n, new UniformDistribution(0, UNIT), checkpoints);
      const exponential = align(n, new ExponentialDistribution(UNIT), checkpoints);
      return [
        row(effort, `n ${n}, U(0, 1): alignment`, (n - 1) / (n + 1), uniform.alignments),
        row(effort, `n ${n}, U(0, 1): completion`, n / (n + 1), uniform.completions),
        row(effort, `n ${n}, exponential of mean 1: alignment`, harmonic(n - 1), exponential.alignments),
        row(effort, `n ${n}, exponential of mean 1: completion`, harmonic(n), exponential.completions),
      ];
    }),
};

const MEDIAN_MS = 20;
const P99_MS = 100;

/** Trigger to last acknowledgement, ms, of the checkpoints of `subtasks` that each upload their state in one object, once
 *  every key has been seen. */
function durations(subtasks: number, checkpoints: number, p99Ms: number): Float64Array {
  const found: number[] = [];
  const interval = 250;
  const pipeline = scenario(
    `jobs.job.config.parallelism.default=${subtasks}`,
    `flink.taskmanagers=${subtasks}`,
    "producers.load.rate=100/s",
    "producers.load.keys=400",
    `execution.checkpointing.interval=${interval} ms`,
    "execution.checkpointing.dir=s3://checkpoints/job",
    "jobs.job.operators.process.state=2 kb/key",
    "sink.delivery-guarantee=none",
    `storage.latency=${MEDIAN_MS} ms`,
    `storage.latency-p99=${p99Ms} ms`,
  );
  const allSeen = 6 * SECOND;
  const end = allSeen + checkpoints * interval * 1e6;
  const world = assemble(pipeline, { seed: SEED, loadEnd: end, spans: "curves", polls: "lazy" }, () => ({
    ...SILENT,
    checkpointCompleted: (_job, _checkpoint, triggeredAt, ackAt) => {
      if (triggeredAt > allSeen) found.push((ackAt - triggeredAt) / 1e6);
    },
  }));
  world.run(end + 10 * SECOND);
  return Float64Array.from(found);
}

/** A pipeline's checkpoint is slow when one of its uploads takes longer than their 99th percentile. */
function slowUploads(effort: number, subtasks: number): LawRow {
  const [usual] = durations(subtasks, 2, MEDIAN_MS);
  const slowFrom = usual! - MEDIAN_MS + P99_MS;
  const seen = durations(subtasks, observations(4500, effort), P99_MS);
  const slow = seen.map((duration) => (duration > slowFrom ? 1 : 0));
  const setup = `pipeline, ${subtasks} uploads, q 0.01: share of slow checkpoints`;
  return row(effort, setup, 1 - 0.99 ** subtasks, slow, 0.15);
}

export const stragglers: Law = {
  id: "L24",
  name: "stragglers",
  statement: "of n independent parts each slow with probability q, one at least is slow with 1 - (1 - q)^n",
  source: "independence",
  run: (effort) => [
    ...[
      { n: 8, q: 0.01 },
      { n: 64, q: 0.01 },
    ].map(({ n, q }) => {
      const expected = 1 - (1 - q) ** n;
      const slowFrom = 1 - q;
      // The rarer, the more checkpoints.
      const checkpoints = observations(Math.round(25_000 / expected), effort);
      const { completions } = align(n, new UniformDistribution(0, UNIT), checkpoints);
      const slow = completions.map((completion) => (completion >= slowFrom ? 1 : 0));
      return row(effort, `n ${n}, q ${q}: share of slow checkpoints`, expected, slow, 0.02);
    }),
    slowUploads(effort, 8),
  ],
};
