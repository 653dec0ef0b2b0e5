import {
  appendDelay,
  type BrokerState,
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
import type { KafkaProducerConfig, SinkSpec, TopicSpec } from "../pipeline.ts";
import type { ClientSurroundings } from "./client-surroundings.ts";

/** The KafkaProducers of a world: those of sinks, and of loads where every request is an event. */
export class SimulatedProducers {
  readonly #world: ClientSurroundings;
  readonly #stateOf: (broker: number) => BrokerState;
  readonly #observe: () => KafkaObserver;
  readonly #curveProducers: CurveProducer[] = [];
  readonly #eagerProducers: EagerProducer[] = [];
  readonly #curveProducerKinds: CurveProducerKinds;
  readonly #producerKinds: EagerProducerKinds;
  #inFlight: InFlightBatches[] = [];

  constructor(
    world: ClientSurroundings,
    stateOf: (broker: number) => BrokerState,
    observe: () => KafkaObserver,
  ) {
    this.#world = world;
    const { sim } = world;
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
      brokers: this.#world.pipeline.kafka.brokers,
      maxInFlight: config.maxInFlightRequestsPerConnection,
      batchSize: config.batchSize,
      recordBytes,
      linger: timeInAccumulator(this.#world.timing, config.linger),
      service: produceService(this.#world.timing, spec.replicationFactor, config.acks),
      joinsAtBroker: this.#world.pipeline.kafka.transactions.protocolVersion === 2,
      ...(byKey && { byKey }),
    };
    if (this.#world.options.polls === "lazy") {
      const inFlight = this.#world.brokersCanFail
        ? this.#makeInFlight(topic, spec, config, recordBytes, client)
        : undefined;
      const producer = new CurveProducer(
        this.#world.sim,
        this.#curveProducerKinds,
        this.#curveProducers.length,
        topic,
        this.#world.timing,
        settings,
        this.#world.options.spans === "one-record",
        inFlight,
      );
      this.#curveProducers.push(producer);
      topic.attachProducer(producer);
      return producer;
    }
    const number = this.#eagerProducers.length;
    const producer = new EagerProducer(
      this.#world.sim,
      this.#producerKinds,
      number,
      topic,
      this.#world.timing,
      settings,
    );
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
    const service = produceService(this.#world.timing, spec.replicationFactor, acks);
    return {
      topic: this.#world.pipeline.kafka.topics.indexOf(spec),
      acks,
      idempotence,
      retryBackoff,
      retryBackoffMax,
      requestTimeout,
      deliveryTimeout,
      pace: service * Math.min(1, recordBytes / config.batchSize),
      appendTime: this.#world.timing.roundTrip / 2 + appendDelay(this.#world.timing),
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
    const answerTime = this.#world.timing.roundTrip / 2 + this.#world.timing.clientWakeup;
    const { acks, maxInFlightRequestsPerConnection, retries, maxRequestSize, maxBlock } = config;
    const { transactions } = this.#world.pipeline.kafka;
    const service = produceService(this.#world.timing, spec.replicationFactor, acks);
    const inFlight = new InFlightBatches(
      this.#world.sim,
      this.#curveProducerKinds.due,
      this.#curveProducers.length,
      topic,
      {
        ...this.retries(spec, config, recordBytes),
        maxInFlight: maxInFlightRequestsPerConnection,
        retries,
        maxBlock,
        service,
        handling: appendDelay(this.#world.timing),
        answerTime,
        ...this.memory(config, recordBytes),
        recordsOfRequest: Math.max(1, Math.floor(maxRequestSize / recordBytes)),
        links: this.#world.links,
        client,
        stateOf: (broker) => this.#stateOf(broker),
        transactionProtocol: transactions.protocolVersion,
      },
      this.#world.options.spans === "one-record",
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
      version: this.#world.pipeline.kafka.transactions.protocolVersion,
      transactionTimeout: sink.transactionTimeout,
      retryBackoff: sink.producer.retryBackoff,
      ...(this.#world.brokersCanFail && {
        place,
        timeouts: { request: sink.producer.requestTimeout, maxBlock: sink.producer.maxBlock },
      }),
    };
    return (id) => new TransactionalClient(this.#world.sim, coordinator, settings, id);
  }
}
