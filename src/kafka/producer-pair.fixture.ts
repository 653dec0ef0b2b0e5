import { Simulation } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import type { BrokerTiming } from "./broker-timing.ts";
import { CurveProducer } from "./curve-producer.ts";
import { EagerProducer } from "./eager-producer.ts";
import type { RecordProducer, RecordProducerSettings } from "./record-producer.ts";
import { Topic } from "./topic.ts";

/** Round numbers, ns. */
export const TIMING: BrokerTiming = {
  roundTrip: 200,
  replicationRoundTrip: 0,
  append: 30,
  requestHandling: 20,
  clientWakeup: 10,
};

export const SETTINGS: RecordProducerSettings = {
  brokers: 1,
  maxInFlight: 5,
  batchSize: 1000,
  recordBytes: 100,
  linger: 0,
  service: 100,
  joinsAtBroker: false,
};

/** When a record was appended: partition, rank, ns. */
export type Appended = readonly [partition: number, rank: number, at: number];

/** One producer of either kind in a world of its own, and what arrives in its topic's logs. */
export class ProducerWorld {
  readonly sim = new Simulation({ seed: "1" });
  readonly topic: Topic;
  readonly producer: RecordProducer;
  readonly #appended: (readonly [number, number, number])[] = [];
  readonly #sent: number;
  readonly #plans: (() => void)[] = [];
  readonly #ranks: number[];

  constructor(kind: "curve" | "eager", partitions: number, changes: Partial<RecordProducerSettings> = {}) {
    const settings = { ...SETTINGS, ...changes };
    this.topic = new Topic("out", partitions, settings.brokers, 0);
    this.#ranks = new Array<number>(partitions).fill(0);
    for (const log of this.topic.logs) {
      log.subscribe({
        isolationLevel: "read_uncommitted",
        readable: (partition, _origin, _route, from, to, first, last) => {
          const spacing = to - from > 1 ? (last - first) / (to - from - 1) : 0;
          for (let k = 0; k < to - from; k++)
            this.#appended.push([partition, from + k, Math.round(first + k * spacing)]);
        },
      });
    }
    this.#sent = this.sim.defineKind("plan", (plan) => this.#plans[plan]!());
    this.producer = kind === "curve" ? this.#curve(settings) : this.#eager(settings);
  }

  /** Does `plan` at `at`, ns. */
  at(at: number, plan: () => void): void {
    this.sim.scheduleAt(at, this.#sent, this.#plans.length, 0);
    this.#plans.push(plan);
  }

  /** Sends `count` records to `partition` at the present time. */
  send(partition: number, count = 1, transaction = 0, joinTime = 0): void {
    const from = this.#ranks[partition]!;
    this.#ranks[partition] = from + count;
    const spans = new SpanList(false);
    spans.push(0, 0, from, from + count);
    this.producer.send(partition, spans, this.sim.now, this.sim.now, transaction, joinTime);
  }

  /** Sends `count` records evenly over the time from `first` until now. */
  sendRun(partition: number, count: number, first: number): void {
    const from = this.#ranks[partition]!;
    this.#ranks[partition] = from + count;
    const spans = new SpanList(false);
    spans.push(0, 0, from, from + count);
    this.producer.send(partition, spans, first, this.sim.now, 0, 0);
  }

  /** Runs to `end`, ns. @returns what was appended, by time, partition and rank. */
  run(end: number): readonly Appended[] {
    this.sim.run(end);
    this.topic.settle(end);
    return this.#appended.toSorted((a, b) => a[2] - b[2] || a[0] - b[0] || a[1] - b[1]);
  }

  #curve(settings: RecordProducerSettings): RecordProducer {
    const sent = this.sim.defineKind("sent", () => producer.onSent());
    const due = this.sim.defineKind("due", () => producer.onDue());
    const producer = new CurveProducer(this.sim, { sent, due }, 0, this.topic, TIMING, settings, false);
    this.topic.attachProducer(producer);
    return producer;
  }

  #eager(settings: RecordProducerSettings): RecordProducer {
    const { sim } = this;
    const kinds = {
      sender: sim.defineKind("sender", () => producer.onSender()),
      requestArrives: sim.defineKind("requestArrives", (_, b) => producer.onRequestArrives(b)),
      appended: sim.defineKind("appended", (_, b) => producer.onAppended(b)),
      served: sim.defineKind("served", (_, b) => producer.onServed(b)),
      answered: sim.defineKind("answered", (_, b) => producer.onAnswered(b)),
      closeTimeout: sim.defineKind("closeTimeout", () => producer.onCloseTimeout()),
    };
    const producer = new EagerProducer(sim, kinds, 0, this.topic, TIMING, settings);
    return producer;
  }
}
