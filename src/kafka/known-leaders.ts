/** Models: which broker a producer takes for the leader of each partition, and when it learns of another one.
 *  Source: kafka Metadata, Sender (a refusal or a lost connection asks for new metadata), KIP-951 (who leads comes with the
 *    refusal).
 *  Leaves out: metadata on its way, metadata.max.age.ms. */

import { findsLeaderAt, type RetryBackoff } from "./client-retries.ts";
import type { Topic } from "./topic.ts";

interface KnownLeader {
  broker: number;
  /** since when it is known to be wrong; NaN: it isn't; and when the present one was elected, ns. */
  noticedAt: number;
  electedAt: number;
}

export class KnownLeaders {
  readonly #topic: Topic;
  readonly #retries: RetryBackoff;
  readonly #partitions: readonly KnownLeader[];

  constructor(topic: Topic, retries: RetryBackoff) {
    this.#topic = topic;
    this.#retries = retries;
    this.#partitions = topic.logs.map((_, partition) => ({
      broker: topic.leader(partition),
      noticedAt: Number.NaN,
      electedAt: 0,
    }));
  }

  /** The broker that the client takes for the leader of `partition`. */
  of(partition: number): number {
    return this.#partitions[partition]!.broker;
  }

  /** Whom the client will send the next batch of `partition` to. */
  askedFor(partition: number): number {
    const { broker, noticedAt } = this.#partitions[partition]!;
    return Number.isNaN(noticedAt) ? broker : this.#topic.leader(partition);
  }

  /** When the client knows whom to ask, ns; infinite: it can't be foreseen. */
  knownFrom(partition: number): number {
    const { broker, noticedAt, electedAt } = this.#partitions[partition]!;
    if (Number.isNaN(noticedAt) || broker === this.#topic.leader(partition)) return Number.NEGATIVE_INFINITY;
    if (this.#topic.statusOf(partition) === "no-leader") return Number.POSITIVE_INFINITY;
    return findsLeaderAt(noticedAt, electedAt, this.#retries);
  }

  onElection(partition: number, now: number): void {
    this.#partitions[partition]!.electedAt = now;
  }

  /** The connection to `broker` is lost. */
  onConnectionLost(broker: number, now: number): void {
    for (const known of this.#partitions) {
      if (known.broker === broker && Number.isNaN(known.noticedAt)) known.noticedAt = now;
    }
  }

  /** The leader of `partition` says that it is none, and who is, if anybody. */
  onRefusal(partition: number, now: number): void {
    const known = this.#partitions[partition]!;
    if (Number.isNaN(known.noticedAt)) known.noticedAt = now;
    if (this.#topic.statusOf(partition) !== "no-leader") this.learn(partition);
  }

  /** The client knows who leads. */
  learn(partition: number): void {
    const known = this.#partitions[partition]!;
    if (Number.isNaN(known.noticedAt)) return;
    known.broker = this.#topic.leader(partition);
    known.noticedAt = Number.NaN;
  }
}
