import { describe, expect, test } from "vitest";
import { ConstantDistribution } from "./constant-distribution.ts";
import type { Distribution } from "./distribution.ts";
import { ExponentialDistribution } from "./exponential-distribution.ts";
import { GammaDistribution } from "./gamma-distribution.ts";
import { runStations } from "./stations.fixture.ts";

/** One unit of time of the textbook, nanoseconds: service takes one on average. */
const UNIT = 1e6;
const SEED = "queueing theory";
const BATCHES = 30;
/** Student's t, 29 degrees of freedom, two-sided 99 %. */
const T_99 = 2.7564;

/** Mean in units and the half-width of its 99 % confidence interval, from the means of 30 batches after a tenth was dropped. */
function batchMean(values: Float64Array): { mean: number; halfWidth: number } {
  const first = Math.floor(values.length / 10);
  const size = Math.floor((values.length - first) / BATCHES);
  const means = Array.from({ length: BATCHES }, (_, batch) => {
    const start = first + batch * size;
    return values.subarray(start, start + size).reduce((sum, value) => sum + value, 0) / size / UNIT;
  });
  const mean = means.reduce((sum, value) => sum + value, 0) / BATCHES;
  const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (BATCHES - 1);
  return { mean, halfWidth: T_99 * Math.sqrt(variance / BATCHES) };
}

function report(
  what: string,
  customers: number,
  expected: number,
  measured: { mean: number; halfWidth: number },
) {
  console.info(
    `${what}: ${measured.mean.toFixed(4)} +- ${measured.halfWidth.toFixed(4)} (99 %), theory ${expected.toFixed(4)}; seed "${SEED}", n ${customers}`,
  );
  expect(Math.abs(measured.mean - expected)).toBeLessThan(measured.halfWidth);
}

/** Load 0.8: one arrival in 1.25 units. Pollaczek-Khinchine: Wq = lambda E[S^2] / (2 (1 - rho)). */
const SINGLE_STATIONS: {
  name: string;
  service: Distribution;
  wait: number;
  customers: number;
  precision: number;
}[] = [
  {
    name: "M/M/1",
    service: new ExponentialDistribution(UNIT),
    wait: 4,
    customers: 3_000_000,
    precision: 0.02,
  },
  { name: "M/D/1", service: new ConstantDistribution(UNIT), wait: 2, customers: 2_000_000, precision: 0.02 },
  {
    name: "M/G/1, cs2 = 4",
    service: new GammaDistribution(0.25, UNIT),
    wait: 10,
    customers: 3_000_000,
    precision: 0.04,
  },
  {
    name: "M/G/1, cs2 = 1/2",
    service: new GammaDistribution(2, UNIT),
    wait: 3,
    customers: 2_000_000,
    precision: 0.02,
  },
];

describe("one station at 80 % load", () => {
  test.each(SINGLE_STATIONS)(
    "$name waits as Pollaczek-Khinchine says",
    ({ name, service, wait, customers, precision }) => {
      const { waits } = runStations({
        seed: SEED,
        customers,
        interarrival: new ExponentialDistribution(1.25 * UNIT),
        services: [service],
      });
      const measured = batchMean(waits);
      report(`${name}, mean wait`, customers, wait, measured);
      expect(measured.halfWidth / wait).toBeLessThan(precision);
    },
  );

  test("M/M/1: the waiting time has an atom at zero and an exponential tail", () => {
    const customers = 2_000_000;
    const { waits } = runStations({
      seed: SEED,
      customers,
      interarrival: new ExponentialDistribution(1.25 * UNIT),
      services: [new ExponentialDistribution(UNIT)],
    });
    // P(Wq > t) = rho e^-(mu - lambda) t, at 0, 4 and the 99 % point ln(rho / 0.01) / (mu - lambda) = 21.91.
    for (const t of [0, 4, Math.log(80) / 0.2]) {
      const exceeds = waits.map((wait) => (wait > t * UNIT ? UNIT : 0));
      report(`M/M/1, P(Wq > ${t.toFixed(2)})`, customers, 0.8 * Math.exp(-0.2 * t), batchMean(exceeds));
    }
  });

  test("Erlang arrivals and service stay below Kingman's bound", () => {
    const customers = 1_000_000;
    const { waits } = runStations({
      seed: SEED,
      customers,
      interarrival: new GammaDistribution(4, 1.25 * UNIT),
      services: [new GammaDistribution(2, UNIT)],
    });
    const { mean, halfWidth } = batchMean(waits);
    // lambda (varA + varS) / (2 (1 - rho)) with varA = 1.25^2 / 4 and varS = 1/2.
    expect(mean + halfWidth).toBeLessThan((0.8 * (1.5625 / 4 + 0.5)) / 0.4);
    expect(mean).toBeGreaterThan(1);
  });
});

test("a tandem of exponential stations: W = sum of 1 / (mu_i - lambda)", () => {
  const customers = 1_500_000;
  const { sojourns } = runStations({
    seed: SEED,
    customers,
    interarrival: new ExponentialDistribution(UNIT / 0.6),
    services: [1, 0.8, 1.5].map((rate) => new ExponentialDistribution(UNIT / rate)),
  });
  const expected = 1 / 0.4 + 1 / 0.2 + 1 / 0.9;
  const measured = batchMean(sojourns);
  report("tandem, mean sojourn", customers, expected, measured);
  expect(measured.halfWidth / expected).toBeLessThan(0.03);
});

test("Little's law is exact over a drained run: the integral of L is the sum of W", () => {
  const { sojourns, customerTime, left } = runStations({
    seed: SEED,
    customers: 100_000,
    interarrival: new ExponentialDistribution(1.1 * UNIT),
    services: [new GammaDistribution(3, UNIT), new ExponentialDistribution(UNIT)],
  });
  expect(left).toBe(0);
  expect(customerTime).toBe(sojourns.reduce((sum, sojourn) => sum + BigInt(sojourn), 0n));
});
