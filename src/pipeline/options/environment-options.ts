import { ENVIRONMENT_PRESETS } from "../presets/environment-presets.ts";
import { physicalDuration } from "../values/duration.ts";
import { decimal } from "../values/number.ts";
import { bandwidth } from "../values/rate.ts";
import { physicalSize } from "../values/size.ts";
import { choice, text } from "../values/word.ts";
import { type DefaultByPreset, options } from "./option.ts";

const [first, ...others] = ENVIRONMENT_PRESETS.map((preset) => preset.name) as [string, ...string[]];

/** Named sets of numbers for the physical world, the default first. */
export const PRESETS: readonly [string, ...string[]] = [first, ...others];

/** What each preset has for a key. */
function figures(key: string): DefaultByPreset {
  const entries = ENVIRONMENT_PRESETS.map((preset) => {
    const figure = preset.figures[key];
    if (figure === undefined)
      throw new Error(`Cannot default ${key}: the preset ${preset.name} has no figure for it`);
    return [preset.name, { value: figure[0], source: figure[1] }] as const;
  });
  return { presets: Object.fromEntries(entries) };
}

const duration = physicalDuration();
const startUp = physicalDuration({ max: 86_400_000_000_000 });

/** Keys of `environment:`. */
export const environmentOptions = options({
  scope: "environment",
  source: "the preset",
  modelled: {
    preset: [
      choice(PRESETS),
      first,
      "Set of numbers that the other keys of environment override.",
      { source: "Sluice" },
    ],
    file: [
      text("the path of an environment file", "environments/two-core-host.yaml"),
      undefined,
      "File with a figure and its source for each key, instead of a preset; the keys beside it override it.",
      { source: "Sluice" },
    ],
    "broker.round-trip": [
      duration,
      figures("broker.round-trip"),
      "Client to broker and back, an otherwise empty request.",
    ],
    "broker.replication-round-trip": [
      duration,
      figures("broker.replication-round-trip"),
      "Broker to broker and back.",
    ],
    "broker.append": [
      duration,
      figures("broker.append"),
      "One append to the page cache, at the leader or at a follower.",
    ],
    "broker.request-handling": [
      duration,
      figures("broker.request-handling"),
      "Time a request occupies its connection at the broker, without append and replication.",
    ],
    "broker.bandwidth": [
      bandwidth(),
      figures("broker.bandwidth"),
      "Bytes a second from a broker to one consumer.",
    ],
    "client.wakeup": [
      duration,
      figures("client.wakeup"),
      "A client thread waking up for a response: poll of a consumer, Sender of a producer.",
    ],
    "flink.rpc": [
      duration,
      figures("flink.rpc"),
      "One way, JobManager to TaskManager or back, with its queueing.",
    ],
    "taskmanager.network-latency": [
      duration,
      figures("taskmanager.network-latency"),
      "One way between two TaskManagers.",
    ],
    "source.emission": [
      duration,
      figures("source.emission"),
      "Task-thread time to deserialise and emit one record.",
    ],
    "snapshot.sync": [
      duration,
      figures("snapshot.sync"),
      "Synchronous part of a subtask's snapshot, without what the sink adds.",
    ],
    "snapshot.async": [
      duration,
      figures("snapshot.async"),
      "Asynchronous part of a subtask's snapshot, without the upload of its state.",
    ],
    "snapshot.first": [
      duration,
      figures("snapshot.first"),
      "What the first snapshot in a fresh process takes longer, in its synchronous part.",
    ],
    "snapshot.sync-per-key": [
      duration,
      figures("snapshot.sync-per-key"),
      "Heap state (hashmap): what each key adds to the synchronous part.",
    ],
    "rocksdb.flush-bandwidth": [
      bandwidth(),
      figures("rocksdb.flush-bandwidth"),
      "RocksDB: bytes a second at which the synchronous part writes the memtable to the local disk.",
    ],
    "storage.latency": [
      duration,
      figures("storage.latency"),
      "One object or file written to checkpoint storage, without its bytes.",
    ],
    "storage.bandwidth": [
      bandwidth(),
      figures("storage.bandwidth"),
      "Bytes a second that one stream writes to checkpoint storage.",
    ],
    "storage.latency-p99": [
      duration,
      figures("storage.latency-p99"),
      "99th percentile of storage.latency, its median: lognormal; at most the median: constant.",
    ],
    "storage.shared-bandwidth": [
      bandwidth(),
      figures("storage.shared-bandwidth"),
      "Bytes a second that all streams together write which share the way to checkpoint storage.",
    ],
    "storage.shared-by": [
      choice(["taskmanager", "cluster"]),
      figures("storage.shared-by"),
      "Whose streams share it: one TaskManager's (its network) or all (one disk, one file server).",
    ],
    "storage.create-folder": [
      duration,
      figures("storage.create-folder"),
      "The JobManager makes the folder of a checkpoint, before it asks the tasks.",
    ],
    "timer.oversleep": [
      duration,
      figures("timer.oversleep"),
      "Largest lateness of the thread that flushes network buffers; each sleep is late by a uniform draw of it.",
    ],
    "timer.park-overshoot": [
      duration,
      figures("timer.park-overshoot"),
      "How much longer than asked for a parked wait of a task thread lasts (service-time: parked …).",
    ],
    "taskmanager.start": [
      startUp,
      figures("taskmanager.start"),
      "Time until a replacement TaskManager has registered.",
    ],
    "taskmanager.connection-loss": [
      duration,
      figures("taskmanager.connection-loss"),
      "From the end of a TaskManager's process until tasks connected to it have failed.",
    ],
    "taskmanager.watch": [
      startUp,
      figures("taskmanager.watch"),
      "From the end of a TaskManager's process until an active resource provider has noticed it.",
    ],
    "taskmanager.termination": [
      startUp,
      figures("taskmanager.termination"),
      "From an active resource provider's request to end a TaskManager's process until it is killed, if it stands still.",
    ],
    "task.deployment": [
      startUp,
      figures("task.deployment"),
      "From the submission of a task to a warm process until it runs, without restoring state.",
    ],
    "task.first-deployment": [
      startUp,
      figures("task.first-deployment"),
      "The same in a process that has run no task yet: classes are loaded and compiled.",
    ],
    "task.cancellation": [
      startUp,
      figures("task.cancellation"),
      "From the request to cancel a running task until the JobManager knows it has ended.",
    ],
    "jobmanager.start": [
      startUp,
      figures("jobmanager.start"),
      "From the loss of a JobManager until another process is there that can lead and recover its jobs.",
    ],
    "host.cores": [
      decimal({ min: 0.1, max: 10_000 }, "cores"),
      figures("host.cores"),
      "Cores that the start-ups of processes on one host share.",
    ],
    "host.shared-by": [
      choice(["taskmanager", "cluster"]),
      figures("host.shared-by"),
      "Whose start-ups share them: one TaskManager's (a pod's cores) or all (one machine).",
    ],
    "jvm.start-up-cores": [
      decimal({ min: 0.1, max: 100 }, "cores"),
      figures("jvm.start-up-cores"),
      "Cores that a process keeps busy while it loads classes and compiles them.",
    ],
    "jvm.warm-up-time": [
      startUp,
      figures("jvm.warm-up-time"),
      "In this time what a young process is slower by falls to 1/e.",
    ],
    "jobmanager.cold-excess": [
      decimal({ max: 1000 }),
      figures("jobmanager.cold-excess"),
      "What RPCs of a JobManager's process of age 0 take longer, as a multiple of a warm one's time.",
    ],
    "taskmanager.cold-excess": [
      decimal({ max: 1000 }),
      figures("taskmanager.cold-excess"),
      "What snapshots of a TaskManager's process of age 0 take longer, as a multiple of a warm one's time.",
    ],
    "taskmanager.settling": [
      startUp,
      figures("taskmanager.settling"),
      "Work that a fresh process still has to do when it has registered.",
    ],
    "cluster.age": [
      physicalDuration({ max: 10 * 86_400_000_000_000 }),
      figures("cluster.age"),
      "How long the processes have run when the simulation begins.",
    ],
    "broker.start": [
      startUp,
      figures("broker.start"),
      "From the start of a broker's process until it is back in the cluster.",
    ],
    "broker.transaction-log": [
      physicalSize(),
      figures("broker.transaction-log"),
      "What each partition of __transaction_state holds at time 0: the log cleaner leaves its active segment, up to transaction.state.log.segment.bytes of 100 MB.",
    ],
    "broker.transaction-load-bandwidth": [
      bandwidth(),
      figures("broker.transaction-load-bandwidth"),
      "Bytes a second of __transaction_state that its new leader reads and takes in, one partition after the other.",
    ],
  },
});
