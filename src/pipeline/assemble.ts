import { type EngineObserver, invariant, Simulation, type StopReason } from "../engine/index.ts";
import { Channel, type ChannelKinds, type ChannelSettings } from "../flink/index.ts";
import {
  BufferRecycler,
  CheckpointDriver,
  type CheckpointKinds,
  type CheckpointResponder,
  type FlinkObserver,
  OperatorTask,
  type OperatorTaskKinds,
  type ServiceDraw,
  type SnapshotCost,
  type SourceFeed,
  SourceTask,
  type SourceTaskKinds,
} from "../flink/index.ts";
import { type ConnectorObserver, KafkaSink, LogFeed, OriginFeed, type OriginSplit, publishDelay } from "../connectors/index.ts";
import {
  type BrokerTiming,
  type KafkaObserver,
  replicationDelay,
  TerminalReader,
  Topic,
  TransactionCoordinator,
} from "../kafka/index.ts";
import { ConstantOrigin, firstKeyGroup, LaneTable, Lineage, type Origin, PoissonOrigin, type Route } from "../records/index.ts";
import type { JobSpec, OperatorSpec, Pipeline, ProducerSpec, TopicSpec } from "./pipeline.ts";
import { serviceDraw } from "./service-draw.ts";
import { splitOwner } from "./split-owner.ts";

export type PipelineObserver = KafkaObserver & FlinkObserver & ConnectorObserver;

export interface AssemblyOptions {
  readonly seed: string;
  /** ns; producers make no record from then on. */
  readonly loadEnd: number;
  /** `one-record`: every record its own span and event; the slow reference of the curves. */
  readonly spans: "curves" | "one-record";
  readonly engineObserver?: EngineObserver;
}

/** A simulated world, ready to run. */
export interface World {
  readonly sim: Simulation;
  readonly lineage: Lineage;
  /** Runs until `time`, ns, and settles what runs by itself. */
  run(time: number): StopReason;
  /** Per reader of the pipeline, in order: the origin partitions whose records its topic holds. */
  readonly readerOrigins: readonly (readonly number[])[];
  /** Records that all producers make for an origin partition. */
  created(originPartition: number): number;
}

/** bytes of a serialised record besides its value: length, tag and timestamp of StreamElementSerializer. */
const RECORD_OVERHEAD_BYTES = 13;
/** execution.checkpointing.data-inline-threshold; smaller state travels in the acknowledgement. */
const INLINE_STATE_BYTES = 20 * 1024;
/** transaction.state.log.replication.factor */
const TRANSACTION_LOG_REPLICATION = 3;
/** How long an operator's output may lie before another job's source sees it, ns. */
const LONGEST_RUN_TO_A_JOB = 1e6;

interface OriginTopic {
  readonly spec: TopicSpec;
  readonly origin: Origin;
  readonly firstPartition: number;
  readonly publishDelay: number;
}

/** Builds the world of a pipeline: every model, connected, at time 0 with all jobs RUNNING. */
export function assemble(pipeline: Pipeline, options: AssemblyOptions, observe: (lineage: Lineage) => PipelineObserver): World {
  return new Assembly(pipeline, options, observe).world();
}

class Assembly {
  readonly #pipeline: Pipeline;
  readonly #options: AssemblyOptions;
  readonly #sim: Simulation;
  readonly #timing: BrokerTiming;
  readonly #lineage = new Lineage();
  readonly #observer: PipelineObserver;
  readonly #coordinator: TransactionCoordinator;
  readonly #originTopics = new Map<string, OriginTopic>();
  readonly #topics = new Map<string, Topic>();
  /** Origin partitions whose records a topic holds. */
  readonly #origins = new Map<string, readonly number[]>();
  readonly #channels: Channel[] = [];
  readonly #sources: SourceTask[] = [];
  readonly #operators: OperatorTask[] = [];
  readonly #drivers: CheckpointDriver[] = [];
  readonly #sinks: KafkaSink[] = [];
  readonly #channelKinds: ChannelKinds;
  readonly #sourceKinds: SourceTaskKinds;
  readonly #operatorKinds: OperatorTaskKinds;
  readonly #checkpointKinds: CheckpointKinds;
  readonly #commitReply: number;
  #tasks = 0;

  constructor(pipeline: Pipeline, options: AssemblyOptions, observe: (lineage: Lineage) => PipelineObserver) {
    this.#pipeline = pipeline;
    this.#options = options;
    const engine = { seed: options.seed, fingerprint: false };
    const sim = new Simulation(
      options.engineObserver ? { ...engine, fingerprint: true, observer: options.engineObserver } : engine,
    );
    this.#sim = sim;
    const env = pipeline.environment;
    this.#timing = {
      roundTrip: env.brokerRoundTrip,
      replicationRoundTrip: env.brokerReplicationRoundTrip,
      append: env.brokerAppend,
      requestHandling: env.brokerRequestHandling,
      clientWakeup: env.clientWakeup,
    };
    this.#addOrigins();
    this.#observer = observe(this.#lineage);
    const replication = Math.min(TRANSACTION_LOG_REPLICATION, pipeline.kafka.brokers);
    this.#coordinator = new TransactionCoordinator(sim, this.#timing, pipeline.kafka.brokers, replication, this.#observer);
    const kind = (name: string, handler: (a: number, b: number) => void) => sim.defineKind(name, handler);
    this.#channelKinds = {
      segmentFull: kind("segment full", (c) => this.#channels[c]!.onSegmentFull()),
      arrival: kind("buffer arrives", (c) => this.#channels[c]!.onArrival()),
      credit: kind("credit arrives", (c) => this.#channels[c]!.onCredit()),
      resume: kind("channel resumed", (c) => this.#channels[c]!.onResume()),
    };
    this.#sourceKinds = {
      flush: kind("buffer flusher", (t) => this.#sources[t]!.onFlush()),
      advance: kind("source advances", (t) => this.#sources[t]!.onAdvance()),
      syncDone: kind("source snapshot taken", (t) => this.#sources[t]!.onSyncDone()),
    };
    this.#operatorKinds = {
      wake: kind("task wakes", (t) => this.#operators[t]!.onWake()),
      syncDone: kind("snapshot taken", (t) => this.#operators[t]!.onSyncDone()),
    };
    this.#checkpointKinds = {
      timer: kind("checkpoint timer", (j) => this.#drivers[j]!.onTimer()),
      timeout: kind("checkpoint timeout", (j, c) => this.#drivers[j]!.onTimeout(c)),
      triggered: kind("checkpoint triggered", (j) => this.#drivers[j]!.onTriggered()),
      acknowledge: kind("acknowledgement arrives", (j, c) => this.#drivers[j]!.onAcknowledge(c)),
      finalized: kind("checkpoint finalized", (j, c) => this.#drivers[j]!.onFinalized(c)),
      triggerMail: kind("trigger arrives", (t, c) => this.#trigger(t, c)),
      completeMail: kind("completion arrives", (t, c) => this.#notify(t, c)),
    };
    this.#commitReply = kind("EndTxn answered", (w) => this.#sinks[w]!.onCommitReply());
    this.#addTopics();
    for (const job of inOrderOfData(pipeline.jobs)) this.#addJob(job);
  }

  world(): World {
    const { readers } = this.#pipeline;
    return {
      sim: this.#sim,
      lineage: this.#lineage,
      readerOrigins: readers.map((reader) => this.#origins.get(reader.topic)!),
      created: (originPartition) =>
        this.#lineage.originOf(originPartition).total(this.#lineage.localPartition(originPartition)),
      run: (time) => {
        const reason = this.#sim.run(time);
        for (const topic of this.#topics.values()) topic.settle(this.#sim.now);
        return reason;
      },
    };
  }

  #addOrigins(): void {
    const { kafka, producers, jobs } = this.#pipeline;
    const maxParallelism = jobs[0]?.maxParallelism ?? 128;
    for (const producer of producers) {
      const spec = this.#topicSpec(producer.topic);
      const origin = makeOrigin(producer, spec.partitions, this.#sim, this.#options.loadEnd);
      const seed = this.#sim.stream(`keys of ${producer.name}`).uint32();
      const table = LaneTable.of(spec.partitions, producer.keys, producer.keyDistribution, maxParallelism, seed);
      const firstPartition = this.#lineage.addOrigin(origin, table);
      const { acks, linger, maxInFlightRequestsPerConnection } = producer.config;
      const client = { acks, linger, maxInFlight: maxInFlightRequestsPerConnection };
      this.#originTopics.set(producer.topic, {
        spec,
        origin,
        firstPartition,
        publishDelay: publishDelay(this.#timing, client, origin, kafka.brokers, spec.replicationFactor),
      });
      const partitions = Array.from({ length: spec.partitions }, (_, p) => firstPartition + p);
      this.#origins.set(producer.topic, partitions);
    }
  }

  #topicSpec(name: string): TopicSpec {
    const spec = this.#pipeline.kafka.topics.find((topic) => topic.name === name);
    invariant(spec !== undefined, "the parser has checked that the topic is defined");
    return spec;
  }

  #addTopics(): void {
    const { kafka, readers } = this.#pipeline;
    for (const spec of kafka.topics) {
      if (this.#originTopics.has(spec.name)) continue;
      const delay = replicationDelay(this.#timing, spec.replicationFactor);
      this.#topics.set(spec.name, new Topic(spec.name, spec.partitions, kafka.brokers, delay));
    }
    readers.forEach((reader, number) => {
      const topic = this.#topics.get(reader.topic);
      invariant(topic !== undefined, "the parser has checked that a job writes what is read");
      const { isolationLevel } = reader.consumer;
      const { roundTrip, clientWakeup } = this.#timing;
      for (const log of topic.logs) {
        log.subscribe(
          new TerminalReader(number, isolationLevel, kafka.brokers, roundTrip, clientWakeup, this.#observer),
        );
      }
    });
  }

  #addJob(job: JobSpec): void {
    const number = this.#pipeline.jobs.indexOf(job);
    const firstTask = this.#tasks;
    this.#tasks += 2 * job.parallelism;
    const origins = this.#origins.get(job.source.topic)!;
    this.#origins.set(job.sink.topic, [...(this.#origins.get(job.sink.topic) ?? []), ...origins]);
    const recycler = new BufferRecycler(this.#options.spans === "one-record");
    const responder: CheckpointResponder = {
      acknowledge: (subtask, checkpoint, at) => this.#drivers[number]!.acknowledge(subtask, checkpoint, at),
    };
    const subtasks = Array.from({ length: job.parallelism }, (_, i) => i);
    const sources = subtasks.map((i) => this.#addSource(job, number, firstTask + i, i, responder));
    const operators = subtasks.map((i) => this.#addOperator(job, number, firstTask + job.parallelism + i, i, recycler, responder));
    const channels = this.#connect(job, sources, operators, origins, recycler);
    this.#addDriver(job, number, firstTask);
    operators.forEach((task, j) => {
      task.start(channels.map((row) => row[j]!));
    });
    sources.forEach((task, i) => {
      task.start(channels[i]!);
    });
  }

  #addDriver(job: JobSpec, number: number, firstTask: number): void {
    const { interval, minPause, maxConcurrentCheckpoints, timeout } = job.checkpointing;
    if (interval === undefined) return;
    const env = this.#pipeline.environment;
    const tasks = Array.from({ length: 2 * job.parallelism }, (_, i) => firstTask + i);
    this.#drivers[number] = new CheckpointDriver(
      this.#sim,
      this.#checkpointKinds,
      {
        job: number,
        baseInterval: Math.max(interval, minPause),
        minPause,
        maxConcurrent: maxConcurrentCheckpoints,
        timeout,
        subtasks: tasks.length,
        rpc: env.flinkRpc,
        metadataWrite: env.storageLatency,
      },
      tasks.slice(0, job.parallelism),
      tasks,
      this.#sim.stream(`checkpoint coordinator of ${job.name}`),
      this.#observer,
    );
  }

  #addSource(job: JobSpec, number: number, task: number, subtask: number, responder: CheckpointResponder): SourceTask {
    const env = this.#pipeline.environment;
    const feed = this.#feed(job, subtask);
    const source = new SourceTask(
      this.#sim,
      this.#sourceKinds,
      task,
      {
        job: number,
        subtask,
        emission: env.sourceEmission,
        bufferTimeout: job.network.bufferTimeout,
        oversleep: env.timerOversleep,
        maxBuffersPerChannel: job.network.maxBuffersPerChannel,
        snapshot: { sync: env.snapshotSync, async: env.snapshotAsync },
        commitOffsets: job.source.commitOffsetsOnCheckpoint && job.source.groupId !== undefined,
      },
      feed,
      this.#lineage,
      this.#sim.stream(`buffer flusher ${job.name} source ${subtask}`),
      responder,
      this.#observer,
    );
    if (feed instanceof LogFeed) feed.listen(() => source.wake());
    this.#sources[task] = source;
    return source;
  }

  #feed(job: JobSpec, subtask: number): SourceFeed {
    const { kafka } = this.#pipeline;
    const { topic, consumer } = job.source;
    const { roundTrip, clientWakeup } = this.#timing;
    const spec = this.#topicSpec(topic);
    const mine = Array.from({ length: spec.partitions }, (_, p) => p).filter(
      (p) => splitOwner(topic, p, job.parallelism) === subtask,
    );
    const oneRecord = this.#options.spans === "one-record";
    const entry = this.#originTopics.get(topic);
    if (entry === undefined) {
      const feed = new LogFeed(
        mine,
        consumer.isolationLevel,
        kafka.brokers,
        roundTrip,
        clientWakeup,
        consumer.maxPollRecords,
        oneRecord,
      );
      for (const p of mine) this.#topics.get(topic)!.logs[p]!.subscribe(feed);
      return feed;
    }
    const leader = (p: number) => p % kafka.brokers;
    const splits: OriginSplit[] = mine.map((p) => ({
      originPartition: entry.firstPartition + p,
      partition: p,
      connectionRate: entry.origin.ratePerPartition * mine.filter((q) => leader(q) === leader(p)).length,
    }));
    return new OriginFeed(entry.origin, splits, {
      publishDelay: entry.publishDelay,
      fetchCycle: roundTrip + clientWakeup,
      inbound: Math.round(roundTrip / 2) + clientWakeup,
      maxPollRecords: consumer.maxPollRecords,
      oneRecord,
    });
  }

  #addOperator(
    job: JobSpec,
    number: number,
    task: number,
    subtask: number,
    recycler: BufferRecycler,
    responder: CheckpointResponder,
  ): OperatorTask {
    const { kafka } = this.#pipeline;
    const { sink } = job;
    const topic = this.#topics.get(sink.topic)!;
    const writer = this.#sinks.length;
    const kafkaSink = new KafkaSink(
      this.#sim,
      {
        job: number,
        writer,
        subtask,
        deliveryGuarantee: sink.deliveryGuarantee,
        partitioner: sink.partitioner,
        recordBytes: sink.recordBytes,
        batchSize: sink.producer.batchSize,
        linger: sink.producer.linger,
        acks: sink.producer.acks,
        maxInFlight: sink.producer.maxInFlightRequestsPerConnection,
        brokers: kafka.brokers,
        replicationFactor: this.#topicSpec(sink.topic).replicationFactor,
        commitReply: this.#commitReply,
      },
      this.#timing,
      topic,
      this.#coordinator,
      this.#sim.stream(`partitioner ${job.name} ${subtask}`),
      this.#observer,
      recycler.sequential,
    );
    this.#sinks.push(kafkaSink);
    const readByJob = this.#pipeline.jobs.some((other) => other.source.topic === sink.topic);
    const operator = new OperatorTask(
      this.#sim,
      this.#operatorKinds,
      task,
      {
        job: number,
        subtask: job.parallelism + subtask,
        floatingBuffers: job.network.floatingBuffersPerGate,
        buffersPerChannel: job.network.buffersPerChannel,
        snapshot: this.#snapshotCost(job, subtask),
        longestRun: readByJob ? LONGEST_RUN_TO_A_JOB : Number.POSITIVE_INFINITY,
        oneRecord: recycler.sequential,
      },
      this.#service(job.operators, `service time ${job.name} ${subtask}`),
      kafkaSink,
      recycler,
      responder,
      this.#observer,
      job.parallelism,
    );
    kafkaSink.listen(() => operator.onCommitted());
    topic.attach(operator);
    this.#operators[task] = operator;
    return operator;
  }

  #service(operators: readonly OperatorSpec[], stream: string): ServiceDraw {
    return serviceDraw(
      operators.map((operator) => operator.serviceTime),
      this.#sim.stream(stream),
    );
  }

  #snapshotCost(job: JobSpec, subtask: number): SnapshotCost {
    const env = this.#pipeline.environment;
    const bytes = this.#stateBytes(job, subtask);
    const upload = bytes > INLINE_STATE_BYTES ? env.storageLatency + (bytes / env.storageBandwidth) * 1e9 : 0;
    return { sync: env.snapshotSync, async: Math.round(env.snapshotAsync + upload) };
  }

  /** Keyed state of a subtask once every key has been seen, bytes. */
  #stateBytes(job: JobSpec, subtask: number): number {
    const perKey = job.operators.reduce((sum, operator) => sum + operator.stateBytesPerKey, 0);
    const origins = new Set(this.#origins.get(job.source.topic)!.map((p) => this.#lineage.originOf(p)));
    let keys = 0;
    for (const producer of this.#pipeline.producers) {
      if (origins.has(this.#originTopics.get(producer.topic)!.origin)) keys += producer.keys;
    }
    const groups = this.#keyGroups(job, subtask);
    return (perKey * keys * (groups.end - groups.first)) / job.maxParallelism;
  }

  #keyGroups(job: JobSpec, subtask: number): { readonly first: number; readonly end: number } {
    return {
      first: firstKeyGroup(subtask, job.parallelism, job.maxParallelism),
      end: firstKeyGroup(subtask + 1, job.parallelism, job.maxParallelism),
    };
  }

  #connect(
    job: JobSpec,
    sources: readonly SourceTask[],
    operators: readonly OperatorTask[],
    origins: readonly number[],
    recycler: BufferRecycler,
  ): Channel[][] {
    const { network } = job;
    const settings: ChannelSettings = {
      segmentSize: network.segmentSize,
      recordBytes: this.#inputRecordBytes(job) + RECORD_OVERHEAD_BYTES,
      buffersPerChannel: network.buffersPerChannel,
      latency: this.#pipeline.environment.taskManagerNetworkLatency,
      recycler,
      flushAlways: network.bufferTimeout === 0,
    };
    const slots = this.#pipeline.flink.slotsPerTaskManager;
    return sources.map((upstream, i) =>
      operators.map((_, j) => {
        const { first, end } = this.#keyGroups(job, j);
        const routes: (Route | undefined)[] = [];
        for (const origin of origins) routes[origin] = this.#lineage.route(origin, first, end);
        const channel = new Channel(this.#sim, this.#channelKinds, settings, {
          number: this.#channels.length,
          upstream,
          upstreamIndex: j,
          downstreamIndex: i,
          local: Math.floor(i / slots) === Math.floor(j / slots),
          routes,
          splits: upstream.feed.splits,
        });
        this.#channels.push(channel);
        return channel;
      }),
    );
  }

  #inputRecordBytes(job: JobSpec): number {
    const producer = this.#pipeline.producers.find((one) => one.topic === job.source.topic);
    if (producer !== undefined) return producer.recordBytes;
    return this.#pipeline.jobs.find((one) => one.sink.topic === job.source.topic)!.sink.recordBytes;
  }

  #trigger(task: number, checkpoint: number): void {
    const triggeredAt = this.#driverOf(task).triggeredAt(checkpoint);
    this.#sources[task]!.post({ kind: "trigger-checkpoint", checkpoint, triggeredAt });
  }

  #notify(task: number, checkpoint: number): void {
    const receiver = this.#sources[task] ?? this.#operators[task]!;
    receiver.post({ kind: "notify-checkpoint-complete", checkpoint, triggeredAt: 0 });
  }

  readonly #driverByTask = new Map<number, CheckpointDriver>();

  #driverOf(task: number): CheckpointDriver {
    let driver = this.#driverByTask.get(task);
    if (driver !== undefined) return driver;
    let first = 0;
    for (const job of inOrderOfData(this.#pipeline.jobs)) {
      const number = this.#pipeline.jobs.indexOf(job);
      if (task < first + 2 * job.parallelism) {
        driver = this.#drivers[number]!;
        break;
      }
      first += 2 * job.parallelism;
    }
    invariant(driver !== undefined, "every task belongs to a job");
    this.#driverByTask.set(task, driver);
    return driver;
  }
}

/** A job comes behind the jobs that write its source's topic. */
function inOrderOfData(jobs: readonly JobSpec[]): JobSpec[] {
  const ordered: JobSpec[] = [];
  const add = (job: JobSpec): void => {
    if (ordered.includes(job)) return;
    for (const other of jobs) if (other !== job && other.sink.topic === job.source.topic) add(other);
    ordered.push(job);
  };
  for (const job of jobs) add(job);
  return ordered;
}

function makeOrigin(producer: ProducerSpec, partitions: number, sim: Simulation, end: number): Origin {
  if (producer.arrivals === "constant") return new ConstantOrigin(partitions, producer.rate, end);
  return new PoissonOrigin(partitions, producer.rate, sim.stream(`arrivals of ${producer.name}`).uint32(), end);
}
