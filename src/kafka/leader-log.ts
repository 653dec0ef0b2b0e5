/** Models: what the leader of a topic partition has of one producer: records that are appended and not yet readable, which a new
 *    leader may lack, and the producer state by which batches are appended, recognised or refused.
 *  Source: kafka ReplicaManager, Partition.makeFollower (truncation to the new leader's log), ProducerStateManager; KIP-101.
 *  Leaves out: that followers have what was appended half a replication before the end is a mean. */

import { Outbox, SpanList } from "../records/index.ts";
import type { PartitionLog } from "./partition-log.ts";
import {
  APPEND_BATCH,
  onBatch,
  onMarkerEpoch,
  type ProducerState,
  producerKnownTo,
  sequenceAfter,
} from "./producer-state.ts";

/** A batch of a producer whose batches are followed one by one. Times in ns. */
export interface FollowedBatch {
  /** rises with the order of the records. */
  readonly number: number;
  readonly partition: number;
  readonly transaction: number;
  /** Its records, which nobody changes. */
  readonly spans: SpanList;
  readonly createdAt: number;
  /** when its last record came, ns. */
  filledAt: number;
  /** How often it was sent. */
  attempts: number;
  /** when its back-off is over, and whom it was sent to last; -1: nobody. */
  readyAt: number;
  sentTo: number;
  /** How often it is in the log, and what of it came last. */
  appended: number;
  run: Run | undefined;
}

/** Records of one transaction that are, or would be, appended evenly from `first` to `last`, ns. */
export interface Run {
  readonly spans: SpanList;
  readonly transaction: number;
  first: number;
  last: number;
  /** undefined: their producer waits for no answer any more. */
  readonly batch: FollowedBatch | undefined;
  /** Its followers have it. */
  isReplicated: boolean;
}

interface KnownBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: number;
  /** undefined: it can't be cut off. */
  readonly run: Run | undefined;
}

export class LeaderLog {
  /** In the order of their times. */
  runs: Run[] = [];
  /** when the last of them was appended, ns. */
  lastAt = 0;
  readonly #log: PartitionLog;
  readonly #separate: boolean;
  readonly #outbox = new Outbox();
  /** Empty lists of runs that nobody has any more. */
  readonly #spare: SpanList[] = [];
  #state: ProducerState = { entries: new Map() };
  /** What the producer state is made of, oldest first. */
  #known: KnownBatch[] = [];
  #newest = 0;

  constructor(log: PartitionLog, separate: boolean) {
    this.#log = log;
    this.#separate = separate;
  }

  /** An empty list for a run of its own. */
  spareSpans(): SpanList {
    return this.#spare.pop() ?? new SpanList(this.#separate);
  }

  /** The records of a partition don't pass each other, though the closed forms of two runs may overlap. */
  push(run: Run): void {
    run.first = Math.max(run.first, this.lastAt);
    run.last = Math.max(run.last, run.first);
    this.lastAt = run.last;
    this.runs.push(run);
  }

  /** From here on batches of this producer are offered one by one; the next one has this sequence number. */
  know(producerId: number, producerEpoch: number, sequence: number): void {
    this.#known = [{ producerId, producerEpoch, baseSequence: sequence, records: 0, run: undefined }];
    this.#rebuild();
  }

  /** A batch has come, with the sequence number and the epoch that it was sent with; undefined without idempotence.
   *  @returns the effect of onBatch. */
  offer(
    batch: FollowedBatch,
    sequence:
      | { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number }
      | undefined,
    protocol: 1 | 2,
    at: number,
  ): number {
    const { records } = batch.spans;
    if (sequence !== undefined) {
      const { transaction } = batch;
      this.#outbox.clear();
      const { producerId, producerEpoch } = sequence;
      // The abort marker of a transaction has the epoch behind its producer's.
      if (this.#log.hasAborted(transaction)) onMarkerEpoch(this.#state, producerId, producerEpoch + 1);
      const offered = { ...sequence, records, transactional: transaction !== 0 };
      onBatch(this.#state, offered, 0, protocol, this.#outbox);
      if (this.#outbox.effects[0] !== APPEND_BATCH) return this.#outbox.effects[0]!;
    }
    const spans = new SpanList(this.#separate);
    batch.spans.copyTo(spans);
    const { transaction } = batch;
    const run = { spans, transaction, first: at, last: at, batch, isReplicated: false };
    this.push(run);
    batch.appended++;
    batch.run = run;
    if (sequence !== undefined) this.#remember({ ...sequence, records, run });
    return APPEND_BATCH;
  }

  /** @returns whether a later batch is in the log before `batch`, which has just been appended. */
  isBehindLater({ number }: FollowedBatch): boolean {
    if (number < this.#newest) return true;
    this.#newest = number;
    return false;
  }

  #remember(known: KnownBatch): void {
    this.#known.push(known);
    if (this.#known.length <= MOST_KNOWN) return;
    // What is so far back is replicated, and tells no more than where the sequence goes on.
    const { producerId, producerEpoch, baseSequence, records } = this.#known[KEPT_KNOWN]!;
    this.#known.splice(0, KEPT_KNOWN + 1, {
      producerId,
      producerEpoch,
      baseSequence: sequenceAfter(baseSequence, records),
      records: 0,
      run: undefined,
    });
  }

  /** A leader's producer state is what its log says. */
  #rebuild(): void {
    this.#state = { entries: new Map() };
    for (const { producerId, producerEpoch, baseSequence, records, run } of this.#known) {
      if (run === undefined) {
        this.#state = producerKnownTo(this.#state, producerId, producerEpoch, baseSequence);
        continue;
      }
      const transactional = run.transaction !== 0;
      const batch = { producerId, producerEpoch, baseSequence, records, transactional };
      this.#outbox.clear();
      onBatch(this.#state, batch, 0, 1, this.#outbox);
    }
  }

  /** Another leader has only what was appended by `replicatedBy`, ns. @returns what it lacks. */
  truncate(replicatedBy: number, now: number): Run[] {
    const kept: Run[] = [];
    const cutOff: Run[] = [];
    for (const run of this.runs) {
      const [replicated, rest] = cutRun(run, replicatedBy, this.#separate);
      if (replicated !== undefined) kept.push(replicated);
      if (rest === undefined) continue;
      cutOff.push(rest);
      const { batch } = rest;
      if (batch === undefined) continue;
      batch.appended--;
      if (batch.run === rest) batch.run = undefined;
    }
    this.runs = kept;
    this.lastAt = Math.min(this.lastAt, now);
    const gone = new Set(cutOff);
    this.#known = this.#known.filter(({ run }) => run === undefined || !gone.has(run));
    this.#rebuild();
    return cutOff;
  }

  /** What is appended becomes readable at once, or, to be fetched first, as if it had been appended `at`, ns. */
  letRead(at: number): void {
    for (const run of this.runs) {
      if (run.first < at) run.first = at;
      if (run.last < at) run.last = at;
    }
  }

  /** Hands the log what was appended by `replicated`, ns. @returns false: some of it was refused. */
  release(replicated: number): boolean {
    let accepted = true;
    let kept = 0;
    const { runs } = this;
    for (const run of runs) {
      const part = run.last <= replicated ? run : takeFront(run, replicated, this.#separate);
      if (part !== undefined) {
        part.isReplicated = true;
        accepted = this.#log.append(part.spans, part.first, part.last, part.transaction) && accepted;
        if (part.batch === undefined) {
          part.spans.clear();
          this.#spare.push(part.spans);
        }
      }
      if (part !== run) runs[kept++] = run;
    }
    while (runs.length > kept) runs.pop();
    return accepted;
  }
}

/** Splits a run at `time`: what comes up to it, and what later. */
export function cutRun(
  run: Run,
  time: number,
  separate: boolean,
): readonly [upTo: Run | undefined, later: Run | undefined] {
  if (run.last <= time) return [run, undefined];
  const front = takeFront(run, time, separate);
  return [front, run];
}

/** Takes out of a run what comes up to `time`, which is before its end. */
function takeFront(run: Run, time: number, separate: boolean): Run | undefined {
  const { spans, first, last } = run;
  if (first > time || spans.records === 1) return undefined;
  const spacing = (last - first) / (spans.records - 1);
  const count = Math.min(spans.records - 1, Math.floor((time - first) / spacing) + 1);
  return takeRecords(run, count, separate);
}

/** Takes the first `count` records out of a run, of which there are more. */
export function takeRecords(run: Run, count: number, separate: boolean): Run {
  const { spans, first, last } = run;
  const spacing = (last - first) / (spans.records - 1);
  const part = new SpanList(separate);
  spans.moveFront(count, part);
  run.first = Math.min(last, first + count * spacing);
  return { ...run, spans: part, first, last: Math.min(last, first + (count - 1) * spacing) };
}

/** Batches of a partition that can be told apart, and how many are forgotten at a time: far more than are in flight. */
const MOST_KNOWN = 64;
const KEPT_KNOWN = 31;
