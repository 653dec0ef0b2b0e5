import { type Distribution, Simulation } from "../../engine/index.ts";

/** What a run met at one first-come-first-served station, by customer in the order of arrival. Times in nanoseconds. */
export interface StationResult {
  readonly arrivals: Float64Array;
  readonly waits: Float64Array;
  readonly services: Float64Array;
}

/** What a run of such stations in series measured. Times in nanoseconds. */
export interface StationsResult {
  readonly stations: readonly StationResult[];
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
  const stations = services.map(() => ({
    arrivals: new Float64Array(customers),
    waits: new Float64Array(customers),
    services: new Float64Array(customers),
  }));
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
    const customer = served[station]!;
    const seen = stations[station]!;
    const service = Math.round(services[station]!.sample(streams[station]!));
    seen.waits[customer] = simulation.now - seen.arrivals[customer]!;
    seen.services[customer] = service;
    simulation.scheduleAfter(service, departure, station, 0);
  };
  const enter = (station: number): void => {
    stations[station]!.arrivals[entered[station]!++] = simulation.now;
    if (entered[station]! - served[station]! === 1) serve(station);
  };
  const arrival = simulation.defineKind("arrival", (customer) => {
    change(1);
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
      sojourns[customer] = simulation.now - stations[0]!.arrivals[customer]!;
    }
  });
  simulation.scheduleAt(0, arrival, 0, 0);
  simulation.run(Number.POSITIVE_INFINITY);
  return { stations, sojourns, customerTime, left: inSystem };
}
