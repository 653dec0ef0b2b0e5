/** Models: the closed list of reasons why a checkpoint was not triggered or did not complete, and which of them count
 *    against `execution.checkpointing.tolerable-failed-checkpoints`.
 *  Source: flink CheckpointFailureReason, CheckpointFailureManager.checkFailureCounter (Flink 2.2).
 *  Leaves out: nothing; reasons that no mechanism here gives (a blocking output, a shared stream of channel state) are
 *    listed all the same. */

interface FailureReason {
  readonly name: string;
  readonly message: string;
  /** Before the checkpoint reaches a task. */
  readonly preFlight: boolean;
  /** Raises the counter of consecutive failures. */
  readonly counted: boolean;
}

function reason(name: string, message: string, rest: Partial<FailureReason> = {}): FailureReason {
  return { name, message, preFlight: false, counted: false, ...rest };
}

const PRE_FLIGHT = { preFlight: true };
const COUNTED = { counted: true };

/** By number; effects carry the number. Number 0 is no reason. */
export const CHECKPOINT_FAILURE_REASONS: readonly FailureReason[] = [
  reason("", ""),
  reason("PERIODIC_SCHEDULER_SHUTDOWN", "Periodic checkpoint scheduler is shut down.", PRE_FLIGHT),
  reason(
    "TOO_MANY_CHECKPOINT_REQUESTS",
    "The maximum number of queued checkpoint requests exceeded",
    PRE_FLIGHT,
  ),
  reason(
    "MINIMUM_TIME_BETWEEN_CHECKPOINTS",
    "The minimum time between checkpoints is still pending. Checkpoint will be triggered after the minimum time.",
    PRE_FLIGHT,
  ),
  reason("NOT_ALL_REQUIRED_TASKS_RUNNING", "Not all required tasks are currently running.", PRE_FLIGHT),
  reason("IO_EXCEPTION", "An Exception occurred while triggering the checkpoint. IO-problem detected.", {
    preFlight: true,
    counted: true,
  }),
  reason("BLOCKING_OUTPUT_EXIST", "Blocking output edge exists in running tasks.", PRE_FLIGHT),
  reason("CHECKPOINT_ASYNC_EXCEPTION", "Asynchronous task checkpoint failed.", COUNTED),
  reason(
    "CHANNEL_STATE_SHARED_STREAM_EXCEPTION",
    "The checkpoint was aborted due to exception of other subtasks sharing the ChannelState file.",
  ),
  reason("CHECKPOINT_EXPIRED", "Checkpoint expired before completing.", COUNTED),
  reason("CHECKPOINT_SUBSUMED", "Checkpoint has been subsumed."),
  reason("CHECKPOINT_DECLINED", "Checkpoint was declined.", COUNTED),
  reason("CHECKPOINT_DECLINED_TASK_NOT_READY", "Checkpoint was declined (tasks not ready)"),
  reason("CHECKPOINT_DECLINED_TASK_CLOSING", "Checkpoint was declined (task's operators partially closed)"),
  reason(
    "CHECKPOINT_DECLINED_SUBSUMED",
    "Checkpoint was canceled because a barrier from newer checkpoint was received.",
  ),
  reason("CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER", "Task received cancellation from one of its inputs"),
  reason(
    "CHECKPOINT_DECLINED_INPUT_END_OF_STREAM",
    "Checkpoint was declined because one input stream is finished",
  ),
  reason("CHECKPOINT_COORDINATOR_SHUTDOWN", "CheckpointCoordinator shutdown."),
  reason("CHECKPOINT_COORDINATOR_SUSPEND", "Checkpoint Coordinator is suspending."),
  reason("JOB_FAILOVER_REGION", "FailoverRegion is restarting."),
  reason("TASK_FAILURE", "Task has failed."),
  reason("TASK_CHECKPOINT_FAILURE", "Task local checkpoint failure."),
  reason("UNKNOWN_TASK_CHECKPOINT_NOTIFICATION_FAILURE", "Unknown task for the checkpoint to notify."),
  reason("FINALIZE_CHECKPOINT_FAILURE", "Failure to finalize checkpoint.", COUNTED),
  reason("TRIGGER_CHECKPOINT_FAILURE", "Trigger checkpoint failure."),
];

function numberOf(name: string): number {
  return CHECKPOINT_FAILURE_REASONS.findIndex((one) => one.name === name);
}

export const PERIODIC_SCHEDULER_SHUTDOWN = numberOf("PERIODIC_SCHEDULER_SHUTDOWN");
export const TOO_MANY_CHECKPOINT_REQUESTS = numberOf("TOO_MANY_CHECKPOINT_REQUESTS");
export const MINIMUM_TIME_BETWEEN_CHECKPOINTS = numberOf("MINIMUM_TIME_BETWEEN_CHECKPOINTS");
export const NOT_ALL_REQUIRED_TASKS_RUNNING = numberOf("NOT_ALL_REQUIRED_TASKS_RUNNING");
export const IO_EXCEPTION = numberOf("IO_EXCEPTION");
export const CHECKPOINT_ASYNC_EXCEPTION = numberOf("CHECKPOINT_ASYNC_EXCEPTION");
export const CHECKPOINT_EXPIRED = numberOf("CHECKPOINT_EXPIRED");
export const CHECKPOINT_SUBSUMED = numberOf("CHECKPOINT_SUBSUMED");
export const TASK_CHECKPOINT_FAILURE = numberOf("TASK_CHECKPOINT_FAILURE");
export const CHECKPOINT_DECLINED_TASK_CLOSING = numberOf("CHECKPOINT_DECLINED_TASK_CLOSING");
export const CHECKPOINT_DECLINED_INPUT_END_OF_STREAM = numberOf("CHECKPOINT_DECLINED_INPUT_END_OF_STREAM");
export const CHECKPOINT_DECLINED = numberOf("CHECKPOINT_DECLINED");
export const CHECKPOINT_DECLINED_SUBSUMED = numberOf("CHECKPOINT_DECLINED_SUBSUMED");
export const CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER = numberOf(
  "CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER",
);
export const CHECKPOINT_COORDINATOR_SHUTDOWN = numberOf("CHECKPOINT_COORDINATOR_SHUTDOWN");
export const CHECKPOINT_COORDINATOR_SUSPEND = numberOf("CHECKPOINT_COORDINATOR_SUSPEND");
export const JOB_FAILOVER_REGION = numberOf("JOB_FAILOVER_REGION");
export const FINALIZE_CHECKPOINT_FAILURE = numberOf("FINALIZE_CHECKPOINT_FAILURE");
export const TRIGGER_CHECKPOINT_FAILURE = numberOf("TRIGGER_CHECKPOINT_FAILURE");
