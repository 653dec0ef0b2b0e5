import { meanWithConfidence } from "../../stats/index.ts";
import { chain } from "../chain.ts";
import { observeDeliveries } from "./delivery-times.ts";
import { CONFIDENCE, estimatedRow, exactRow, type Law, observations } from "./law.ts";

const PERIOD = 2000;
const BETWEEN = 0;
const BEHIND = 1;
const SECOND_JOB = 1;

/** What one deployment adds in its second hop, ms, over six epochs of the first job. */
interface Hop {
  readonly mean: number;
  readonly spread: number;
  /** d' + c of the second job and the reader's pickup: from the last trigger until a record is delivered. */
  readonly constant: number;
}

function secondHop(seed: string): Hop {
  const pipeline = chain(
    "jobs.first.operators.a.service-time=1 us",
    "jobs.second.operators.b.service-time=1 us",
  );
  const from = 3 * PERIOD * 1e6;
  const loadEnd = 9 * PERIOD * 1e6;
  const triggers: number[] = [];
  const times = observeDeliveries(pipeline, {
    seed,
    loadEnd,
    end: loadEnd + 4 * PERIOD * 1e6,
    observer: {
      checkpointTriggered: (job, _checkpoint, at) => {
        if (job === SECOND_JOB) triggers.push(at);
      },
    },
  });
  const waits: number[] = [];
  let constant = Number.POSITIVE_INFINITY;
  let trigger = 0;
  times.each(BETWEEN, from, loadEnd, (_created, between, origin, offset) => {
    const behind = times.at(BEHIND, origin, offset);
    waits.push((behind - between) / 1e6);
    while (trigger > 0 && triggers[trigger]! > behind) trigger--;
    while (triggers[trigger + 1]! <= behind) trigger++;
    constant = Math.min(constant, (behind - triggers[trigger]!) / 1e6);
  });
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  return { mean, spread: Math.max(...waits) - Math.min(...waits), constant };
}

/** Largest distance between the empirical distribution of values and the uniform one on (0, 1). */
function distanceToUniform(values: readonly number[]): number {
  const n = values.length;
  return values
    .toSorted((a, b) => a - b)
    .reduce((worst, value, i) => Math.max(worst, value - i / n, (i + 1) / n - value), 0);
}

export const hopsInSeries: Law = {
  id: "L19",
  name: "exactly-once hops in series",
  statement:
    "each further hop adds d' + c and the phase between two free-running periods: a constant within one deployment, U(0, P) over deployments",
  source: "L18 twice; CheckpointCoordinator draws its initial delay anew at each start",
  run: (effort) => {
    const hops = Array.from({ length: observations(200, effort) }, (_, i) =>
      secondHop(`deployment ${i + 1}`),
    );
    const n = hops.length;
    const seed = `deployment 1 to ${n}`;
    // A barrier may come while an epoch is being read, and sends part of it on a period later.
    const whole = hops.filter((hop) => hop.spread < PERIOD / 2);
    const means = hops.map((hop) => hop.mean);
    const constant = Math.min(...hops.map((hop) => hop.constant));
    const over = `P ${PERIOD} ms, d' + c ${constant.toFixed(2)} ms, over deployments`;
    const row = { unit: "ms", n, seed };
    return [
      exactRow({
        ...row,
        setup: `P ${PERIOD} ms, within one deployment: largest spread of the second hop`,
        expected: 0,
        simulated: Math.max(...whole.map((hop) => hop.spread)),
        n: whole.length,
        // Epochs of two writers become readable one after the other, and are served in that order.
        tolerance: 2,
      }),
      exactRow({
        ...row,
        unit: "",
        setup: `P ${PERIOD} ms: deployments whose second barrier cuts an epoch, in 1 ms of each P`,
        relation: "<=",
        expected: Math.max(2, (5 * n) / PERIOD),
        simulated: n - whole.length,
      }),
      exactRow({
        ...row,
        setup: `${over}: least second hop`,
        relation: ">=",
        expected: constant,
        simulated: Math.min(...means),
        tolerance: 2,
      }),
      exactRow({
        ...row,
        setup: `${over}: longest second hop`,
        relation: "<=",
        expected: PERIOD + constant,
        simulated: Math.max(...means),
        tolerance: 2,
      }),
      estimatedRow(
        effort,
        { ...row, setup: `${over}: mean second hop`, expected: PERIOD / 2 + constant },
        meanWithConfidence(means, CONFIDENCE),
        0.15,
      ),
      exactRow({
        ...row,
        unit: "",
        setup: `${over}: Kolmogorov's distance to the uniform distribution, root of n times`,
        relation: "<=",
        // Exceeded by chance in 1 % of samples.
        expected: 1.628,
        simulated: Math.sqrt(n) * distanceToUniform(means.map((mean) => (mean - constant) / PERIOD)),
      }),
    ];
  },
};
