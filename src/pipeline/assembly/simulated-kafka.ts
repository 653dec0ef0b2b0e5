import { EagerLoad, LogFeed, OriginFeed, OriginLog, publishDelay } from "../../connectors/index.ts";
import { invariant, type Simulation } from "../../engine/index.ts";
import { hitsBrokers } from "../../faults/index.ts";
import type { SourceFeed } from "../../flink/index.ts";
import {
  type BrokerCluster,
  type BrokerObserver,
  type BrokerTiming,
  ClientLinks,
  type ClientPlace,
  fetchPeriod,
  type KafkaObserver,
  type LinkCut,
  NO_JOB,
  type RecordProducer,
  replicationDelay,
  Topic,
  type TransactionalClient,
  type TransactionCoordinator,
} from "../../kafka/index.ts";
import {
  activeTime,
  ConstantOrigin,
  KeyedPartitions,
  type KeySource,
  LaneTable,
  type Lineage,
  type Origin,
  PausedOrigin,
  type PausedTime,
  PoissonOrigin,
  type Route,
} from "../../records/index.ts";
import type { Pipeline, ProducerSpec, SinkSpec, SourceSpec, TopicSpec } from "../pipeline.ts";
import { splitOwner } from "../split-owner.ts";
import { topicSpec } from "../topic-spec.ts";
import type { AssemblyOptions } from "./assembly-options.ts";
import type { ClientSurroundings } from "./client-surroundings.ts";
import { brokerTiming, makeBrokers, makeCoordinator } from "./simulated-brokers.ts";
import { SimulatedConsumers } from "./simulated-consumers.ts";
import { SimulatedProducers } from "./simulated-producers.ts";

/** A topic whose records come from outside the simulated world. */
interface OriginTopic {
  readonly spec: TopicSpec;
  readonly producer: ProducerSpec;
  readonly origin: Origin;
  readonly firstPartition: number;
  /** Where brokers can fail. */
  readonly log: OriginLog | undefined;
}

/** The Kafka side of a world: origins, topics, the transaction coordinator, producers, consumers and readers. */
export class SimulatedKafka {
  readonly coordinator: TransactionCoordinator;
  /** Where brokers can fail: the plan has faults that hit them. */
  readonly brokers: BrokerCluster | undefined;
  readonly links = new ClientLinks();
  readonly #pipeline: Pipeline;
  readonly #producers: SimulatedProducers;
  readonly #options: AssemblyOptions;
  readonly #sim: Simulation;
  readonly #timing: BrokerTiming;
  readonly #lineage: Lineage;
  readonly #observer: KafkaObserver & BrokerObserver;
  readonly #brokersCanFail: boolean;
  readonly #originTopics = new Map<string, OriginTopic>();
  readonly #topics = new Map<string, Topic>();
  /** Origin partitions whose records a topic holds. */
  readonly #originsOf = new Map<string, readonly number[]>();
  readonly #routesOf = new Map<string, readonly Route[]>();
  readonly #hasNoWindows: boolean;
  readonly #expected = new Map<string, number>();
  /** By topic: where the source of the job that writes it ends, and which topic that reads. */
  readonly #ends = new Map<
    string,
    { readonly firstPartition: number; readonly stoppingOffsets: readonly number[] }
  >();
  readonly #sourceOf = new Map<string, string>();
  /** Of topics that jobs write. */
  readonly #keysOf = new Map<string, readonly KeySource[]>();
  readonly #loads: EagerLoad[] = [];
  readonly #consumers: SimulatedConsumers;
  readonly #loadKind: number;

  constructor(
    sim: Simulation,
    pipeline: Pipeline,
    options: AssemblyOptions,
    lineage: Lineage,
    observe: () => KafkaObserver & BrokerObserver,
  ) {
    this.#sim = sim;
    this.#pipeline = pipeline;
    this.#options = options;
    this.#lineage = lineage;
    this.#timing = brokerTiming(pipeline);
    this.#brokersCanFail = pipeline.faults.some(({ action }) => hitsBrokers(action));
    const clients: ClientSurroundings = {
      sim,
      pipeline,
      options,
      timing: this.#timing,
      links: this.links,
      brokersCanFail: this.#brokersCanFail,
    };
    this.#producers = new SimulatedProducers(
      clients,
      (broker) => this.brokers?.stateOf(broker) ?? "works",
      () => this.#observer,
    );
    this.#consumers = new SimulatedConsumers(clients, (name) => this.topic(name));
    this.#loadKind = sim.defineKind("record created", (load, partition) =>
      this.#loads[load]!.onRecord(partition),
    );
    this.#hasNoWindows = pipeline.jobs.every(({ operators }) =>
      operators.every(({ window }) => window === undefined),
    );
    for (const producer of pipeline.producers) this.#addOrigin(producer);
    this.#observer = observe();
    this.coordinator = makeCoordinator(sim, pipeline, this.#timing, this.#brokersCanFail, this.#observer);
    this.coordinator.links = this.links;
    for (const spec of pipeline.kafka.topics) this.#addTopic(spec);
    this.#observeAppends();
    this.#consumers.addReaders(this.#observer);
    if (this.#brokersCanFail) {
      this.#logOrigins();
      this.brokers = makeBrokers(
        sim,
        pipeline,
        this.#timing,
        (name) => this.topic(name),
        this.coordinator,
        (now) => this.settle(now),
        this.#observer,
      );
    }
    if (options.polls === "eager") this.#startLoads();
  }

  /** Numbers of the origin partitions whose records `topic` holds. */
  originsOf(topic: string): readonly number[] {
    return this.#originsOf.get(topic) ?? [];
  }

  /** A job writes to the topic of `sink` what it reads from `source`, on these ways. */
  passOn(source: string, sink: SinkSpec, routes: readonly Route[]): void {
    const origins = [...new Set(routes.map(({ origin }) => origin))];
    this.#sourceOf.set(sink.topic, source);
    this.#originsOf.set(
      sink.topic,
      origins.flatMap((first) =>
        Array.from({ length: this.#lineage.originOf(first).partitions }, (_, p) => first + p),
      ),
    );
    this.#keysOf.set(sink.topic, this.keySourcesOf(source));
    const byKey = this.#keyedPartitions(sink);
    this.#routesOf.set(
      sink.topic,
      byKey === undefined ? routes : routes.flatMap((route) => byKey.all(route)),
    );
  }

  /** How a sink's records go to partitions by key; undefined: they don't. */
  #keyedPartitions({ topic, partitioner }: SinkSpec): KeyedPartitions | undefined {
    if (partitioner !== "key") return undefined;
    const { partitions } = topicSpec(this.#pipeline, topic);
    // Where every request is an event, a producer has its batches apart.
    const leaders = this.#options.polls === "eager" ? partitions : this.#pipeline.kafka.brokers;
    return new KeyedPartitions(this.#lineage, partitions, leaders);
  }

  /** The ways that the records of `topic` have taken; all their records together are those of the topic. */
  routesOf(topic: string): readonly Route[] {
    return this.#routesOf.get(topic) ?? [];
  }

  /** Records that `topic` holds when nothing is lost and nothing repeated, over the whole load. */
  expected(topic: string): number {
    let expected = this.#expected.get(topic);
    if (expected === undefined) {
      expected = this.routesOf(topic).reduce((sum, route) => sum + this.#madeOf(topic, route), 0);
      // Which windows are fired in the end shows when they are, and where bounded sources end when they start.
      if (this.#hasNoWindows && this.#ends.size === 0) this.#expected.set(topic, expected);
    }
    return expected;
  }

  #madeOf(topic: string, route: Route): number {
    if (this.#ends.size === 0) return this.#lineage.total(route);
    const { partitions } = this.#lineage.originOf(route.origin);
    let made = 0;
    for (let p = 0; p < partitions; p++) made += route.rankOf(p, this.endOf(topic, route.origin + p));
    return made;
  }

  /** Whether producers outside the jobs write it. */
  isFromOutside(topic: string): boolean {
    return this.#originTopics.has(topic);
  }

  topicPartitions(topic: string): number {
    return topicSpec(this.#pipeline, topic).partitions;
  }

  /** Whose keys the records of `topic` have. */
  keySourcesOf(topic: string): readonly KeySource[] {
    const known = this.#keysOf.get(topic);
    if (known !== undefined) return known;
    const origins = new Set(this.originsOf(topic));
    return [...this.#originTopics.values()]
      .filter(({ firstPartition }) => origins.has(firstPartition))
      .map(({ producer, origin }) => ({
        keys: producer.keys,
        distribution: producer.keyDistribution,
        rate: origin.ratePerPartition * origin.partitions,
      }));
  }

  topic(name: string): Topic {
    const topic = this.#topics.get(name);
    invariant(topic !== undefined, "the parser has checked that the topic is written in the simulated world");
    return topic;
  }

  settle(now: number): void {
    for (const topic of this.#topics.values()) topic.settle(now);
  }

  /** The producer of a writer of `sink` that runs in `client`. */
  makeSinkProducer(sink: SinkSpec, client: ClientPlace): RecordProducer {
    return this.#producers.make(
      this.topic(sink.topic),
      topicSpec(this.#pipeline, sink.topic),
      sink.producer,
      sink.recordBytes,
      client,
      this.#keyedPartitions(sink),
    );
  }

  /** Makes the transactional parts of the producers of `sink`. */
  transactionalClients(sink: SinkSpec, place: ClientPlace): (transactionalId: string) => TransactionalClient {
    return this.#producers.transactionalClients(sink, place, this.coordinator);
  }

  /** Nothing passes between clients and brokers for `duration` ns. */
  cutLink(
    between: Pick<LinkCut, "kind" | "client" | "broker" | "requests" | "responses">,
    duration: number,
  ): void {
    const { now } = this.#sim;
    this.settle(now);
    const cut = this.links.cut({ ...between, from: now }, duration);
    this.#producers.onCut(cut);
    for (const { log } of this.#originTopics.values()) {
      log?.onCut(cut);
      log?.tellReaders();
    }
  }

  /** What clients and brokers send each other takes `by` ns longer for `duration` ns. */
  delayLink(
    between: Pick<LinkCut, "kind" | "client" | "broker" | "requests" | "responses">,
    by: number,
    duration: number,
  ): void {
    const { now } = this.#sim;
    this.settle(now);
    const delay = { ...between, from: now, until: now + duration, by };
    this.links.delay(delay);
    this.#producers.onDelay(delay);
    for (const { log } of this.#originTopics.values()) log?.tellReaders();
  }

  /** The logs of the topics that come from outside. */
  #logOrigins(): void {
    for (const [name, entry] of this.#originTopics) {
      const { spec, producer, origin } = entry;
      const topic = this.topic(name);
      const log = new OriginLog(
        origin,
        topic,
        {
          ...this.#producers.retries(spec, producer.config, producer.recordBytes),
          maxInFlight: producer.config.maxInFlightRequestsPerConnection,
          retries: producer.config.retries,
          ...this.#producers.memory(producer.config, producer.recordBytes),
          publishDelay: this.#publishDelay(entry),
          replicationDelay: replicationDelay(this.#timing, spec.replicationFactor),
          links: this.links,
          client: { kind: "producer", client: this.#pipeline.producers.indexOf(producer), job: NO_JOB },
        },
        this.#observer,
      );
      topic.listen(log);
      this.#originTopics.set(name, { ...entry, log });
    }
  }

  /** The partitions of its topic that source subtask `subtask` of `parallelism` reads when it starts without state. */
  splitsOf({ topic }: SourceSpec, subtask: number, parallelism: number): readonly number[] {
    const { partitions } = topicSpec(this.#pipeline, topic);
    return Array.from({ length: partitions }, (_, p) => p).filter(
      (p) => splitOwner(topic, p, parallelism) === subtask,
    );
  }

  /** What a source subtask reads of `source`, these partitions of its topic; `wake` is called when records come that the feed
   *  could not foresee, `onChange` when what it foresaw no longer holds. `restorable`: checkpoints hold its positions, so that it may have to go back. */
  makeFeed(
    source: SourceSpec,
    mine: readonly number[],
    restorable: boolean,
    wake: () => void,
    onChange: () => void,
    client: ClientPlace,
    stoppingOffsets: readonly number[] | undefined,
  ): SourceFeed {
    const origin = this.#originTopics.get(source.topic);
    if (origin !== undefined && this.#options.polls === "lazy") {
      return this.#originFeed(origin, mine, source, onChange, client, stoppingOffsets);
    }
    const oneRecord = this.#options.spans === "one-record";
    const { maxPollRecords } = source.consumer;
    const feed = new LogFeed(mine, maxPollRecords, oneRecord, commitsOffsets(source), wake, stoppingOffsets);
    const consumer = this.#consumers.make(
      source.topic,
      mine,
      source.consumer,
      (partition, origin, route, from, to, first, last) => {
        const leader = this.topic(source.topic).leader(partition);
        const at = this.links.cutUntil(client, leader, first);
        feed.arrive(partition, origin, route, from, to, at, Math.max(at, last));
      },
    );
    feed.attach(mine.map((p) => this.#consumers.splitLog(source, p, restorable, consumer)));
    return feed;
  }

  #publishDelay({ producer, origin, spec }: OriginTopic): number {
    const { acks, linger, maxInFlightRequestsPerConnection } = producer.config;
    const { arrivals } = producer;
    const client = { acks, linger, maxInFlight: maxInFlightRequestsPerConnection, arrivals };
    return publishDelay(this.#timing, client, origin, this.#pipeline.kafka.brokers, spec.replicationFactor);
  }

  #originFeed(
    entry: OriginTopic,
    mine: readonly number[],
    source: SourceSpec,
    onChange: () => void,
    client: ClientPlace,
    stoppingOffsets: readonly number[] | undefined,
  ): SourceFeed {
    const { brokers } = this.#pipeline.kafka;
    const { roundTrip, clientWakeup } = this.#timing;
    const splits = mine.map((p) => ({
      originPartition: entry.firstPartition + p,
      partition: p,
      connectionRate: entry.origin.ratePerPartition * mine.filter((q) => q % brokers === p % brokers).length,
    }));
    const settings = {
      publishDelay: this.#publishDelay(entry),
      fetchCycle: fetchPeriod(this.#consumers.fetchSettings(source.topic, mine.length, source.consumer)),
      inbound: Math.round(roundTrip / 2) + clientWakeup,
      maxPollRecords: source.consumer.maxPollRecords,
      commitsOffsets: commitsOffsets(source),
      oneRecord: this.#options.spans === "one-record",
    };
    const { log, origin } = entry;
    if (log === undefined)
      return new OriginFeed(origin, splits, settings, undefined, undefined, undefined, stoppingOffsets);
    const topic = this.topic(source.topic);
    const link = {
      passesAt: (p: number, at: number) => this.links.cutUntil(client, topic.leader(p), at),
      latestPassedBy: (p: number, at: number) => this.links.latestPassedBy(client, topic.leader(p), at),
    };
    return new OriginFeed(origin, splits, settings, log, onChange, link, stoppingOffsets);
  }

  /** Per partition of its topic, the offset in front of which a source's reading ends that starts from nothing now; undefined: it
   *  doesn't. The enumerator finds it once, and it goes with the split from then on.
   *  Source: flink-connector-kafka KafkaSourceEnumerator, LatestOffsetsInitializer, TimestampOffsetsInitializer (FLINK-28303). */
  stoppingOffsets({ topic, bounded }: SourceSpec): readonly number[] | undefined {
    if (bounded === undefined) return undefined;
    if (bounded.mode === "specific-offsets") return bounded.offsets;
    const entry = this.#originTopics.get(topic)!;
    const { origin, log } = entry;
    const { now } = this.#sim;
    const published = this.#publishDelay(entry);
    return Array.from({ length: origin.partitions }, (_, p) => {
      const end = log?.countAt(p, now) ?? origin.countAt(p, now - published);
      return bounded.mode === "timestamp" ? Math.min(end, origin.countAt(p, bounded.time - 1)) : end;
    });
  }

  /** The source of the job that writes the topics `sinks` ends there. */
  endReading(source: string, sinks: readonly string[], stoppingOffsets: readonly number[] | undefined): void {
    const firstPartition = this.#originTopics.get(source)?.firstPartition ?? 0;
    for (const sink of sinks) {
      if (stoppingOffsets === undefined) this.#ends.delete(sink);
      else this.#ends.set(sink, { firstPartition, stoppingOffsets });
    }
  }

  /** Up to which offset the records of an origin partition come to `topic`: all of the load, or up to where the source of a job on
   *  the way ends. */
  endOf(topic: string, originPartition: number): number {
    const total = this.#lineage
      .originOf(originPartition)
      .total(this.#lineage.localPartition(originPartition));
    const ends = this.#ends.get(topic);
    const source = this.#sourceOf.get(topic);
    const above = source === undefined ? total : this.endOf(source, originPartition);
    return Math.min(above, ends?.stoppingOffsets[originPartition - ends.firstPartition] ?? total);
  }

  #addOrigin(producer: ProducerSpec): void {
    const spec = topicSpec(this.#pipeline, producer.topic);
    const { partitions } = spec;
    const pauses = pausedTimes(producer, this.#options.loadEnd);
    const end = activeTime(this.#options.loadEnd - 1, pauses) + 1;
    const steady =
      producer.arrivals === "constant"
        ? new ConstantOrigin(partitions, producer.rate, end)
        : new PoissonOrigin(
            partitions,
            producer.rate,
            this.#sim.stream(`arrivals of ${producer.name}`).uint32(),
            end,
          );
    const origin = pauses.length === 0 ? steady : new PausedOrigin(steady, pauses);
    const seed = this.#sim.stream(`keys of ${producer.name}`).uint32();
    const maxParallelism = this.#pipeline.jobs[0]?.maxParallelism ?? 128;
    const table = LaneTable.of(partitions, producer.keys, producer.keyDistribution, maxParallelism, seed);
    const firstPartition = this.#lineage.addOrigin(origin, table);
    this.#routesOf.set(producer.topic, [this.#lineage.everyKey(firstPartition)]);
    this.#originTopics.set(producer.topic, { spec, producer, origin, firstPartition, log: undefined });
    this.#originsOf.set(
      producer.topic,
      Array.from({ length: partitions }, (_, p) => firstPartition + p),
    );
  }

  /** Topics that only outside producers write need logs only where every request is an event, and leaders where brokers can
   *  fail. */
  #addTopic(spec: TopicSpec): void {
    if (this.#originTopics.has(spec.name) && this.#options.polls === "lazy" && !this.#brokersCanFail) return;
    const delay = replicationDelay(this.#timing, spec.replicationFactor);
    this.#topics.set(spec.name, new Topic(spec.name, spec.partitions, this.#pipeline.kafka.brokers, delay));
  }

  /** Whoever looks at LogAppendTime sees a record when it is appended, whether or not its readers may have it. */
  #observeAppends(): void {
    const observer = this.#observer;
    if (observer.appended === undefined) return;
    this.#pipeline.kafka.topics.forEach((spec, number) => {
      for (const log of this.#topics.get(spec.name)?.logs ?? []) {
        const delay = log.replicationDelay;
        log.subscribe({
          isolationLevel: "read_uncommitted",
          isAtBroker: true,
          readable: (partition, origin, route, from, to, first, last, transaction) =>
            observer.appended?.(
              number,
              origin,
              route,
              from,
              to,
              first - delay,
              last - delay,
              transaction,
              partition,
            ),
        });
      }
    });
  }

  #startLoads(): void {
    for (const { spec, producer, origin, firstPartition } of this.#originTopics.values()) {
      const everyKey = this.#lineage.everyKey(firstPartition);
      const { config, recordBytes } = producer;
      const client = this.#producers.make(this.topic(spec.name), spec, config, recordBytes);
      this.#loads.push(
        new EagerLoad(
          this.#sim,
          this.#loadKind,
          this.#loads.length,
          origin,
          firstPartition,
          everyKey.id,
          client,
        ),
      );
    }
  }
}

/** When a producer makes nothing, until the load's end. */
function pausedTimes({ pauses }: ProducerSpec, loadEnd: number): PausedTime[] {
  return pauses.flatMap(({ from, length, every }) => {
    const times = from >= loadEnd ? 0 : every === undefined ? 1 : Math.ceil((loadEnd - from) / every);
    return Array.from({ length: times }, (_, i) => {
      const start = from + i * (every ?? 0);
      return { from: start, until: start + length };
    });
  });
}

function commitsOffsets({ groupId, commitOffsetsOnCheckpoint }: SourceSpec): boolean {
  return groupId !== undefined && commitOffsetsOnCheckpoint;
}
