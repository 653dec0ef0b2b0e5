import type { FaultInjector, Moment } from "../../faults/index.ts";
import type { Pipeline } from "../pipeline.ts";
import type { PipelineObserver } from "./pipeline-observer.ts";

/** Passes everything on, and tells the injector the moments that a fault may wait for. Where none does, nothing is added. */
export function withMoments(
  observer: PipelineObserver,
  pipeline: Pipeline,
  injector: () => FaultInjector | undefined,
): PipelineObserver {
  if (!pipeline.faults.some(({ time }) => time.kind === "when")) return observer;
  const come = (moment: Moment, job: number, checkpoint: number, at?: number): void =>
    injector()?.onMoment(moment, job, checkpoint, at);
  return {
    ...observer,
    checkpointTriggered: (job, checkpoint, at, type) => {
      observer.checkpointTriggered(job, checkpoint, at, type);
      come("checkpoint triggered", job, checkpoint);
    },
    snapshotStarted: (job, subtask, checkpoint, startDelay, alignment) => {
      observer.snapshotStarted(job, subtask, checkpoint, startDelay, alignment);
      come("snapshot started", job, checkpoint);
    },
    checkpointAcknowledged: (job, subtask, checkpoint, metrics, snapshot, at) => {
      observer.checkpointAcknowledged(job, subtask, checkpoint, metrics, snapshot, at);
      come("snapshot acknowledged", job, checkpoint);
    },
    checkpointCompleted: (job, checkpoint, triggeredAt, latestAckAt, at, metadataBytes) => {
      observer.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at, metadataBytes);
      come("checkpoint completed", job, checkpoint);
    },
    preCommitted: (job, writer, checkpoint, transaction, at) => {
      observer.preCommitted(job, writer, checkpoint, transaction, at);
      // The end of a flush is foreseen.
      come("pre-committed", job, checkpoint, at);
    },
    commitSent: (job, writer, checkpoint, transaction, at) => {
      observer.commitSent(job, writer, checkpoint, transaction, at);
      come("EndTxn sent", job, checkpoint);
    },
    transactionPrepared: (transaction, at) => {
      observer.transactionPrepared(transaction, at);
      come("PrepareCommit written", -1, 0);
    },
    transactionCompleted: (transaction, at) => {
      observer.transactionCompleted(transaction, at);
      come("CompleteCommit written", -1, 0);
    },
    jobFailed: (job, subtask, reason, at) => {
      observer.jobFailed(job, subtask, reason, at);
      come("task failed", job, 0);
    },
    jobStatusChanged: (job, status, at) => {
      observer.jobStatusChanged(job, status, at);
      if (status === "RESTARTING") come("job restarting", job, 0);
    },
    jobRestored: (job, checkpoint, at) => {
      observer.jobRestored(job, checkpoint, at);
      come("task restored", job, checkpoint);
    },
    allRunning: (job, at) => {
      observer.allRunning(job, at);
      come("job running", job, 0);
    },
  };
}
