import { Sightings } from "./sightings.ts";

/** Which records were seen and how often, exactly: by route and origin partition, in ranks. */
export class RouteSightings {
  /** By route, then origin partition. */
  readonly #sightings: (Sightings | undefined)[][];

  constructor(sightings: (Sightings | undefined)[][] = []) {
    this.#sightings = sightings;
  }

  /** What any of `parts` has of the wanted records, none of which more than one of them has. */
  static of(
    parts: readonly RouteSightings[],
    wants: (originPartition: number, route: number) => boolean,
  ): RouteSightings {
    const sightings: (Sightings | undefined)[][] = [];
    for (const part of parts) {
      part.visit((one, originPartition, route) => {
        if (!wants(originPartition, route)) return;
        while (sightings.length <= route) sightings.push([]);
        const ofRoute = sightings[route]!;
        while (ofRoute.length <= originPartition) ofRoute.push(undefined);
        ofRoute[originPartition] = one.copy();
      });
    }
    return new RouteSightings(sightings);
  }

  /** Distinct records seen. */
  get seen(): number {
    let sum = 0;
    for (const ofRoute of this.#sightings) for (const one of ofRoute) sum += one?.seen ?? 0;
    return sum;
  }

  /** Sightings after the first of each. */
  get repeats(): number {
    let sum = 0;
    for (const ofRoute of this.#sightings) for (const one of ofRoute) sum += one?.repeats ?? 0;
    return sum;
  }

  /** Notes one sighting of each record in [from, to). @returns how many of them were seen before. */
  add(originPartition: number, route: number, from: number, to: number): number {
    const routes = this.#sightings;
    while (routes.length <= route) routes.push([]);
    const ofRoute = routes[route]!;
    while (ofRoute.length <= originPartition) ofRoute.push(undefined);
    let sightings = ofRoute[originPartition];
    if (sightings === undefined) {
      sightings = new Sightings();
      ofRoute[originPartition] = sightings;
    }
    return sightings.add(from, to);
  }

  /** undefined: none was seen there. */
  at(originPartition: number, route: number): Sightings | undefined {
    return this.#sightings[route]?.[originPartition];
  }

  visit(each: (sightings: Sightings, originPartition: number, route: number) => void): void {
    this.#sightings.forEach((ofRoute, route) => {
      ofRoute.forEach((sightings, originPartition) => {
        if (sightings !== undefined) each(sightings, originPartition, route);
      });
    });
  }

  copy(): RouteSightings {
    return new RouteSightings(this.#sightings.map((ofRoute) => ofRoute.map((one) => one?.copy())));
  }
}
