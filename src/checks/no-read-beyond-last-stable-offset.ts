import type { KafkaObserver } from "../kafka/index.ts";
import { seconds, Violations } from "./violations.ts";

/** The transactions of one topic partition, each with the time of its first record there. */
interface PartitionTransactions {
  readonly open: number[];
  readonly firstAppendAt: number[];
  /** The latest committed ones with theirs. */
  readonly committed: Map<number, number>;
  /** The latest aborted ones. */
  readonly aborted: Set<number>;
  /** Those that were found readable since the last marker, at their number modulo READABLE. */
  readonly readable: Float64Array;
}

const READABLE = 16;

/** Committed transactions of a partition that may still have records behind an open one. */
const KEPT = 64;
/** Aborted transactions that are remembered. */
const ABORTED_KEPT = 4096;

/** **NoReadBeyondLastStableOffset.** A read_committed reader gets no record of a transaction that isn't committed, and none
 *  that lies behind the first record of an open one; and each partition of a transaction gets exactly one marker, all of the
 *  same kind, behind its last record. (To tell where a record lies, the first record of its transaction is taken.) */
export class NoReadBeyondLastStableOffset
  implements Pick<KafkaObserver, "appended" | "delivered" | "markerWritten" | "transactionCompleted">
{
  readonly #found = new Violations();
  readonly #topics: readonly string[];
  readonly #partitions: PartitionTransactions[][];
  readonly #topicOf: readonly number[];
  readonly #isCommitted: readonly boolean[];
  readonly #aborted = new Set<number>();

  /** @param topics names by number. @param topicOf of each reader; -1: none that jobs write. @param isCommitted whether it is
   *    read_committed. */
  constructor(topics: readonly string[], topicOf: readonly number[], isCommitted: readonly boolean[]) {
    this.#topics = topics;
    this.#partitions = topics.map(() => []);
    this.#topicOf = topicOf;
    this.#isCommitted = isCommitted;
  }

  get violations(): readonly string[] {
    return this.#found.list;
  }

  appended(
    topic: number,
    _originPartition: number,
    _route: number,
    _from: number,
    _to: number,
    first: number,
    _last: number,
    transaction: number,
    topicPartition: number,
  ): void {
    if (transaction === 0) return;
    const partition = this.#partition(topic, topicPartition);
    const { open, firstAppendAt, aborted } = partition;
    for (let i = open.length - 1; i >= 0; i--) {
      if (open[i] !== transaction) continue;
      if (first < firstAppendAt[i]!) firstAppendAt[i] = first;
      return;
    }
    if (aborted.has(transaction) || partition.committed.has(transaction))
      this.#tookBehindMarker(topic, topicPartition, transaction, first);
    open.push(transaction);
    firstAppendAt.push(first);
  }

  // What reports stands by itself: a function that makes closures allocates on every call, whether it makes one or not.
  #tookBehindMarker(topic: number, topicPartition: number, transaction: number, first: number): void {
    this.#found.add(
      () =>
        `${this.#topics[topic]}-${topicPartition} took a record of transaction ${transaction} at ${seconds(first)}, behind ` +
        `the transaction's marker`,
    );
  }

  markerWritten(
    topicName: string,
    topicPartition: number,
    transaction: number,
    commit: boolean,
    at: number,
  ): void {
    const topic = this.#topics.indexOf(topicName);
    if (topic < 0) return;
    const partition = this.#partition(topic, topicPartition);
    const place = partition.open.indexOf(transaction);
    if (partition.committed.has(transaction) || (this.#aborted.has(transaction) && commit)) {
      this.#found.add(
        () =>
          `${topicName}-${topicPartition} got a second marker of transaction ${transaction}, or one of another kind, at ` +
          seconds(at),
      );
    }
    if (commit) {
      partition.committed.set(transaction, place < 0 ? at : partition.firstAppendAt[place]!);
      if (partition.committed.size > KEPT)
        partition.committed.delete(partition.committed.keys().next().value!);
    } else {
      partition.aborted.add(transaction);
      if (partition.aborted.size > KEPT) partition.aborted.delete(partition.aborted.values().next().value!);
      this.#aborted.add(transaction);
      if (this.#aborted.size > ABORTED_KEPT) this.#aborted.delete(this.#aborted.values().next().value!);
    }
    if (place < 0) return;
    if (place === partition.open.length - 1) {
      partition.open.pop();
      partition.firstAppendAt.pop();
    } else {
      partition.open.splice(place, 1);
      partition.firstAppendAt.splice(place, 1);
    }
    const { readable } = partition;
    for (let reader = 0; reader < readable.length; reader++) readable[reader] = 0;
  }

  transactionCompleted(transaction: number, at: number): void {
    this.#partitions.forEach((partitions, topic) => {
      partitions.forEach(({ open }, number) => {
        if (!open.includes(transaction)) return;
        this.#found.add(
          () =>
            `transaction ${transaction} was complete at ${seconds(at)} without a marker in ${this.#topics[topic]}-${number}, ` +
            `whose last stable offset stays before it`,
        );
      });
    });
  }

  delivered(
    reader: number,
    originPartition: number,
    _route: number,
    from: number,
    _to: number,
    first: number,
    _last: number,
    transaction: number,
    topicPartition: number,
  ): void {
    const topic = this.#topicOf[reader]!;
    if (transaction === 0 || topic < 0 || !this.#isCommitted[reader]) return;
    const partition = this.#partition(topic, topicPartition);
    if (partition.readable[transaction % READABLE] === transaction) return;
    if (this.#isReadable(partition, topic, topicPartition, originPartition, from, first, transaction))
      partition.readable[transaction % READABLE] = transaction;
  }

  /** Whether a read_committed reader may have what `transaction` wrote to the partition. */
  #isReadable(
    partition: PartitionTransactions,
    topic: number,
    topicPartition: number,
    originPartition: number,
    from: number,
    first: number,
    transaction: number,
  ): boolean {
    const name = `${this.#topics[topic]}-${topicPartition}`;
    const began = partition.committed.get(transaction);
    if (began === undefined) {
      this.#found.add(
        () =>
          `rank ${from} of origin partition ${originPartition} was delivered from ${name} at ${seconds(first)}, and its ` +
          `transaction ${transaction} is not committed there`,
      );
      return false;
    }
    const before = partition.firstAppendAt.findIndex((at) => at < began);
    if (before < 0) return true;
    this.#found.add(
      () =>
        `rank ${from} of origin partition ${originPartition} was delivered from ${name} at ${seconds(first)}, behind ` +
        `the first record of transaction ${partition.open[before]}, which is open since ${seconds(partition.firstAppendAt[before]!)}`,
    );
    return false;
  }

  #partition(topic: number, topicPartition: number): PartitionTransactions {
    const partitions = this.#partitions[topic]!;
    while (partitions.length <= topicPartition)
      partitions.push({
        open: [],
        firstAppendAt: [],
        committed: new Map(),
        aborted: new Set(),
        readable: new Float64Array(READABLE),
      });
    return partitions[topicPartition]!;
  }
}
