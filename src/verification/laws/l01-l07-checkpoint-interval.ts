/** The classic laws of the checkpoint interval assume that a checkpoint stops the world. Flink's do not, so no interval is
 *  to be recommended from them: they hold the failure machinery of a stop-the-world job to account. */

import { meanWithConfidence } from "../../stats/index.ts";
import { CONFIDENCE, estimatedRow, type Law, type LawRow, observations } from "./law.ts";
import { lambertW } from "./optimum.ts";
import { efficiencyOf, optimalWork, type SimulatedOptimum, type StopTheWorld } from "./stop-the-world.ts";

const TOLERANCE = 0.03;
const RUNS = 12;

interface Setup {
  /** Checkpoint, mean time between failures, restart, s. */
  readonly c: number;
  readonly m: number;
  readonly r: number;
}

const COMMON: Setup = { c: 5, m: 3600, r: 60 };
const DEAR: Setup = { c: 30, m: 3600, r: 300 };
const FRAGILE: Setup = { c: 10, m: 100, r: 0 };

const optima = new Map<string, SimulatedOptimum>();

/** Several laws are about the same optimum, which is looked for once. */
function optimumOf({ c, m, r }: Setup, effort: number): SimulatedOptimum {
  const key = `${c} ${m} ${r} ${effort}`;
  const known = optima.get(key);
  if (known !== undefined) return known;
  const model = { checkpoint: c, restart: r, mtbf: m, failuresHit: "anything" } as const;
  // Where checkpoints are dear, the optimum is as flat and the failures are soon simulated.
  const failures = observations(c / m > 0.05 ? 15_000 : 4000, effort);
  const found = optimalWork(model, 1.05 * Math.sqrt(2 * c * m), failures, RUNS);
  optima.set(key, found);
  return found;
}

/** `shift`: what the law counts besides the work. */
function optimumRow(effort: number, setup: Setup, expected: number, shift = 0): LawRow {
  const { work, n, seed } = optimumOf(setup, effort);
  const what = `C ${setup.c} s, M ${setup.m} s, R ${setup.r} s: best interval`;
  return estimatedRow(
    effort,
    { setup: what, expected, unit: "s", n, seed },
    { ...work, mean: work.mean + shift },
    TOLERANCE,
  );
}

function efficiencyRow(
  effort: number,
  setup: string,
  expected: number,
  model: StopTheWorld,
  tolerance: number,
): LawRow {
  const failures = observations(4000, effort);
  const runs = Array.from({ length: RUNS }, (_, run) =>
    efficiencyOf(model, failures, `efficiency ${run + 1}`),
  );
  return estimatedRow(
    effort,
    { setup, expected, unit: "", n: failures * RUNS, seed: `efficiency 1 to ${RUNS}` },
    meanWithConfidence(runs, CONFIDENCE),
    tolerance,
  );
}

const young: Law = {
  id: "L1",
  name: "Young's interval",
  statement: "tau = sqrt(2 C M), C << M",
  source: "Young 1974",
  run: (effort) => [optimumRow(effort, COMMON, Math.sqrt(2 * COMMON.c * COMMON.m))],
};

const dalyFirstOrder: Law = {
  id: "L2",
  name: "Daly's interval, first order",
  statement: "tau = sqrt(2 C (M + R)) - C, the work between two checkpoints",
  source: "Daly 2006",
  run: (effort) =>
    [COMMON, DEAR].map((setup) =>
      optimumRow(effort, setup, Math.sqrt(2 * setup.c * (setup.m + setup.r)) - setup.c),
    ),
};

function dalyHigherOrderOf({ c, m }: Setup): number {
  const ratio = c / (2 * m);
  return ratio < 1 ? Math.sqrt(2 * c * m) * (1 + Math.sqrt(ratio) / 3 + ratio / 9) - c : m;
}

const dalyHigherOrder: Law = {
  id: "L3",
  name: "Daly's interval, higher order",
  statement: "tau = sqrt(2CM) [1 + sqrt(C/2M)/3 + (C/2M)/9] - C for C < 2M, else M",
  source: "Daly 2006",
  run: (effort) =>
    [COMMON, DEAR, FRAGILE].map((setup) => optimumRow(effort, setup, dalyHigherOrderOf(setup))),
};

function exactOptimumOf({ c, m }: Setup): number {
  return m * (1 + lambertW(-Math.exp(-1 - c / m)));
}

const exactOptimum: Law = {
  id: "L4",
  name: "exact optimum",
  statement: "tau = M (1 + W(-exp(-1 - C/M))), which minimises M e^(R/M) (e^((tau + C)/M) - 1) / tau",
  source: "renewal argument",
  run: (effort) => [COMMON, DEAR, FRAGILE].map((setup) => optimumRow(effort, setup, exactOptimumOf(setup))),
};

/** Period T with the checkpoint c inside, failures at rate 1/m, restart r, message delay `delta`, `depth` operators. */
const UTILISATIONS = [
  { t: 30, c: 0.778, m: 600, r: 81.85, delta: 0, depth: 1 },
  { t: 5, c: 0.597, m: 600, r: 81.02, delta: 0, depth: 1 },
  { t: 300, c: 1.218, m: 600, r: 87.82, delta: 0, depth: 1 },
  { t: 60, c: 5, m: 600, r: 30, delta: 0, depth: 1 },
  { t: 200, c: 5, m: 3600, r: 60, delta: 0, depth: 1 },
  { t: 60, c: 5, m: 600, r: 30, delta: 2, depth: 10 },
];

const jayasekaraUtilisation: Law = {
  id: "L5",
  name: "utilisation of a dataflow",
  statement:
    "U(T) = lambda e^(delta lambda) (T - c) / (e^(lambda (R + T + delta n)) - e^(lambda (R + delta n)))",
  source: "Jayasekara, Harwood and Karunasekera, arXiv 1911.11915",
  run: (effort) =>
    UTILISATIONS.map(({ t, c, m, r, delta, depth }) => {
      const lambda = 1 / m;
      const expected =
        (lambda * Math.exp(delta * lambda) * (t - c)) /
        (Math.exp(lambda * (r + t + delta * depth)) - Math.exp(lambda * (r + delta * depth)));
      const setup = `T ${t} s, c ${c} s, 1/lambda ${m} s, R ${r} s, delta ${delta} s, n ${depth}: utilisation`;
      // A checkpoint counts once its barriers have passed all operators behind the first.
      const model = {
        work: t - c,
        checkpoint: c,
        restart: r,
        mtbf: m,
        failuresHit: "anything",
        commitDelay: delta * (depth - 1),
      } as const;
      return efficiencyRow(effort, setup, expected, model, TOLERANCE);
    }),
};

const jayasekaraOptimum: Law = {
  id: "L6",
  name: "best period of a dataflow",
  statement:
    "T = (c lambda + 1 + W(-e^(-c lambda - 1))) / lambda, whatever R, delta and n: the exact optimum + C",
  source: "Jayasekara, Harwood and Karunasekera, arXiv 1911.11915",
  run: (effort) =>
    [COMMON, DEAR].map((setup) => {
      const { c, m } = setup;
      const expected = (c / m + 1 + lambertW(-Math.exp(-c / m - 1))) * m;
      return optimumRow(effort, setup, expected, c);
    }),
};

/** n nodes, each with mean time between failures m h; checkpoint c h, restart r h: as in the simulator's own configuration. */
const CLUSTERS = [
  { nodes: 1, m: 100, c: 0.5, r: 1 },
  { nodes: 16, m: 100, c: 0.5, r: 1 },
  { nodes: 64, m: 100, c: 0.5, r: 1 },
];

const nodesThatFailAtWork: Law = {
  id: "L7",
  name: "failures during work only",
  statement: "T = sqrt(2 C M / n + C^2) - C; efficiency p T / E[epoch], p = exp(-n T / M)",
  source: "UBC CPEN 533, checkpoint simulator (karthikp-ubc/checkpoint-simulator)",
  run: (effort) =>
    CLUSTERS.flatMap(({ nodes, m, c, r }) => {
      const mtbf = m / nodes;
      const best = Math.sqrt(2 * c * mtbf + c * c) - c;
      const efficiency = (t: number) => {
        const p = Math.exp(-t / mtbf);
        return (p * t) / ((1 - p) * (mtbf + r) + p * c);
      };
      const model = (t: number) =>
        ({ work: t, checkpoint: c, restart: r, mtbf, failuresHit: "work" }) as const;
      const where = (t: number) => `${nodes} nodes, M ${m} h, C ${c} h, R ${r} h, T ${t.toFixed(2)} h`;
      return [best / 2, best, 2 * best].map((t) =>
        efficiencyRow(effort, `${where(t)}: efficiency`, efficiency(t), model(t), TOLERANCE),
      );
    }),
};

export const checkpointIntervalLaws: readonly Law[] = [
  young,
  dalyFirstOrder,
  dalyHigherOrder,
  exactOptimum,
  jayasekaraUtilisation,
  jayasekaraOptimum,
  nodesThatFailAtWork,
];
