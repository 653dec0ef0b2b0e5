import { Simulation } from "../../src/engine/index.ts";
import type { CandidateArguments, Measurement } from "../candidate.ts";
import { Draws, OrderHash } from "../shared-draws.ts";
import { Stopwatch } from "../stopwatch.ts";

/** HOLD: n events pending; each executed event schedules one. Parameters: pending, events. */
export function measure({ draws, parameters, queue }: CandidateArguments): Measurement {
  const pending = Number(parameters[0]);
  const events = Number(parameters[1]);
  const delays = new Draws(draws);
  const order = new OrderHash();
  const simulation = new Simulation({ seed: "bench", queue, bounds: { events } });
  const hold = simulation.defineKind("hold", (entity) => {
    order.add(simulation.now, entity);
    simulation.scheduleAfter(delays.draw(), hold, entity, 0);
  });
  for (let entity = 0; entity < pending; entity++) simulation.scheduleAt(delays.draw(), hold, entity, 0);
  const stopwatch = new Stopwatch();
  simulation.run(Number.POSITIVE_INFINITY);
  return { events, seconds: stopwatch.seconds, hash: order.value };
}
