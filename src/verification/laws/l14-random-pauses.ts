import { ExponentialDistribution } from "../../engine/index.ts";
import { batchMeans } from "../../stats/index.ts";
import { CONFIDENCE, estimatedRow, type Law, observations } from "./law.ts";
import { runPausableStation } from "./pausable-station.ts";

const SECOND = 1e9;
const BATCHES = 30;
const seed = "random pauses";

export const randomPauses: Law = {
  id: "L14",
  name: "random pauses",
  statement: "W = E[S]/(1-p) + (nu s^2 + lambda E[S^2]) / (2 (1-p)(1-p-rho)), p = nu s",
  source: "pauses as customers with preemptive-resume priority",
  run: (effort) => {
    const lambda = 5;
    const service = 0.1;
    const nu = 0.1;
    const s = 1;
    const p = nu * s;
    const rho = lambda * service;
    const secondMoments = nu * s * s + lambda * 2 * service * service;
    const expected = service / (1 - p) + secondMoments / (2 * (1 - p) * (1 - p - rho));
    const n = observations(6_000_000, effort);
    const { sojourns } = runPausableStation({
      seed,
      customers: n,
      interarrival: new ExponentialDistribution(SECOND / lambda),
      service: new ExponentialDistribution(service * SECOND),
      pauses: { kind: "random", between: new ExponentialDistribution(SECOND / nu), length: s * SECOND },
    });
    const seconds = sojourns.map((sojourn) => sojourn / SECOND);
    const setup = "lambda 5/s, E[S] 0.1 s exponential, nu 0.1/s, s 1 s: mean time in the system";
    return [
      estimatedRow(
        effort,
        { setup, expected, unit: "s", n, seed },
        batchMeans(seconds, BATCHES, CONFIDENCE),
        0.01,
      ),
    ];
  },
};
