import { ExponentialDistribution, Simulation } from "../../src/engine/index.ts";
import type { CandidateArguments, Measurement } from "../candidate.ts";
import { BitHistogram, Draws, OrderHash } from "../shared-draws.ts";
import { Stopwatch } from "../stopwatch.ts";

const WAITING_LIMIT = 1 << 16;

/** M/M/1 at 80 % load with two random streams and a histogram of sojourn times. Parameters: events, "drawn" or "shared"; with
 *  "shared" both delays come from the draws, so that the order of events can be compared with another language's. */
export function measure({ draws, parameters, queue }: CandidateArguments): Measurement {
  const events = Number(parameters[0]);
  const isShared = parameters[1] === "shared";
  const shared = new Draws(draws);
  const order = new OrderHash();
  const histogram = new BitHistogram();
  const simulation = new Simulation({ seed: "bench", queue, bounds: { events } });
  const arrivalStream = simulation.stream("arrivals");
  const serviceStream = simulation.stream("services");
  const between = new ExponentialDistribution(1.25e6);
  const serving = new ExponentialDistribution(1e6);
  const waiting = new Float64Array(WAITING_LIMIT);
  let oldest = 0;
  let length = 0;
  let arrivals = 0;

  const interarrival = (): number =>
    Math.floor(isShared ? (shared.draw() * 5) / 4 : between.sample(arrivalStream));
  const service = (): number => (isShared ? shared.draw() : Math.floor(serving.sample(serviceStream)));

  const arrival = simulation.defineKind("arrival", (customer) => {
    const now = simulation.now;
    order.add(now, customer);
    simulation.scheduleAfter(interarrival(), arrival, ++arrivals, 0);
    waiting[(oldest + length++) & (WAITING_LIMIT - 1)] = now;
    if (length === 1) simulation.scheduleAfter(service(), departure, -1, 0);
  });
  const departure = simulation.defineKind("departure", () => {
    const now = simulation.now;
    order.add(now, -1);
    histogram.record(now - waiting[oldest]!);
    oldest = (oldest + 1) & (WAITING_LIMIT - 1);
    if (--length > 0) simulation.scheduleAfter(service(), departure, -1, 0);
  });

  simulation.scheduleAt(0, arrival, 0, 0);
  const stopwatch = new Stopwatch();
  simulation.run(Number.POSITIVE_INFINITY);
  const { seconds } = stopwatch;
  return { events, seconds, hash: (order.value ^ histogram.hash()) >>> 0 };
}
