/** Models: a consumer of some partitions, from the start of the run, with one fetch loop per broker in closed form. It
 *    causes no events.
 *  Source: kafka-clients KafkaConsumer with assign; fetch-loop.ts.
 *  Leaves out: consumer groups, rebalances. */

import { FetchLoop, type FetchSettings } from "./fetch-loop.ts";
import type { IsolationLevel } from "./isolation-level.ts";
import type { LogConsumer, RecordTaker } from "./log-consumer.ts";

export class CurveConsumer implements LogConsumer {
  readonly isolationLevel: IsolationLevel;
  readonly #loops: readonly FetchLoop[];
  readonly #take: RecordTaker;

  /** @param partitions that it reads. @param take gets the records with the times at which they are in the consumer's hands. */
  constructor(
    isolationLevel: IsolationLevel,
    brokers: number,
    fetch: FetchSettings,
    partitions: readonly number[],
    take: RecordTaker,
  ) {
    this.isolationLevel = isolationLevel;
    this.#loops = Array.from({ length: brokers }, (_, broker) => {
      return new FetchLoop(fetch, partitions.filter((p) => p % brokers === broker).length);
    });
    this.#take = take;
  }

  readable(
    partition: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    const loop = this.#loops[partition % this.#loops.length]!;
    loop.deliver(to - from, first, last);
    this.#take(partition, originPartition, route, from, to, loop.first, loop.last, transaction);
  }
}
