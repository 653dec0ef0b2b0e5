import { Simulation, type StopReason } from "../engine/index.ts";
import { FaultInjector } from "../faults/index.ts";
import type { LatencySamples, StorageCounts, TaskMetrics } from "../flink/index.ts";
import type { TransactionCounters } from "../kafka/index.ts";
import { Lineage, type Route } from "../records/index.ts";
import type { AssemblyOptions } from "./assembly/assembly-options.ts";
import type { SourceLag } from "./assembly/attempt-gauges.ts";
import { FlinkEvents } from "./assembly/flink-events.ts";
import { withMoments } from "./assembly/moments.ts";
import type { PipelineObserver } from "./assembly/pipeline-observer.ts";
import { performFault, startJobs } from "./assembly/simulated-cluster.ts";
import { SimulatedKafka } from "./assembly/simulated-kafka.ts";
import { WindowOrigins } from "./assembly/window-origins.ts";
import { jobsInOrder } from "./jobs-in-order.ts";
import type { Pipeline } from "./pipeline.ts";

/** A simulated world, ready to run. */
export interface World {
  readonly sim: Simulation;
  /** Runs until `time`, ns, and settles what runs by itself. */
  run(time: number): StopReason;
  /** What the transaction coordinators were asked for so far. */
  readonly transactions: TransactionCounters;
  /** How far the source subtasks of a job are behind now; null: the subtask has no task. */
  sourceLags(job: number): readonly (SourceLag | null)[];
  /** What the gauges and counters of a job's tasks show now, by vertex and subtask; null: the subtask has no task.
   *  @param job its number in the pipeline. */
  taskMetrics(job: number): readonly (readonly (TaskMetrics | null)[])[];
  /** The histograms of latency markers that a job's tasks hold now. */
  latencyMarkers(job: number): readonly LatencySamples[];
  /** What all processes asked of checkpoint storage so far; bytes without what travels in acknowledgements. */
  storage(): StorageCounts;
  /** Numbers of the origin partitions whose records `topic` holds. */
  originsOf(topic: string): readonly number[];
  /** The ways that the records of `topic` have taken; all their records together are those of the topic. */
  routesOf(topic: string): readonly Route[];
  /** Records that a reader of `topic` gets when each record that its writers make of the load comes once. */
  expected(topic: string): number;
  /** Up to which offset the records of an origin partition come to `topic`. */
  endOf(topic: string, originPartition: number): number;
  /** Whether a job is yet to end since its bounded source does. */
  awaitsFinish(): boolean;
  /** Records that its producer makes for an origin partition, over the whole load. */
  created(originPartition: number): number;
}

/** Builds the world of a pipeline: every model, connected, at time 0 with all jobs RUNNING.
 *  @param observe makes the observer that all models report to, once the origins are known. */
export function assemble(
  pipeline: Pipeline,
  options: AssemblyOptions,
  observe: (lineage: Lineage) => PipelineObserver,
): World {
  const { seed, engineObserver } = options;
  const sim = new Simulation(
    engineObserver ? { seed, observer: engineObserver, fingerprint: true } : { seed },
  );
  const lineage = new Lineage();
  let observer: PipelineObserver | undefined;
  let injector: FaultInjector | undefined;
  const attach = (): PipelineObserver => {
    observer ??= withMoments(observe(lineage), pipeline, () => injector);
    return observer;
  };
  const kafka = new SimulatedKafka(sim, pipeline, options, lineage, attach);
  const events = new FlinkEvents(sim);
  const windows = new WindowOrigins(lineage);
  const surroundings = { sim, pipeline, options, lineage, kafka, events, windows, observer: attach() };
  startJobs(jobsInOrder(pipeline.jobs), surroundings);
  if (pipeline.faults.length > 0) {
    const due = sim.defineKind("fault", (fault) => injector!.onDue(fault));
    const names = pipeline.jobs.map(({ name }) => name);
    injector = new FaultInjector(sim, due, pipeline.faults, names, (fault) =>
      performFault(fault, surroundings),
    );
  }
  return {
    sim,
    run: (time) => {
      const reason = sim.run(time);
      // Where nothing happens any more, time passes all the same.
      kafka.settle(reason.kind === "no-more-events" ? time : sim.now);
      const horizon = sim.now - FORGOTTEN_AFTER;
      for (const origin of lineage.origins()) origin.forgetBefore(horizon);
      return reason;
    },
    transactions: kafka.coordinator.counters,
    storage: () => sumOf(events.storages.map(({ counts }) => counts)),
    sourceLags: (job) => events.attempts[job]!.lags(),
    taskMetrics: (job) => events.attempts[job]!.metrics(),
    latencyMarkers: (job) => events.attempts[job]!.latencies(),
    originsOf: (topic) => kafka.originsOf(topic),
    routesOf: (topic) => kafka.routesOf(topic),
    expected: (topic) => kafka.expected(topic),
    endOf: (topic, originPartition) => kafka.endOf(topic, originPartition),
    awaitsFinish: () => events.attempts.some(({ isToFinish }) => isToFinish),
    created: (originPartition) =>
      lineage.originOf(originPartition).total(lineage.localPartition(originPartition)),
  };
}

function sumOf(counts: readonly StorageCounts[]): StorageCounts {
  const sum = { puts: 0, bytes: 0, deletes: 0 };
  for (const { puts, bytes, deletes } of counts) {
    sum.puts += puts;
    sum.bytes += bytes;
    sum.deletes += deletes;
  }
  return sum;
}

/** No record stays under way for longer, ns; creation times further back need not be known. */
const FORGOTTEN_AFTER = 7200e9;
