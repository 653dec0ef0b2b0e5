/** A plan of faults as plain data: what happens to whom, when, for how long. Times are ns of the virtual clock. */

/** A process: `taskmanager` and `broker` are numbered from 1 as in their names. */
export type ProcessTarget =
  | { readonly kind: "taskmanager"; readonly number: number }
  | { readonly kind: "jobmanager" }
  | { readonly kind: "broker"; readonly number: number };

/** Subtasks of a job. Without `vertex` every one; without `subtask` every one of the vertex. Subtasks count from 0. */
export interface TaskTarget {
  readonly job: string;
  readonly vertex: string | undefined;
  readonly subtask: number | undefined;
}

/** All of a kind, or the Kafka controller. */
export const LINK_ENDS = ["taskmanagers", "brokers", "readers", "producers", "controller"] as const;

/** One end of a link: a process, a reader or a producer by its name, or a group. */
export type LinkEnd =
  | ProcessTarget
  | { readonly kind: "client"; readonly name: string }
  | (typeof LINK_ENDS)[number];

/** What a network fault hits: everything between two ends, in one direction or both. */
export interface LinkTarget {
  readonly from: LinkEnd;
  readonly to: LinkEnd;
  readonly oneWay: boolean;
}

export type FaultAction =
  /** The process ends at once and its connections are closed, as by SIGKILL. `silent`: no connection is closed, as when the
   *  node or its network is gone. `repair`: ns until a new process has registered; undefined: the environment's start time
   *  under a resource provider, never in a standalone cluster. */
  | {
      readonly kind: "kill";
      readonly target: ProcessTarget;
      readonly silent: boolean;
      readonly repair: number | undefined;
    }
  /** The process does nothing for `duration`, as under SIGSTOP or a long garbage collection, and goes on where it was. */
  | { readonly kind: "freeze"; readonly target: ProcessTarget; readonly duration: number }
  /** The operator throws once. */
  | { readonly kind: "fail"; readonly target: TaskTarget }
  /** The operator throws whenever it gets this record of the job's input, up to `times`. */
  | {
      readonly kind: "poison";
      readonly target: TaskTarget;
      readonly topicPartition: number;
      readonly offset: number;
      readonly times: number;
    }
  /** Records take `factor` times as long. */
  | { readonly kind: "slow"; readonly target: TaskTarget; readonly factor: number; readonly duration: number }
  /** Appends of a broker take `factor` times as long. */
  | {
      readonly kind: "slow-disk";
      readonly broker: number;
      readonly factor: number;
      readonly duration: number;
    }
  /** Another replica becomes leader of the topic partition (undefined: of all that the topic has). */
  | {
      readonly kind: "elect";
      readonly topic: string;
      readonly topicPartition: number | undefined;
      readonly unclean: boolean;
    }
  | { readonly kind: "cut"; readonly link: LinkTarget; readonly duration: number }
  | { readonly kind: "delay"; readonly link: LinkTarget; readonly by: number; readonly duration: number }
  /** The next `times` messages of this kind are lost or delivered twice. */
  | {
      readonly kind: "drop" | "duplicate";
      readonly message: MessageKind;
      readonly job: string | undefined;
      readonly times: number;
    }
  /** The next `times` messages of this kind take `by` longer. */
  | {
      readonly kind: "delay-message";
      readonly message: MessageKind;
      readonly job: string | undefined;
      readonly by: number;
      readonly times: number;
    }
  | {
      readonly kind: "storage";
      readonly mode: StorageFault;
      readonly factor: number;
      readonly duration: number;
    }
  | { readonly kind: "operate"; readonly job: string; readonly action: OperatorAction };

/** Messages that a fault can pick. */
export type MessageKind =
  | "notifyCheckpointComplete"
  | "EndTxn request"
  | "EndTxn response"
  | "Produce request"
  | "Produce response"
  | "WriteTxnMarkers request";

export type StorageFault = "slow" | "unavailable" | "full" | "metadata-fails";

export type OperatorAction =
  | { readonly kind: "cancel" }
  /** A savepoint, and when it is complete the job is cancelled; what it has pre-committed isn't committed by that. */
  | { readonly kind: "cancel-with-savepoint" }
  | { readonly kind: "savepoint" }
  | { readonly kind: "stop-with-savepoint"; readonly drain: boolean }
  /** Submits the job again; `checkpoint`: how many completed ones before the latest (0). */
  | {
      readonly kind: "restart";
      readonly from: "latest" | "savepoint" | "nothing";
      readonly checkpoint: number;
      readonly parallelism: number | undefined;
      readonly transactionalIdPrefix: string | undefined;
    };

/** Moments that a fault can wait for, as the models name them. */
export const MOMENTS = [
  "checkpoint triggered",
  "snapshot started",
  "snapshot acknowledged",
  "checkpoint completed",
  "pre-committed",
  "EndTxn sent",
  "PrepareCommit written",
  "CompleteCommit written",
  "task failed",
  "job restarting",
  "task restored",
  "job running",
] as const;

export type Moment = (typeof MOMENTS)[number];

export type FaultTime =
  | { readonly kind: "at"; readonly time: number }
  /** At each of these instants. */
  | { readonly kind: "trace"; readonly times: readonly number[] }
  /** At the `occurrence`-th time (from 1) that the moment comes, of any checkpoint or of the one given; `after` it, ns. */
  | {
      readonly kind: "when";
      readonly moment: Moment;
      readonly job: string | undefined;
      readonly checkpoint: number | undefined;
      readonly occurrence: number;
      readonly after: number;
    }
  /** Again and again, from `from` on, with drawn times in between. Weibull of shape 1 is exponential. */
  | {
      readonly kind: "every";
      readonly mean: number;
      readonly shape: number;
      readonly from: number;
      readonly until: number;
    };

export interface Fault {
  readonly name: string;
  readonly action: FaultAction;
  readonly time: FaultTime;
}

export type FaultPlan = readonly Fault[];

/** Whether a fault takes brokers, or the way to them, away: only then do clients need to know what they would send again. */
export function hitsBrokers(action: FaultAction): boolean {
  switch (action.kind) {
    case "kill":
    case "freeze":
      return action.target.kind === "broker";
    case "elect":
    case "cut":
    case "delay":
    case "slow-disk":
      return true;
    case "drop":
    case "duplicate":
    case "delay-message":
      return action.message !== "notifyCheckpointComplete";
    default:
      return false;
  }
}
