import { type Distribution, Simulation } from "../../engine/index.ts";

/** What a run of first-come-first-served stations in series measured. Times in nanoseconds. */
export interface StationsResult {
  /** Waiting time of each customer at the first station, in the order of service. */
  readonly waits: Float64Array;
  /** Time of each customer in the whole system, in the order of leaving. */
  readonly sojourns: Float64Array;
  /** Integral of the number of customers in the system over the run. */
  readonly customerTime: bigint;
  /** Customers in the system when the run had ended. */
  readonly left: number;
}

/** Runs `customers` through stations in series until all have left. The distributions are in nanoseconds and are rounded. */
export function runStations(options: {
  readonly seed: string;
  readonly customers: number;
  readonly interarrival: Distribution;
  readonly services: readonly Distribution[];
}): StationsResult {
  const { customers, services } = options;
  const simulation = new Simulation({ seed: options.seed });
  const arrivals = simulation.stream("arrivals");
  const streams = services.map((_, station) => simulation.stream(`service ${station}`));
  const arrived = new Float64Array(customers);
  const waits = new Float64Array(customers);
  const sojourns = new Float64Array(customers);
  // First in, first out: of station s, customers served[s] ..< entered[s] are there.
  const entered = new Int32Array(services.length);
  const served = new Int32Array(services.length);
  let customerTime = 0n;
  let inSystem = 0;
  let changedAt = 0;

  const change = (by: number): void => {
    customerTime += BigInt(inSystem * (simulation.now - changedAt));
    changedAt = simulation.now;
    inSystem += by;
  };
  const serve = (station: number): void => {
    if (station === 0) waits[served[0]!] = simulation.now - arrived[served[0]!]!;
    simulation.scheduleAfter(Math.round(services[station]!.sample(streams[station]!)), departure, station, 0);
  };
  const enter = (station: number): void => {
    entered[station]!++;
    if (entered[station]! - served[station]! === 1) serve(station);
  };
  const arrival = simulation.defineKind("arrival", (customer) => {
    change(1);
    arrived[customer] = simulation.now;
    enter(0);
    if (customer + 1 < customers) {
      simulation.scheduleAfter(Math.round(options.interarrival.sample(arrivals)), arrival, customer + 1, 0);
    }
  });
  const departure = simulation.defineKind("departure", (station) => {
    const customer = served[station]!++;
    if (entered[station]! > served[station]!) serve(station);
    if (station + 1 < services.length) {
      enter(station + 1);
    } else {
      change(-1);
      sojourns[customer] = simulation.now - arrived[customer]!;
    }
  });
  simulation.scheduleAt(0, arrival, 0, 0);
  simulation.run(Number.POSITIVE_INFINITY);
  return { waits, sojourns, customerTime, left: inSystem };
}
