import type { KafkaSink } from "../../connectors/index.ts";
import type { Simulation } from "../../engine/index.ts";
import type {
  Channel,
  ChannelKinds,
  CheckpointDriver,
  CheckpointKinds,
  FileSystemCheckpointStorage,
  Mail,
  OperatorTask,
  OperatorTaskKinds,
  SourceTask,
  SourceTaskKinds,
  StorageLink,
} from "../../flink/index.ts";

/** The event kinds of all jobs of a world, and who handles them: components by the numbers that events carry. */
export class FlinkEvents {
  readonly channels: Channel[] = [];
  readonly sources: SourceTask[] = [];
  readonly operators: OperatorTask[] = [];
  /** Checkpoint coordinators. */
  readonly drivers: CheckpointDriver[] = [];
  readonly storages: FileSystemCheckpointStorage[] = [];
  readonly links: StorageLink[] = [];
  /** The links by who shares them: the JobManager or all 0, TaskManagers from 1. */
  readonly sharedLinks: StorageLink[] = [];
  readonly sinks: KafkaSink[] = [];
  /** Number of the checkpoint coordinator of each task. */
  readonly driverOf: number[] = [];
  readonly channelKinds: ChannelKinds;
  readonly sourceKinds: SourceTaskKinds;
  readonly operatorKinds: OperatorTaskKinds;
  readonly checkpointKinds: CheckpointKinds;
  /** A request to checkpoint storage is accepted; payload a = number of the storage. */
  readonly storageAccepted: number;
  /** A transfer ends; payload a = number of the link. */
  readonly storageTransferred: number;
  #tasks = 0;

  constructor(sim: Simulation) {
    const { channels, sources, operators, drivers, storages, links } = this;
    this.channelKinds = {
      segmentFull: sim.defineKind("segment full", (c) => channels[c]!.onSegmentFull()),
      arrival: sim.defineKind("buffer arrives", (c) => channels[c]!.onArrival()),
      credit: sim.defineKind("credit arrives", (c) => channels[c]!.onCredit()),
      resume: sim.defineKind("channel resumed", (c) => channels[c]!.onResume()),
    };
    this.sourceKinds = {
      flush: sim.defineKind("buffer flusher", (t, writer) => (sources[t] ?? operators[t]!).onFlush(writer)),
      advance: sim.defineKind("source advances", (t) => sources[t]!.onAdvance()),
      syncDone: sim.defineKind("source snapshot taken", (t) => sources[t]!.onSyncDone()),
      outputTimeout: sim.defineKind("barriers waited in the output", (t, c) =>
        (sources[t] ?? operators[t]!).onOutputTimeout(c),
      ),
    };
    this.operatorKinds = {
      flush: this.sourceKinds.flush,
      outputTimeout: this.sourceKinds.outputTimeout,
      alignmentTimeout: sim.defineKind("alignment took too long", (t, c) =>
        operators[t]!.onAlignmentTimeout(c),
      ),
      flushed: sim.defineKind("sinks flushed", (t) => operators[t]!.onAllFlushed()),
      wake: sim.defineKind("task wakes", (t) => operators[t]!.onWake()),
      syncDone: sim.defineKind("snapshot taken", (t) => operators[t]!.onSyncDone()),
    };
    this.checkpointKinds = {
      timer: sim.defineKind("checkpoint timer", (d) => drivers[d]!.onTimer()),
      timeout: sim.defineKind("checkpoint timeout", (d, c) => drivers[d]!.onTimeout(c)),
      stage: sim.defineKind("checkpoint trigger goes on", (d) => drivers[d]!.onStage()),
      message: sim.defineKind("acknowledgement arrives", (d, m) => drivers[d]!.onMessage(m)),
      finalized: sim.defineKind("checkpoint finalized", (d) => drivers[d]!.onFinalized()),
      cleaned: sim.defineKind("checkpoint cleaned", (d) => drivers[d]!.onCleaned()),
      triggerMail: sim.defineKind("trigger arrives", (t, c) => this.#post(t, this.#driver(t).triggerMail(c))),
      completeMail: sim.defineKind("completion arrives", (t, c) =>
        this.#post(t, this.#driver(t).completeMail(c)),
      ),
      abortMail: sim.defineKind("abort arrives", (t, c) => this.#post(t, this.#driver(t).abortMail(c))),
    };
    this.storageAccepted = sim.defineKind("storage request accepted", (s, n) => storages[s]!.onAccepted(n));
    this.storageTransferred = sim.defineKind("storage transfer ends", (l) => links[l]!.onTransferred());
  }

  /** A number that no other task of the world has. */
  newTask(): number {
    return this.#tasks++;
  }

  #driver(task: number): CheckpointDriver {
    return this.drivers[this.driverOf[task]!]!;
  }

  #post(task: number, mail: Mail): void {
    const receiver = this.sources[task] ?? this.operators[task]!;
    receiver.post(mail);
  }
}
