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

/** A population that swells to `most` events and dies down to nothing, `waves` times, some cancelled and moved on the way: it
 *  passes every size at which a pending-event set changes its ways, both up and down. */
export function runWaves(options: {
  readonly seed: string;
  readonly queue: "auto" | "heap" | "ladder";
  readonly delays: string;
  readonly most: number;
  readonly waves: number;
}): Simulation {
  const simulation = new Simulation({ seed: options.seed, queue: options.queue, fingerprint: true });
  const delay = DELAYS[options.delays]!;
  const delays = simulation.stream("delays");
  const choices = simulation.stream("choices");
  let isSwelling = true;
  let latest = 0;
  const live = simulation.defineKind("live", (generation) => {
    if (simulation.pending >= options.most) isSwelling = false;
    const children = isSwelling ? 2 : choices.below(2);
    for (let child = 0; child < children; child++) {
      const handle = simulation.scheduleAfter(delay(delays), live, generation + 1, child);
      if (choices.below(8) === 0) simulation.reschedule(latest, simulation.now + delay(delays));
      if (choices.below(16) === 0) simulation.cancel(latest);
      latest = handle;
    }
  });
  for (let wave = 0; wave < options.waves; wave++) {
    isSwelling = true;
    for (let i = 0; i < 40; i++) simulation.scheduleAfter(delay(delays), live, wave, i);
    simulation.run(Number.POSITIVE_INFINITY);
  }
  return simulation;
}
