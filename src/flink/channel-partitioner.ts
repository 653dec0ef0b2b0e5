/** Models: which records of a route come through one channel.
 *  Source: flink ChannelSelector, StreamPartitioner.selectChannel (Flink 2.1).
 *  Leaves out: nothing of the above; how a partitioner divides a route is the job graph's to say. */

import type { Route } from "../records/index.ts";

export class ChannelPartitioner {
  readonly #select: (route: number) => Route | undefined;
  /** By number of a route. */
  readonly #parts: (Route | null | undefined)[] = [];

  /** @param select asked once for each route; undefined: none of its records comes through here. */
  constructor(select: (route: number) => Route | undefined) {
    this.#select = select;
  }

  /** The records of the route with this number that come through here; null: none. */
  part(route: number): Route | null {
    const parts = this.#parts;
    while (parts.length <= route) parts.push(undefined);
    let part = parts[route];
    if (part === undefined) {
      part = this.#select(route) ?? null;
      parts[route] = part;
    }
    return part;
  }
}
