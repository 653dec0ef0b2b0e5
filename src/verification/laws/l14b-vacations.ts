import { ExponentialDistribution } from "../../engine/index.ts";
import { batchMeans } from "../../stats/index.ts";
import { CONFIDENCE, estimatedRow, type Law, observations } from "./law.ts";
import { runPausableStation } from "./pausable-station.ts";

const UNIT = 1e6;
const BATCHES = 30;
const seed = "vacations";

export const vacations: Law = {
  id: "L14b",
  name: "vacations",
  statement: "Wq = lambda E[S^2] / (2 (1-rho)) + E[V^2] / (2 E[V])",
  source: "Fuhrmann and Cooper 1985, Doshi 1986: exhaustive service, multiple vacations",
  run: (effort) => {
    const lambda = 0.5;
    const vacation = 3;
    const expected = (lambda * 2) / (2 * (1 - lambda)) + vacation / 2;
    const n = observations(3_000_000, effort);
    const { waits } = runPausableStation({
      seed,
      customers: n,
      interarrival: new ExponentialDistribution(UNIT / lambda),
      service: new ExponentialDistribution(UNIT),
      pauses: { kind: "vacation", length: vacation * UNIT },
    });
    const units = waits.map((wait) => wait / UNIT);
    const setup = "lambda 0.5, E[S] 1 exponential, V 3: mean wait";
    return [
      estimatedRow(
        effort,
        { setup, expected, unit: "", n, seed },
        batchMeans(units, BATCHES, CONFIDENCE),
        0.01,
      ),
    ];
  },
};
