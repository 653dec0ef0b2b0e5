import { batchMeans, meanWithConfidence } from "../../stats/index.ts";
import { runFluidJob } from "./fluid-job.ts";
import { CONFIDENCE, estimatedRow, exactRow, type Law, type LawRow, observations } from "./law.ts";
import { costOfFailure } from "./replayed-queue.ts";

const SECOND = 1e9;
const RUNS = 10;

interface Setup {
  /** Records a second. */
  readonly lambda: number;
  readonly mu: number;
  /** Age of the checkpoint at the failure, and the outage, s. */
  readonly age: number;
  readonly outage: number;
}

const SETUPS: readonly Setup[] = [
  { lambda: 500, mu: 900, age: 20, outage: 10 },
  { lambda: 500, mu: 800, age: 5, outage: 30 },
  { lambda: 100, mu: 1000, age: 60, outage: 2 },
];

const failureOf = ({ lambda, mu, age, outage }: Setup) =>
  costOfFailure({
    interarrival: SECOND / lambda,
    service: Math.round(SECOND / mu),
    checkpointAt: 5 * SECOND,
    failsAt: (5 + age) * SECOND,
    runsAgainAt: (5 + age + outage) * SECOND,
  });

const nameOf = ({ lambda, mu, age, outage }: Setup) =>
  `lambda ${lambda}/s, mu ${mu}/s, a ${age} s, D ${outage} s`;

export const replayGeometry: Law = {
  id: "L15",
  name: "replay geometry",
  statement:
    "catch-up lambda (a + D) / (mu - lambda), peak latency a + D, latency area mu lambda (a + D)^2 / (2 (mu - lambda))",
  source: "fluid queue over a durable log, restored from a checkpoint of age a after an outage D",
  run: () =>
    SETUPS.flatMap((setup): LawRow[] => {
      const { lambda, mu, age, outage } = setup;
      const cost = failureOf(setup);
      const stop = age + outage;
      const catchUp = (lambda * stop) / (mu - lambda);
      // Exact but for the granularity of records: one under way, one being processed.
      const grain = 1 / lambda + 1 / mu;
      const records = lambda * (stop + catchUp);
      const row = (
        what: string,
        expected: number,
        simulated: number,
        unit: string,
        tolerance: number,
      ): LawRow => exactRow({ setup: `${nameOf(setup)}: ${what}`, expected, simulated, unit, tolerance });
      return [
        row("catch-up", catchUp, cost.catchUp / SECOND, "s", (grain * mu) / (mu - lambda)),
        row("peak latency", stop, cost.peakLatency / SECOND, "s", grain),
        row(
          "latency area",
          (mu * lambda * stop * stop) / (2 * (mu - lambda)),
          cost.latencyArea / SECOND,
          "records x s",
          records * grain,
        ),
      ];
    }),
};

/** How far a checkpoint is away that is taken every `interval` of an exponential uptime: E[X mod I]. */
function meanAge(interval: number, uptime: number): number {
  return uptime - interval / Math.expm1(interval / uptime);
}

export const stability: Law = {
  id: "L16",
  name: "stability under failures",
  statement:
    "failures every M are sustained if D + (lambda D + mu E[a]) / (mu - lambda) < M; else the backlog grows by lambda M - mu (M - D - E[a]) a failure. E[a] is I/2 for I << M",
  source: "balance of a failure's cycle; a job that never catches up replays at the rate mu, not lambda",
  run: (effort) =>
    // The condition turns at M = 55.7 s. Expected within 1 % of the records of a cycle.
    [45, 54, 60, 80].map((m): LawRow => {
      const lambda = 500;
      const mu = 900;
      const interval = 10;
      const outage = 20;
      const uptime = m - outage;
      const failures = observations(20_000, effort);
      const growths = Array.from(
        { length: RUNS },
        (_, run) =>
          runFluidJob({ lambda, mu, interval, pause: 0, outage, uptime }, failures, `stability ${run + 1}`)
            .backlog / failures,
      );
      const balance = lambda * m - mu * (uptime - meanAge(interval, uptime));
      const setup = `lambda ${lambda}/s, mu ${mu}/s, I ${interval} s, D ${outage} s, M ${m} s: growth a failure`;
      const allowed = 0.01 * lambda * m;
      const { mean, halfWidth } = meanWithConfidence(growths, CONFIDENCE);
      return exactRow({
        setup,
        expected: Math.max(0, balance),
        simulated: mean,
        halfWidth,
        unit: "records",
        tolerance: allowed,
        precision: allowed / Math.sqrt(effort),
        n: failures * RUNS,
        seed: `stability 1 to ${RUNS}`,
      });
    }),
};

export const duplicatesOfReplay: Law = {
  id: "L28",
  name: "duplicates under at-least-once",
  statement:
    "lambda a records a failure; over failures at any time lambda E[a], which is lambda I/2 for I << M",
  source: "deterministic replay from the last completed checkpoint",
  run: (effort) => {
    const exact = SETUPS.map((setup) =>
      exactRow({
        setup: `${nameOf(setup)}: records processed twice`,
        expected: setup.lambda * setup.age,
        simulated: failureOf(setup).duplicates,
        unit: "records",
        // The one in hand at the checkpoint, and the one in hand at the failure.
        tolerance: 1,
      }),
    );
    const lambda = 500;
    const interval = 10;
    // Long, since a failure before the first checkpoint finds the catch-up's records to be processed again too.
    const uptime = 3000;
    const failures = observations(1000, effort);
    const n = 30;
    const replayed = Array.from(
      { length: n },
      (_, run) =>
        runFluidJob(
          { lambda, mu: 5000, interval, pause: 0, outage: 1, uptime },
          failures,
          `duplicates ${run + 1}`,
        ).replayed,
    );
    return [
      ...exact,
      estimatedRow(
        effort,
        {
          setup: `lambda ${lambda}/s, I ${interval} s, uptime ${uptime} s: records a failure`,
          expected: lambda * meanAge(interval, uptime),
          unit: "records",
          n: failures * n,
          seed: `duplicates 1 to ${n}`,
        },
        batchMeans(replayed, n, CONFIDENCE),
        0.01,
      ),
    ];
  },
};
