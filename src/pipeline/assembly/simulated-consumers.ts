import type { SplitLog } from "../../connectors/index.ts";
import {
  type ClientPlace,
  CurveConsumer,
  EagerConsumer,
  type EagerConsumerKinds,
  type FetchSettings,
  type KafkaObserver,
  type LogConsumer,
  NO_JOB,
  ReadableHistory,
  type RecordTaker,
  type Topic,
} from "../../kafka/index.ts";
import type { KafkaConsumerConfig, SourceSpec } from "../pipeline.ts";
import { recordBytes, recordsPerSecond } from "../topic-load.ts";
import { topicSpec } from "../topic-spec.ts";
import type { ClientSurroundings } from "./client-surroundings.ts";

/** Whoever reads topics that have logs: sources of jobs, and the pipeline's readers. */
export class SimulatedConsumers {
  readonly #world: ClientSurroundings;
  readonly #topicOf: (name: string) => Topic;
  /** What each job's source may go back to, a partition each. */
  readonly #histories = new Map<SourceSpec, readonly ReadableHistory[]>();
  readonly #eager: EagerConsumer[] = [];
  readonly #kinds: EagerConsumerKinds;

  constructor(world: ClientSurroundings, topicOf: (name: string) => Topic) {
    this.#world = world;
    const { sim } = world;
    this.#topicOf = topicOf;
    const eager = this.#eager;
    this.#kinds = {
      readable: sim.defineKind("records readable", (c, b) => eager[c]!.onReadable(b)),
      requestArrives: sim.defineKind("fetch arrives", (c, b) => eager[c]!.onRequestArrives(b)),
      answerArrives: sim.defineKind("fetch answered", (c, b) => eager[c]!.onAnswerArrives(b)),
      waitOver: sim.defineKind("fetch.max.wait.ms over", (c, b) => eager[c]!.onWaitOver(b)),
    };
  }

  /** A consumer of `partitions` of `topic`. */
  make(
    topic: string,
    partitions: readonly number[],
    config: KafkaConsumerConfig,
    take: RecordTaker,
  ): LogConsumer {
    const { brokers } = this.#world.pipeline.kafka;
    const fetch = this.fetchSettings(topic, partitions.length, config);
    const { isolationLevel } = config;
    if (this.#world.options.polls === "lazy") {
      return new CurveConsumer(isolationLevel, brokers, fetch, partitions, take);
    }
    const number = this.#eager.length;
    const consumer = new EagerConsumer(
      this.#world.sim,
      this.#kinds,
      number,
      isolationLevel,
      brokers,
      fetch,
      take,
    );
    this.#eager.push(consumer);
    return consumer;
  }

  /** How a consumer of `partitions` partitions of `topic` fetches. */
  fetchSettings(topic: string, partitions: number, config: KafkaConsumerConfig): FetchSettings {
    const { roundTrip, clientWakeup } = this.#world.timing;
    const share =
      partitions / topicSpec(this.#world.pipeline, topic).partitions / this.#world.pipeline.kafka.brokers;
    return {
      roundTrip,
      wakeup: clientWakeup,
      recordBytes: recordBytes(this.#world.pipeline, topic),
      byteTime: 1e9 / this.#world.pipeline.environment.brokerBandwidth,
      maxPartitionFetchBytes: config.maxPartitionFetchBytes,
      fetchMaxBytes: config.fetchMaxBytes,
      fetchMinBytes: config.fetchMinBytes,
      fetchMaxWait: config.fetchMaxWait,
      rate: recordsPerSecond(this.#world.pipeline, topic) * share,
    };
  }

  /** Partition `p` as `consumer` reads it: what comes from now on, and what `source` may have to go back to. */
  splitLog(source: SourceSpec, p: number, restorable: boolean, consumer: LogConsumer): SplitLog {
    const topic = this.#topicOf(source.topic);
    const log = topic.logs[p]!;
    topic.readLive = true;
    let histories = this.#histories.get(source);
    if (histories === undefined) {
      histories = topic.logs.map((_, i) => {
        return new ReadableHistory(i, source.consumer.isolationLevel, restorable);
      });
      histories.forEach((one, i) => {
        topic.logs[i]!.subscribe(one);
      });
      this.#histories.set(source, histories);
    }
    const history = histories[p]!;
    const job = this.#world.pipeline.jobs.find((one) => one.source === source)!.name;
    const mayGoFarBack = this.#world.pipeline.faults.some(
      ({ action }) => action.kind === "operate" && action.job === job && action.action.kind === "restart",
    );
    log.subscribe(consumer);
    return {
      replay: (position, now) => history.replay(position, now, consumer),
      end: () => history.end,
      offsetsBehind: (position) => log.offsetsBehind(position),
      forgetBefore: (position) => {
        if (!mayGoFarBack) history.forgetBefore(position);
      },
      unsubscribe: () => log.unsubscribe(consumer),
    };
  }

  /** The readers of the pipeline, which tell `observer` what they are given. */
  addReaders(observer: KafkaObserver): void {
    this.#world.pipeline.readers.forEach((reader, number) => {
      const { logs } = this.#topicOf(reader.topic);
      const consumer = this.make(
        reader.topic,
        logs.map((log) => log.partition),
        reader.consumer,
        this.#toReader(number, reader.topic, observer),
      );
      for (const log of logs) log.subscribe(consumer);
    });
  }

  #toReader(number: number, topicName: string, observer: KafkaObserver): RecordTaker {
    const topic = this.#topicOf(topicName);
    const links = this.#world.links;
    const client: ClientPlace = { kind: "reader", client: number, job: NO_JOB };
    if (!this.#world.brokersCanFail) {
      return (partition, originPartition, route, from, to, first, last, transaction) =>
        observer.delivered(number, originPartition, route, from, to, first, last, transaction, partition);
    }
    return (partition, originPartition, route, from, to, first, last, transaction) => {
      const at = links.cutUntil(client, topic.leader(partition), first);
      const end = at > last ? at : last;
      observer.delivered(number, originPartition, route, from, to, at, end, transaction, partition);
    };
  }
}
