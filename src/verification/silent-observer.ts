import type { PipelineObserver } from "../pipeline/index.ts";

/** Hears everything and does nothing; tests override what they want to know. */
export const SILENT: PipelineObserver = {
  delivered: () => {},
  transactionBegan: () => {},
  transactionPrepared: () => {},
  transactionCompleted: () => {},
  transactionAborted: () => {},
  checkpointTriggered: () => {},
  checkpointTriggerFailed: () => {},
  checkpointAcknowledged: () => {},
  checkpointsFailedJob: () => {},
  snapshotStarted: () => {},
  snapshotCompleted: () => {},
  checkpointCompleted: () => {},
  checkpointAborted: () => {},
  offsetInSnapshot: () => {},
  offsetsCommitted: () => {},
  preCommitted: () => {},
  commitSent: () => {},
  committableDropped: () => {},
  sinkFailed: () => {},
};
