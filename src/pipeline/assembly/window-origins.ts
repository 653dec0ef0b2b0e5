import {
  KeyCensus,
  type KeySource,
  LaneTable,
  type Lineage,
  type Route,
  WindowOrigin,
} from "../../records/index.ts";
import type { JobSpec, OperatorSpec, WindowSpec } from "../pipeline.ts";

/** The results of one operator's windows, as an origin of the world. */
interface KnownOrigin {
  readonly origin: WindowOrigin;
  /** number of its first partition. */
  readonly firstPartition: number;
}

/** What comes to the windows of an operator. */
export interface WindowLoad {
  /** Ways on which its records come to its exchange by key. */
  readonly routes: readonly Route[];
  readonly keys: readonly KeySource[];
  /** Where they end, of each partition of the origin whose first one has that number; undefined: they don't. */
  readonly stoppingOffsets: (firstPartition: number) => readonly number[] | undefined;
  /** ms: the watermark that is sure to come in the end; asked for when the load is over. */
  readonly finalWatermark: () => number;
  /** ns: no record is created from then on. */
  readonly loadEnd: number;
}

/** The results of the windows of all jobs: an origin for each operator that has windows, the same one whenever its job is built
 *  anew. */
export class WindowOrigins {
  readonly #lineage: Lineage;
  readonly #known = new Map<string, KnownOrigin>();

  constructor(lineage: Lineage) {
    this.#lineage = lineage;
  }

  of(job: JobSpec, { name }: OperatorSpec): KnownOrigin {
    return this.#known.get(`${job.name} ${name}`)!;
  }

  /** Adds those of an operator, if they are not there yet. @returns the route of all its results. */
  add(job: JobSpec, { name }: OperatorSpec, { size, offset }: WindowSpec, load: WindowLoad): Route {
    const lineage = this.#lineage;
    const key = `${job.name} ${name}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const { maxParallelism } = job;
      const census = new KeyCensus(load.keys, maxParallelism);
      const origin = new WindowOrigin({
        size: size / MILLISECOND,
        offset: offset / MILLISECOND,
        inputs: load.routes.map((route) => ({
          route,
          origin: lineage.originOf(route.origin),
          stoppingOffsets: load.stoppingOffsets(route.origin),
        })),
        keys: Array.from({ length: maxParallelism }, (_, group) => census.population(group, group + 1)),
        finalWatermark: load.finalWatermark,
        loadEnd: load.loadEnd,
      });
      known = { origin, firstPartition: lineage.addOrigin(origin, LaneTable.ofKeyGroups(maxParallelism)) };
      this.#known.set(key, known);
    }
    return lineage.everyKey(known.firstPartition);
  }
}

const MILLISECOND = 1e6;
