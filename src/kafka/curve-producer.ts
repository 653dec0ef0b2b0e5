/** Models: a producer's records as curves: linger, the Sender held up by AddPartitionsToTxn, and the request queue of
 *    each connection in closed form.
 *  Source: kafka RecordAccumulator, Sender, TransactionManager; producer-connection.ts.
 *  Leaves out: a flush that sends what still lingers, retries, buffer.memory. */

import { SpanList } from "../records/index.ts";
import { appendDelay, type BrokerTiming } from "./broker-timing.ts";
import { ProducerConnection } from "./producer-connection.ts";
import type { RecordProducer, RecordProducerSettings } from "./record-producer.ts";
import type { Topic } from "./topic.ts";

export class CurveProducer implements RecordProducer {
  readonly #topic: Topic;
  readonly #settings: RecordProducerSettings;
  readonly #connections: readonly ProducerConnection[];
  readonly #appendDelay: number;
  /** ns from the broker's answer until the client knows it. */
  readonly #answerTime: number;
  readonly #run: SpanList;
  #senderFreeAt = 0;
  #lastAckAt = 0;
  /** Per partition: until when its open batch lingers. */
  readonly #lingersUntil: Float64Array;

  constructor(topic: Topic, timing: BrokerTiming, settings: RecordProducerSettings, separate: boolean) {
    this.#topic = topic;
    this.#settings = settings;
    this.#connections = Array.from(
      { length: settings.brokers },
      () =>
        new ProducerConnection(timing.roundTrip, settings.service, timing.clientWakeup, settings.maxInFlight),
    );
    this.#appendDelay = appendDelay(timing);
    this.#answerTime = timing.roundTrip / 2 + timing.clientWakeup;
    this.#run = new SpanList(separate);
    this.#lingersUntil = new Float64Array(topic.partitions).fill(-1);
  }

  send(
    partition: number,
    spans: SpanList,
    first: number,
    last: number,
    transaction: number,
    addsPartition: boolean,
    fillsBatch: boolean,
  ): void {
    if (addsPartition) {
      this.#senderFreeAt = Math.max(this.#senderFreeAt, first) + this.#settings.addPartitionsTime;
    }
    const count = spans.records;
    const spacing = count > 1 ? (last - first) / (count - 1) : 0;
    let at = first;
    while (spans.records > 0) {
      const left = spans.records;
      const readyAt = this.#readyAt(partition, at, last, fillsBatch);
      if (readyAt <= at) {
        this.#request(partition, spans, left, at, last, transaction);
        return;
      }
      const waiting = spacing === 0 ? left : Math.min(left, Math.floor((readyAt - at) / spacing) + 1);
      this.#request(partition, spans, waiting, readyAt, readyAt, transaction);
      at += waiting * spacing;
    }
  }

  flush(now: number): number {
    return this.#lastAckAt > now ? this.#lastAckAt : now;
  }

  /** Until when a record handed over at `at` waits: for its batch to linger, or for the Sender; `at` itself if not. */
  #readyAt(partition: number, at: number, last: number, fillsBatch: boolean): number {
    const readyAt = at > this.#senderFreeAt ? at : this.#senderFreeAt;
    const { linger } = this.#settings;
    if (linger === 0) return readyAt;
    if (this.#lingersUntil[partition]! < at) this.#lingersUntil[partition] = at + linger;
    let closes = this.#lingersUntil[partition]!;
    if (fillsBatch && last <= closes) {
      closes = last;
      this.#lingersUntil[partition] = -1;
    }
    return closes > readyAt ? closes : readyAt;
  }

  #request(
    partition: number,
    spans: SpanList,
    count: number,
    first: number,
    last: number,
    transaction: number,
  ): void {
    const connection = this.#connections[this.#topic.leader(partition)]!;
    const ack = connection.send(count, first, last) + this.#answerTime;
    if (ack > this.#lastAckAt) this.#lastAckAt = ack;
    const log = this.#topic.logs[partition]!;
    const delay = this.#appendDelay;
    if (count === spans.records) {
      log.append(spans, connection.first + delay, connection.last + delay, transaction);
      spans.clear();
      return;
    }
    spans.moveFront(count, this.#run);
    log.append(this.#run, connection.first + delay, connection.last + delay, transaction);
    this.#run.clear();
  }
}
