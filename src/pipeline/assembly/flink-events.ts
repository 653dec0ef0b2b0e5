import type { KafkaSink } from "../../connectors/index.ts";
import type { Simulation } from "../../engine/index.ts";
import type {
  Channel,
  ChannelKinds,
  CheckpointDriver,
  CheckpointKinds,
  OperatorTask,
  OperatorTaskKinds,
  SourceTask,
  SourceTaskKinds,
} from "../../flink/index.ts";

/** The event kinds of all jobs of a world, and who handles them: components by the numbers that events carry. */
export class FlinkEvents {
  readonly channels: Channel[] = [];
  readonly sources: SourceTask[] = [];
  readonly operators: OperatorTask[] = [];
  readonly drivers: CheckpointDriver[] = [];
  readonly sinks: KafkaSink[] = [];
  /** Number of the job of each task. */
  readonly jobOf: number[] = [];
  readonly channelKinds: ChannelKinds;
  readonly sourceKinds: SourceTaskKinds;
  readonly operatorKinds: OperatorTaskKinds;
  readonly checkpointKinds: CheckpointKinds;
  /** EndTxn is answered; payload a = number of the sink writer. */
  readonly commitReply: number;
  #tasks = 0;

  constructor(sim: Simulation) {
    const { channels, sources, operators, drivers, sinks } = this;
    this.channelKinds = {
      segmentFull: sim.defineKind("segment full", (c) => channels[c]!.onSegmentFull()),
      arrival: sim.defineKind("buffer arrives", (c) => channels[c]!.onArrival()),
      credit: sim.defineKind("credit arrives", (c) => channels[c]!.onCredit()),
      resume: sim.defineKind("channel resumed", (c) => channels[c]!.onResume()),
    };
    this.sourceKinds = {
      flush: sim.defineKind("buffer flusher", (t) => sources[t]!.onFlush()),
      advance: sim.defineKind("source advances", (t) => sources[t]!.onAdvance()),
      syncDone: sim.defineKind("source snapshot taken", (t) => sources[t]!.onSyncDone()),
    };
    this.operatorKinds = {
      wake: sim.defineKind("task wakes", (t) => operators[t]!.onWake()),
      syncDone: sim.defineKind("snapshot taken", (t) => operators[t]!.onSyncDone()),
    };
    this.checkpointKinds = {
      timer: sim.defineKind("checkpoint timer", (j) => drivers[j]!.onTimer()),
      timeout: sim.defineKind("checkpoint timeout", (j, c) => drivers[j]!.onTimeout(c)),
      triggered: sim.defineKind("checkpoint triggered", (j) => drivers[j]!.onTriggered()),
      acknowledge: sim.defineKind("acknowledgement arrives", (j, c) => drivers[j]!.onAcknowledge(c)),
      finalized: sim.defineKind("checkpoint finalized", (j, c) => drivers[j]!.onFinalized(c)),
      triggerMail: sim.defineKind("trigger arrives", (t, c) => this.#trigger(t, c)),
      completeMail: sim.defineKind("completion arrives", (t, c) => this.#notify(t, c)),
    };
    this.commitReply = sim.defineKind("EndTxn answered", (w) => sinks[w]!.onCommitReply());
  }

  /** A number that no other task of the world has. */
  newTask(): number {
    return this.#tasks++;
  }

  #trigger(task: number, checkpoint: number): void {
    const triggeredAt = this.drivers[this.jobOf[task]!]!.triggeredAt(checkpoint);
    this.sources[task]!.post({ kind: "trigger-checkpoint", checkpoint, triggeredAt });
  }

  #notify(task: number, checkpoint: number): void {
    const receiver = this.sources[task] ?? this.operators[task]!;
    receiver.post({ kind: "notify-checkpoint-complete", checkpoint, triggeredAt: 0 });
  }
}
