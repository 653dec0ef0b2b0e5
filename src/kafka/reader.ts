/** Models: a consumer that reads all partitions of a topic from the start of the run, one fetch loop per broker.
 *  Source: kafka-clients KafkaConsumer with assign; fetch-loop.ts.
 *  Leaves out: consumer groups, rebalances, positions committed by the reader. */

import { FetchLoop } from "./fetch-loop.ts";
import type { IsolationLevel } from "./isolation-level.ts";
import type { KafkaObserver } from "./observations.ts";

/** Whoever takes records from a partition's log: a reader of the pipeline, or the source of another job. */
export interface LogConsumer {
  readonly isolationLevel: IsolationLevel;
  /** Records of `partition` become readable evenly from `first` to `last`, ns; see KafkaObserver.delivered. */
  readable(
    partition: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
  ): void;
}

/** A reader that only looks. It causes no events. */
export class TerminalReader implements LogConsumer {
  readonly isolationLevel: IsolationLevel;
  readonly #number: number;
  readonly #loops: readonly FetchLoop[];
  readonly #observer: KafkaObserver;

  constructor(
    number: number,
    isolationLevel: IsolationLevel,
    brokers: number,
    roundTrip: number,
    wakeup: number,
    observer: KafkaObserver,
  ) {
    this.#number = number;
    this.isolationLevel = isolationLevel;
    this.#loops = Array.from({ length: brokers }, () => new FetchLoop(roundTrip, wakeup));
    this.#observer = observer;
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
    this.#observer.delivered(
      this.#number,
      originPartition,
      route,
      from,
      to,
      loop.first,
      loop.last,
      transaction,
    );
  }
}
