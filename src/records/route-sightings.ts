import { Sightings } from "./sightings.ts";

/** Which records were seen and how often, exactly: by route and origin partition, in ranks. */
export class RouteSightings {
  /** By route, then origin partition. */
  readonly #sightings: (Sightings | undefined)[][];

  constructor(sightings: (Sightings | undefined)[][] = []) {
    this.#sightings = sightings;
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
