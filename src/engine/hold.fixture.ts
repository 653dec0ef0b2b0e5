import type { EngineObserver } from "./engine-observer.ts";
import { ExponentialDistribution } from "./exponential-distribution.ts";
import type { RandomStream } from "./random-stream.ts";
import { Simulation } from "./simulation.ts";

/** How far ahead events are scheduled, nanoseconds; each strains a pending-event set in its own way. */
export const DELAYS: Readonly<Record<string, (stream: RandomStream) => number>> = {
  ties: () => 5,
  zeroOrOne: (stream) => stream.below(2),
  uniform: (stream) => stream.below(1000),
  exponential: (stream) => Math.round(new ExponentialDistribution(1e6).sample(stream)),
  nineScales: (stream) => (1 + stream.below(9)) * 10 ** stream.below(9),
  twoClusters: (stream) => stream.below(10) + (stream.below(10) === 0 ? 1_000_000_000 : 0),
  everNearer: (stream) => Math.floor(1e6 / (1 + stream.below(1000))),
};

/** About `pending` events that schedule, cancel and move each other at random until `events` are executed: the same program for
 *  every queue and observer. */
export function runHold(options: {
  readonly seed: string;
  readonly queue: "auto" | "heap" | "ladder";
  readonly delays: string;
  readonly pending: number;
  readonly events: number;
  readonly observer?: EngineObserver;
}): Simulation {
  const simulation = new Simulation({
    seed: options.seed,
    queue: options.queue,
    fingerprint: true,
    bounds: { events: options.events },
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  });
  const delay = DELAYS[options.delays]!;
  const delays = simulation.stream("delays");
  const choices = simulation.stream("choices");
  const handles = new Float64Array(options.pending);
  const hold = simulation.defineKind("hold", (entity) => {
    handles[entity] = simulation.scheduleAfter(delay(delays), hold, entity, simulation.executed & 0xff);
    const other = choices.below(options.pending);
    const choice = choices.below(8);
    if (choice === 0) simulation.reschedule(handles[other]!, simulation.now + delay(delays));
    if (choice === 1 && simulation.cancel(handles[other]!)) {
      handles[other] = simulation.scheduleAfter(delay(delays), hold, other, -1);
    }
  });
  for (let entity = 0; entity < options.pending; entity++) {
    handles[entity] = simulation.scheduleAt(delay(delays), hold, entity, 0);
  }
  simulation.run(Number.POSITIVE_INFINITY);
  return simulation;
}
