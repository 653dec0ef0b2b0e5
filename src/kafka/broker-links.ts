/** Models: the network between brokers, and between a broker and the controller, cut for a while. A cut in either direction
 *    lets no request come to its answer, and so nothing further: a follower doesn't fetch, a broker's heartbeats aren't
 *    answered.
 *  Source: kafka ReplicaFetcherThread (one fetch under way for a leader), BrokerLifecycleManager (one heartbeat under
 *    way); client-links.ts for when TCP is through again.
 *  Leaves out: the request that had got through when the way back was cut, back-offs other than TCP's. */

import { ALL, throughAgainAt } from "./client-links.ts";

/** Stands for the controller where a number of a broker is asked for. */
export const CONTROLLER = -2;

interface BrokerCut {
  readonly one: number;
  readonly other: number;
  readonly until: number;
}

export class BrokerLinks {
  #cuts: BrokerCut[] = [];

  /** Nothing passes between two from `now` on for `duration`, ns. @param one, @param other a broker, ALL of them, or the
   *  CONTROLLER. @returns when they are through to each other again, ns. */
  cut(one: number, other: number, now: number, duration: number): number {
    const { until } = throughAgainAt(now, duration);
    this.#cuts.push({ one, other, until });
    return until;
  }

  /** Until when the two don't get through to each other, ns; `at` when they do. */
  cutUntil(one: number, other: number, at: number): number {
    let until = at;
    for (const cut of this.#cuts) {
      const isHit =
        (isAt(cut.one, one) && isAt(cut.other, other)) || (isAt(cut.one, other) && isAt(cut.other, one));
      if (isHit && cut.until > until) until = cut.until;
    }
    return until;
  }

  isCut(one: number, other: number, at: number): boolean {
    return this.#cuts.length > 0 && one !== other && this.cutUntil(one, other, at) > at;
  }

  /** Cuts that are over by `now` are forgotten. */
  heal(now: number): void {
    this.#cuts = this.#cuts.filter(({ until }) => until > now);
  }
}

function isAt(end: number, place: number): boolean {
  return end === place || (end === ALL && place !== CONTROLLER);
}
