import { type ConnectorObserver, KafkaSink } from "../../connectors/index.ts";
import type { Simulation } from "../../engine/index.ts";
import {
  type AlignmentSettings,
  BufferRecycler,
  Channel,
  type FlinkObserver,
  OperatorTask,
  type SourceFeed,
  SourceTask,
  type UpstreamTask,
} from "../../flink/index.ts";
import type { KafkaObserver } from "../../kafka/index.ts";
import { firstKeyGroup, type Lineage } from "../../records/index.ts";
import { type JobVertex, jobGraph, targetsOf } from "../job-graph.ts";
import type { JobSpec, Pipeline, SinkSpec } from "../pipeline.ts";
import { serviceDraw } from "../service-draw.ts";
import { compareVersions } from "../values/version.ts";
import type { AssemblyOptions } from "./assembly-options.ts";
import { type Edge, mayOvertake, partOf, routesOfVertices } from "./edge-routes.ts";
import type { FlinkEvents } from "./flink-events.ts";
import { JobCheckpoints } from "./job-checkpoints.ts";
import type { SimulatedKafka } from "./simulated-kafka.ts";

export type PipelineObserver = KafkaObserver & FlinkObserver & ConnectorObserver;

/** bytes of a serialised record besides its value: length, tag and timestamp.
 *  Source: flink SpanningRecordSerializer (4), StreamElementSerializer with a timestamp (1 + 8). */
const RECORD_OVERHEAD_BYTES = 13;
/** How long an operator's output may lie before another job's source sees it, ns. */
const LONGEST_RUN_TO_A_JOB = 1e6;

/** sink.committer.retries, at once as since Flink 1.20.1; nothing here gives a committer an outcome to retry yet. */
const COMMITTER = { retries: 10, retryDelay: 0 };

/** What the jobs of one world share. */
export interface JobSurroundings {
  readonly sim: Simulation;
  readonly pipeline: Pipeline;
  readonly options: AssemblyOptions;
  readonly lineage: Lineage;
  readonly kafka: SimulatedKafka;
  readonly events: FlinkEvents;
  readonly observer: PipelineObserver;
}

/** Builds one job: the subtasks of its vertices with their sink writers, the channels between them, its checkpoint
 *  coordinator; and starts them. */
export function buildJob(job: JobSpec, world: JobSurroundings): void {
  new JobBuilder(job, world).build();
}

/** A vertex with what was built for it. */
interface BuiltVertex extends JobVertex {
  readonly number: number;
  /** Number of its first subtask among those of the job. */
  readonly firstSubtask: number;
  /** Numbers of its tasks. */
  readonly tasks: readonly number[];
}

/** The channels of a subtask by edge. */
type Ends = Channel[][];

class JobBuilder {
  readonly #job: JobSpec;
  readonly #number: number;
  readonly #world: JobSurroundings;
  readonly #recycler: BufferRecycler;
  readonly #checkpoints: JobCheckpoints;
  readonly #vertices: readonly JobVertex[];

  constructor(job: JobSpec, world: JobSurroundings) {
    this.#job = job;
    this.#world = world;
    this.#number = world.pipeline.jobs.indexOf(job);
    this.#recycler = new BufferRecycler(world.options.spans === "one-record");
    this.#vertices = jobGraph(job);
    this.#checkpoints = new JobCheckpoints(job, world);
  }

  build(): void {
    this.#tellOutputs();
    const vertices = this.#addTasks();
    const { inputs, outputs } = this.#connect(vertices);
    const { sources, operators } = this.#world.events;
    // Those that read are there before anything is written.
    for (const { tasks } of [...vertices].reverse()) {
      for (const task of tasks) {
        operators[task]?.start(inputs[task] ?? [], outputs[task] ?? []);
        sources[task]?.start(outputs[task] ?? []);
      }
    }
    this.#checkpoints.start(vertices);
  }

  /** Which records each sink's topic will hold. */
  #tellOutputs(): void {
    const { kafka, lineage } = this.#world;
    const { topic } = this.#job.source;
    const routes = routesOfVertices(this.#job, this.#vertices, kafka.routesOf(topic), lineage);
    this.#vertices.forEach((vertex, i) => {
      for (const sink of vertex.sinks) {
        const { numerator, denominator } = sink.share;
        const written = routes[i]!.map((route) => lineage.share(route, numerator, denominator));
        kafka.passOn(topic, sink.topic, written);
      }
    });
  }

  #addTasks(): readonly BuiltVertex[] {
    let firstSubtask = 0;
    return this.#vertices.map((vertex, number) => {
      const first = firstSubtask;
      firstSubtask += vertex.parallelism;
      const subtasks = Array.from({ length: vertex.parallelism }, (_, i) => i);
      const tasks = subtasks.map((i) =>
        number === 0 ? this.#addSource(i) : this.#addOperator(vertex, number, i, first + i),
      );
      return { ...vertex, number, firstSubtask: first, tasks };
    });
  }

  #addSource(subtask: number): number {
    const { sim, pipeline, lineage, kafka, events, observer } = this.#world;
    const env = pipeline.environment;
    const { source, parallelism } = this.#job;
    const number = events.newTask();
    const restorable = this.#job.checkpointing.interval !== undefined;
    const feed: SourceFeed = kafka.makeFeed(source, subtask, parallelism, restorable, () =>
      events.sources[number]!.wake(),
    );
    events.sources[number] = new SourceTask(
      sim,
      events.sourceKinds,
      number,
      {
        job: this.#number,
        subtask,
        emission: env.sourceEmission,
        writers: this.#writers(),
        alignment: this.#alignment(),
        channelStateWrite: (bytes) => this.#checkpoints.channelStateWrite(bytes),
        commitOffsets: source.commitOffsetsOnCheckpoint && source.groupId !== undefined,
      },
      feed,
      lineage,
      this.#flushers(0, subtask),
      this.#checkpoints.ofTask(number, subtask, this.#taskManagerOf(subtask), undefined),
      observer,
    );
    return number;
  }

  #addOperator(vertex: JobVertex, vertexNumber: number, subtask: number, subtaskOfJob: number): number {
    const { sim, pipeline, lineage, kafka, events } = this.#world;
    const { network, name } = this.#job;
    const number = events.newTask();
    const sinks = vertex.sinks.map((sink) => ({ spec: sink, sink: this.#addSink(sink, subtask) }));
    const readByJob = pipeline.jobs.some((other) =>
      vertex.sinks.some((sink) => sink.topic === other.source.topic),
    );
    const task = new OperatorTask(
      sim,
      events.operatorKinds,
      number,
      {
        job: this.#number,
        subtask: subtaskOfJob,
        floatingBuffers: network.floatingBuffersPerGate,
        buffersPerChannel: network.buffersPerChannel,
        writers: this.#writers(),
        alignment: this.#alignment(),
        channelStateWrite: (bytes) => this.#checkpoints.channelStateWrite(bytes),
        longestRun: readByJob ? LONGEST_RUN_TO_A_JOB : Number.POSITIVE_INFINITY,
        oneRecord: this.#recycler.separate,
      },
      {
        service: serviceDraw(
          vertex.operators.map(({ serviceTime, slowSubtask }) =>
            slowSubtask?.subtask === subtask ? slowSubtask.serviceTime : serviceTime,
          ),
          pipeline.environment.timerParkOvershoot,
          sim.stream(`service time ${name} ${vertex.name} ${subtask}`),
        ),
        sinks: sinks.map(({ spec, sink }) => ({ sink, share: spec.share })),
        lineage,
        recycler: this.#recycler,
        checkpoints: this.#checkpoints.ofTask(
          number,
          subtaskOfJob,
          this.#taskManagerOf(subtask),
          this.#keyedState(vertex, subtask),
        ),
        flushers: this.#flushers(vertexNumber, subtask),
      },
    );
    for (const { spec, sink } of sinks) {
      sink.listen(task);
      sink.openAtStart();
      kafka.topic(spec.topic).attach(task);
    }
    events.operators[number] = task;
    return number;
  }

  #addSink(spec: SinkSpec, subtask: number): KafkaSink {
    const { sim, kafka, events, observer } = this.#world;
    const writer = events.sinks.length;
    const kafkaSink = new KafkaSink(
      sim,
      {
        job: this.#number,
        writer,
        subtask,
        deliveryGuarantee: spec.deliveryGuarantee,
        partitioner: spec.partitioner,
        recordBytes: spec.recordBytes,
        batchSize: spec.producer.batchSize,
        parallelism: spec.parallelism,
        transactionalIdPrefix: spec.transactionalIdPrefix ?? this.#job.name,
        namingStrategy: spec.transactionNamingStrategy,
        abortStrategy: spec.transactionNamingStrategy === "POOLING" ? "LISTING" : "PROBING",
        recyclesOnCommit: spec.recyclesProducerOnCommit,
        committer: COMMITTER,
      },
      kafka.topic(spec.topic),
      kafka.makeProducer(spec.topic, spec.producer, spec.recordBytes),
      kafka.coordinator,
      kafka.transactionalClients(spec),
      sim.stream(`partitioner ${this.#job.name} ${spec.topic} ${subtask}`),
      observer,
      this.#recycler.separate,
    );
    events.sinks.push(kafkaSink);
    return kafkaSink;
  }

  /** Subtasks fill the slots in order. */
  #taskManagerOf(subtask: number): number {
    return Math.floor(subtask / this.#world.pipeline.flink.slotsPerTaskManager);
  }

  #writers() {
    const { network } = this.#job;
    return {
      bufferTimeout: network.bufferTimeout,
      oversleep: this.#world.pipeline.environment.timerOversleep,
      maxBuffersPerChannel: network.maxBuffersPerChannel,
      alignedTimeout: this.#job.checkpointing.alignedTimeout,
    };
  }

  #alignment(): AlignmentSettings {
    const { mode, unaligned, alignedTimeout } = this.#job.checkpointing;
    const urgentMails = compareVersions(this.#world.pipeline.versions.flink, "2.1") >= 0;
    return { mode, unaligned, alignedTimeout, urgentMails };
  }

  /** A random stream for the buffer flusher of each edge that leaves the vertex. */
  #flushers(vertex: number, subtask: number) {
    const { name } = this.#vertices[vertex]!;
    return this.#edgesFrom(vertex).map((_, i) => {
      const edge = i === 0 ? "" : ` ${i}`;
      return this.#world.sim.stream(`buffer flusher ${this.#job.name} ${name}${edge} ${subtask}`);
    });
  }

  #edgesFrom(vertex: number) {
    return this.#vertices.flatMap(({ inputs }) => inputs.filter(({ from }) => from === vertex));
  }

  /** What the operators of a subtask keep by key. */
  #keyedState({ operators, parallelism }: JobVertex, subtask: number) {
    const { maxParallelism } = this.#job;
    return {
      first: firstKeyGroup(subtask, parallelism, maxParallelism),
      end: firstKeyGroup(subtask + 1, parallelism, maxParallelism),
      bytesPerKey: operators.reduce((sum, operator) => sum + operator.stateBytesPerKey, 0),
    };
  }

  /** Makes the channels of all edges. @returns those of each task, by its number. */
  #connect(vertices: readonly BuiltVertex[]): { readonly inputs: Ends[]; readonly outputs: Ends[] } {
    const ends = { inputs: [] as Ends[], outputs: [] as Ends[] };
    for (const downstream of vertices) {
      const supportsUnaligned = downstream.inputs.every(({ partitioner }) => mayOvertake(partitioner));
      downstream.inputs.forEach(({ from, partitioner }, gate) => {
        const upstream = vertices[from]!;
        const writer = this.#edgesFrom(from).indexOf(downstream.inputs[gate]!);
        const edge = {
          partitioner,
          upstream: upstream.parallelism,
          downstream: downstream.parallelism,
          supportsUnaligned,
        };
        for (let up = 0; up < edge.upstream; up++) {
          const { first, end } = targetsOf(partitioner, up, edge.upstream, edge.downstream);
          for (let down = first; down < end; down++) {
            const tasks = { from: upstream.tasks[up]!, to: downstream.tasks[down]! };
            this.#addChannel(edge, { up, down, writer, gate }, tasks, ends);
          }
        }
      });
    }
    return ends;
  }

  #addChannel(
    edge: Edge & { readonly supportsUnaligned: boolean },
    { up, down, writer, gate }: Readonly<Record<"up" | "down" | "writer" | "gate", number>>,
    { from, to }: { readonly from: number; readonly to: number },
    { inputs, outputs }: { readonly inputs: Ends[]; readonly outputs: Ends[] },
  ): void {
    const { sim, lineage, events } = this.#world;
    const { maxParallelism } = this.#job;
    const source = events.sources[from];
    const upstream: UpstreamTask = source ?? events.operators[from]!;
    outputs[from] ??= [];
    inputs[to] ??= [];
    const channel = new Channel(sim, events.channelKinds, this.#channelSettings(), {
      number: events.channels.length,
      upstream,
      upstreamIndex: outputs[from].flat().length,
      downstreamIndex: inputs[to].flat().length,
      writer,
      gate,
      local: this.#taskManagerOf(up) === this.#taskManagerOf(down),
      select: (route) => partOf(edge, up, down, lineage.routeById(route), lineage, maxParallelism),
      splits: source?.feed.splits ?? 0,
      supportsUnaligned: edge.supportsUnaligned,
    });
    events.channels.push(channel);
    outputs[from][writer] ??= [];
    outputs[from][writer].push(channel);
    inputs[to][gate] ??= [];
    inputs[to][gate].push(channel);
  }

  #channelSettings() {
    const { network } = this.#job;
    return {
      segmentSize: network.segmentSize,
      recordBytes: this.#inputRecordBytes() + RECORD_OVERHEAD_BYTES,
      buffersPerChannel: network.buffersPerChannel,
      latency: this.#world.pipeline.environment.taskManagerNetworkLatency,
      recycler: this.#recycler,
      flushAlways: network.bufferTimeout === 0,
    };
  }

  #inputRecordBytes(): number {
    const { producers, jobs } = this.#world.pipeline;
    const { topic } = this.#job.source;
    const producer = producers.find((one) => one.topic === topic);
    if (producer !== undefined) return producer.recordBytes;
    const sinks = jobs.flatMap((job) => job.sinks);
    return sinks.find((sink) => sink.topic === topic)!.recordBytes;
  }
}
