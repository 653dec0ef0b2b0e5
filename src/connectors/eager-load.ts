/** Models: a load producer with every record an event.
 *  Source: eager-producer.ts.
 *  Leaves out: nothing of what origin-feed.ts has in closed form. */

import type { Simulation } from "../engine/index.ts";
import type { RecordProducer } from "../kafka/index.ts";
import { type Origin, SpanList } from "../records/index.ts";

export class EagerLoad {
  readonly #sim: Simulation;
  readonly #kind: number;
  readonly #number: number;
  readonly #origin: Origin;
  readonly #firstPartition: number;
  /** The route of all key groups: its ranks are offsets. */
  readonly #route: number;
  readonly #producer: RecordProducer;
  readonly #made: Float64Array;
  readonly #span = new SpanList(true);

  /** @param kind event kind, payload a = `number`, b = partition. */
  constructor(
    sim: Simulation,
    kind: number,
    number: number,
    origin: Origin,
    firstPartition: number,
    route: number,
    producer: RecordProducer,
  ) {
    this.#sim = sim;
    this.#kind = kind;
    this.#number = number;
    this.#origin = origin;
    this.#firstPartition = firstPartition;
    this.#route = route;
    this.#producer = producer;
    this.#made = new Float64Array(origin.partitions);
    for (let partition = 0; partition < origin.partitions; partition++) this.#plan(partition);
  }

  /** Handler: the next record of `partition` is created. */
  onRecord(partition: number): void {
    const offset = this.#made[partition]!;
    this.#made[partition] = offset + 1;
    this.#span.push(this.#firstPartition + partition, this.#route, offset, offset + 1);
    const now = this.#sim.now;
    this.#producer.send(partition, this.#span, now, now, 0, 0);
    this.#plan(partition);
  }

  #plan(partition: number): void {
    const offset = this.#made[partition]!;
    if (offset >= this.#origin.total(partition)) return;
    this.#sim.scheduleAt(this.#origin.createdAt(partition, offset), this.#kind, this.#number, partition);
  }
}
