import {
  ConstantDistribution,
  type Distribution,
  LognormalDistribution,
  log,
  normalQuantile,
} from "../../engine/index.ts";
import {
  type CheckpointCoordinatorState,
  CheckpointDriver,
  type CheckpointResponder,
  type CheckpointStorage,
  FileSystemCheckpointStorage,
  HashMapStateBackend,
  JobManagerCheckpointStorage,
  type JvmWarmUp,
  type MetadataStorage,
  type PlannedTask,
  ProcessorSharing,
  RocksDBStateBackend,
  type StateBackend,
  SubtaskCheckpointCoordinator,
  type TaskEventTime,
} from "../../flink/index.ts";
import { KeyCensus } from "../../records/index.ts";
import type { Environment, JobSpec } from "../pipeline.ts";
import { compareVersions } from "../values/version.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** State by key of a subtask: its key groups, `end` exclusive, and bytes for each key. */
interface KeyedState {
  readonly first: number;
  readonly end: number;
  readonly bytesPerKey: number;
  /** Windows that it belongs to: an entry a key and window; undefined: an entry a key. */
  readonly windows: TaskEventTime | undefined;
}

/** Number of the JobManager where TaskManagers are counted from 0. */
const JOB_MANAGER = -1;

/** Everything about one job's checkpoints: the coordinator, each task's side of it, state backends, and where the
 *  snapshots go. */
export class JobCheckpoints {
  readonly #job: JobSpec;
  readonly #number: number;
  readonly #world: JobSurroundings;
  readonly #responder: CheckpointResponder;
  readonly #storages = new Map<number, CheckpointStorage & MetadataStorage>();
  /** A task has acknowledged its snapshot. */
  onAcknowledged: (task: number, checkpoint: number) => void = () => {};
  /** The coordinator of the JobManager that leads; undefined: checkpoints are off. */
  #driver: CheckpointDriver | undefined;
  #census: KeyCensus | undefined;
  readonly #subtaskOf = new Map<number, number>();

  constructor(job: JobSpec, world: JobSurroundings) {
    this.#job = job;
    this.#world = world;
    this.#number = world.pipeline.jobs.indexOf(job);
    this.#responder = {
      acknowledge: (...acknowledgement) => {
        this.onAcknowledged(acknowledgement[0], acknowledgement[1]);
        this.#driver?.acknowledge(...acknowledgement);
      },
      decline: (...refusal) => this.#driver?.decline(...refusal),
    };
  }

  /** A task's side. @param subtask number in the job. @param keyed undefined: the task has no keyed state. */
  ofTask(
    task: number,
    subtask: number,
    taskManager: number,
    keyed: KeyedState | undefined,
    restored: { readonly checkpoint: number } | undefined,
    recordsByPart?: ReadonlyMap<number, number> | undefined,
  ): SubtaskCheckpointCoordinator {
    const env = this.#world.pipeline.environment;
    const { snapshotFirst } = env;
    const { cluster } = this.#world.events;
    this.#subtaskOf.set(task, subtask);
    if (this.#driver !== undefined) this.#world.events.driverOf[task] = this.#driver.number;
    return new SubtaskCheckpointCoordinator(
      {
        job: this.#number,
        subtask,
        task,
        sync: env.snapshotSync,
        async: env.snapshotAsync,
        first: keyed !== undefined && cluster!.isFresh(taskManager) ? snapshotFirst : 0,
        warmUp: {
          startedAt: cluster!.startedAt(taskManager),
          excess: env.taskManagerColdExcess,
          time: env.warmUpTime,
        },
        restored: restored?.checkpoint ?? 0,
        recordsByPart,
      },
      keyed && this.#backend(keyed),
      this.#storage(taskManager),
      this.#responder,
      this.#world.observer,
    );
  }

  /** ns to write `bytes` of records in flight: small ones travel in the acknowledgement. It doesn't share the bandwidth of
   *  other uploads. Infinite: the store refuses them. */
  channelStateWrite(bytes: number): number {
    const { storage, dataInlineThreshold } = this.#job.checkpointing;
    if (storage === "jobmanager" || bytes <= dataInlineThreshold) return 0;
    const { pipeline, events } = this.#world;
    if (events.store.refusesFiles) return Number.POSITIVE_INFINITY;
    const { storageLatency, storageBandwidth } = pipeline.environment;
    return Math.round((storageLatency + (bytes / storageBandwidth) * 1e9) * events.store.slowness);
  }

  /** Makes the checkpoint coordinator; an earlier one is gone with its process. @param list the job's current tasks in
   *  topological order. @param state what it begins with. @returns undefined: checkpoints are off. */
  makeCoordinator(
    list: () => readonly PlannedTask[],
    state?: CheckpointCoordinatorState,
  ): CheckpointDriver | undefined {
    const { sim, pipeline, options, events, observer } = this.#world;
    const { checkpointing } = this.#job;
    const { interval, intervalDuringBacklog, minPause } = checkpointing;
    if (interval === undefined) return undefined;
    const env = pipeline.environment;
    const driver = new CheckpointDriver(
      sim,
      events.checkpointKinds,
      {
        job: this.#number,
        number: events.drivers.length,
        baseInterval: Math.max(interval, minPause),
        intervalDuringBacklog: backlogInterval(intervalDuringBacklog, interval, minPause),
        minPause,
        maxConcurrent: checkpointing.maxConcurrentCheckpoints,
        timeout: checkpointing.timeout,
        tolerableFailures: checkpointing.tolerableFailedCheckpoints,
        retained: checkpointing.retained,
        delaysEveryStart: compareVersions(pipeline.versions.flink, "2.3") < 0,
        operatorCoordinators: 1,
        unaligned: checkpointing.unaligned,
        checkpointsAfterTasksFinish: checkpointing.checkpointsAfterTasksFinish,
        rpc: env.flinkRpc,
        warmUp: jobManagerWarmUp(env, events.jobManagerStartedAt),
        initializeLocation: checkpointing.storage === "filesystem" ? env.storageCreateFolder : 0,
        snapshotOperatorCoordinators: 0,
        firstTriggerAt: state === undefined ? options.phases?.firstTriggerAt?.[this.#job.name] : undefined,
      },
      { list, subtaskOf: (task) => this.#subtaskOf.get(task)! },
      this.#storage(JOB_MANAGER),
      sim.stream(`checkpoint coordinator of ${this.#job.name}`),
      observer,
      state,
    );
    this.#driver?.dispose();
    this.#driver = driver;
    events.drivers.push(driver);
    return driver;
  }

  #backend({ first, end, bytesPerKey, windows }: KeyedState): StateBackend | undefined {
    const { maxParallelism, source } = this.#job;
    if (bytesPerKey === 0) return undefined;
    this.#census ??= new KeyCensus(this.#world.kafka.keySourcesOf(source.topic), maxParallelism);
    const keys = this.#census.population(first, end);
    const { snapshotSyncPerKey, rocksdbFlushBandwidth } = this.#world.pipeline.environment;
    const { backend, incremental, transferThreads } = this.#job.state;
    if (windows !== undefined) {
      const entries = { distinct: () => windows.entries((records) => keys.distinct(records)) };
      return new HashMapStateBackend({ bytesPerKey, syncPerKey: snapshotSyncPerKey }, entries);
    }
    if (backend === "hashmap") {
      return new HashMapStateBackend({ bytesPerKey, syncPerKey: snapshotSyncPerKey }, keys);
    }
    const settings = { bytesPerKey, incremental, transferThreads, flushBandwidth: rocksdbFlushBandwidth };
    return new RocksDBStateBackend(settings, keys);
  }

  /** The store as a process sees it. */
  #storage(client: number): CheckpointStorage & MetadataStorage {
    let storage = this.#storages.get(client);
    if (storage === undefined) {
      storage = this.#makeStorage(client);
      this.#storages.set(client, storage);
    }
    return storage;
  }

  #makeStorage(client: number): CheckpointStorage & MetadataStorage {
    const { sim, pipeline, events } = this.#world;
    const { frameSize } = pipeline.flink;
    const { storage, dataInlineThreshold } = this.#job.checkpointing;
    if (storage === "jobmanager") return new JobManagerCheckpointStorage(frameSize);
    const env = pipeline.environment;
    const name = client === JOB_MANAGER ? "JobManager" : `TaskManager ${client}`;
    const made = new FileSystemCheckpointStorage(
      sim,
      {
        number: events.storages.length,
        accepted: events.storageAccepted,
        inlineThreshold: dataInlineThreshold,
        latency: lognormal(env.storageLatency, env.storageLatencyP99),
        stream: env.storageBandwidth,
        largestMessage: frameSize,
      },
      this.#link(client),
      events.store,
      sim.stream(`checkpoint storage of ${this.#job.name}, ${name}`),
    );
    events.storages.push(made);
    return made;
  }

  /** What the process shares with whoever writes on the same way. */
  #link(client: number): ProcessorSharing {
    const { sim, pipeline, events } = this.#world;
    const env = pipeline.environment;
    const shared = env.storageSharedBy === "cluster" ? 0 : client - JOB_MANAGER;
    const number = events.links.length;
    const known = events.sharedLinks[shared];
    if (known !== undefined) return known;
    const link = new ProcessorSharing(sim, {
      number,
      ended: events.storageTransferred,
      each: env.storageBandwidth,
      capacity: env.storageSharedBandwidth,
    });
    link.slowDown(events.store.slowness);
    events.sharedLinks[shared] = link;
    events.links.push(link);
    return link;
  }
}

export function jobManagerWarmUp(env: Environment, startedAt = -env.clusterAge): JvmWarmUp {
  return { startedAt, excess: env.jobManagerColdExcess, time: env.warmUpTime };
}

/** Source: CheckpointCoordinatorConfiguration: none written, the interval itself; 0, no checkpoints meanwhile. */
function backlogInterval(written: number | undefined, interval: number, minPause: number): number {
  if (written === undefined) return Math.max(interval, minPause);
  return written === 0 ? Number.POSITIVE_INFINITY : Math.max(written, minPause);
}

const Z_99 = normalQuantile(0.99);

/** By median and 99th percentile; constant when the latter isn't above the median. */
function lognormal(median: number, p99: number): Distribution {
  if (p99 <= median || median <= 0) return new ConstantDistribution(median);
  return new LognormalDistribution(median, log(p99 / median) / Z_99);
}
