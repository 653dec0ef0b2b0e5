import { meanWithConfidence } from "../../stats/index.ts";
import { runFluidJob } from "./fluid-job.ts";
import { CONFIDENCE, estimatedRow, type Law, type LawRow, observations } from "./law.ts";
import { maximumOf } from "./optimum.ts";

const RUNS = 8;
const LAMBDA = 100;
const MU = 1000;

/** The interval that solves delta^2 M = I^2 (2 I / 3 + D), by bisection. */
export function latencyOptimum(delta: number, outage: number, m: number): number {
  let low = 0;
  let high = m;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (middle * middle * ((2 * middle) / 3 + outage) < delta * delta * m) low = middle;
    else high = middle;
  }
  return low;
}

function compare(effort: number, delta: number, outage: number, m: number): LawRow {
  const expected = latencyOptimum(delta, outage, m);
  const failures = observations(600, effort);
  const points = Array.from({ length: 11 }, (_, k) => 1.05 * expected * 2 ** ((k - 5) / 5));
  const optima = Array.from({ length: RUNS }, (_, run) => {
    const latency = (interval: number): number =>
      runFluidJob(
        { lambda: LAMBDA, mu: MU, interval, pause: delta, outage, uptime: m - outage },
        failures,
        `latency ${run + 1}`,
      ).meanLatency;
    return maximumOf(
      points,
      points.map((interval) => -latency(interval)),
      3,
    );
  });
  return estimatedRow(
    effort,
    {
      setup: `delta ${delta} s, D ${outage} s, M ${m} s, rho ${LAMBDA / MU}: best interval`,
      expected,
      unit: "s",
      n: failures * RUNS,
      seed: `latency 1 to ${RUNS}`,
    },
    meanWithConfidence(optima, CONFIDENCE),
    0.03,
  );
}

export const latencyOptimalInterval: Law = {
  id: "L17",
  name: "latency-optimal interval",
  statement:
    "mean latency delta^2/(2(1-rho)I) + mu/(2(mu-lambda)M) (I^2/3 + I D + D^2) is least where delta^2 M = I^2 (2I/3 + D), as long as each failure is over before the next and catch-up is short beside M",
  source: "periodic pause (L13) and replay geometry (L15) added up, the checkpoint's age uniform on (0, I)",
  run: (effort) => [compare(effort, 1, 10, 3600)],
};
