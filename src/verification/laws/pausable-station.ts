import { type Distribution, NO_EVENT, Simulation } from "../../engine/index.ts";

/** When a server does something else than serve. Times are ns. */
export type Pauses =
  /** Poisson pauses of a constant length, which interrupt a service and queue up behind each other. */
  | { readonly kind: "random"; readonly between: Distribution; readonly length: number }
  /** One of a constant length whenever nobody waits, again and again until somebody does. */
  | { readonly kind: "vacation"; readonly length: number };

/** A first-come-first-served station with one server that pauses. */
export interface StationOptions {
  readonly seed: string;
  readonly customers: number;
  readonly interarrival: Distribution;
  readonly service: Distribution;
  readonly pauses: Pauses;
}

/** Runs all customers through and returns, in the order of service, how long each waited until its service began (`waits`)
 *  and until it left (`sojourns`), ns. */
export function runPausableStation(options: StationOptions): {
  readonly waits: Float64Array;
  readonly sojourns: Float64Array;
} {
  const { customers, pauses } = options;
  const sim = new Simulation({ seed: options.seed });
  const arrivals = sim.stream("arrivals");
  const services = sim.stream("service");
  const pauseDraws = sim.stream("pauses");
  const arrivedAt = new Float64Array(customers);
  const waits = new Float64Array(customers);
  const sojourns = new Float64Array(customers);
  let arrived = 0;
  let served = 0;
  let begun = 0;
  /** Of the service in hand, ns; what is left while it is interrupted. */
  let left = 0;
  let endsAt = 0;
  let departureEvent = NO_EVENT;
  let pausedUntil = -1;

  const resume = (): void => {
    if (served === arrived) {
      if (pauses.kind === "vacation") startPause(pauses.length);
      return;
    }
    if (begun === served) {
      waits[served] = sim.now - arrivedAt[served]!;
      left = Math.round(options.service.sample(services));
      begun++;
    }
    endsAt = sim.now + left;
    departureEvent = sim.scheduleAt(endsAt, departure, 0, 0);
  };
  const startPause = (length: number): void => {
    pausedUntil = sim.now + length;
    sim.scheduleAt(pausedUntil, pauseEnd, 0, 0);
  };
  const departure = sim.defineKind("departure", () => {
    departureEvent = NO_EVENT;
    sojourns[served] = sim.now - arrivedAt[served]!;
    served++;
    if (served < customers) resume();
  });
  const pauseEnd = sim.defineKind("pause ends", () => {
    if (sim.now < pausedUntil) return;
    pausedUntil = -1;
    if (served < customers) resume();
  });
  const randomPause = sim.defineKind("pause begins", () => {
    if (pauses.kind !== "random" || served === customers) return;
    sim.scheduleAfter(Math.round(pauses.between.sample(pauseDraws)), randomPause, 0, 0);
    if (pausedUntil >= 0) {
      pausedUntil += pauses.length;
      sim.scheduleAt(pausedUntil, pauseEnd, 0, 0);
      return;
    }
    if (departureEvent !== NO_EVENT) {
      sim.cancel(departureEvent);
      departureEvent = NO_EVENT;
      left = endsAt - sim.now;
    }
    startPause(pauses.length);
  });
  const arrival = sim.defineKind("arrival", () => {
    arrivedAt[arrived++] = sim.now;
    if (arrived < customers) {
      sim.scheduleAfter(Math.round(options.interarrival.sample(arrivals)), arrival, 0, 0);
    }
    if (pausedUntil < 0 && arrived - served === 1) resume();
  });
  if (pauses.kind === "vacation") startPause(pauses.length);
  else sim.scheduleAfter(Math.round(pauses.between.sample(pauseDraws)), randomPause, 0, 0);
  sim.scheduleAt(0, arrival, 0, 0);
  sim.run(Number.POSITIVE_INFINITY);
  return { waits, sojourns };
}
