import {
  ConstantDistribution,
  type Distribution,
  ExponentialDistribution,
  GammaDistribution,
} from "../../engine/index.ts";
import { batchMeans } from "../../stats/index.ts";
import { CONFIDENCE, estimatedRow, exactRow, type Law, type LawRow, observations } from "./law.ts";
import { runStations, type StationResult } from "./stations.ts";

/** One unit of time of the textbook, ns: service takes one on average. */
const UNIT = 1e6;
const SEED = "queueing theory";
const BATCHES = 30;

interface Queue {
  readonly name: string;
  readonly rho: number;
  readonly service: Distribution;
  /** Squared coefficient of variation of the service. */
  readonly cs2: number;
  readonly customers: number;
}

/** One station: what each customer waited, and any value of it made less noisy, both behind the warm-up, in units.
 *  @param slack mean time between arrivals less mean service, in units. */
function stationOf(interarrival: Distribution, service: Distribution, customers: number, slack: number) {
  const [station] = runStations({ seed: SEED, customers, interarrival, services: [service] }).stations;
  const waits = station!.waits.map((wait) => wait / UNIT);
  return { waits, controlled: (values: Float64Array) => behindWarmUp(controlled(values, station!, slack)) };
}

/** The first tenth is the warm-up. */
function behindWarmUp(values: Float64Array): Float64Array {
  return values.subarray(Math.floor(values.length / 10));
}

/** Multiplies a value of each customer by (A - S) / E[A - S], with the time A until the next arrival and the own service S.
 *  That is a control variate: what a customer finds is independent of A and S, so the mean stays, and Lindley's recursion
 *  takes most of the noise away. */
function controlled(
  values: Float64Array,
  { arrivals, services }: StationResult,
  slack: number,
): Float64Array {
  return values
    .subarray(0, -1)
    .map((value, i) => (value * (arrivals[i + 1]! - arrivals[i]! - services[i]!)) / (slack * UNIT));
}

function estimate(
  effort: number,
  setup: string,
  expected: number,
  values: Float64Array,
  tolerance: number,
): LawRow {
  const row = { setup, expected, unit: "", n: values.length, seed: SEED };
  return estimatedRow(effort, row, batchMeans(values, BATCHES, CONFIDENCE), tolerance);
}

/** Pollaczek-Khinchine with mean service 1: Wq = rho (1 + cs2) / (2 (1 - rho)). */
function meanWaitRow(effort: number, { name, rho, service, cs2, customers }: Queue): LawRow {
  const n = observations(customers, effort);
  const station = stationOf(new ExponentialDistribution(UNIT / rho), service, n, 1 / rho - 1);
  const expected = (rho * (1 + cs2)) / (2 * (1 - rho));
  const values = station.controlled(station.waits);
  return estimate(effort, `${name}, rho ${rho}: mean wait`, expected, values, 0.01);
}

const markovian: Law = {
  id: "L8",
  name: "M/M/1",
  statement:
    "Wq = rho / (mu - lambda), P(Wq > t) = rho e^(-(mu - lambda) t), p99 ln(rho / 0.01) / (mu - lambda)",
  source: "Kleinrock 1975",
  run: (effort) => {
    const n = observations(3_000_000, effort);
    const station = stationOf(
      new ExponentialDistribution(1.25 * UNIT),
      new ExponentialDistribution(UNIT),
      n,
      0.25,
    );
    const waits = station.controlled(station.waits);
    const exceeds = (t: number): Float64Array =>
      station.controlled(station.waits.map((wait) => (wait > t ? 1 : 0)));
    const p99 = Math.log(0.8 / 0.01) / 0.2;
    return [
      estimate(effort, "rho 0.8: mean wait", 4, waits, 0.01),
      estimate(effort, "rho 0.8: share that waits at all", 0.8, exceeds(0), 0.01),
      estimate(effort, "rho 0.8: share that waits longer than 4", 0.8 * Math.exp(-0.8), exceeds(4), 0.01),
      // One customer in a hundred: counted ten times less precisely.
      estimate(effort, `rho 0.8: share that waits longer than ${p99.toFixed(2)}`, 0.01, exceeds(p99), 0.1),
    ];
  },
};

const deterministic: Law = {
  id: "L9",
  name: "M/D/1",
  statement: "Wq = rho / (2 mu (1 - rho))",
  source: "Pollaczek 1930, Khinchine 1932",
  run: (effort) => [
    meanWaitRow(effort, {
      name: "constant service",
      rho: 0.8,
      service: new ConstantDistribution(UNIT),
      cs2: 0,
      customers: 1_000_000,
    }),
  ],
};

const general: Law = {
  id: "L10",
  name: "M/G/1",
  statement: "Wq = lambda E[S^2] / (2 (1 - rho))",
  source: "Pollaczek 1930, Khinchine 1932",
  run: (effort) =>
    [
      {
        name: "gamma service, cs2 1/2",
        rho: 0.8,
        service: new GammaDistribution(2, UNIT),
        cs2: 0.5,
        customers: 1_000_000,
      },
      {
        name: "gamma service, cs2 4",
        rho: 0.5,
        service: new GammaDistribution(0.25, UNIT),
        cs2: 4,
        customers: 3_000_000,
      },
      {
        name: "gamma service, cs2 4",
        rho: 0.8,
        service: new GammaDistribution(0.25, UNIT),
        cs2: 4,
        customers: 5_000_000,
      },
    ].map((queue) => meanWaitRow(effort, queue)),
};

const kingman: Law = {
  id: "L11",
  name: "Kingman's bound",
  statement:
    "Wq <= lambda (varA + varS) / (2 (1 - rho)); less also than rho/(1 - rho) (ca2 + cs2)/2 for regular arrivals",
  source: "Kingman 1961",
  run: (effort) => {
    const n = observations(2_000_000, effort);
    const station = stationOf(new GammaDistribution(4, 1.25 * UNIT), new GammaDistribution(2, UNIT), n, 0.25);
    const waits = station.controlled(station.waits);
    const { mean, halfWidth } = batchMeans(waits, BATCHES, CONFIDENCE);
    const row = {
      relation: "<=",
      simulated: mean + halfWidth,
      unit: "",
      n: waits.length,
      seed: SEED,
    } as const;
    return [
      exactRow({
        ...row,
        setup: "Erlang-4 arrivals, Erlang-2 service, rho 0.8: upper end of the mean wait's interval, bound",
        expected: (0.8 * (1.25 ** 2 / 4 + 1 / 2)) / (2 * 0.2),
      }),
      exactRow({
        ...row,
        setup: "the same, approximation",
        expected: ((0.8 / 0.2) * (1 / 4 + 1 / 2)) / 2,
      }),
    ];
  },
};

const tandem: Law = {
  id: "L12",
  name: "tandem of queues",
  statement: "W = sum of 1 / (mu_i - lambda)",
  source: "Burke 1956, Jackson 1957",
  run: (effort) => {
    const n = observations(1_000_000, effort);
    const rates = [1, 0.8, 1.5];
    const { stations } = runStations({
      seed: SEED,
      customers: n,
      interarrival: new ExponentialDistribution(UNIT / 0.6),
      services: rates.map((rate) => new ExponentialDistribution(UNIT / rate)),
    });
    // By Burke's theorem the arrivals at the later stations are a Poisson stream too, so the control holds there.
    const waits = rates.map((rate, i) => controlled(stations[i]!.waits, stations[i]!, 1 / 0.6 - 1 / rate));
    const sojourns = behindWarmUp(
      waits[0]!.map((_, customer) =>
        stations.reduce(
          (sum, { services }, i) => sum + (waits[i]![customer]! + services[customer]!) / UNIT,
          0,
        ),
      ),
    );
    return [
      estimate(
        effort,
        "lambda 0.6, mu 1, 0.8, 1.5: mean time in all",
        1 / 0.4 + 1 / 0.2 + 1 / 0.9,
        sojourns,
        0.01,
      ),
    ];
  },
};

export const queueLaws: readonly Law[] = [markovian, deterministic, general, kingman, tandem];
