/** Models: a producer's records as curves: its accumulator (a batch a partition, linger.ms, batch.size), the Sender held
 *    up by AddPartitionsToTxn (protocol version 2: the broker's connection held while the partition joins), and the
 *    request queue of each connection in closed form. A request is handed to the log
 *    when it is sent: until then it dies with its producer. What a broker that is away would have got waits, up to
 *    delivery.timeout.ms and buffer.memory, and leaves a batch a partition and request once it is back.
 *  Source: kafka RecordAccumulator, BufferPool, Sender, TransactionManager, KafkaProducer; producer-connection.ts.
 *  Leaves out: with linger 0, batch.size (all that waits for the Sender shares one request); memory of requests on the wire,
 *    and of batches that aren't full; a request whose answer an outage swallowed (idempotence keeps it from being appended
 *    again, so that only its acknowledgement comes later). */

import { invariant, NO_EVENT, type Simulation } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import { appendDelay, type BrokerTiming } from "./broker-timing.ts";
import { ProducerConnection } from "./producer-connection.ts";
import {
  firstRetryAfter,
  type RecordProducer,
  type RecordProducerSettings,
  type SendErrorListener,
} from "./record-producer.ts";
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
}

export class CurveProducer implements RecordProducer {
  readonly #sim: Simulation;
  readonly #kinds: CurveProducerKinds;
  readonly #number: number;
  readonly #topic: Topic;
  readonly #settings: RecordProducerSettings;
  readonly #connections: readonly ProducerConnection[];
  readonly #appendDelay: number;
  readonly #outbound: number;
  /** ns from the broker's answer until the client knows it. */
  readonly #answerTime: number;
  readonly #unsent: UnsentRuns;
  readonly #part: SpanList;
  readonly #append: RunTaker;
  isFenced = false;
  #senderFreeAt = 0;
  /** Per broker: until when its connection is held by a partition that joins its transaction, ns. */
  readonly #connectionFreeAt: Float64Array;
  #lastAckAt = 0;
  /** Per broker: when it takes requests again; per partition: when what has waited for its leader has left. */
  readonly #resumesAt: Float64Array;
  readonly #backlogUntil: Float64Array;
  #hadOutage = false;
  #onSendError: SendErrorListener = () => {};
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
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#number = number;
    this.#topic = topic;
    this.#settings = settings;
    this.#connections = Array.from(
      { length: settings.brokers },
      () =>
        new ProducerConnection(timing.roundTrip, settings.service, timing.clientWakeup, settings.maxInFlight),
    );
    this.#appendDelay = appendDelay(timing);
    this.#outbound = timing.roundTrip / 2;
    this.#answerTime = this.#outbound + timing.clientWakeup;
    this.#resumesAt = new Float64Array(settings.brokers);
    this.#backlogUntil = new Float64Array(topic.partitions);
    this.#unsent = new UnsentRuns(separate);
    this.#part = new SpanList(separate);
    this.#connectionFreeAt = new Float64Array(settings.brokers);
    this.#append = (partition, spans, first, last, transaction) => {
      if (!topic.logs[partition]!.append(spans, first, last, transaction)) this.isFenced = true;
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
    const broker = this.#topic.leader(partition);
    this.#connectionFreeAt[broker] = Math.max(this.#connectionFreeAt[broker]!, at + time);
  }

  /** Until when a request for `partition` is held up, ns. */
  #freeAt(partition: number): number {
    if (!this.#settings.joinsAtBroker) return this.#senderFreeAt;
    return this.#connectionFreeAt[this.#topic.leader(partition)]!;
  }

  flush(now: number): number {
    this.#closeAll(now);
    this.#releaseWhole();
    return this.#lastAckAt > now ? this.#lastAckAt : now;
  }

  settle(now: number): void {
    this.#closeLingered(now);
    if (!this.#unsent.isEmpty) this.#unsent.release(now, false, this.#append);
  }

  /** Who is told of records that are given up. */
  listen(onSendError: SendErrorListener): void {
    this.#onSendError = onSendError;
  }

  blockedUntil(now: number): number {
    const { bufferMemory, recordBytes, maxBlock } = this.#settings;
    const fitting = Math.floor(bufferMemory / recordBytes);
    if (this.#unsent.records <= fitting) return now;
    const freeAt = this.#unsent.downTo(fitting) + this.#answerTime;
    if (freeAt - now <= maxBlock) return Math.max(now, freeAt);
    this.#onSendError("BufferExhaustedException", now + maxBlock);
    return now + maxBlock;
  }

  brokerUnavailable(broker: number, now: number, until: number): void {
    this.settle(now);
    const { retryBackoff, retryBackoffMax } = this.#settings;
    const resumesAt = firstRetryAfter(now, until, retryBackoff, retryBackoffMax);
    this.#hadOutage = true;
    this.#resumesAt[broker] = Math.max(this.#resumesAt[broker]!, resumesAt);
    // What is on the wire is asked for again.
    if (this.#lastAckAt > now) this.#lastAckAt = Math.max(this.#lastAckAt, resumesAt + this.#answerTime);
    this.#unsent.takeOut(
      (partition) => this.#topic.leader(partition) === broker,
      (run) => {
        const { partition, spans, transaction, sentFirst, sentLast } = run;
        this.#backlogUntil[partition] = Math.min(this.#backlogUntil[partition]!, resumesAt);
        this.#queueBehind(partition, spans, spans.records, sentFirst, sentLast, transaction);
      },
    );
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

  #dispose(): void {
    this.#dead = true;
    this.#sim.cancel(this.#sentEvent);
    this.#sentEvent = NO_EVENT;
    this.#topic.detach(this);
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
    const { linger, batchSize, recordBytes } = this.#settings;
    const batch = this.#batches[partition]!;
    const capacity = Math.max(1, Math.floor(batchSize / recordBytes));
    const spacing = spans.records > 1 ? (last - first) / (spans.records - 1) : 0;
    let at = first;
    while (spans.records > 0) {
      this.#closeLingered(at);
      if (batch.spans.records === 0) {
        if (spacing > linger && spans.records > 1) {
          // Every record is a batch; the last one stays open.
          const alone = spans.records - 1;
          this.#request(partition, spans, alone, at + linger, last - spacing + linger, transaction);
          at = last;
          continue;
        }
        batch.createdAt = at;
        batch.transaction = transaction;
        this.#lingering.push(partition);
      }
      invariant(batch.transaction === transaction, "a batch is flushed before its transaction ends");
      const fits = capacity - batch.spans.records;
      const left = spans.records;
      const inTime =
        spacing === 0 ? left : Math.min(left, Math.floor((batch.createdAt + linger - at) / spacing) + 1);
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

  #closeFull(partition: number, at: number): void {
    this.#closeLingered(at);
    this.#lingering.splice(this.#lingering.indexOf(partition), 1);
    this.#close(partition, at);
  }

  #closeAll(now: number): void {
    if (this.#lingering.length === 0) return;
    this.#closeLingered(now);
    for (const partition of this.#lingering) this.#close(partition, now);
    this.#lingering.length = 0;
  }

  #close(partition: number, at: number): void {
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
    const broker = this.#topic.leader(partition);
    if (this.#hadOutage && first < Math.max(this.#resumesAt[broker]!, this.#backlogUntil[partition]!)) {
      this.#queueBehind(partition, spans, count, first, last, transaction);
      return;
    }
    const connection = this.#connections[broker]!;
    const ack = connection.send(batch ? 1 : count, first, last) + this.#answerTime;
    if (ack > this.#lastAckAt) this.#lastAckAt = ack;
    const head = connection.first + this.#appendDelay;
    const tail = connection.last + this.#appendDelay;
    const sentLast = connection.sentAt(last, connection.last);
    if (sentLast > this.#sim.now) {
      const sentFirst = Math.min(sentLast, connection.sentAt(first, connection.first));
      this.#unsent.add(partition, spans, count, sentFirst, sentLast, head, tail, transaction);
    } else if (count === spans.records) {
      this.#append(partition, spans, head, tail, transaction);
      spans.clear();
    } else {
      spans.moveFront(count, this.#part);
      this.#append(partition, this.#part, head, tail, transaction);
      this.#part.clear();
    }
  }

  /** Requests that wait for their broker: a batch of the partition each, one service time after the other, from when it takes
   *  them again. What has waited for delivery.timeout.ms by then is given up. */
  #queueBehind(
    partition: number,
    spans: SpanList,
    count: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    const { service, recordBytes, batchSize, deliveryTimeout } = this.#settings;
    const resumesAt = this.#resumesAt[this.#topic.leader(partition)]!;
    const pace = service * Math.min(1, recordBytes / batchSize);
    const spacing = count > 1 ? (last - first) / (count - 1) : 0;
    const start = Math.max(first, resumesAt, this.#backlogUntil[partition]!);
    const overdue = start - first - deliveryTimeout;
    let expired = 0;
    if (overdue > 0) {
      expired = spacing === 0 ? count : Math.min(count, Math.ceil(overdue / spacing));
      spans.moveFront(expired, this.#part);
      this.#part.clear();
      this.#onSendError("TimeoutException", first + deliveryTimeout);
    }
    const left = count - expired;
    if (left === 0) return;
    const sentLast = Math.max(last, start + (left - 1) * pace);
    this.#backlogUntil[partition] = start + left * pace;
    const delay = this.#outbound + this.#appendDelay;
    const ack = sentLast + this.#outbound + service + this.#answerTime;
    if (ack > this.#lastAckAt) this.#lastAckAt = ack;
    this.#unsent.add(partition, spans, left, start, sentLast, start + delay, sentLast + delay, transaction);
  }
}
