import { assemble, type Lineage, type Pipeline, type PipelineObserver } from "../../pipeline/index.ts";
import { SILENT } from "../silent-observer.ts";

/** When each reader got each record, record by record: for runs small enough to keep them all. */
export class DeliveryTimes {
  readonly lineage: Lineage;
  /** Per reader and origin partition, by offset: ns of the delivery, NaN while it has not come; and of the creation. */
  readonly #times: readonly number[][][];
  readonly #created: readonly number[][];
  /** Deliveries beyond the first of a record. */
  repeats = 0;

  constructor(readers: number, lineage: Lineage) {
    this.lineage = lineage;
    this.#times = Array.from({ length: readers }, () =>
      Array.from({ length: lineage.originPartitions }, () => []),
    );
    this.#created = Array.from({ length: lineage.originPartitions }, () => []);
  }

  readonly delivered: PipelineObserver["delivered"] = (reader, origin, route, from, to, first, last) => {
    const times = this.#times[reader]![origin]!;
    const created = this.#created[origin]!;
    const spacing = to - from > 1 ? (last - first) / (to - from - 1) : 0;
    for (let rank = from; rank < to; rank++) {
      const offset = this.lineage.offsetOf(origin, route, rank);
      while (times.length <= offset) times.push(Number.NaN);
      // Asked now: an origin forgets what is long past.
      while (created.length <= offset) created.push(this.lineage.createdAt(origin, created.length));
      if (Number.isNaN(times[offset]!)) times[offset] = first + (rank - from) * spacing;
      else this.repeats++;
    }
  };

  /** Calls back with creation and delivery, ns, of the delivered records that were created in [from, until), by origin
   *  partition and offset. */
  each(
    reader: number,
    from: number,
    until: number,
    tell: (created: number, delivered: number, origin: number, offset: number) => void,
  ): void {
    this.#times[reader]!.forEach((times, origin) => {
      times.forEach((delivered, offset) => {
        const created = this.#created[origin]![offset]!;
        if (created >= from && created < until && !Number.isNaN(delivered)) {
          tell(created, delivered, origin, offset);
        }
      });
    });
  }

  /** Creation to delivery, ns, in ascending order, of the records created in [from, until). */
  latencies(reader: number, from: number, until: number): Float64Array {
    const found: number[] = [];
    this.each(reader, from, until, (created, delivered) => found.push(delivered - created));
    return Float64Array.from(found).sort();
  }

  /** When the record was delivered, ns; NaN if it was not. */
  at(reader: number, origin: number, offset: number): number {
    return this.#times[reader]![origin]![offset] ?? Number.NaN;
  }
}

/** Runs a pipeline and keeps every delivery.
 *  @param loadEnd ns, when the producers stop. @param end ns, when the run ends. */
export function observeDeliveries(
  pipeline: Pipeline,
  run: {
    readonly seed: string;
    readonly loadEnd: number;
    readonly end: number;
    readonly polls?: "lazy" | "eager";
    readonly observer?: Partial<PipelineObserver>;
  },
): DeliveryTimes {
  let times: DeliveryTimes | undefined;
  const polls = run.polls ?? "lazy";
  const world = assemble(
    pipeline,
    { seed: run.seed, loadEnd: run.loadEnd, spans: polls === "eager" ? "one-record" : "curves", polls },
    (lineage) => {
      times = new DeliveryTimes(pipeline.readers.length, lineage);
      return { ...SILENT, ...run.observer, delivered: times.delivered };
    },
  );
  world.run(run.end);
  return times!;
}
