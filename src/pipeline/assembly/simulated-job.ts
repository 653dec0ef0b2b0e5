import { type ConnectorObserver, KafkaSink } from "../../connectors/index.ts";
import type { Simulation } from "../../engine/index.ts";
import {
  BufferRecycler,
  Channel,
  type FlinkObserver,
  OperatorTask,
  type SourceFeed,
  SourceTask,
} from "../../flink/index.ts";
import type { KafkaObserver } from "../../kafka/index.ts";
import { firstKeyGroup, type Lineage, type Route } from "../../records/index.ts";
import type { JobSpec, Pipeline } from "../pipeline.ts";
import { serviceDraw } from "../service-draw.ts";
import type { AssemblyOptions } from "./assembly-options.ts";
import type { FlinkEvents } from "./flink-events.ts";
import { JobCheckpoints } from "./job-checkpoints.ts";
import type { SimulatedKafka } from "./simulated-kafka.ts";

export type PipelineObserver = KafkaObserver & FlinkObserver & ConnectorObserver;

/** bytes of a serialised record besides its value: length, tag and timestamp.
 *  Source: flink SpanningRecordSerializer (4), StreamElementSerializer with a timestamp (1 + 8). */
const RECORD_OVERHEAD_BYTES = 13;
/** How long an operator's output may lie before another job's source sees it, ns. */
const LONGEST_RUN_TO_A_JOB = 1e6;

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

/** Builds one job: its source subtasks, the channels of the keyed exchange, the subtasks behind it with their sink
 *  writers, its checkpoint coordinator; and starts them. */
export function buildJob(job: JobSpec, world: JobSurroundings): void {
  new JobBuilder(job, world).build();
}

class JobBuilder {
  readonly #job: JobSpec;
  readonly #number: number;
  readonly #world: JobSurroundings;
  readonly #recycler: BufferRecycler;
  readonly #checkpoints: JobCheckpoints;

  constructor(job: JobSpec, world: JobSurroundings) {
    this.#job = job;
    this.#world = world;
    this.#number = world.pipeline.jobs.indexOf(job);
    this.#recycler = new BufferRecycler(world.options.spans === "one-record");
    this.#checkpoints = new JobCheckpoints(job, world);
  }

  build(): void {
    const { kafka } = this.#world;
    kafka.passOn(this.#job.source.topic, this.#job.sink.topic);
    const subtasks = Array.from({ length: this.#job.parallelism }, (_, i) => i);
    const sources = subtasks.map((i) => this.#source(i));
    const operators = subtasks.map((i) => this.#operator(i));
    const channels = this.#connect(sources, operators);
    operators.forEach((task, j) => {
      task.start(channels.map((row) => row[j]!));
    });
    sources.forEach((task, i) => {
      task.start(channels[i]!);
    });
    this.#checkpoints.start([
      { tasks: sources.map(({ number }) => number) },
      { tasks: operators.map(({ number }) => number) },
    ]);
  }

  #source(subtask: number): SourceTask {
    const { sim, pipeline, lineage, kafka, events, observer } = this.#world;
    const env = pipeline.environment;
    const { network, source, parallelism, name } = this.#job;
    const number = events.newTask();
    const restorable = this.#job.checkpointing.interval !== undefined;
    const feed: SourceFeed = kafka.makeFeed(source, subtask, parallelism, restorable, () =>
      events.sources[number]!.wake(),
    );
    const task = new SourceTask(
      sim,
      events.sourceKinds,
      number,
      {
        job: this.#number,
        subtask,
        emission: env.sourceEmission,
        bufferTimeout: network.bufferTimeout,
        oversleep: env.timerOversleep,
        maxBuffersPerChannel: network.maxBuffersPerChannel,
        commitOffsets: source.commitOffsetsOnCheckpoint && source.groupId !== undefined,
      },
      feed,
      lineage,
      sim.stream(`buffer flusher ${name} source ${subtask}`),
      this.#checkpoints.ofTask(number, subtask, this.#taskManagerOf(subtask), undefined),
      observer,
    );
    events.sources[number] = task;
    return task;
  }

  #operator(subtask: number): OperatorTask {
    const { sim, pipeline, kafka, events } = this.#world;
    const { network, sink, operators, parallelism, name } = this.#job;
    const number = events.newTask();
    const kafkaSink = this.#sink(subtask);
    const readByJob = pipeline.jobs.some((other) => other.source.topic === sink.topic);
    const task = new OperatorTask(
      sim,
      events.operatorKinds,
      number,
      {
        job: this.#number,
        subtask: parallelism + subtask,
        floatingBuffers: network.floatingBuffersPerGate,
        buffersPerChannel: network.buffersPerChannel,
        longestRun: readByJob ? LONGEST_RUN_TO_A_JOB : Number.POSITIVE_INFINITY,
        oneRecord: this.#recycler.separate,
      },
      serviceDraw(
        operators.map(({ serviceTime, slowSubtask }) =>
          slowSubtask?.subtask === subtask ? slowSubtask.serviceTime : serviceTime,
        ),
        pipeline.environment.timerParkOvershoot,
        sim.stream(`service time ${name} ${subtask}`),
      ),
      kafkaSink,
      this.#recycler,
      this.#checkpoints.ofTask(
        number,
        parallelism + subtask,
        this.#taskManagerOf(subtask),
        this.#keyGroups(subtask),
      ),
      parallelism,
    );
    kafkaSink.listen(
      () => task.onFlushed(),
      () => task.onCommitted(),
    );
    kafka.topic(sink.topic).attach(task);
    events.operators[number] = task;
    return task;
  }

  #sink(subtask: number): KafkaSink {
    const { sim, kafka, events, observer } = this.#world;
    const { sink, name } = this.#job;
    const writer = events.sinks.length;
    const kafkaSink = new KafkaSink(
      sim,
      {
        job: this.#number,
        writer,
        subtask,
        deliveryGuarantee: sink.deliveryGuarantee,
        partitioner: sink.partitioner,
        recordBytes: sink.recordBytes,
        batchSize: sink.producer.batchSize,
        commitReply: events.commitReply,
      },
      kafka.topic(sink.topic),
      kafka.makeProducer(sink.topic, sink.producer, sink.recordBytes),
      kafka.coordinator,
      sim.stream(`partitioner ${name} ${subtask}`),
      observer,
      this.#recycler.separate,
    );
    events.sinks.push(kafkaSink);
    return kafkaSink;
  }

  #taskManagerOf(subtask: number): number {
    return Math.floor(subtask / this.#world.pipeline.flink.slotsPerTaskManager);
  }

  #keyGroups(subtask: number): { readonly first: number; readonly end: number } {
    const { parallelism, maxParallelism } = this.#job;
    return {
      first: firstKeyGroup(subtask, parallelism, maxParallelism),
      end: firstKeyGroup(subtask + 1, parallelism, maxParallelism),
    };
  }

  #connect(sources: readonly SourceTask[], operators: readonly OperatorTask[]): Channel[][] {
    const { sim, pipeline, lineage, kafka, events } = this.#world;
    const { network } = this.#job;
    const settings = {
      segmentSize: network.segmentSize,
      recordBytes: this.#inputRecordBytes() + RECORD_OVERHEAD_BYTES,
      buffersPerChannel: network.buffersPerChannel,
      latency: pipeline.environment.taskManagerNetworkLatency,
      recycler: this.#recycler,
      flushAlways: network.bufferTimeout === 0,
    };
    const origins = kafka.originsOf(this.#job.source.topic);
    return sources.map((upstream, i) =>
      operators.map((_, j) => {
        const { first, end } = this.#keyGroups(j);
        const routes: (Route | undefined)[] = [];
        for (const origin of origins) routes[origin] = lineage.route(origin, first, end);
        const channel = new Channel(sim, events.channelKinds, settings, {
          number: events.channels.length,
          upstream,
          upstreamIndex: j,
          downstreamIndex: i,
          local: this.#taskManagerOf(i) === this.#taskManagerOf(j),
          routes,
          splits: upstream.feed.splits,
        });
        events.channels.push(channel);
        return channel;
      }),
    );
  }

  #inputRecordBytes(): number {
    const { producers, jobs } = this.#world.pipeline;
    const { topic } = this.#job.source;
    const producer = producers.find((one) => one.topic === topic);
    return producer?.recordBytes ?? jobs.find((one) => one.sink.topic === topic)!.sink.recordBytes;
  }
}
