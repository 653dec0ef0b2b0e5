import { invariant } from "../../engine/index.ts";
import type { Lineage, Route } from "../../records/index.ts";
import type { JobVertex } from "../job-graph.ts";
import { partOf } from "./edge-routes.ts";

/** The largest set of records that goes to one subtask of a vertex under every parallelism that the job ever has. */
export interface UndividedRoute {
  readonly route: Route;
  /** Which subtask, by parallelism of the job; undefined: the one with the number of the source subtask that reads their partition. */
  readonly owners: readonly number[] | undefined;
  /** What it comes from, at the vertex before; undefined: it leaves the source. */
  readonly parent: UndividedRoute | undefined;
}

/** What the routes of a job that gets another parallelism have in common, so that records are the same records before and after.
 *  Key groups that stay together do, and of what is dealt out in turn the parts of the least common multiple. */
export class UndividedRoutes {
  /** Per vertex: the routes that come to it under any parallelism, and what each is made of. */
  readonly #madeOf: Map<number, readonly UndividedRoute[]>[] = [];
  /** Per vertex. */
  readonly #all: (readonly UndividedRoute[])[] = [];
  readonly #lineage: Lineage;
  readonly #maxParallelism: number;
  /** Per parallelism of the job: its vertices. */
  readonly #variants: readonly (readonly JobVertex[])[];

  /** @param sourceRoutes the ways that the records of the source's topic have taken. */
  constructor(
    variants: readonly (readonly JobVertex[])[],
    sourceRoutes: readonly Route[],
    lineage: Lineage,
    maxParallelism: number,
  ) {
    this.#variants = variants;
    this.#lineage = lineage;
    this.#maxParallelism = maxParallelism;
    const ofSource = sourceRoutes.map(
      (route): UndividedRoute => ({ route, owners: undefined, parent: undefined }),
    );
    this.#all.push(ofSource);
    this.#madeOf.push(new Map(ofSource.map((one) => [one.route.id, [one]])));
    // Per vertex and parallelism: the routes that come to it.
    const coming: (readonly Route[])[][] = [variants.map(() => sourceRoutes)];
    for (let vertex = 1; vertex < variants[0]!.length; vertex++) coming.push(this.#addVertex(vertex, coming));
  }

  /** What leaves a vertex. */
  of(vertex: number): readonly UndividedRoute[] {
    return this.#all[vertex]!;
  }

  /** What the route with this number is made of when it comes to a vertex. */
  madeOf(vertex: number, route: number): readonly UndividedRoute[] {
    const parts = this.#madeOf[vertex]!.get(route);
    invariant(parts !== undefined, "every route that comes to a vertex is known");
    return parts;
  }

  /** Ranks [from, to) of a route that comes to a vertex, as ranks of what it is made of. */
  divide(
    vertex: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
  ): readonly (readonly [part: UndividedRoute, from: number, to: number])[] {
    const whole = this.#lineage.routeById(route);
    return this.madeOf(vertex, route).flatMap((part) => {
      const start = this.#lineage.translate(originPartition, whole, part.route, from);
      const end = this.#lineage.translate(originPartition, whole, part.route, to);
      return end > start ? [[part, start, end] as const] : [];
    });
  }

  #addVertex(vertex: number, coming: readonly (readonly Route[])[][]): (readonly Route[])[] {
    const madeOf = new Map<number, readonly UndividedRoute[]>();
    const all = new Set<UndividedRoute>();
    const routes = this.#variants.map(() => new Set<Route>());
    this.#variants[0]![vertex]!.inputs.forEach(({ from, partitioner }, gate) => {
      const divided = new Map(this.#all[from]!.map((parent) => [parent, this.#divide(parent, vertex, gate)]));
      for (const parts of divided.values()) {
        for (const part of parts) {
          all.add(part);
          madeOf.set(part.route.id, [part]);
        }
      }
      this.#variants.forEach((vertices, variant) => {
        for (const route of coming[from]![variant]!) {
          const parts = this.#madeOf[from]!.get(route.id)!.flatMap((parent) => divided.get(parent)!);
          for (let down = 0; down < vertices[vertex]!.parallelism; down++) {
            const part = this.#partOf(vertices, vertex, gate, down, route);
            if (part === undefined) continue;
            routes[variant]!.add(part);
            const isDivided = partitioner !== "forward";
            madeOf.set(part.id, isDivided ? parts.filter(({ owners }) => owners![variant] === down) : parts);
          }
        }
      });
    });
    this.#all.push([...all]);
    this.#madeOf.push(madeOf);
    // Those too come, where records were in flight when the parallelism changed.
    const undivided = [...all].map(({ route }) => route);
    return routes.map((set) => [...new Set([...set, ...undivided])]);
  }

  #partOf(vertices: readonly JobVertex[], vertex: number, gate: number, down: number, route: Route) {
    const { from, partitioner } = vertices[vertex]!.inputs[gate]!;
    const edge = {
      partitioner,
      upstream: vertices[from]!.parallelism,
      downstream: vertices[vertex]!.parallelism,
    };
    return partOf(edge, down, down, route, this.#lineage, this.#maxParallelism);
  }

  /** The parts of what leaves a vertex that go to one subtask of the next under every parallelism. */
  #divide(parent: UndividedRoute, vertex: number, gate: number): UndividedRoute[] {
    const { partitioner } = this.#variants[0]![vertex]!.inputs[gate]!;
    const parallelisms = this.#variants.map((vertices) => vertices[vertex]!.parallelism);
    const { route } = parent;
    const made = <Owners extends UndividedRoute["owners"]>(part: Route, owners: Owners) => ({
      route: part,
      owners,
      parent,
    });
    switch (partitioner) {
      case "forward":
        return [made(route, parent.owners)];
      case "broadcast": {
        const [copies] = parallelisms;
        return Array.from({ length: copies! }, (_, copy) =>
          made(
            this.#lineage.copy(route, copy, copies!),
            parallelisms.map(() => copy),
          ),
        );
      }
      case "hash": {
        let parts = [made<readonly number[]>(route, [])];
        for (const parallelism of parallelisms) {
          parts = parts.flatMap((part) =>
            Array.from({ length: parallelism }, (_, down) => {
              const keyed = this.#lineage.keyed(part.route, down, parallelism, this.#maxParallelism);
              return keyed === undefined ? [] : [made<readonly number[]>(keyed, [...part.owners, down])];
            }).flat(),
          );
        }
        return parts;
      }
      default: {
        const turns = parallelisms.reduce(leastCommonMultiple);
        return Array.from({ length: turns }, (_, turn) =>
          made(
            this.#lineage.inTurn(route, turn, turns),
            parallelisms.map((parallelism) => turn % parallelism),
          ),
        );
      }
    }
  }
}

/** More than any world has partitions of origins. */
const PARTITIONS = 2 ** 20;

/** Records of an origin partition on a route, as one number; and back. */
export function partNumber(originPartition: number, route: number): number {
  return route * PARTITIONS + originPartition;
}

export function partOfNumber(number: number): readonly [originPartition: number, route: number] {
  return [number % PARTITIONS, Math.floor(number / PARTITIONS)];
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
