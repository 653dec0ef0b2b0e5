/** Models: a producer's records as curves: its accumulator (a batch a partition, linger.ms, batch.size; the first batch that
 *    is ready takes along those of the partitions with the same leader), the Sender held up by AddPartitionsToTxn (protocol version 2: the broker's connection held while the partition joins), and the
 *    request queue of each connection in closed form. A request is handed to the log
 *    when it is sent: until then it dies with its producer. Where brokers can fail it is handed to what is in flight instead.
 *  Source: kafka RecordAccumulator (ready, drainBatchesForOneNode), Sender, TransactionManager, KafkaProducer; producer-connection.ts.
 *  Leaves out: with linger 0, batch.size (all that waits for the Sender shares one request); buffer.memory; after an
 *    election a partition's requests keep the queue of its first leader; of the batches that wait for the Sender to be let go
 *    on, those that began meanwhile don't go along. By key: the batches of the partitions with one
 *    leader, of which the fullest takes the others along, fill alike. */

import { invariant, NO_EVENT, type Simulation } from "../engine/index.ts";
import { type KeyedPartitions, type RunPart, SpanList } from "../records/index.ts";
import { appendDelay, type BrokerTiming } from "./broker-timing.ts";
import type { InFlightBatches } from "./in-flight-batches.ts";
import { ProducerConnection } from "./producer-connection.ts";
import type { RecordProducer, RecordProducerSettings, SendErrorListener } from "./record-producer.ts";
import type { Topic } from "./topic.ts";
import { type RunTaker, UnsentRuns } from "./unsent-runs.ts";

/** A batch that lingers. */
interface OpenBatch {
  readonly spans: SpanList;
  createdAt: number;
  transaction: number;
}

/** Event kinds; payload a = the producer's number. */
export interface CurveProducerKinds {
  /** a planned request is sent; only where a reader has to be told as it happens. */
  readonly sent: number;
  /** what is in flight has something to do. */
  readonly due: number;
}

export class CurveProducer implements RecordProducer {
  readonly byKey: KeyedPartitions | undefined;
  readonly #sim: Simulation;
  readonly #kinds: CurveProducerKinds;
  readonly #number: number;
  readonly #topic: Topic;
  readonly #settings: RecordProducerSettings;
  readonly #connections: readonly ProducerConnection[];
  readonly #appendDelay: number;
  /** ns from the broker's answer until the client knows it. */
  readonly #answerTime: number;
  readonly #unsent: UnsentRuns;
  readonly #part: SpanList;
  /** What a partition gets of a run that is written by key. */
  readonly #keyed: RunPart | undefined;
  readonly #append: RunTaker;
  readonly #inFlight: InFlightBatches | undefined;
  #isFenced = false;
  #senderFreeAt = 0;
  /** Per broker: until when its connection is held by a partition that joins its transaction, ns. */
  readonly #connectionFreeAt: Float64Array;
  #lastAckAt = 0;
  #dead = false;
  #sentEvent = NO_EVENT;
  #sentEventAt = 0;
  /** Per partition; empty without linger. */
  readonly #batches: readonly OpenBatch[];
  /** Partitions with an open batch, oldest batch first. */
  readonly #lingering: number[] = [];

  constructor(
    sim: Simulation,
    kinds: CurveProducerKinds,
    number: number,
    topic: Topic,
    timing: BrokerTiming,
    settings: RecordProducerSettings,
    separate: boolean,
    inFlight?: InFlightBatches,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#number = number;
    this.#topic = topic;
    this.#settings = settings;
    this.#inFlight = inFlight;
    this.#connections = Array.from(
      { length: settings.brokers },
      () =>
        new ProducerConnection(timing.roundTrip, settings.service, timing.clientWakeup, settings.maxInFlight),
    );
    this.#appendDelay = appendDelay(timing);
    this.#answerTime = timing.roundTrip / 2 + timing.clientWakeup;
    this.#unsent = new UnsentRuns(separate);
    this.#part = new SpanList(separate);
    this.#keyed = settings.byKey?.part(separate);
    this.#connectionFreeAt = new Float64Array(settings.brokers);
    const append: RunTaker = (partition, spans, first, last, transaction) => {
      if (inFlight !== undefined) inFlight.add(partition, spans, first, last, transaction);
      else if (!topic.logs[partition]!.append(spans, first, last, transaction)) this.#isFenced = true;
    };
    const { byKey } = settings;
    this.byKey = byKey;
    this.#append =
      byKey === undefined
        ? append
        : (slot, spans, first, last, transaction) => {
            for (let partition = slot; partition < byKey.partitions; partition += byKey.slots) {
              const part = this.#keyed!;
              if (!part.of(spans, first, last, (route) => byKey.ofPartition(route, partition))) continue;
              append(partition, part.spans, part.first, part.last, transaction);
              part.spans.clear();
            }
          };
    this.#batches =
      settings.linger === 0
        ? []
        : topic.logs.map(() => ({ spans: new SpanList(separate), createdAt: 0, transaction: 0 }));
  }

  send(
    partition: number,
    spans: SpanList,
    first: number,
    last: number,
    transaction: number,
    joinTime: number,
  ): void {
    invariant(!this.#dead, "a dead or closed producer sends nothing");
    if (joinTime > 0) this.#hold(partition, first, joinTime);
    // What comes now may be on the wire already: not before what was sent ahead of it.
    if (!this.#unsent.isEmpty) this.#unsent.release(this.#sim.now, true, this.#append);
    if (this.#settings.linger > 0) this.#accumulate(partition, spans, first, last, transaction);
    else this.#pass(partition, spans, first, last, transaction);
    this.#releaseWhole();
  }

  #hold(partition: number, at: number, time: number): void {
    if (!this.#settings.joinsAtBroker) {
      this.#senderFreeAt = Math.max(this.#senderFreeAt, at) + time;
      return;
    }
    const broker = this.#connectionOf(partition);
    this.#connectionFreeAt[broker] = Math.max(this.#connectionFreeAt[broker]!, at + time);
  }

  /** That of the partition's first leader: a new one would let later records pass what is still queued for the old one. */
  #connectionOf(partition: number): number {
    return partition % this.#settings.brokers;
  }

  /** Until when a request for `partition` is held up, ns. */
  #freeAt(partition: number): number {
    if (!this.#settings.joinsAtBroker) return this.#senderFreeAt;
    return this.#connectionFreeAt[this.#connectionOf(partition)]!;
  }

  lingers(partition: number, at: number): boolean {
    if (this.#lingering.length === 0) return false;
    this.#closeLingered(at);
    return this.#batches[partition]!.spans.records > 0;
  }

  get isFenced(): boolean {
    return this.#isFenced || this.#inFlight?.isFenced === true;
  }

  flush(now: number, onFlushed: () => void): number {
    this.#closeAll(now);
    this.#releaseWhole();
    const acknowledgedAt = this.#lastAckAt > now ? this.#lastAckAt : now;
    if (this.#inFlight === undefined) return acknowledgedAt;
    this.#inFlight.flush(acknowledgedAt, onFlushed);
    return -1;
  }

  settle(now: number): void {
    this.#closeLingered(now);
    if (!this.#unsent.isEmpty) this.#unsent.release(now, false, this.#append);
    this.#inFlight?.settle(now);
    if (this.#dead) this.#leave();
  }

  listen(onSendError: SendErrorListener, onRoom: () => void): void {
    if (this.#inFlight === undefined) return;
    this.#inFlight.onSendError = onSendError;
    this.#inFlight.onRoom = onRoom;
  }

  awaitsRoom(): boolean {
    return this.#inFlight?.awaitsRoom() === true;
  }

  kill(now: number): number {
    this.settle(now);
    let dropped = this.#unsent.dropAfter(now);
    for (const partition of this.#lingering) {
      const { spans } = this.#batches[partition]!;
      dropped += spans.records;
      spans.clear();
    }
    this.#lingering.length = 0;
    dropped += this.#inFlight?.kill(now) ?? 0;
    this.#dispose();
    return dropped;
  }

  close(now: number, timeout: number): number {
    this.#closeAll(now);
    this.#unsent.dropAfter(now + timeout);
    this.#unsent.release(now + timeout, true, this.#append);
    this.#dispose();
    return Math.max(now, Math.min(this.#lastAckAt, now + timeout));
  }

  /** Handler of `sent`. */
  onSent(): void {
    this.#sentEvent = NO_EVENT;
    this.#closeLingered(this.#sim.now);
    this.#releaseWhole();
  }

  /** Handler of `due`. */
  onDue(): void {
    const { now } = this.#sim;
    if (!this.#dead) this.settle(now);
    this.#inFlight?.onDue();
    this.#leave();
  }

  #dispose(): void {
    this.#dead = true;
    this.#sim.cancel(this.#sentEvent);
    this.#sentEvent = NO_EVENT;
    this.#leave();
  }

  /** What is on the wire when a producer dies is still to come. */
  #leave(): void {
    if (!this.#dead || this.#inFlight?.isOver === false) return;
    this.#topic.detach(this);
    if (this.#inFlight !== undefined) this.#topic.stopListening(this.#inFlight);
  }

  #releaseWhole(): void {
    if (!this.#unsent.isEmpty) this.#unsent.release(this.#sim.now, true, this.#append);
    if (this.#topic.readLive) this.#planSent();
  }

  /** Where somebody reads as things happen, they have to happen in time. */
  #planSent(): void {
    let at = Math.ceil(this.#unsent.nextSentAt());
    const oldest = this.#lingering[0];
    if (oldest !== undefined) {
      at = Math.min(at, Math.floor(this.#batches[oldest]!.createdAt + this.#settings.linger) + 1);
    }
    if (at === Number.POSITIVE_INFINITY) return;
    // A task hands on its records some time after they have left it.
    if (at < this.#sim.now) at = this.#sim.now;
    if (this.#sentEvent !== NO_EVENT) {
      if (this.#sentEventAt <= at) return;
      this.#sim.cancel(this.#sentEvent);
    }
    this.#sentEventAt = at;
    this.#sentEvent = this.#sim.scheduleAt(at, this.#kinds.sent, this.#number, 0);
  }

  // ---- without linger: records go as they come, unless the Sender is held up

  #pass(partition: number, spans: SpanList, first: number, last: number, transaction: number): void {
    const count = spans.records;
    const freeAt = this.#freeAt(partition);
    if (freeAt <= first) {
      this.#request(partition, spans, count, first, last, transaction);
      return;
    }
    const spacing = count > 1 ? (last - first) / (count - 1) : 0;
    const waiting = spacing === 0 ? count : Math.min(count, Math.floor((freeAt - first) / spacing) + 1);
    this.#request(partition, spans, waiting, freeAt, freeAt, transaction, true);
    if (waiting < count) {
      this.#request(partition, spans, count - waiting, first + waiting * spacing, last, transaction);
    }
  }

  // ---- with linger: a batch is sent when it is full, or linger after its first record

  #accumulate(partition: number, spans: SpanList, first: number, last: number, transaction: number): void {
    const { linger, batchSize, recordBytes, byKey } = this.#settings;
    const batch = this.#batches[partition]!;
    const capacity = Math.max(1, Math.floor(batchSize / recordBytes)) * (byKey?.partitionsOf(partition) ?? 1);
    const spacing = spans.records > 1 ? (last - first) / (spans.records - 1) : 0;
    let at = first;
    while (spans.records > 0) {
      // Runs by key overlap in time: what another leader's batches wait for is no business of this one's.
      if (byKey === undefined) this.#closeLingered(at);
      else if (batch.spans.records > 0 && batch.createdAt + linger < at) this.#closeAlone(partition);
      if (batch.spans.records === 0) {
        if (spacing > linger && spans.records > 1 && this.#leavesAt(partition) > last) {
          // Every record is a batch; the last one stays open.
          const alone = spans.records - 1;
          this.#request(partition, spans, alone, at + linger, last - spacing + linger, transaction);
          at = last;
          continue;
        }
        batch.createdAt = at;
        batch.transaction = transaction;
        this.#lingerFrom(partition, at);
      }
      invariant(batch.transaction === transaction, "a batch is flushed before its transaction ends");
      const fits = capacity - batch.spans.records;
      const left = spans.records;
      const inTime =
        spacing === 0 ? left : Math.min(left, Math.floor((this.#leavesAt(partition) - at) / spacing) + 1);
      const joining = Math.min(fits, inTime);
      spans.moveFront(joining, batch.spans);
      at += joining * spacing;
      if (joining === fits) this.#closeFull(partition, at - spacing);
    }
  }

  /** Closes the batches that have lingered by `now`. */
  #closeLingered(now: number): void {
    const { linger } = this.#settings;
    while (this.#lingering.length > 0) {
      const closesAt = this.#batches[this.#lingering[0]!]!.createdAt + linger;
      if (closesAt >= now) return;
      this.#close(this.#lingering.shift()!, closesAt);
    }
  }

  /** When what lingers for the leader of `partition` leaves, all with the oldest of it, unless a batch is full first; infinite:
   *  nothing does, ns. */
  #leavesAt(partition: number): number {
    const broker = this.#connectionOf(partition);
    for (const one of this.#lingering) {
      if (this.#connectionOf(one) === broker) return this.#batches[one]!.createdAt + this.#settings.linger;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Oldest batch first. */
  #lingerFrom(partition: number, at: number): void {
    let place = this.#lingering.length;
    while (place > 0 && this.#batches[this.#lingering[place - 1]!]!.createdAt > at) place--;
    this.#lingering.splice(place, 0, partition);
  }

  /** Closes a batch that has lingered, and no other. */
  #closeAlone(partition: number): void {
    this.#lingering.splice(this.#lingering.indexOf(partition), 1);
    this.#close(partition, this.#batches[partition]!.createdAt + this.#settings.linger);
  }

  #closeFull(partition: number, at: number): void {
    if (this.byKey === undefined) this.#closeLingered(at);
    this.#lingering.splice(this.#lingering.indexOf(partition), 1);
    this.#close(partition, at);
  }

  #closeAll(now: number): void {
    if (this.#lingering.length === 0) return;
    this.#closeLingered(now);
    while (this.#lingering.length > 0) this.#close(this.#lingering.shift()!, now);
  }

  /** A batch leaves, and takes along those that linger for the same leader. */
  #close(partition: number, at: number): void {
    this.#closeOne(partition, at);
    if (this.#lingering.length === 0) return;
    const broker = this.#connectionOf(partition);
    for (let i = 0; i < this.#lingering.length; ) {
      const other = this.#lingering[i]!;
      if (this.#connectionOf(other) !== broker) i++;
      else {
        this.#lingering.splice(i, 1);
        this.#closeOne(other, at);
      }
    }
  }

  #closeOne(partition: number, at: number): void {
    const { spans, transaction } = this.#batches[partition]!;
    const freeAt = this.#freeAt(partition);
    const readyAt = at > freeAt ? at : freeAt;
    this.#request(partition, spans, spans.records, readyAt, readyAt, transaction, true);
  }

  // ---- requests

  /** Requests for the first `count` records of `spans`, ready evenly from `first` to `last`; `batch`: all in one. */
  #request(
    partition: number,
    spans: SpanList,
    count: number,
    first: number,
    last: number,
    transaction: number,
    batch = false,
  ): void {
    const broker = this.#connectionOf(partition);
    const connection = this.#connections[broker]!;
    connection.send(batch ? 1 : count, first, last);
    const ack = connection.lastAnsweredAt() + this.#answerTime;
    if (ack > this.#lastAckAt) this.#lastAckAt = ack;
    const head = connection.first + this.#appendDelay;
    const tail = connection.last + this.#appendDelay;
    // What was sent before is appended before.
    if (!this.#unsent.isEmpty) this.#unsent.release(this.#sim.now, true, this.#append);
    let sentLast = connection.sentAt(last, connection.last);
    if (!this.#unsent.isEmpty) sentLast = Math.max(sentLast, this.#unsent.lastSentAt(partition));
    if (sentLast > this.#sim.now) {
      const sentFirst = Math.min(sentLast, connection.sentAt(first, connection.first));
      this.#unsent.add(partition, spans, count, sentFirst, sentLast, head, tail, transaction);
      return;
    }
    if (count === spans.records) {
      this.#append(partition, spans, head, tail, transaction);
      spans.clear();
    } else {
      spans.moveFront(count, this.#part);
      this.#append(partition, this.#part, head, tail, transaction);
      this.#part.clear();
    }
  }
}
