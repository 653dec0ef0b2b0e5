import {
  type Distribution,
  ExponentialDistribution,
  Simulation,
  UniformDistribution,
} from "../../engine/index.ts";
import { barrierHandler, onBarrier, START_SNAPSHOT } from "../../flink/index.ts";
import { Outbox } from "../../records/index.ts";
import { batchMeans } from "../../stats/index.ts";
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
    onBarrier(handler, channel, checkpoint, sim.now, outbox);
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

export const stragglers: Law = {
  id: "L24",
  name: "stragglers",
  statement: "of n independent parts each slow with probability q, one at least is slow with 1 - (1 - q)^n",
  source: "independence",
  run: (effort) =>
    [
      { n: 8, q: 0.01 },
      { n: 64, q: 0.01 },
      { n: 32, q: 0.002 },
    ].map(({ n, q }) => {
      const expected = 1 - (1 - q) ** n;
      const slowFrom = 1 - q;
      // The rarer, the more checkpoints.
      const checkpoints = observations(Math.round(25_000 / expected), effort);
      const { completions } = align(n, new UniformDistribution(0, UNIT), checkpoints);
      const slow = completions.map((completion) => (completion >= slowFrom ? 1 : 0));
      return row(effort, `n ${n}, q ${q}: share of slow checkpoints`, expected, slow, 0.02);
    }),
};
