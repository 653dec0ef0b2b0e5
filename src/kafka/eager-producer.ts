/** Models: a producer with every batch, request and answer an event: the reference that curve-producer.ts and
 *    producer-connection.ts are tested against.
 *  Source: kafka RecordAccumulator (a batch a partition and request, linger, batch.size), Sender, SocketServer.
 *  Leaves out: brokers that fail, retries, buffer.memory, max.request.size; batches that are not ready and that one of their
 *    broker takes along, except where records go by key. */

import { invariant, NO_EVENT, type Simulation } from "../engine/index.ts";
import { type KeyedPartitions, SpanList } from "../records/index.ts";
import { appendDelay, type BrokerTiming } from "./broker-timing.ts";
import type { RecordProducer, RecordProducerSettings } from "./record-producer.ts";
import type { Topic } from "./topic.ts";

/** Event kinds; payload a = the producer's number, b = broker. */
export interface EagerProducerKinds {
  readonly sender: number;
  readonly requestArrives: number;
  readonly appended: number;
  readonly served: number;
  readonly answered: number;
  readonly closeTimeout: number;
}

interface Batch {
  readonly partition: number;
  readonly spans: SpanList;
  readonly transaction: number;
  readonly createdAt: number;
  bytes: number;
}

interface Connection {
  inFlight: number;
  serving: boolean;
  /** Until when a partition that joins its transaction holds it, ns. */
  freeAt: number;
  /** Requests on their way to the broker, and at the broker. */
  readonly travelling: Batch[][];
  readonly waiting: Batch[][];
  /** How many batches each answer on its way back is for. */
  readonly answers: number[];
}

export class EagerProducer implements RecordProducer {
  readonly byKey: KeyedPartitions | undefined;
  readonly #sim: Simulation;
  readonly #kinds: EagerProducerKinds;
  readonly #number: number;
  readonly #topic: Topic;
  readonly #timing: BrokerTiming;
  readonly #settings: RecordProducerSettings;
  readonly #connections: readonly Connection[];
  readonly #batches: readonly Batch[][];
  isFenced = false;
  #senderEvent = NO_EVENT;
  #senderAt = 0;
  #senderFreeAt = 0;
  #unacknowledged = 0;
  #closed = false;
  #onFlushed: (() => void) | undefined;

  constructor(
    sim: Simulation,
    kinds: EagerProducerKinds,
    number: number,
    topic: Topic,
    timing: BrokerTiming,
    settings: RecordProducerSettings,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#number = number;
    this.#topic = topic;
    this.#timing = timing;
    this.#settings = settings;
    this.byKey = settings.byKey;
    this.#connections = Array.from({ length: settings.brokers }, () => ({
      inFlight: 0,
      serving: false,
      freeAt: 0,
      travelling: [],
      waiting: [],
      answers: [],
    }));
    this.#batches = topic.logs.map(() => []);
  }

  send(
    partition: number,
    spans: SpanList,
    _first: number,
    _last: number,
    transaction: number,
    joinTime: number,
  ): void {
    invariant(!this.#closed, "a dead or closed producer sends nothing");
    const now = this.#sim.now;
    const { recordBytes, batchSize, joinsAtBroker } = this.#settings;
    if (joinTime > 0 && joinsAtBroker) {
      const connection = this.#connections[this.#topic.leader(partition)]!;
      connection.freeAt = Math.max(connection.freeAt, now + joinTime);
    } else if (joinTime > 0) this.#senderFreeAt = Math.max(this.#senderFreeAt, now) + joinTime;
    const queue = this.#batches[partition]!;
    const bytes = spans.records * recordBytes;
    let batch = queue[queue.length - 1];
    if (batch === undefined || batch.transaction !== transaction || batch.bytes + bytes > batchSize) {
      batch = { partition, spans: new SpanList(true), transaction, createdAt: now, bytes: 0 };
      queue.push(batch);
      this.#unacknowledged++;
    }
    spans.moveFront(spans.records, batch.spans);
    batch.bytes += bytes;
    this.#wakeSender(now);
  }

  lingers(partition: number): boolean {
    const { recordBytes, batchSize, linger } = this.#settings;
    const last = this.#batches[partition]!.at(-1);
    return linger > 0 && last !== undefined && last.bytes + recordBytes <= batchSize;
  }

  flush(now: number, onFlushed: () => void): number {
    if (this.#unacknowledged === 0) return now;
    this.#onFlushed = onFlushed;
    this.#wakeSender(now);
    return -1;
  }

  settle(): void {}

  listen(): void {}

  awaitsRoom(): boolean {
    return false;
  }

  kill(): number {
    const dropped = this.#dropWaiting();
    this.#closed = true;
    this.#onFlushed = undefined;
    return dropped;
  }

  close(now: number, timeout: number, onClosed: () => void): number {
    this.#closed = true;
    if (this.#unacknowledged === 0) return now;
    this.#onFlushed = onClosed;
    this.#wakeSender(now);
    this.#sim.scheduleAt(Math.ceil(now + timeout), this.#kinds.closeTimeout, this.#number, 0);
    return -1;
  }

  /** Handler of `closeTimeout`: what is not sent is gone, and nobody waits for the rest any more. */
  onCloseTimeout(): void {
    this.#dropWaiting();
    const closed = this.#onFlushed;
    this.#onFlushed = undefined;
    closed?.();
  }

  /** Drops the batches that are in no request. @returns their records. */
  #dropWaiting(): number {
    this.#sim.cancel(this.#senderEvent);
    this.#senderEvent = NO_EVENT;
    let dropped = 0;
    for (const queue of this.#batches) {
      for (const batch of queue) dropped += batch.spans.records;
      this.#unacknowledged -= queue.length;
      queue.length = 0;
    }
    return dropped;
  }

  /** Handler of `sender`: one pass of the Sender thread. */
  onSender(): void {
    this.#senderEvent = NO_EVENT;
    const now = this.#sim.now;
    this.#connections.forEach((connection, broker) => {
      if (connection.inFlight >= this.#settings.maxInFlight || connection.freeAt > now) return;
      const request = this.#drain(broker, now);
      if (request.length === 0) return;
      connection.inFlight++;
      connection.travelling.push(request);
      this.#sim.scheduleAfter(
        Math.round(this.#timing.roundTrip / 2),
        this.#kinds.requestArrives,
        this.#number,
        broker,
      );
    });
    this.#senderFreeAt = Math.max(this.#senderFreeAt, now + this.#timing.clientWakeup);
    this.#wakeForLinger(now);
  }

  onRequestArrives(broker: number): void {
    const connection = this.#connections[broker]!;
    connection.waiting.push(connection.travelling.shift()!);
    if (!connection.serving) this.#serve(broker);
  }

  onAppended(broker: number): void {
    const now = this.#sim.now;
    for (const batch of this.#connections[broker]!.waiting[0]!) {
      const log = this.#topic.logs[batch.partition]!;
      if (!log.append(batch.spans, now, now, batch.transaction)) this.isFenced = true;
    }
  }

  onServed(broker: number): void {
    const connection = this.#connections[broker]!;
    const request = connection.waiting.shift()!;
    connection.serving = false;
    const answer = Math.round(this.#timing.roundTrip / 2) + this.#timing.clientWakeup;
    connection.answers.push(request.length);
    this.#sim.scheduleAfter(answer, this.#kinds.answered, this.#number, broker);
    if (connection.waiting.length > 0) this.#serve(broker);
  }

  onAnswered(broker: number): void {
    const connection = this.#connections[broker]!;
    connection.inFlight--;
    this.#unacknowledged -= connection.answers.shift()!;
    if (this.#unacknowledged === 0 && this.#onFlushed !== undefined) {
      const flushed = this.#onFlushed;
      this.#onFlushed = undefined;
      flushed();
    }
    this.#wakeSender(this.#sim.now);
  }

  #serve(broker: number): void {
    this.#connections[broker]!.serving = true;
    this.#sim.scheduleAfter(appendDelay(this.#timing), this.#kinds.appended, this.#number, broker);
    this.#sim.scheduleAfter(this.#settings.service, this.#kinds.served, this.#number, broker);
  }

  /** The first batch of each partition that `broker` leads: one that is ready takes the others along. */
  #drain(broker: number, now: number): Batch[] {
    const { recordBytes, batchSize, linger } = this.#settings;
    const isReady = (queue: readonly Batch[]): boolean => {
      const head = queue[0]!;
      const full = head.bytes + recordBytes > batchSize || queue.length > 1;
      return full || now - head.createdAt >= linger || this.#onFlushed !== undefined;
    };
    const led = this.#batches.filter((queue, partition) => {
      return queue.length > 0 && this.#topic.leader(partition) === broker;
    });
    return led.some(isReady) ? led.map((queue) => queue.shift()!) : [];
  }

  #wakeSender(at: number): void {
    const time = Math.max(at, this.#senderFreeAt);
    if (this.#senderEvent !== NO_EVENT) {
      if (this.#senderAt <= time) return;
      this.#sim.cancel(this.#senderEvent);
    }
    this.#senderAt = time;
    this.#senderEvent = this.#sim.scheduleAt(time, this.#kinds.sender, this.#number, 0);
  }

  #wakeForLinger(now: number): void {
    let at = Number.POSITIVE_INFINITY;
    this.#batches.forEach((queue, partition) => {
      if (queue.length === 0) return;
      const connection = this.#connections[this.#topic.leader(partition)]!;
      if (connection.inFlight >= this.#settings.maxInFlight) return;
      const lingered = this.#onFlushed === undefined ? queue[0]!.createdAt + this.#settings.linger : now;
      at = Math.min(at, Math.max(now, lingered, connection.freeAt));
    });
    if (at !== Number.POSITIVE_INFINITY) this.#wakeSender(at);
  }
}
