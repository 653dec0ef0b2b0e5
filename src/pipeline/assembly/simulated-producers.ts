import type { Simulation } from "../../engine/index.ts";
import {
  appendDelay,
  type BrokerState,
  type BrokerTiming,
  type ClientLinks,
  type ClientPlace,
  CurveProducer,
  type CurveProducerKinds,
  EagerProducer,
  type EagerProducerKinds,
  InFlightBatches,
  type KafkaObserver,
  type LinkCut,
  type LinkDelay,
  produceService,
  type RecordProducer,
  type Topic,
  TransactionalClient,
  type TransactionCoordinator,
  timeInAccumulator,
} from "../../kafka/index.ts";
import type { KeyedPartitions } from "../../records/index.ts";
import type { KafkaProducerConfig, Pipeline, SinkSpec, TopicSpec } from "../pipeline.ts";
import type { AssemblyOptions } from "./assembly-options.ts";

/** The KafkaProducers of a world: those of sinks, and of loads where every request is an event. */
export class SimulatedProducers {
  readonly #sim: Simulation;
  readonly #pipeline: Pipeline;
  readonly #options: AssemblyOptions;
  readonly #timing: BrokerTiming;
  readonly #links: ClientLinks;
  readonly #brokersCanFail: boolean;
  readonly #stateOf: (broker: number) => BrokerState;
  readonly #observe: () => KafkaObserver;
  readonly #curveProducers: CurveProducer[] = [];
  readonly #eagerProducers: EagerProducer[] = [];
  readonly #curveProducerKinds: CurveProducerKinds;
  readonly #producerKinds: EagerProducerKinds;
  #inFlight: InFlightBatches[] = [];

  constructor(
    sim: Simulation,
    pipeline: Pipeline,
    options: AssemblyOptions,
    timing: BrokerTiming,
    links: ClientLinks,
    brokersCanFail: boolean,
    stateOf: (broker: number) => BrokerState,
    observe: () => KafkaObserver,
  ) {
    this.#sim = sim;
    this.#pipeline = pipeline;
    this.#options = options;
    this.#timing = timing;
    this.#links = links;
    this.#brokersCanFail = brokersCanFail;
    this.#stateOf = stateOf;
    this.#observe = observe;
    const curveProducers = this.#curveProducers;
    this.#curveProducerKinds = {
      sent: sim.defineKind("planned requests sent", (p) => curveProducers[p]!.onSent()),
      due: sim.defineKind("batches in flight", (p) => curveProducers[p]!.onDue()),
    };
    const producers = this.#eagerProducers;
    this.#producerKinds = {
      sender: sim.defineKind("Sender pass", (p) => producers[p]!.onSender()),
      requestArrives: sim.defineKind("produce request arrives", (p, b) => producers[p]!.onRequestArrives(b)),
      appended: sim.defineKind("batch appended", (p, b) => producers[p]!.onAppended(b)),
      served: sim.defineKind("produce request served", (p, b) => producers[p]!.onServed(b)),
      answered: sim.defineKind("produce answer arrives", (p, b) => producers[p]!.onAnswered(b)),
      closeTimeout: sim.defineKind("producer closes", (p) => producers[p]!.onCloseTimeout()),
    };
  }

  /** @param client where it runs; undefined: outside. */
  make(
    topic: Topic,
    spec: TopicSpec,
    config: KafkaProducerConfig,
    recordBytes: number,
    client?: ClientPlace,
    byKey?: KeyedPartitions,
  ): RecordProducer {
    const settings = {
      brokers: this.#pipeline.kafka.brokers,
      maxInFlight: config.maxInFlightRequestsPerConnection,
      batchSize: config.batchSize,
      recordBytes,
      linger: timeInAccumulator(this.#timing, config.linger),
      service: produceService(this.#timing, spec.replicationFactor, config.acks),
      joinsAtBroker: this.#pipeline.kafka.transactions.protocolVersion === 2,
      ...(byKey && { byKey }),
    };
    if (this.#options.polls === "lazy") {
      const inFlight = this.#brokersCanFail
        ? this.#makeInFlight(topic, spec, config, recordBytes, client)
        : undefined;
      const producer = new CurveProducer(
        this.#sim,
        this.#curveProducerKinds,
        this.#curveProducers.length,
        topic,
        this.#timing,
        settings,
        this.#options.spans === "one-record",
        inFlight,
      );
      this.#curveProducers.push(producer);
      topic.attachProducer(producer);
      return producer;
    }
    const number = this.#eagerProducers.length;
    const producer = new EagerProducer(this.#sim, this.#producerKinds, number, topic, this.#timing, settings);
    this.#eagerProducers.push(producer);
    return producer;
  }

  /** The way to some brokers is cut from now on. */
  onCut(cut: LinkCut): void {
    this.#inFlight = this.#inFlight.filter(({ isOver }) => !isOver);
    for (const inFlight of this.#inFlight) inFlight.onCut(cut);
  }

  /** The way to some brokers is slow from now on. */
  onDelay(delay: LinkDelay): void {
    this.#inFlight = this.#inFlight.filter(({ isOver }) => !isOver);
    for (const inFlight of this.#inFlight) inFlight.onDelay(delay);
  }

  /** How a client of `spec` sends again, and what its records take, ns. */
  retries(spec: TopicSpec, config: KafkaProducerConfig, recordBytes: number) {
    const { acks, idempotence, retryBackoff, retryBackoffMax, requestTimeout, deliveryTimeout } = config;
    const service = produceService(this.#timing, spec.replicationFactor, acks);
    return {
      topic: this.#pipeline.kafka.topics.indexOf(spec),
      acks,
      idempotence,
      retryBackoff,
      retryBackoffMax,
      requestTimeout,
      deliveryTimeout,
      pace: service * Math.min(1, recordBytes / config.batchSize),
      appendTime: this.#timing.roundTrip / 2 + appendDelay(this.#timing),
    };
  }

  /** A batch takes batch.size of buffer.memory, however little is in it. */
  memory({ bufferMemory, batchSize }: KafkaProducerConfig, recordBytes: number) {
    return {
      mostBatches: Math.max(1, Math.floor(bufferMemory / Math.max(batchSize, recordBytes))),
      recordsOfBatch: Math.max(1, Math.floor(batchSize / recordBytes)),
    };
  }

  #makeInFlight(
    topic: Topic,
    spec: TopicSpec,
    config: KafkaProducerConfig,
    recordBytes: number,
    client: ClientPlace | undefined,
  ): InFlightBatches {
    const answerTime = this.#timing.roundTrip / 2 + this.#timing.clientWakeup;
    const { acks, maxInFlightRequestsPerConnection, retries, maxRequestSize, maxBlock } = config;
    const { transactions } = this.#pipeline.kafka;
    const service = produceService(this.#timing, spec.replicationFactor, acks);
    const inFlight = new InFlightBatches(
      this.#sim,
      this.#curveProducerKinds.due,
      this.#curveProducers.length,
      topic,
      {
        ...this.retries(spec, config, recordBytes),
        maxInFlight: maxInFlightRequestsPerConnection,
        retries,
        maxBlock,
        service,
        handling: appendDelay(this.#timing),
        answerTime,
        ...this.memory(config, recordBytes),
        recordsOfRequest: Math.max(1, Math.floor(maxRequestSize / recordBytes)),
        links: this.#links,
        client,
        stateOf: (broker) => this.#stateOf(broker),
        transactionProtocol: transactions.protocolVersion,
      },
      this.#options.spans === "one-record",
      this.#observe(),
    );
    topic.listen(inFlight);
    this.#inFlight.push(inFlight);
    return inFlight;
  }

  /** Makes the transactional parts of the producers of `sink`. */
  transactionalClients(
    sink: SinkSpec,
    place: ClientPlace,
    coordinator: TransactionCoordinator,
  ): (transactionalId: string) => TransactionalClient {
    const settings = {
      version: this.#pipeline.kafka.transactions.protocolVersion,
      transactionTimeout: sink.transactionTimeout,
      retryBackoff: sink.producer.retryBackoff,
      ...(this.#brokersCanFail && {
        place,
        timeouts: { request: sink.producer.requestTimeout, maxBlock: sink.producer.maxBlock },
      }),
    };
    return (id) => new TransactionalClient(this.#sim, coordinator, settings, id);
  }
}
