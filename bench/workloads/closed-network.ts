import { Simulation } from "../../src/engine/index.ts";
import type { CandidateArguments, Measurement } from "../candidate.ts";
import { BitHistogram, Draws, OrderHash, Xorshift32 } from "../shared-draws.ts";
import { Stopwatch } from "../stopwatch.ts";

/** A closed network of first-come-first-served stations; customers are routed at random, and each sojourn at a station enters
 *  a histogram. Parameters: stations, customers, events. */
export function measure({ draws, parameters, queue }: CandidateArguments): Measurement {
  const stations = Number(parameters[0]);
  const customers = Number(parameters[1]);
  const events = Number(parameters[2]);
  const delays = new Draws(draws);
  const routes = new Xorshift32();
  const order = new OrderHash();
  const histogram = new BitHistogram();
  const first = new Int32Array(stations).fill(-1);
  const last = new Int32Array(stations).fill(-1);
  const behind = new Int32Array(customers).fill(-1);
  const arrived = new Float64Array(customers);
  const simulation = new Simulation({ seed: "bench", queue, bounds: { events } });

  const arrive = (station: number, customer: number): void => {
    arrived[customer] = simulation.now;
    behind[customer] = -1;
    if (first[station]! < 0) {
      first[station] = customer;
      last[station] = customer;
      simulation.scheduleAfter(delays.draw(), departure, station, 0);
    } else {
      behind[last[station]!] = customer;
      last[station] = customer;
    }
  };
  const departure = simulation.defineKind("departure", (station) => {
    const now = simulation.now;
    order.add(now, station);
    const customer = first[station]!;
    histogram.record(now - arrived[customer]!);
    first[station] = behind[customer]!;
    if (first[station]! >= 0) simulation.scheduleAfter(delays.draw(), departure, station, 0);
    arrive(routes.draw() % stations, customer);
  });

  for (let customer = 0; customer < customers; customer++) arrive(customer % stations, customer);
  const stopwatch = new Stopwatch();
  simulation.run(Number.POSITIVE_INFINITY);
  const { seconds } = stopwatch;
  return { events, seconds, hash: (order.value ^ histogram.hash()) >>> 0 };
}
