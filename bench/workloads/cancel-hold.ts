import { Simulation } from "../../src/engine/index.ts";
import type { CandidateArguments, Measurement } from "../candidate.ts";
import { Draws, OrderHash, Xorshift32 } from "../shared-draws.ts";
import { Stopwatch } from "../stopwatch.ts";

/** Cancel-heavy HOLD: each executed event schedules its successor and moves another entity's event, chosen at random, by
 *  cancelling it and scheduling it anew. Parameters: pending, events. */
export function measure({ draws, parameters, queue }: CandidateArguments): Measurement {
  const pending = Number(parameters[0]);
  const events = Number(parameters[1]);
  const delays = new Draws(draws);
  const victims = new Xorshift32();
  const order = new OrderHash();
  const handles = new Float64Array(pending);
  const simulation = new Simulation({ seed: "bench", queue, bounds: { events } });
  const hold = simulation.defineKind("hold", (entity) => {
    order.add(simulation.now, entity);
    handles[entity] = simulation.scheduleAfter(delays.draw(), hold, entity, 0);
    const victim = victims.draw() % pending;
    simulation.cancel(handles[victim]!);
    handles[victim] = simulation.scheduleAfter(delays.draw(), hold, victim, 0);
  });
  for (let entity = 0; entity < pending; entity++) {
    handles[entity] = simulation.scheduleAt(delays.draw(), hold, entity, 0);
  }
  const stopwatch = new Stopwatch();
  simulation.run(Number.POSITIVE_INFINITY);
  return { events, seconds: stopwatch.seconds, hash: order.value };
}
