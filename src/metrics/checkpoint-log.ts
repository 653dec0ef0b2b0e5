import type { ConnectorObserver } from "../connectors/index.ts";
import type { FlinkObserver } from "../flink/index.ts";
import type { KafkaObserver } from "../kafka/index.ts";

/** One checkpoint of one job. Instants in ns of the virtual clock; -1: not reached. */
export interface LoggedCheckpoint {
  readonly job: number;
  readonly checkpoint: number;
  readonly triggeredAt: number;
  /** Longest alignment of a subtask, ns. */
  longestAlignment: number;
  latestAckAt: number;
  completedAt: number;
  failedAt: number;
  failureReason: string;
}

/** What one participant of a checkpoint did, from when until when, ns. */
export interface LoggedPhase {
  readonly job: number;
  readonly checkpoint: number;
  /** `subtask`: numbered through the job, its sources first; `writer`: the sink's writers, numbered through all jobs. */
  readonly participant: "subtask" | "writer";
  readonly number: number;
  readonly phase:
    | "start delay"
    | "alignment"
    | "snapshot"
    | "pre-committed"
    | "commit"
    | "commit decided"
    // Of a transaction that Kafka aborted before its writer pre-committed it.
    | "transaction open"
    | "transaction aborted"
    | "commit refused";
  readonly from: number;
  readonly to: number;
}

/** Means of what happened after the warm-up, over subtasks and transactions. */
interface Mean {
  count: number;
  sum: number;
  max: number;
}

/** Every checkpoint with its instants; of the first few after the warm-up the phases of each participant as well. */
export class CheckpointLog
  implements
    Pick<
      FlinkObserver,
      | "checkpointTriggered"
      | "snapshotStarted"
      | "snapshotCompleted"
      | "checkpointAcknowledged"
      | "checkpointCompleted"
      | "checkpointAborted"
    >,
    Pick<ConnectorObserver, "preCommitted" | "commitSent" | "committableDropped">,
    Pick<
      KafkaObserver,
      "transactionBegan" | "transactionPrepared" | "transactionCompleted" | "transactionAborted"
    >
{
  readonly checkpoints: LoggedCheckpoint[] = [];
  readonly phases: LoggedPhase[] = [];
  readonly alignment: Mean = { count: 0, sum: 0, max: 0 };
  /** Synchronous part of a subtask's snapshot, what its sink does before the barrier included. */
  readonly sync: Mean = { count: 0, sum: 0, max: 0 };
  /** From a checkpoint's completion to PrepareCommit of each of its transactions. */
  readonly completionToPrepareCommit: Mean = { count: 0, sum: 0, max: 0 };
  /** Transactions whose PrepareCommit was written before their checkpoint had completed. */
  preparedBeforeCompletion = 0;
  /** From EndTxn to CompleteCommit: what the brokers need. */
  readonly endTxnToCompleteCommit: Mean = { count: 0, sum: 0, max: 0 };
  /** From the writer's flush at the barrier to its transaction's end. */
  readonly preCommitToCommit: Mean = { count: 0, sum: 0, max: 0 };
  readonly #from: number;
  readonly #detailed: number;
  readonly #open = new Map<string, LoggedCheckpoint>();
  readonly #snapshots = new Map<string, number>();
  readonly #transactions = new Map<
    number,
    { job: number; checkpoint: number; writer: number; preCommittedAt: number; sentAt: number }
  >();
  /** Open transactions and those that were aborted while they were, ns; -1: not aborted. */
  readonly #begun = new Map<number, { readonly at: number; abortedAt: number }>();
  readonly #inDetail = new Set<string>();
  /** By job and checkpoint, ns. */
  readonly #completedAt = new Map<string, number>();

  /** @param from ns, end of the warm-up. @param detailed how many checkpoints of each job keep their phases. */
  constructor(from: number, detailed: number) {
    this.#from = from;
    this.#detailed = detailed;
  }

  checkpointTriggered(job: number, checkpoint: number, at: number): void {
    const entry: LoggedCheckpoint = {
      job,
      checkpoint,
      triggeredAt: at,
      longestAlignment: 0,
      latestAckAt: -1,
      completedAt: -1,
      failedAt: -1,
      failureReason: "",
    };
    this.checkpoints.push(entry);
    const key = `${job}/${checkpoint}`;
    this.#open.set(key, entry);
    const already = [...this.#inDetail].filter((one) => one.startsWith(`${job}/`)).length;
    if (at >= this.#from && already < this.#detailed) this.#inDetail.add(key);
  }

  snapshotStarted(
    job: number,
    subtask: number,
    checkpoint: number,
    startDelay: number,
    alignment: number,
  ): void {
    const key = `${job}/${checkpoint}`;
    const entry = this.#open.get(key);
    if (entry === undefined) return;
    entry.longestAlignment = Math.max(entry.longestAlignment, alignment);
    if (entry.triggeredAt >= this.#from) add(this.alignment, alignment);
    if (!this.#inDetail.has(key)) return;
    const barrierAt = entry.triggeredAt + startDelay;
    const place = { job, checkpoint, participant: "subtask", number: subtask } as const;
    this.phases.push({ ...place, phase: "start delay", from: entry.triggeredAt, to: barrierAt });
    this.phases.push({ ...place, phase: "alignment", from: barrierAt, to: barrierAt + alignment });
    this.#snapshots.set(`${key}/${subtask}`, barrierAt + alignment);
  }

  snapshotCompleted(job: number, subtask: number, checkpoint: number, at: number): void {
    const key = `${job}/${checkpoint}/${subtask}`;
    const from = this.#snapshots.get(key);
    if (from === undefined) return;
    this.#snapshots.delete(key);
    this.phases.push({
      job,
      checkpoint,
      participant: "subtask",
      number: subtask,
      phase: "snapshot",
      from,
      to: at,
    });
  }

  checkpointAcknowledged(job: number, _subtask: number, checkpoint: number, metrics: { sync: number }): void {
    const entry = this.#open.get(`${job}/${checkpoint}`);
    if (entry !== undefined && entry.triggeredAt >= this.#from) add(this.sync, metrics.sync);
  }

  checkpointCompleted(
    job: number,
    checkpoint: number,
    _triggeredAt: number,
    latestAckAt: number,
    at: number,
  ): void {
    const entry = this.#close(job, checkpoint);
    if (entry === undefined) return;
    this.#completedAt.set(`${job}/${checkpoint}`, at);
    entry.latestAckAt = latestAckAt;
    entry.completedAt = at;
  }

  checkpointAborted(job: number, checkpoint: number, reason: string, at: number): void {
    const entry = this.#close(job, checkpoint);
    if (entry === undefined) return;
    entry.failedAt = at;
    entry.failureReason = reason;
  }

  transactionBegan(transaction: number, _writer: number, at: number): void {
    this.#begun.set(transaction, { at, abortedAt: -1 });
    if (this.#begun.size > MOST_BEGUN) this.#begun.delete(this.#begun.keys().next().value!);
  }

  transactionAborted(transaction: number, at: number): void {
    const begun = this.#begun.get(transaction);
    if (begun !== undefined) begun.abortedAt = at;
  }

  committableDropped(
    job: number,
    writer: number,
    checkpoint: number,
    transaction: number,
    _error: string,
    at: number,
  ): void {
    const pending = this.#transactions.get(transaction);
    if (pending === undefined || !this.#inDetail.has(`${job}/${checkpoint}`)) return;
    const place = { job, checkpoint, participant: "writer", number: writer } as const;
    this.phases.push({ ...place, phase: "commit refused", from: pending.sentAt, to: at });
  }

  preCommitted(job: number, writer: number, checkpoint: number, transaction: number, at: number): void {
    const begun = this.#begun.get(transaction);
    this.#begun.delete(transaction);
    if (begun !== undefined && begun.abortedAt >= 0 && this.#inDetail.has(`${job}/${checkpoint}`)) {
      const place = { job, checkpoint, participant: "writer", number: writer } as const;
      this.phases.push({ ...place, phase: "transaction open", from: begun.at, to: begun.abortedAt });
      this.phases.push({ ...place, phase: "transaction aborted", from: begun.abortedAt, to: at });
    }
    this.#transactions.set(transaction, { job, checkpoint, writer, preCommittedAt: at, sentAt: -1 });
    if (this.#inDetail.has(`${job}/${checkpoint}`)) {
      this.phases.push({
        job,
        checkpoint,
        participant: "writer",
        number: writer,
        phase: "pre-committed",
        from: at,
        to: at,
      });
    }
  }

  commitSent(_job: number, _writer: number, _checkpoint: number, transaction: number, at: number): void {
    const pending = this.#transactions.get(transaction);
    if (pending !== undefined) pending.sentAt = at;
  }

  transactionPrepared(transaction: number, at: number): void {
    this.#addTransactionPhase(transaction, "commit decided", at);
    const pending = this.#transactions.get(transaction);
    if (pending === undefined || pending.preCommittedAt < this.#from) return;
    const completedAt = this.#completedAt.get(`${pending.job}/${pending.checkpoint}`);
    if (completedAt === undefined) this.preparedBeforeCompletion++;
    else add(this.completionToPrepareCommit, at - completedAt);
  }

  transactionCompleted(transaction: number, at: number): void {
    this.#addTransactionPhase(transaction, "commit", at);
    const pending = this.#transactions.get(transaction);
    if (pending === undefined) return;
    this.#transactions.delete(transaction);
    if (pending.preCommittedAt < this.#from) return;
    add(this.preCommitToCommit, at - pending.preCommittedAt);
    if (pending.sentAt >= 0) add(this.endTxnToCompleteCommit, at - pending.sentAt);
  }

  #addTransactionPhase(transaction: number, phase: "commit decided" | "commit", at: number): void {
    const pending = this.#transactions.get(transaction);
    if (pending === undefined || !this.#inDetail.has(`${pending.job}/${pending.checkpoint}`)) return;
    const { job, checkpoint, writer, sentAt } = pending;
    const from = phase === "commit" ? sentAt : at;
    this.phases.push({ job, checkpoint, participant: "writer", number: writer, phase, from, to: at });
  }

  #close(job: number, checkpoint: number): LoggedCheckpoint | undefined {
    const key = `${job}/${checkpoint}`;
    const entry = this.#open.get(key);
    this.#open.delete(key);
    return entry;
  }
}

function add(mean: Mean, value: number): void {
  mean.count++;
  mean.sum += value;
  mean.max = Math.max(mean.max, value);
}

/** Transactions of which the log still expects to hear. */
const MOST_BEGUN = 1024;
