import { type CheckedPipeline, type DeliveryLedger, PipelineChecks } from "../checks/index.ts";
import { RecoveryRecorder } from "../metrics/index.ts";
import {
  failureReasons,
  type Lineage,
  type Pipeline,
  type PipelineObserver,
  type World,
} from "../pipeline/index.ts";
import { checkedPipeline } from "./checked-pipeline.ts";
import type { RunResult } from "./run-result.ts";

const SECOND = 1e9;

type ChecksObserver = PipelineObserver &
  Required<
    Pick<
      PipelineObserver,
      | "inputEnded"
      | "appended"
      | "recordsLost"
      | "recordsRepeated"
      | "jobRescaled"
      | "windowFired"
      | "lateRecordsDropped"
    >
  >;

/** The checks on one run, and what they need to know of its recovery: all that listens where nothing but the verdict is
 *  wanted. */
export class RunChecks {
  readonly recovery: RecoveryRecorder;
  readonly checked: CheckedPipeline;
  readonly #pipeline: Pipeline;
  /** Why and when, ns, each job would have failed. */
  readonly #jobFailures: { readonly reason: string; readonly at: number }[][];
  /** Per reader: its topic, and those that the topic's records have come through. */
  readonly #paths: readonly (readonly number[])[];
  #checks: PipelineChecks | undefined;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
    this.checked = checkedPipeline(pipeline);
    this.#jobFailures = pipeline.jobs.map(() => []);
    const names = pipeline.kafka.topics.map(({ name }) => name);
    this.#paths = pipeline.readers.map(({ topic }) => this.#pathTo(topic).map((name) => names.indexOf(name)));
    this.recovery = new RecoveryRecorder(
      pipeline.jobs.length,
      failureReasons,
      names,
      names.map((name) => pipeline.jobs.some(({ sinks }) => sinks.some(({ topic }) => topic === name))),
    );
  }

  /** What visible records are counted in, once attached. */
  get ledger(): DeliveryLedger {
    return this.#checks!.ledger;
  }

  /** @returns the observer of one run. */
  attach(lineage: Lineage): ChecksObserver {
    const checks = new PipelineChecks(this.checked, lineage);
    const { recovery } = this;
    this.#checks = checks;
    return {
      jobStatusChanged: (job, status, at) => {
        recovery.jobStatusChanged(job, status, at);
        checks.jobStatusChanged(job, status);
        if (recovery.isComplete(job)) checks.jobCompleted(job, at);
      },
      jobFailed: (job, subtask, reason, at) => recovery.jobFailed(job, subtask, reason, at),
      jobRestored: (job, checkpoint, at) => {
        recovery.jobRestored(job, checkpoint, at);
        checks.jobRestored(job, checkpoint);
      },
      inputEnded: (job, at) => recovery.inputEnded(job, at),
      jobRescaled: (job, [parallelism], at) => recovery.jobRescaled(job, parallelism!, at),
      executionRunning: () => {},
      allRunning: (job, at) => recovery.allRunning(job, at),
      taskManagerEnded: (taskManager, at) => recovery.taskManagerEnded(taskManager, at),
      cancellationTimedOut: (taskManager, at) => recovery.cancellationTimedOut(taskManager, at),
      taskManagerFrozen: (taskManager, until, at) => recovery.taskManagerFrozen(taskManager, until, at),
      taskManagerRegistered: (taskManager, at) => recovery.taskManagerRegistered(taskManager, at),
      jobManagerEnded: (isRecoverable, at) => {
        checks.jobManagerEnded();
        recovery.jobManagerEnded(isRecoverable, at);
      },
      jobManagerFrozen: (until, at) => recovery.jobManagerFrozen(until, at),
      leadershipLost: (at) => {
        checks.jobManagerEnded();
        recovery.leadershipLost(at);
      },
      jobManagerLeads: (at) => recovery.jobManagerLeads(at),
      taskManagerDisconnected: (taskManager, at) => recovery.taskManagerDisconnected(taskManager, at),
      taskManagerLost: (job, taskManager, at) => recovery.taskManagerLost(job, taskManager, at),
      faultInjected: (fault, at, until) => recovery.faultInjected(fault, at, until),
      brokerEnded: (broker, thawsAt, at) => recovery.brokerEnded(broker, thawsAt, at),
      brokerFenced: (broker, elected, leaderless, at) =>
        recovery.brokerFenced(broker, elected, leaderless, at),
      brokerRegistered: (broker, at) => recovery.brokerRegistered(broker, at),
      leadersElected: (topic, partitions, at) => recovery.leadersElected(topic, partitions, at),
      brokerInSync: (broker, at) => recovery.brokerInSync(broker, at),
      replicaLagged: (broker, partitions, at) => recovery.replicaLagged(broker, partitions, at),
      recordsLost: (topic, partition, records, reason, at) => {
        recovery.recordsLost(topic, partition, records, reason, at);
        checks.recordsLost(topic, partition, records, reason);
      },
      recordsRepeated: (topic, partition, records) => checks.recordsRepeated(topic, partition, records),
      delivered: (reader, origin, route, from, to, first, last, transaction, partition) =>
        checks.delivered(reader, origin, route, from, to, first, last, transaction, partition),
      appended: (topic, origin, route, from, to, first, last, transaction, partition) =>
        checks.appended(topic, origin, route, from, to, first, last, transaction, partition),
      producerInitialised: (id, producerId, producerEpoch, at) =>
        checks.producerInitialised(id, producerId, producerEpoch, at),
      endTxnTaken: (id, producerId, producerEpoch, commit, transaction, at) =>
        checks.endTxnTaken(id, producerId, producerEpoch, commit, transaction, at),
      markerWritten: (topic, partition, transaction, commit, at) =>
        checks.markerWritten(topic, partition, transaction, commit, at),
      transactionBegan: (transaction, writer, at) => checks.transactionBegan(transaction, writer, at),
      transactionPrepared: (transaction, at) => checks.transactionPrepared(transaction, at),
      transactionCompleted: (transaction, at) => checks.transactionCompleted(transaction, at),
      transactionAborted: (transaction, at) => checks.transactionAborted(transaction, at),
      checkpointTriggered: (job, checkpoint, _at, type) => checks.checkpointTriggered(job, checkpoint, type),
      checkpointTriggerFailed: () => {},
      checkpointAcknowledged: (job, subtask, checkpoint, metrics, snapshot, at) =>
        checks.checkpointAcknowledged(job, subtask, checkpoint, metrics, snapshot, at),
      checkpointsFailedJob: (job, reason, at) => {
        this.#jobFailures[job]!.push({ reason, at });
      },
      snapshotStarted: (job, subtask, checkpoint) => checks.snapshotStarted(job, subtask, checkpoint),
      stateRestored: (job, subtask, task, checkpoint, rescaled) =>
        checks.stateRestored(job, subtask, task, checkpoint, rescaled),
      applied: (job, subtask, task, origin, route, from, to) =>
        checks.applied(job, subtask, task, origin, route, from, to),
      windowFired: (job, subtask, task, window, results) =>
        checks.windowFired(job, subtask, task, window, results),
      lateRecordsDropped: (job, subtask, records) => checks.lateRecordsDropped(job, subtask, records),
      snapshotCompleted: () => {},
      checkpointCompleted: (job, checkpoint, triggeredAt, latestAckAt, at) =>
        checks.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at),
      checkpointAborted: () => {},
      offsetInSnapshot: (job, checkpoint, origin, offset) =>
        checks.offsetInSnapshot(job, checkpoint, origin, offset),
      offsetsCommitted: () => {},
      written: (job, writer, topic, transaction, records, first) =>
        checks.written(job, writer, topic, transaction, records, first),
      unsentDropped: (job, writer, topic, records) => checks.unsentDropped(job, writer, topic, records),
      preCommitted: (job, writer, checkpoint, transaction, at) =>
        checks.preCommitted(job, writer, checkpoint, transaction, at),
      commitSent: () => {},
      committableDropped: (job, writer, checkpoint, transaction, error, at) =>
        checks.committableDropped(job, writer, checkpoint, transaction, error, at),
      sinkFailed: (job, writer, error, at) => checks.sinkFailed(job, writer, error, at),
    };
  }

  allVisible(world: World): boolean {
    return this.#pipeline.readers.every(
      ({ topic }, reader) =>
        this.#checks!.ledger.visible(reader) + this.#gone(reader) >= world.expected(topic),
    );
  }

  /** What each check has found. */
  findings(world: World): RunResult["checks"] {
    this.#pipeline.jobs.forEach((_, job) => {
      if (!this.recovery.isRunning(job)) this.#checks!.jobEnded(job);
    });
    const failed = this.#pipeline.jobs.flatMap(({ name, checkpointing }, i) => {
      // A checkpoint that a fault has hit fails within its time-out, and so many more as are tolerated.
      const memory = checkpointing.timeout * (1 + checkpointing.tolerableFailedCheckpoints);
      const [first, ...others] = this.#jobFailures[i]!.filter(
        ({ at }) => !this.recovery.isDisturbed(at, memory),
      );
      if (first === undefined) return [];
      return [
        `job ${name}: fails at ${first.at / SECOND} s, after ${first.reason}${FAILURE_HINTS[first.reason] ?? ""} with ` +
          `execution.checkpointing.tolerable-failed-checkpoints ${checkpointing.tolerableFailedCheckpoints}, ` +
          `and ${others.length} times more`,
      ];
    });
    return [
      ...this.#checks!.findings(
        (topic) => world.routesOf(topic),
        this.allVisible(world),
        world.sim.now,
        (topic, originPartition) => world.endOf(topic, originPartition),
      ),
      { name: "CheckpointFailuresTolerated", violations: failed, permitted: [] },
    ];
  }

  /** Records that a reader may miss since brokers lost them, in its topic or on the way there. */
  #gone(reader: number): number {
    let gone = 0;
    for (const topic of this.#paths[reader]!) gone += this.recovery.recordsGone[topic]!;
    return gone;
  }

  /** A topic and those that its records have come through. */
  #pathTo(topic: string): readonly string[] {
    const before = this.#pipeline.jobs.filter(({ sinks }) => sinks.some((sink) => sink.topic === topic));
    return [topic, ...before.flatMap(({ source }) => this.#pathTo(source.topic))];
  }
}

/** What the models know of a reason that Flink's name leaves open. */
const FAILURE_HINTS: Readonly<Record<string, string>> = {
  CHECKPOINT_ASYNC_EXCEPTION:
    " (the state of a subtask doesn't fit into its acknowledgement: at most 5 MiB with " +
    "execution.checkpointing.storage jobmanager, and pekko.framesize)",
};
