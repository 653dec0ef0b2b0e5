import type { ConnectorObserver } from "../connectors/index.ts";
import type { FailoverObserver, FiredWindow, FlinkObserver, RescaledState } from "../flink/index.ts";
import type { KafkaObserver, LossReason } from "../kafka/index.ts";
import type { Lineage, Route } from "../records/index.ts";
import { AccountedDeviations, unaccounted } from "./accounted-deviations.ts";
import { AppliedToState } from "./applied-to-state.ts";
import { BarrierNeverOvertakesRecord } from "./barrier-never-overtakes-record.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import { CommittedOffsets } from "./committed-offsets.ts";
import { DeliveryLedger, type EndOfTopic, type SeenOffsets } from "./delivery-ledger.ts";
import { EveryTransactionCommits } from "./every-transaction-commits.ts";
import { EveryTransactionEnds } from "./every-transaction-ends.ts";
import { exactlyOnceOutput, type Permission } from "./exactly-once-output.ts";
import { type Cause, type Deviation, excuseOf, excuseOfReader } from "./excuses.ts";
import { FencedProducerNeverCommits } from "./fenced-producer-never-commits.ts";
import { NoAcknowledgedWriteLost } from "./no-acknowledged-write-lost.ts";
import { NoReadBeyondLastStableOffset } from "./no-read-beyond-last-stable-offset.ts";
import { OrderPerPartitionAndKey } from "./order-per-partition-and-key.ts";
import { RecordConservation } from "./record-conservation.ts";
import { TransactionHistory } from "./transaction-history.ts";
import type { Finding } from "./violations.ts";
import { VisibilityAfterCompletion } from "./visibility-after-completion.ts";
import { WindowConservation } from "./window-conservation.ts";

type Observed = Pick<
  KafkaObserver,
  "delivered" | "transactionBegan" | "transactionPrepared" | "transactionCompleted" | "transactionAborted"
> &
  Required<
    Pick<
      KafkaObserver,
      "appended" | "producerInitialised" | "endTxnTaken" | "markerWritten" | "recordsLost" | "recordsRepeated"
    >
  > &
  Pick<
    FlinkObserver,
    "snapshotStarted" | "checkpointAcknowledged" | "checkpointCompleted" | "offsetInSnapshot"
  > &
  Required<Pick<FlinkObserver, "applied" | "stateRestored" | "windowFired" | "lateRecordsDropped">> &
  Pick<FailoverObserver, "jobStatusChanged"> &
  Pick<ConnectorObserver, "preCommitted" | "committableDropped" | "sinkFailed"> &
  Required<Pick<ConnectorObserver, "written" | "unsentDropped">>;

/** Every check on one run: it hears what the models tell, each fact in the order that the checks need it in, and says in the
 *  end what each has found. */
export class PipelineChecks implements Observed {
  readonly ledger: DeliveryLedger;
  readonly pipeline: CheckedPipeline;
  readonly #history = new TransactionHistory();
  readonly #order: OrderPerPartitionAndKey;
  readonly #conservation: RecordConservation;
  readonly #applied: AppliedToState;
  /** undefined: no job has windows. */
  readonly #windows: WindowConservation | undefined;
  readonly #barriers: BarrierNeverOvertakesRecord;
  readonly #commits: EveryTransactionCommits;
  readonly #ends: EveryTransactionEnds;
  readonly #fencing = new FencedProducerNeverCommits();
  readonly #acknowledged: NoAcknowledgedWriteLost;
  readonly #stable: NoReadBeyondLastStableOffset;
  readonly #visibility: VisibilityAfterCompletion;
  readonly #causes: ReadonlySet<Cause>[];
  readonly #accounted: AccountedDeviations;
  readonly #committedOffsets: CommittedOffsets;
  /** Per job: the last checkpoint whose output is visible; 0: none. */
  readonly #lastCommitted: number[];
  /** Per job: savepoints that are to complete. */
  readonly #savepoints: Set<number>[];

  constructor(pipeline: CheckedPipeline, lineage: Lineage) {
    const { jobs, readers, topics } = pipeline;
    this.pipeline = pipeline;
    this.ledger = new DeliveryLedger(readers.length, lineage);
    this.#order = new OrderPerPartitionAndKey(pipeline);
    this.#conservation = new RecordConservation(pipeline);
    this.#applied = new AppliedToState(pipeline, lineage);
    if (jobs.some(({ vertices }) => vertices.some(({ hasWindows }) => hasWindows === true)))
      this.#windows = new WindowConservation(pipeline, lineage, this.#applied);
    this.#barriers = new BarrierNeverOvertakesRecord(pipeline, lineage, this.#applied);
    this.#commits = new EveryTransactionCommits(pipeline, this.#history);
    this.#ends = new EveryTransactionEnds(pipeline, this.#history);
    const topicOf = readers.map(({ topic }) =>
      jobs.some(({ sinks }) => sinks.some((sink) => sink.topic === topic)) ? topics.indexOf(topic) : -1,
    );
    const isCommitted = readers.map(({ isolationLevel }) => isolationLevel === "read_committed");
    this.#acknowledged = new NoAcknowledgedWriteLost(this.#history, topics.length, topicOf, isCommitted);
    this.#stable = new NoReadBeyondLastStableOffset(topics, topicOf, isCommitted);
    const committed = new Set(isCommitted.flatMap((is, reader) => (is ? [reader] : [])));
    this.#visibility = new VisibilityAfterCompletion(committed, jobs.length);
    this.#causes = jobs.map(() => plannedCauses(pipeline));
    this.#accounted = new AccountedDeviations(pipeline);
    this.#committedOffsets = new CommittedOffsets(pipeline);
    this.#lastCommitted = jobs.map(() => 0);
    this.#savepoints = jobs.map(() => new Set());
  }

  // ---- Kafka

  delivered(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
    topicPartition: number,
  ): void {
    const again = this.ledger.delivered(reader, originPartition, route, from, to);
    this.#order.delivered(reader, originPartition, route, from, to, first, topicPartition, again);
    this.#acknowledged.delivered(reader, originPartition, route, from, to);
    this.#visibility.delivered(reader, originPartition, route, from, to, first, last, transaction);
    this.#stable.delivered(
      reader,
      originPartition,
      route,
      from,
      to,
      first,
      last,
      transaction,
      topicPartition,
    );
  }

  appended(
    topic: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
    transaction: number,
    topicPartition: number,
  ): void {
    this.#history.appended(topic, originPartition, route, from, to, first, last, transaction);
    this.#conservation.appended(topic, originPartition, route, from, to);
    this.#acknowledged.appended(topic, originPartition, route, from, to, first, last, transaction);
    this.#stable.appended(topic, originPartition, route, from, to, first, last, transaction, topicPartition);
  }

  producerInitialised(id: number, producerId: number, producerEpoch: number, at: number): void {
    this.#fencing.producerInitialised(id, producerId, producerEpoch, at);
  }

  endTxnTaken(
    id: number,
    producerId: number,
    producerEpoch: number,
    commit: boolean,
    transaction: number,
    at: number,
  ): void {
    this.#fencing.endTxnTaken(id, producerId, producerEpoch, commit, transaction, at);
  }

  markerWritten(
    topic: string,
    topicPartition: number,
    transaction: number,
    commit: boolean,
    at: number,
  ): void {
    this.#stable.markerWritten(topic, topicPartition, transaction, commit, at);
  }

  transactionBegan(transaction: number, writer: number, at: number): void {
    this.#history.transactionBegan(transaction, writer, at);
    this.#ends.transactionBegan(transaction);
  }

  transactionPrepared(transaction: number, at: number): void {
    this.#history.transactionPrepared(transaction, at);
    this.#ends.transactionPrepared(transaction, at);
    this.#fencing.transactionPrepared(transaction, at);
  }

  transactionCompleted(transaction: number, at: number): void {
    this.#fencing.transactionCompleted(transaction, at);
    this.#acknowledged.transactionCompleted(transaction, at);
    this.#stable.transactionCompleted(transaction, at);
  }

  transactionAborted(transaction: number, at: number): void {
    this.#history.transactionAborted(transaction, at);
    this.#ends.transactionAborted(transaction, at);
    this.#fencing.transactionAborted(transaction, at);
    this.#stable.transactionCompleted(transaction, at);
  }

  /** What a log misses or has twice, every job has that reads it, too. */
  recordsLost(topic: number, _partition: number, records: number, reason: LossReason): void {
    const name = this.pipeline.topics[topic]!;
    this.pipeline.jobs.forEach(({ source, sinks }, job) => {
      const writes = sinks.some((sink) => sink.topic === name);
      if (source.topic === name) this.#applied.deviate(job, "lost");
      // A sink that gives up fails its task, and what it gave up is made again.
      if (source.topic === name || (writes && reason === "leader lost")) this.#cause(job, reason);
    });
    this.#conservation.recordsLost(topic, records);
    this.#accounted.add("losses", name, records);
  }

  recordsRepeated(topic: number, _partition: number, records: number): void {
    const name = this.pipeline.topics[topic]!;
    this.pipeline.jobs.forEach(({ source, sinks }, job) => {
      if (source.topic === name) this.#applied.deviate(job, "repeated");
      if (source.topic === name || sinks.some((sink) => sink.topic === name)) this.#cause(job, "sent again");
    });
    this.#conservation.recordsRepeated(topic, records);
    this.#accounted.add("repeats", name, records);
  }

  #cause(job: number, cause: Cause): void {
    if (this.#causes[job]!.has(cause)) return;
    this.#causes[job] = new Set([...this.#causes[job]!, cause]);
    if (cause === "failure" && this.pipeline.jobs[job]!.mode === "at-least-once")
      this.#cause(job, "failure without alignment");
    this.#tellJobsBehind(job);
  }

  /** What a sink may write twice, or not at all, the state of a job behind it may have so. */
  #tellJobsBehind(job: number): void {
    const { jobs } = this.pipeline;
    for (const { topic, deliveryGuarantee } of jobs[job]!.sinks) {
      for (const [behind, { source }] of jobs.entries()) {
        if (source.topic !== topic) continue;
        const may = (deviation: Deviation): boolean =>
          excuseOf(deviation, deliveryGuarantee, source.isolationLevel, this.#causes[job]!) !== undefined;
        if (may("repeats")) this.#applied.deviate(behind, "repeated");
        if (may("losses")) this.#applied.deviate(behind, "lost");
      }
    }
  }

  // ---- Flink

  applied(
    job: number,
    subtask: number,
    task: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
  ): void {
    this.#applied.applied(job, subtask, task, originPartition, route, from, to);
    this.#conservation.applied(job, subtask, task, originPartition, route, from, to);
  }

  stateRestored(
    job: number,
    subtask: number,
    task: number,
    checkpoint: number,
    rescaled: RescaledState | undefined,
  ): void {
    this.#applied.stateRestored(job, subtask, task, checkpoint, rescaled);
    this.#windows?.stateRestored(job, subtask, checkpoint);
  }

  snapshotStarted(job: number, subtask: number, checkpoint: number): void {
    this.#applied.snapshotStarted(job, subtask, checkpoint);
    this.#windows?.snapshotStarted(job, subtask, checkpoint);
  }

  windowFired(job: number, subtask: number, task: number, window: FiredWindow, results: number): void {
    if (this.#windows?.windowFired(job, subtask, task, window) === true)
      this.#cause(job, this.pipeline.jobs[job]!.isDrained === true ? "drained" : "late records");
    this.#conservation.windowFired(job, subtask, task, window, results);
  }

  lateRecordsDropped(job: number, subtask: number, records: number): void {
    this.#windows?.lateRecordsDropped(job, subtask, records);
    this.#cause(job, "late records");
  }

  offsetInSnapshot(job: number, checkpoint: number, originPartition: number, offset: number): void {
    this.#committedOffsets.offsetInSnapshot(job, checkpoint, originPartition, offset);
    this.#barriers.offsetInSnapshot(job, checkpoint, originPartition, offset);
  }

  checkpointAcknowledged: Observed["checkpointAcknowledged"] = (
    job,
    subtask,
    checkpoint,
    metrics,
    snapshot,
    at,
  ) => {
    this.#applied.checkpointAcknowledged(job, subtask, checkpoint, metrics, snapshot, at);
    this.#barriers.checkpointAcknowledged(job, subtask, checkpoint, metrics, snapshot);
  };

  checkpointCompleted(
    job: number,
    checkpoint: number,
    triggeredAt: number,
    latestAckAt: number,
    at: number,
  ): void {
    // Sinks commit with it, unless it is a savepoint that the job goes on behind.
    if (!this.#savepoints[job]!.delete(checkpoint)) {
      this.#lastCommitted[job] = Math.max(this.#lastCommitted[job]!, checkpoint);
      this.#committedOffsets.checkpointCompleted(job, checkpoint);
    }
    this.#visibility.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at);
    this.#barriers.checkpointCompleted(job, checkpoint, triggeredAt, latestAckAt, at);
  }

  checkpointTriggered(job: number, checkpoint: number, type: string): void {
    if (type === "SAVEPOINT") this.#savepoints[job]!.add(checkpoint);
  }

  /** 0: to nothing. Only an operator may take it further back than to what it has completed last. */
  jobRestored(job: number, checkpoint: number): void {
    if (this.pipeline.planned.olderState && checkpoint < this.#lastCommitted[job]!)
      this.#cause(job, "older state");
  }

  jobStatusChanged(job: number, status: string): void {
    if (status === "RESTARTING" || status === "FAILED" || status === "CANCELLING")
      this.#cause(job, "failure");
  }

  /** Its jobs are restored by a successor, or their tasks end. */
  jobManagerEnded(): void {
    for (const job of this.#causes.keys()) this.#cause(job, "failure");
  }

  /** It has FINISHED since its input has ended. */
  jobCompleted(job: number, at: number): void {
    this.#commits.jobCompleted(job, at);
  }

  /** The job isn't running at the end. */
  jobEnded(job: number): void {
    this.#causes[job] = new Set([...this.#causes[job]!, "end"]);
    // Records of one origin come through several partitions of another job's topic, none of which is read to its end.
    if (!this.pipeline.jobs[job]!.readsOrigins) this.#applied.deviate(job, "lost");
  }

  // ---- connectors

  written(
    job: number,
    writer: number,
    topic: string,
    transaction: number,
    records: number,
    first: number,
  ): void {
    this.#acknowledged.written(job, writer, topic, transaction, records, first);
    this.#history.written(job, writer, topic, transaction, records);
    this.#conservation.written(job, writer, topic, transaction, records);
  }

  unsentDropped(job: number, writer: number, topic: string, records: number): void {
    this.#conservation.unsentDropped(job, writer, topic, records);
  }

  preCommitted(job: number, writer: number, checkpoint: number, transaction: number, at: number): void {
    this.#history.preCommitted(job, writer, checkpoint, transaction, at);
    this.#visibility.preCommitted(job, writer, checkpoint, transaction);
  }

  committableDropped(
    job: number,
    writer: number,
    checkpoint: number,
    transaction: number,
    error: string,
    at: number,
  ): void {
    this.#commits.committableDropped(job, writer, checkpoint, transaction, error, at);
  }

  sinkFailed(job: number, writer: number, error: string, at: number): void {
    this.#commits.sinkFailed(job, writer, error, at);
  }

  // ---- the end

  /** An excuse, for as many records as its causes were told of with, if they were. */
  #permission(deviation: Deviation, reader: number, since: string | undefined): Permission | undefined {
    if (since === undefined || deviation === "reordering") return undefined;
    const one = this.pipeline.readers[reader]!;
    const isExcused = (causes: (job: number) => ReadonlySet<Cause>): boolean =>
      excuseOfReader(deviation, one, this.pipeline, causes) !== undefined;
    const accounted = this.#accounted.most(deviation, one.topic);
    const isUnbounded = isExcused((job) => unaccounted(this.#causes[job]!));
    const isByEnd = isUnbounded && accounted === 0 && !isExcused((job) => withoutEnd(this.#causes[job]!));
    return {
      since,
      most: isUnbounded ? Number.POSITIVE_INFINITY : accounted,
      ...(isByEnd && {
        beyondIt: (losses: readonly SeenOffsets[]) => this.#committedOffsets.of(one.topic, losses),
      }),
    };
  }

  /** What each check has found. @param routesOf the ways that the records of a topic take.
   *  @param isDrained every reader has seen all records. @param now when the run has ended, ns.
   *  @param endOf up to which offset the records of an origin partition come to a topic; without it all do. */
  findings(
    routesOf: (topic: string) => readonly Route[],
    isDrained: boolean,
    now: number,
    endOf?: EndOfTopic,
  ): Finding[] {
    const excuse = (deviation: Deviation, reader: number): string | undefined =>
      excuseOfReader(deviation, this.pipeline.readers[reader]!, this.pipeline, (job) => this.#causes[job]!);
    const permission = (deviation: Deviation, reader: number): Permission | undefined =>
      this.#permission(deviation, reader, excuse(deviation, reader));
    const isQuiet = isDrained && this.#causes.every((causes) => causes.size === 0);
    const names = this.pipeline.readers.map(({ name }) => name);
    const kept = (name: string, violations: readonly string[]): Finding => ({
      name,
      violations,
      permitted: [],
    });
    return [
      exactlyOnceOutput(this.pipeline, this.ledger, routesOf, permission, endOf),
      {
        name: "EveryTransactionCommits",
        violations: this.#commits.violations,
        permitted: this.#commits.permitted,
      },
      { name: "AppliedToState", violations: this.#applied.violations(), permitted: this.#applied.permitted },
      {
        name: "OrderPerPartitionAndKey",
        ...this.#order.findings((reader) => excuse("reordering", reader)),
      },
      kept("RecordConservation", this.#conservation.violations(this.ledger, routesOf, isQuiet, endOf)),
      kept("NoVisibilityBeforeCompletion", this.#visibility.violations),
      kept("NoReadBeyondLastStableOffset", this.#stable.violations),
      kept("EveryTransactionEnds", this.#ends.violations(now)),
      kept("FencedProducerNeverCommits", this.#fencing.violations),
      kept("NoAcknowledgedWriteLost", this.#acknowledged.violations(names, isQuiet)),
      kept("BarrierNeverOvertakesRecord", this.#barriers.violations),
      ...(this.#windows === undefined ? [] : [kept("WindowConservation", this.#windows.violations)]),
    ];
  }
}

function withoutEnd(causes: ReadonlySet<Cause>): ReadonlySet<Cause> {
  return new Set([...causes].filter((cause) => cause !== "end"));
}

function plannedCauses({ planned }: CheckedPipeline): ReadonlySet<Cause> {
  const causes = new Set<Cause>();
  if (planned.uncleanElection) causes.add("unclean election");
  return causes;
}
