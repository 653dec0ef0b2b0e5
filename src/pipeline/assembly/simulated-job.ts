import type { Fault } from "../../faults/index.ts";
import {
  BufferRecycler,
  type CompletedCheckpoint,
  type EndOfInputSettings,
  type FailureReason,
  NO_STATE,
  OperatorTask,
  type PoisonRecord,
  type RankListener,
  readsEntries,
  type ServiceDraw,
  type SourceFeed,
  SourceTask,
  TaskEventTime,
  type TaskStateSnapshot,
  TumblingWindows,
} from "../../flink/index.ts";
import { firstKeyGroup, type Route, WindowResults } from "../../records/index.ts";
import { edgesFrom, hasWindow, type JobVertex, jobGraph, targetsOf } from "../job-graph.ts";
import type { JobSpec, OperatorSpec, ServiceTime } from "../pipeline.ts";
import { parallelismsOf, rescaledJob, widestJob } from "../rescaling.ts";
import { serviceDraw } from "../service-draw.ts";
import { routesOfVertices } from "./edge-routes.ts";
import { addChannel } from "./job-channels.ts";
import { JobCheckpoints } from "./job-checkpoints.ts";
import type { JobEdgeOfSubtasks, JobSubtask, RestoredSubtask, TaskAttempt } from "./job-subtask.ts";
import { type JobSurroundings, tellFault } from "./job-surroundings.ts";
import { lastWatermark } from "./last-watermark.ts";
import { poisonFor } from "./poison-records.ts";
import { rescaledStates } from "./rescaled-states.ts";
import { makeSink } from "./subtask-sinks.ts";
import { alignmentOf, latencyMarkersOf, latencyStatsOf, watermarksOf, writersOf } from "./task-settings.ts";
import { partNumber, UndividedRoutes } from "./undivided-routes.ts";

/** How long an operator's output may lie before another job's source sees it, ns. */
const LONGEST_RUN_TO_A_JOB = 1e6;

const MILLISECOND = 1e6;

/** Builds the subtasks of a job with their sink writers and the channels between them, attempt after attempt. */
export class JobBuilder {
  vertices: readonly JobVertex[];
  /** In the order in which subtasks are numbered through. */
  readonly subtasks: readonly JobSubtask[];
  readonly checkpoints: JobCheckpoints;
  /** An operator or a sink of a subtask's task has thrown. */
  onException: (subtask: number, task: number, reason: FailureReason) => void = () => {};
  /** per subtask: by how much it takes longer for a record than usually. */
  readonly slowness: number[];
  /** Its job has ended with a savepoint (`isCompleted`), or that has failed. */
  onStopped: (subtask: number, task: number, isCompleted: boolean) => void = () => {};
  /** A subtask's task has handed on everything, and has finished. */
  onEndOfData: (subtask: number, task: number) => void = () => {};
  onFinished: (subtask: number, task: number) => void = () => {};
  #job: JobSpec;
  readonly #number: number;
  readonly #world: JobSurroundings;
  readonly #recycler: BufferRecycler;
  #watermarkOfLoad: number | undefined;
  /** per vertex: records at which it throws, with the faults that say so. */
  readonly #poisonOf: readonly ReadonlyMap<PoisonRecord, Fault>[];
  /** Every parallelism that the job ever has, and which of them it has. */
  readonly #parallelisms: readonly number[];
  /** By partition of the source's topic; undefined: reading doesn't end. */
  #stoppingOffsets: readonly number[] | undefined;
  /** undefined: it keeps its parallelism. */
  readonly #undivided: UndividedRoutes | undefined;

  constructor(job: JobSpec, world: JobSurroundings) {
    this.#job = job;
    this.#world = world;
    this.#number = world.pipeline.jobs.indexOf(job);
    this.#recycler = new BufferRecycler(world.options.spans === "one-record");
    this.vertices = jobGraph(job);
    const { faults } = world.pipeline;
    this.subtasks = jobGraph(widestJob(job, faults)).flatMap(({ parallelism }, vertex) =>
      Array.from({ length: parallelism }, (_, index) => ({ vertex, index })),
    );
    this.#parallelisms = parallelismsOf(job, faults);
    if (this.#parallelisms.length > 1) {
      this.#undivided = new UndividedRoutes(
        this.#parallelisms.map((parallelism) => jobGraph(rescaledJob(job, parallelism))),
        world.kafka.routesOf(job.source.topic),
        world.lineage,
        job.maxParallelism,
      );
    }
    this.slowness = this.subtasks.map(() => 1);
    this.checkpoints = new JobCheckpoints(job, world);
    this.#poisonOf = this.vertices.map((vertex) => poisonFor(job, vertex, world));
    this.#tellOutputs();
  }

  /** The job is submitted again, with the same vertices and other settings. */
  change(job: JobSpec): void {
    this.#job = job;
    this.vertices = jobGraph(job);
  }

  /** The job starts from nothing, and its enumerator finds where a bounded source is to end. */
  findStoppingOffsets(): void {
    const { kafka } = this.#world;
    const { source, sinks } = this.#job;
    if (source.bounded === undefined) return;
    this.#stoppingOffsets = kafka.stoppingOffsets(source);
    const topics = sinks.map(({ topic }) => topic);
    kafka.endReading(source.topic, topics, this.#stoppingOffsets);
  }

  /** Whether the load has records enough for the source to come to its end. */
  get isToEnd(): boolean {
    const { kafka, lineage } = this.#world;
    const origins = kafka.originsOf(this.#job.source.topic);
    return (
      this.#stoppingOffsets?.every(
        (stop, p) => stop <= lineage.originOf(origins[p]!).total(lineage.localPartition(origins[p]!)),
      ) === true
    );
  }

  /** Whether the job has that subtask at its parallelism. */
  has(subtask: number): boolean {
    const { vertex, index } = this.subtasks[subtask]!;
    return index < this.vertices[vertex]!.parallelism;
  }

  /** Whether an interrupt ends what the subtask does with a record: it only waits. */
  isInterruptible(subtask: number): boolean {
    const one = this.subtasks[subtask];
    if (one === undefined) return true;
    const { operators } = this.vertices[one.vertex]!;
    return operators.every((operator) => serviceTimeOf(operator, one.index).kind === "parked");
  }

  /** What a checkpoint holds, by subtask of the job's parallelism now. */
  restored({
    id: checkpoint,
    states,
    properties,
    finished,
  }: CompletedCheckpoint): ReadonlyMap<number, RestoredSubtask> {
    const before = this.#parallelisms.find((parallelism) => {
      const vertices = jobGraph(rescaledJob(this.#job, parallelism));
      return this.subtasks.every(
        ({ vertex, index }, subtask) => states.has(subtask) === index < vertices[vertex]!.parallelism,
      );
    });
    if (this.#undivided === undefined || before === undefined || before === this.#job.parallelism)
      return new Map([
        ...[...states].map(([subtask, state]) => [subtask, { checkpoint, state }] as const),
        // A source that had finished has no splits, an operator no state, and both come to their end at once.
        ...finished.map((subtask) => [subtask, { checkpoint, state: NO_STATE }] as const),
      ]);
    const { backend } = this.#job.state;
    return rescaledStates(checkpoint, states, {
      subtasks: this.subtasks,
      before: jobGraph(rescaledJob(this.#job, before)),
      after: this.vertices,
      edges: (vertices) => this.edges(vertices),
      undivided: this.#undivided,
      variant: this.#parallelisms.indexOf(this.#job.parallelism),
      maxParallelism: this.#job.maxParallelism,
      readsParts: readsEntries(properties, backend),
    });
  }

  /** Pairs of subtasks with a channel between them: which input of which vertex it is, and its two ends. */
  edges(vertices: readonly JobVertex[] = this.vertices): readonly JobEdgeOfSubtasks[] {
    const firstOf = vertices.map((_, vertex) => this.subtasks.findIndex((one) => one.vertex === vertex));
    return vertices.flatMap(({ inputs, parallelism }, vertex) =>
      inputs.flatMap(({ from, partitioner }, gate) => {
        const upstream = vertices[from]!.parallelism;
        return Array.from({ length: upstream }, (_, up) => {
          const { first, end } = targetsOf(partitioner, up, upstream, parallelism);
          return Array.from({ length: end - first }, (_, i) => ({
            vertex,
            gate,
            from: firstOf[from]! + up,
            to: firstOf[vertex]! + first + i,
          }));
        }).flat();
      }),
    );
  }

  /** Builds an attempt of each of these subtasks, whose partners on channels are among them, not started.
   *  @param placeOf the TaskManager of a subtask. @param restored what it starts from; undefined: nothing. */
  make(
    subtasks: readonly number[],
    placeOf: (subtask: number) => number,
    restored: (subtask: number) => RestoredSubtask | undefined,
  ): ReadonlyMap<number, TaskAttempt> {
    const attempts = new Map<number, TaskAttempt>();
    for (const subtask of subtasks) {
      const { vertex } = this.subtasks[subtask]!;
      const place = placeOf(subtask);
      const from = restored(subtask);
      attempts.set(
        subtask,
        vertex === 0 ? this.#addSource(subtask, place, from) : this.#addOperator(subtask, place, from),
      );
    }
    const connected = {
      spec: this.#job,
      vertices: this.vertices,
      subtasks: this.subtasks,
      recycler: this.#recycler,
      undivided: this.#undivided,
    };
    for (const edge of this.edges()) {
      const up = attempts.get(edge.from);
      const down = attempts.get(edge.to);
      if (up === undefined || down === undefined) continue;
      const isLocal = placeOf(edge.from) === placeOf(edge.to);
      addChannel(connected, edge, up, down, isLocal, restored, this.#world);
    }
    return attempts;
  }

  /** Which records each sink's topic will hold. */
  #tellOutputs(): void {
    const { kafka, lineage } = this.#world;
    const { topic } = this.#job.source;
    const undivided = this.#undivided;
    const routes =
      undivided === undefined
        ? this.#routes()
        : this.vertices.map((_, vertex) => undivided.of(vertex).map(({ route }) => route));
    this.vertices.forEach((vertex, i) => {
      for (const sink of vertex.sinks) {
        const { numerator, denominator } = sink.share;
        const written = routes[i]!.map((route) => lineage.share(route, numerator, denominator));
        kafka.passOn(topic, sink, written);
      }
    });
  }

  /** The ways that records have taken when they leave each vertex. */
  #routes(): readonly (readonly Route[])[] {
    const { kafka, lineage } = this.#world;
    const { source } = this.#job;
    return routesOfVertices(
      this.#job,
      this.vertices,
      kafka.routesOf(source.topic),
      lineage,
      (operator, window, into) =>
        this.#world.windows.add(this.#job, operator, window, {
          routes: into,
          keys: kafka.keySourcesOf(source.topic),
          stoppingOffsets: (firstPartition) =>
            kafka.originsOf(source.topic)[0] === firstPartition ? kafka.stoppingOffsets(source) : undefined,
          finalWatermark: () => this.#finalWatermark(),
          loadEnd: this.#world.options.loadEnd,
        }),
    );
  }

  /** ms: the watermark that is sure to come now that the load is over. */
  #finalWatermark(): number {
    if (this.#world.events.attempts[this.#number]!.holdsWatermarkUp()) return Number.NEGATIVE_INFINITY;
    // At the end of its data a source emits the last watermark of all, unless it is idle: then no channel takes it.
    if (this.isToEnd)
      return this.#job.source.watermarks?.idleTimeout === undefined
        ? Number.POSITIVE_INFINITY
        : Number.NEGATIVE_INFINITY;
    this.#watermarkOfLoad ??= lastWatermark(this.#job, this.#world);
    return this.#watermarkOfLoad;
  }

  #addSource(subtask: number, taskManager: number, restored: RestoredSubtask | undefined): TaskAttempt {
    const { sim, pipeline, lineage, kafka, events, observer } = this.#world;
    const env = pipeline.environment;
    const { source, parallelism } = this.#job;
    const number = events.newTask();
    const restorable = this.#job.checkpointing.interval !== undefined;
    const mine =
      restored === undefined
        ? kafka.splitsOf(source, subtask, parallelism)
        : restored.state.operator.splits.map(({ topicPartition }) => topicPartition);
    const feed: SourceFeed = kafka.makeFeed(
      source,
      mine,
      restorable,
      () => events.sources[number]!.wake(),
      () => events.sources[number]?.onFeedChanged(),
      { kind: "taskmanager", client: taskManager, job: this.#number },
      this.#stoppingOffsets &&
        mine.map(
          (p, split) => restored?.state.operator.splits[split]?.stoppingOffset ?? this.#stoppingOffsets![p]!,
        ),
    );
    events.sources[number] = new SourceTask(
      sim,
      events.sourceKinds,
      number,
      {
        job: this.#number,
        subtask,
        emission: env.sourceEmission,
        writers: writersOf(this.#job, this.#world),
        alignment: alignmentOf(this.#job, this.#world),
        channelStateWrite: (bytes) => this.checkpoints.channelStateWrite(bytes),
        commitOffsets: source.commitOffsetsOnCheckpoint && source.groupId !== undefined,
        ...(source.watermarks !== undefined && {
          watermarks: watermarksOf(this.#job, source.watermarks, subtask, this.#world),
        }),
        onStopped: (isCompleted) => this.onStopped(subtask, number, isCompleted),
        endOfInput: this.#endOfInput(subtask, number),
        ...latencyMarkersOf(this.#job, subtask, this.#world),
      },
      feed,
      lineage,
      this.#flushers(0, subtask),
      this.checkpoints.ofTask(number, subtask, taskManager, undefined, restored),
      observer,
    );
    events.sources[number].slowDown(this.slowness[subtask]!);
    if (sim.now > 0) seekTo(feed, restored?.state, sim.now);
    return { task: number, taskManager, inputs: [], outputs: [], sinks: [] };
  }

  #addOperator(
    subtaskOfJob: number,
    taskManager: number,
    restored: RestoredSubtask | undefined,
  ): TaskAttempt {
    const { vertex: vertexNumber, index: subtask } = this.subtasks[subtaskOfJob]!;
    const vertex = this.vertices[vertexNumber]!;
    const { sim, pipeline, lineage, kafka, events, observer } = this.#world;
    const { network, name } = this.#job;
    const number = events.newTask();
    const undivided = this.#undivided;
    const recordsByPart = undivided && new Map(restored?.state.recordsByPart);
    const sinks = vertex.sinks.map((sink) => ({
      spec: sink,
      sink: makeSink(this.#job, this.#number, sink, subtask, taskManager, this.#world),
    }));
    const readByJob = pipeline.jobs.some((other) =>
      vertex.sinks.some((sink) => sink.topic === other.source.topic),
    );
    const eventTime = this.#eventTime(vertex, subtask, subtaskOfJob, number, restored);
    const task = new OperatorTask(
      sim,
      events.operatorKinds,
      number,
      {
        job: this.#number,
        subtask: subtaskOfJob,
        floatingBuffers: network.floatingBuffersPerGate,
        buffersPerChannel: network.buffersPerChannel,
        writers: writersOf(this.#job, this.#world),
        alignment: alignmentOf(this.#job, this.#world),
        checkpointsAfterTasksFinish: this.#job.checkpointing.checkpointsAfterTasksFinish,
        channelStateWrite: (bytes) => this.checkpoints.channelStateWrite(bytes),
        longestRun: readByJob ? LONGEST_RUN_TO_A_JOB : Number.POSITIVE_INFINITY,
        oneRecord: this.#recycler.separate,
        restoredRecords: restored?.state.keyedRecords ?? 0,
        ...(network.debloat.enabled && { debloat: network.debloat }),
      },
      {
        service: this.#service(
          // What is chained behind windows sees their results.
          (hasWindow(vertex) ? vertex.operators.slice(0, 1) : vertex.operators).map((operator) =>
            serviceTimeOf(operator, subtask),
          ),
          `service time ${name} ${vertex.name} ${subtask}`,
          subtaskOfJob,
        ),
        eventTime,
        sinks: sinks.map(({ spec, sink }) => ({ sink, share: spec.share })),
        divide: undivided && ((...ranks) => undivided.divide(vertexNumber, ...ranks)),
        lineage,
        recycler: this.#recycler,
        checkpoints: this.checkpoints.ofTask(
          number,
          subtaskOfJob,
          taskManager,
          this.#keyedState(vertex, subtask, eventTime),
          restored,
          recordsByPart,
        ),
        flushers: this.#flushers(vertexNumber, subtask),
        poison: [...this.#poisonOf[vertexNumber]!.keys()],
        onPoisoned: (record) => {
          tellFault(this.#poisonOf[vertexNumber]!.get(record)!, this.#world);
          this.onException(subtaskOfJob, number, "user exception");
        },
        onStopped: (isCompleted) => this.onStopped(subtaskOfJob, number, isCompleted),
        endOfInput: this.#endOfInput(subtaskOfJob, number),
        latencyStats: latencyStatsOf(this.#job, this.#number, vertex, subtask, this.#world),
        applied:
          undivided === undefined
            ? observer.applied?.bind(observer, this.#number, subtaskOfJob, number)
            : this.#countUndivided(undivided, vertexNumber, recordsByPart!, (...ranks) =>
                observer.applied?.(this.#number, subtaskOfJob, number, ...ranks),
              ),
      },
    );
    const { checkpoint = 0, rescaled } = restored ?? {};
    observer.stateRestored?.(this.#number, subtaskOfJob, number, checkpoint, rescaled);
    for (const { spec, sink } of sinks) {
      sink.listen({
        onFlushed: () => task.onFlushed(),
        onSnapshotTaken: () => task.snapshots.onSnapshotTaken(),
        onCommitted: () => task.onCommitted(),
        onRoom: () => task.onRoom(),
        onFailed: () => this.onException(subtaskOfJob, number, "Kafka send failed"),
      });
      if (sim.now === 0) sink.openAtStart();
      kafka.topic(spec.topic).attach(task);
    }
    events.operators[number] = task;
    return {
      task: number,
      taskManager,
      inputs: [],
      outputs: [],
      sinks: sinks.map(({ spec, sink }) => ({ sink, topic: kafka.topic(spec.topic) })),
    };
  }

  #endOfInput(subtask: number, task: number): EndOfInputSettings {
    const { interval, checkpointsAfterTasksFinish } = this.#job.checkpointing;
    return {
      waitsForFinalCheckpoint: interval !== undefined && checkpointsAfterTasksFinish,
      onEndOfData: () => this.onEndOfData(subtask, task),
      onFinished: () => this.onFinished(subtask, task),
    };
  }

  /** undefined: the job has no event time. */
  #eventTime(
    vertex: JobVertex,
    subtask: number,
    subtaskOfJob: number,
    task: number,
    restored: RestoredSubtask | undefined,
  ): TaskEventTime | undefined {
    if (this.#job.source.watermarks === undefined) return undefined;
    const { separate } = this.#recycler;
    const [operator, ...chained] = vertex.operators;
    if (operator?.window === undefined) return new TaskEventTime(separate, undefined, undefined);
    const { lineage, windows: origins, observer } = this.#world;
    const { size, offset, resultTime } = operator.window;
    const { origin, firstPartition } = origins.of(this.#job, operator);
    const { first, end } = this.#keyGroups(vertex, subtask);
    const windows = new TumblingWindows(size / MILLISECOND, offset / MILLISECOND, {
      createdAt: (partition, route, rank) =>
        lineage.createdAt(partition, lineage.offsetOf(partition, route, rank)),
      rankAt: (partition, route, time) => lineage.rankAt(partition, route, time),
    });
    return new TaskEventTime(
      separate,
      {
        windows,
        results: new WindowResults(origin, lineage, firstPartition, first, end),
        service: this.#service(
          [resultTime, ...chained.map((one) => serviceTimeOf(one, subtask))],
          `results ${this.#job.name} ${vertex.name} ${subtask}`,
          subtaskOfJob,
        ),
        onFired: (window, results) =>
          observer.windowFired?.(this.#number, subtaskOfJob, task, window, results),
        onLate: (records) => observer.lateRecordsDropped?.(this.#number, subtaskOfJob, records),
        onLeftOpen: (records) => observer.windowsLeftOpen?.(this.#number, subtaskOfJob, records),
      },
      restored?.state.operator.windows,
    );
  }

  /** How long records take that go through operators with these service times. */
  #service(times: readonly ServiceTime[], stream: string, subtask: number): ServiceDraw {
    const { sim, pipeline } = this.#world;
    return this.#mayBeSlow(
      serviceDraw(times, pipeline.environment.timerParkOvershoot, sim.stream(stream)),
      subtask,
    );
  }

  /** Counts records by what their route is made of, and tells of them so. */
  #countUndivided(
    undivided: UndividedRoutes,
    vertex: number,
    counts: Map<number, number>,
    tell: RankListener,
  ): RankListener {
    return (originPartition, route, from, to) => {
      for (const [part, start, end] of undivided.divide(vertex, originPartition, route, from, to)) {
        const { id } = part.route;
        const number = partNumber(originPartition, id);
        counts.set(number, (counts.get(number) ?? 0) + end - start);
        tell(originPartition, id, start, end);
      }
    };
  }

  #mayBeSlow(draw: ServiceDraw, subtask: number): ServiceDraw {
    if (!this.#world.pipeline.faults.some(({ action }) => action.kind === "slow")) return draw;
    return (records) => draw(records) * this.slowness[subtask]!;
  }

  /** A random stream for the buffer flusher of each edge that leaves the vertex. */
  #flushers(vertex: number, subtask: number) {
    const { name } = this.vertices[vertex]!;
    return edgesFrom(this.vertices, vertex).map((_, i) => {
      const edge = i === 0 ? "" : ` ${i}`;
      return this.#world.sim.stream(`buffer flusher ${this.#job.name} ${name}${edge} ${subtask}`);
    });
  }

  /** What the operators of a subtask keep by key. */
  #keyedState(vertex: JobVertex, subtask: number, eventTime: TaskEventTime | undefined) {
    const { operators } = vertex;
    return {
      ...this.#keyGroups(vertex, subtask),
      windows: eventTime?.hasWindows === true ? eventTime : undefined,
      bytesPerKey: operators.reduce((sum, operator) => sum + operator.stateBytesPerKey, 0),
    };
  }

  #keyGroups({ parallelism }: JobVertex, subtask: number) {
    const { maxParallelism } = this.#job;
    return {
      first: firstKeyGroup(subtask, parallelism, maxParallelism),
      end: firstKeyGroup(subtask + 1, parallelism, maxParallelism),
    };
  }
}

function serviceTimeOf({ serviceTime, slowSubtask }: OperatorSpec, subtask: number): ServiceTime {
  return slowSubtask?.subtask === subtask ? slowSubtask.serviceTime : serviceTime;
}

/** A source goes on from the offsets in its state, else from the beginning. */
function seekTo(feed: SourceFeed, state: TaskStateSnapshot | undefined, now: number): void {
  const splits = state?.operator.splits ?? [];
  feed.seek(
    Array.from({ length: feed.splits }, (_, split) => splits[split]?.offset ?? 0),
    now,
  );
}
