import type { FaultAction } from "../../faults/index.ts";

export type FaultKind = FaultAction["kind"];

/** A bug put into a protocol on purpose: while the file is loaded, `find`, which stands there exactly once, is replaced. Nothing
 *  of this is in the models, so that no run but a mutant's own can reach it. */
export interface Mutant {
  /** In kebab-case. */
  readonly name: string;
  /** What the bug is. */
  readonly bug: string;
  /** Below src/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The check that has to find it. */
  readonly killedBy: string;
  readonly setup: keyof typeof SETUPS;
  /** Fault schedules in which it has to be found. */
  readonly budget: number;
  /** The kinds of faults in them that can bring it out; default: whatever is drawn. */
  readonly faults?: readonly FaultKind[];
}

const TWO_SUBTASKS = [
  "jobs.job.config.parallelism.default=2",
  "kafka.topics.in.partitions=2",
  "kafka.topics.out.partitions=2",
  "flink.taskmanagers=2",
];

const WINDOWS = [
  "jobs.job.source.watermark=monotonous-timestamps",
  "jobs.job.operators.count.window=tumble 2 s",
];

const REPLICATED = [
  "kafka.brokers=3",
  "kafka.topics.in.replication.factor=3",
  "kafka.topics.out.replication.factor=3",
  "producers.load.rate=1000/s",
];

/** So that there is something in the middle of it when a leader is lost. */
const FAR_APART = "environment.broker.replication-round-trip=40 ms";

/** What pipelines/small.yaml is run with. */
export const SETUPS = {
  /** As it is: one subtask of each vertex. */
  small: [],
  /** A TaskManager in reserve, so that a job goes on while its old process stands still; nobody ends that one, and it takes its time
   *  to learn. */
  spare: ["flink.resource-provider=standalone", "flink.taskmanagers=2", "environment.flink.rpc=100 ms"],
  /** Two subtasks of each vertex, two partitions. */
  pair: TWO_SUBTASKS,
  /** Both write into one partition. */
  shared: [...TWO_SUBTASKS, "kafka.topics.out.partitions=1"],
  /** Unaligned checkpoints under a load that fills buffers. */
  unaligned: [
    ...TWO_SUBTASKS,
    "execution.checkpointing.unaligned.enabled=true",
    "producers.load.rate=1000/s",
    "jobs.job.operators.count.service-time=exponential 1.8 ms",
  ],
  /** Checkpoints go to a store that is slow and may fail, and the job goes on without them. */
  stored: [
    "jobs.job.config.execution.checkpointing.dir=s3://checkpoints",
    "environment.storage.latency=100 ms",
    "jobs.job.config.execution.checkpointing.tolerable-failed-checkpoints=1000",
  ],
  /** Three brokers with three replicas, so that leaders are elected; records come so fast that some are on their way then. */
  replicated: REPLICATED,
  /** The same, and the sink goes without transactions: sequence numbers alone keep its records apart. */
  idempotent: [...REPLICATED, "sink.delivery-guarantee=at-least-once"],
  /** A producer of the load that waits for no follower, so that a lost leader costs what it was told of. */
  hasty: [...REPLICATED, FAR_APART, "producers.load.acks=1"],
  /** Without sequence numbers, so that what is sent again may be there twice, as often as it was told of. */
  unsequenced: [...REPLICATED, FAR_APART, "producers.load.enable.idempotence=false"],
  /** Coordinators fail in the middle of commits, and new ones take a while to read what they have to know. */
  loading: [
    ...REPLICATED,
    "environment.broker.transaction-log=1000 mb",
    "kafka.config.broker.session.timeout.ms=2000",
    "properties.transaction.timeout.ms=60 s",
    "faults.first=kill broker-1 when PrepareCommit written 3rd time repair 1 s",
    "faults.second=kill broker-2 when EndTxn sent 4th time repair 1 s",
    "faults.third=kill broker-3 when PrepareCommit written 5th time repair 1 s",
  ],
  /** Only what brokers answer is cut off, for longer than a request waits. */
  unanswered: [
    "jobs.job.sinks[0].properties.request.timeout.ms=500",
    "faults.cut=cut broker-1 -> taskmanager-1 at 5.05 s for 3 s",
  ],
  /** Windows of 2 s, fired as soon as a later record has come from everywhere. */
  windowed: [...TWO_SUBTASKS, ...WINDOWS],
  /** The same, and the load is read up to an offset, in the middle of a window. */
  bounded: [
    ...TWO_SUBTASKS,
    ...WINDOWS,
    "jobs.job.source.scan.bounded.mode=specific-offsets",
    "jobs.job.source.scan.bounded.specific-offsets=partition:0,offset:725;partition:1,offset:700",
  ],
  /** What a lost TaskManager leaves open stays open. */
  abandoned: ["flink.resource-provider=standalone", "properties.transaction.timeout.ms=8 s"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export const MUTANTS: readonly Mutant[] = [
  {
    name: "barrier-overtakes-record",
    bug: "records that wait for their buffer stay behind a barrier that is broadcast after them",
    file: "flink/channel.ts",
    find: "    if (this.#segment.hasOpen) this.#queueOpen();\n    this.#unpolled = undefined;\n    this.#segment.finish();",
    replace: "    this.#unpolled = undefined;\n    this.#segment.finish();",
    killedBy: "BarrierNeverOvertakesRecord",
    setup: "pair",
    budget: 10,
  },
  {
    name: "alignment-ends-early",
    bug: "a snapshot begins when all barriers but one have come",
    file: "flink/barrier-handler.ts",
    find: "  if (state.arrived.length < state.target) return;\n  const checkpoint = state.pending;",
    replace: "  if (state.arrived.length < state.target - 1) return;\n  const checkpoint = state.pending;",
    killedBy: "BarrierNeverOvertakesRecord",
    setup: "pair",
    budget: 10,
  },
  {
    name: "channel-not-blocked",
    bug: "a channel whose barrier has come goes on being read while the others align",
    file: "flink/barrier-handler.ts",
    find: "    state.blocked.push(channel);\n    outbox.add(BLOCK_CHANNEL, channel);",
    replace: "    outbox.add(RESUME_CHANNEL, channel);",
    killedBy: "BarrierNeverOvertakesRecord",
    setup: "pair",
    budget: 40,
  },
  {
    name: "commit-before-complete",
    bug: "the writer commits as soon as it has flushed",
    file: "connectors/kafka-sink.ts",
    find: "    addCommittable(this.#committer, checkpoint, { transactionalId, producerId, producerEpoch, transaction });",
    replace:
      "    producer.endTransaction(true, () => this.#finished.push(transactionalId)); void producerId; void producerEpoch;",
    killedBy: "NoVisibilityBeforeCompletion",
    setup: "small",
    budget: 10,
  },
  {
    name: "told-before-stored",
    bug: "tasks are told of a checkpoint's completion while its metadata are being written",
    file: "flink/checkpoint-coordinator.ts",
    find: "  state.finalizing = next.id;\n  outbox.add(FINALIZE, next.id);",
    replace:
      "  state.finalizing = next.id;\n  outbox.add(NOTIFY_COMPLETE, next.id, 0);\n  outbox.add(FINALIZE, next.id);",
    killedBy: "NoVisibilityBeforeCompletion",
    setup: "stored",
    budget: 10,
  },
  {
    name: "flush-skipped",
    bug: "a transaction is pre-committed without waiting for its records' acknowledgements",
    file: "connectors/kafka-sink.ts",
    find: "    const flushed = this.#producer.flush(now, () => {\n      if (this.#preCommit(checkpoint, this.#sim.now)) this.#listener!.onFlushed();\n    });",
    replace: "    const flushed = now;",
    killedBy: "NoAcknowledgedWriteLost",
    setup: "pair",
    budget: 10,
  },
  {
    name: "write-after-pre-commit",
    bug: "every third snapshot leaves the writer in the transaction that it has pre-committed",
    file: "connectors/kafka-sink.ts",
    find: "    const transaction = this.#current?.transaction ?? 0;",
    replace:
      "    const current = this.#current?.transaction ?? 0;\n    const transaction = current > 3 && current % 3 === 0 ? current - 1 : current;",
    killedBy: "NoAcknowledgedWriteLost",
    setup: "small",
    budget: 10,
  },
  {
    name: "epoch-reused",
    bug: "a transactional id that is initialised again keeps its producer epoch",
    file: "kafka/transaction-protocol.ts",
    find: "    next.producerEpoch = isLast ? 0 : epoch + 1;",
    replace:
      "    next.producerEpoch = isLast ? 0 : expectedEpoch === undefined ? Math.max(epoch, 0) : epoch + 1;",
    killedBy: "FencedProducerNeverCommits",
    setup: "small",
    budget: 30,
  },
  {
    name: "epoch-not-checked",
    bug: "the coordinator ends a transaction for a producer with an older epoch",
    file: "kafka/transaction-protocol.ts",
    find: "  if (current.producerId !== producerId) return INVALID_PRODUCER_ID_MAPPING;\n  if (current.producerEpoch !== producerEpoch) return PRODUCER_FENCED;\n  if (metadata.pending !== null) return CONCURRENT_TRANSACTIONS;\n  switch",
    replace:
      "  if (current.producerId !== producerId) return INVALID_PRODUCER_ID_MAPPING;\n  void producerEpoch;\n  if (metadata.pending !== null) return CONCURRENT_TRANSACTIONS;\n  switch",
    killedBy: "FencedProducerNeverCommits",
    setup: "spare",
    budget: 300,
    faults: ["freeze"],
  },
  {
    name: "fenced-write-accepted",
    bug: "a partition takes records of a transaction behind its abort marker",
    file: "kafka/partition-log.ts",
    find: "      if (this.hasAborted(transaction)) return false;\n",
    replace: "",
    killedBy: "NoReadBeyondLastStableOffset",
    setup: "spare",
    budget: 300,
    faults: ["freeze"],
  },
  {
    name: "last-stable-offset-ignored",
    bug: "an open transaction doesn't hold back the last stable offset",
    file: "kafka/partition-log.ts",
    find: "    for (const open of this.#open) if (open.firstAppendAt < stable) stable = open.firstAppendAt;",
    replace: "",
    killedBy: "NoReadBeyondLastStableOffset",
    setup: "shared",
    budget: 10,
  },
  {
    name: "aborted-records-shown",
    bug: "records of an aborted transaction are handed to read_committed once its marker is there",
    file: "kafka/partition-log.ts",
    find: "      if (rows[i * ROW + TRANSACTION] === transaction) continue;\n",
    replace: "",
    killedBy: "NoReadBeyondLastStableOffset",
    setup: "small",
    budget: 30,
  },
  {
    name: "marker-lost",
    bug: "every fifth transaction gets no markers, and its coordinator takes them for written",
    file: "kafka/transaction-marker-channels.ts",
    find: "        this.#observer.markerWritten?.(",
    replace: "        if (metadata.transaction % 5 === 0) continue;\n        this.#observer.markerWritten?.(",
    killedBy: "NoReadBeyondLastStableOffset",
    setup: "small",
    budget: 10,
  },
  {
    name: "abort-turns-into-commit",
    bug: "a transaction that is aborted gets commit markers",
    file: "kafka/transaction-marker-channels.ts",
    find: '      const commit = metadata.current.state === "PrepareCommit";',
    replace: "      const commit = true;",
    killedBy: "ExactlyOnceOutput",
    setup: "small",
    budget: 30,
  },
  {
    name: "time-out-not-looked-for",
    bug: "the coordinator's periodic look finds no transaction that has been open for too long",
    file: "kafka/transaction-protocol.ts",
    find: "    if (current.startedAt + current.timeout < now) fence(metadata, 0, now, outbox);",
    replace: "    if (current.startedAt + 100 * current.timeout < now) fence(metadata, 0, now, outbox);",
    killedBy: "EveryTransactionEnds",
    setup: "abandoned",
    budget: 300,
    faults: ["kill"],
  },
  {
    name: "restored-offset-off-by-one",
    bug: "a restored source begins with the last record before its offset",
    file: "pipeline/assembly/simulated-job.ts",
    find: "(_, split) => splits[split]?.offset ?? 0),",
    replace: "(_, split) => Math.max(0, (splits[split]?.offset ?? 0) - 1)),",
    killedBy: "AppliedToState",
    setup: "small",
    budget: 30,
  },
  {
    name: "latest-instead-of-checkpointed",
    bug: "a restored source begins with what is new instead of its checkpoint's offsets",
    file: "pipeline/assembly/simulated-job.ts",
    find: "(_, split) => splits[split]?.offset ?? 0),",
    replace: "(_, split) => feed.availableCount(split, now)),",
    killedBy: "AppliedToState",
    setup: "small",
    budget: 30,
  },
  {
    name: "state-not-restored",
    bug: "a restored task begins with an empty keyed state",
    file: "pipeline/assembly/simulated-job.ts",
    find: "        restoredRecords: restored?.state.keyedRecords ?? 0,",
    replace: "        restoredRecords: 0,",
    killedBy: "AppliedToState",
    setup: "small",
    budget: 30,
  },
  {
    name: "acknowledgement-not-awaited",
    bug: "a checkpoint completes when all acknowledgements but one are there",
    file: "flink/checkpoint-coordinator.ts",
    find: "  const next = state.pending.find((one) => one.missing.size === 0 && one.missingCoordinators === 0);",
    replace:
      "  const next = state.pending.find((one) => one.missing.size <= 1 && one.states.size > 0 && one.missingCoordinators === 0);",
    killedBy: "AppliedToState",
    setup: "pair",
    budget: 100,
  },
  {
    name: "in-flight-forgotten",
    bug: "a restore leaves out the records in flight that an unaligned checkpoint holds",
    file: "pipeline/assembly/job-channels.ts",
    find: "  if (inFlight.length > 0) channel.restore(inFlight);",
    replace: "",
    killedBy: "AppliedToState",
    setup: "unaligned",
    budget: 50,
  },
  {
    name: "in-flight-restored-twice",
    bug: "records in flight are put into their channel twice",
    file: "pipeline/assembly/job-channels.ts",
    find: "  if (inFlight.length > 0) channel.restore(inFlight);",
    replace: "  if (inFlight.length > 0) channel.restore([...inFlight, ...inFlight]);",
    killedBy: "AppliedToState",
    setup: "unaligned",
    budget: 50,
  },
  {
    name: "unserved-not-captured",
    bug: "an unaligned snapshot leaves out the rest of the buffer in service",
    file: "flink/operator-task.ts",
    find: "    this.#inputs.beginCapture(checkpoint, channel, rest);",
    replace: "    this.#inputs.beginCapture(checkpoint, undefined, undefined);",
    killedBy: "AppliedToState",
    setup: "unaligned",
    budget: 50,
  },
  {
    name: "notification-ignored",
    bug: "every second checkpoint's completion is not acted upon, and nothing makes up for it",
    file: "connectors/kafka-sink.ts",
    find: "    return this.#commitUpTo(checkpoint, () => this.#listener!.onCommitted());",
    replace:
      "    if (checkpoint % 2 === 0) {\n      this.#committer.requests.length = 0;\n      return false;\n    }\n    return this.#commitUpTo(checkpoint, () => this.#listener!.onCommitted());",
    killedBy: "ExactlyOnceOutput",
    setup: "small",
    budget: 10,
  },
  {
    name: "restored-committables-forgotten",
    bug: "a restored committer doesn't commit what its state holds",
    file: "connectors/kafka-sink.ts",
    find: "      addCommittable(this.#committer, one.checkpoint, one.committable);",
    replace: "      void one;",
    killedBy: "ExactlyOnceOutput",
    setup: "small",
    budget: 300,
    faults: ["kill", "fail"],
  },
  {
    name: "restored-with-wrong-epoch",
    bug: "a restored committer commits with an epoch that isn't its transaction's",
    file: "connectors/kafka-sink.ts",
    find: "    this.#committingProducer.resumeTransaction(producerId, producerEpoch, transaction);",
    replace: "    this.#committingProducer.resumeTransaction(producerId, producerEpoch + 1, transaction);",
    killedBy: "EveryTransactionCommits",
    setup: "small",
    budget: 300,
    faults: ["kill", "fail"],
  },
  {
    name: "older-committables-dropped",
    bug: "what a failed checkpoint left is dropped when a later one completes",
    file: "connectors/committer.ts",
    find: "  if (checkpoint > state.completed) state.completed = checkpoint;",
    replace:
      "  if (checkpoint > state.completed) state.completed = checkpoint;\n  while (state.requests.length > 1 && state.requests[0]!.checkpoint < checkpoint) state.requests.shift();",
    killedBy: "ExactlyOnceOutput",
    setup: "stored",
    budget: 100,
  },
  {
    name: "idempotence-window-off-by-one",
    bug: "a leader remembers four batches of a producer of which five can be in flight",
    file: "kafka/producer-state.ts",
    find: "export const BATCHES_RETAINED = 5;",
    replace: "export const BATCHES_RETAINED = 4;",
    killedBy: "RecordConservation",
    setup: "idempotent",
    budget: 300,
    faults: ["drop", "delay-message"],
  },
  {
    name: "repeat-not-recognised",
    bug: "a leader takes a batch that it knows for one that is out of order",
    file: "kafka/producer-state.ts",
    find: "  if (again !== undefined) {",
    replace: "  if (again !== undefined && batch.records < 0) {",
    killedBy: "RecordConservation",
    setup: "idempotent",
    budget: 100,
    faults: ["drop", "cut", "kill", "freeze"],
  },
  {
    name: "producer-state-lost-in-election",
    bug: "a new leader knows nothing of the producers whose batches it has",
    file: "kafka/leader-log.ts",
    find: "    for (const { producerId, producerEpoch, baseSequence, records, run } of this.#known) {",
    replace:
      "    for (const { producerId, producerEpoch, baseSequence, records, run } of this.#known.slice(0, 1)) {",
    killedBy: "RecordConservation",
    setup: "idempotent",
    budget: 300,
    faults: ["kill", "freeze"],
  },
  {
    name: "in-flight-restored-in-wrong-order",
    bug: "records that had been received are put behind those that had waited at the sender",
    file: "pipeline/assembly/job-channels.ts",
    find: "  if (inFlight.length > 0) channel.restore(inFlight);",
    replace: "  if (inFlight.length > 0) channel.restore(inFlight.toReversed());",
    killedBy: "OrderPerPartitionAndKey",
    setup: "unaligned",
    budget: 100,
    faults: ["kill", "fail", "freeze"],
  },
  {
    name: "windows-not-restored",
    bug: "a restored operator begins with empty windows",
    file: "flink/task-event-time.ts",
    find: "    if (restored !== undefined) windows?.windows.restore(restored);",
    replace: "",
    killedBy: "WindowConservation",
    setup: "windowed",
    budget: 100,
    faults: ["kill", "fail"],
  },
  {
    name: "watermark-of-the-fastest",
    bug: "a task takes the watermark of the channel that is furthest, not the least of all",
    file: "flink/watermark-valve.ts",
    find: "    if (aligned && watermark < least) least = watermark;",
    replace:
      "    if (aligned && watermark > -1 && (least === Number.POSITIVE_INFINITY || watermark > least)) least = watermark;",
    killedBy: "WindowConservation",
    setup: "windowed",
    budget: 20,
  },
  {
    name: "last-watermark-missing",
    bug: "a source at the end of its data says so without a last watermark, and its last windows stay open",
    file: "flink/source-task.ts",
    find: "      this.#writers.emitEventTime(MAX_WATERMARK, UNCHANGED, now);\n    }\n    this.#writers.endData(now);",
    replace: "    }\n    this.#writers.endData(now);",
    killedBy: "ExactlyOnceOutput",
    setup: "bounded",
    budget: 5,
  },
  {
    name: "windows-not-copied",
    bug: "a snapshot holds the windows themselves, which go on filling",
    file: "flink/tumbling-windows.ts",
    find: "    return structuredClone({\n      open: this.#open,",
    replace: "    return ({\n      open: this.#open,",
    killedBy: "WindowConservation",
    setup: "windowed",
    budget: 100,
    faults: ["kill", "fail"],
  },
  {
    name: "more-lost-than-told",
    bug: "a new leader lacks one record more than the old one had and it hasn't",
    file: "connectors/origin-log.ts",
    find: "      state.lostTo = Math.max(state.lostTo, gone);\n",
    replace: "      state.lostTo = Math.max(state.lostTo, gone + 1);\n",
    killedBy: "ExactlyOnceOutput",
    setup: "hasty",
    budget: 200,
    faults: ["kill", "elect"],
  },
  {
    name: "more-repeated-than-told",
    bug: "what is sent again without sequence numbers begins a record too early",
    file: "connectors/origin-log.ts",
    find: "        this.#push(state, next + first, last - first, at, pace);\n",
    replace: "        this.#push(state, next + first - 1, last - first + 1, at, pace);\n",
    killedBy: "ExactlyOnceOutput",
    setup: "unsequenced",
    budget: 200,
    faults: ["kill", "cut", "freeze"],
  },
  {
    name: "closed-connection-acknowledges",
    bug: "a batch whose connection is closed unanswered counts as acknowledged",
    file: "kafka/batch-sender.ts",
    find: 'for (const { batch } of partitions) this.#onAnswer(batch, "NOT_ANSWERED", now);',
    replace: 'for (const { batch } of partitions) this.#onAnswer(batch, "NONE", now);',
    killedBy: "ExactlyOnceOutput",
    setup: "idempotent",
    budget: 200,
    faults: ["cut"],
  },
  {
    name: "repeat-appended",
    bug: "a leader appends a batch again whose answer its producer hasn't had",
    file: "kafka/producer-state.ts",
    find: "    outbox.add(ANSWER_AGAIN, again.baseOffset);\n",
    replace: "    append(entry, batch, endOffset, outbox);\n",
    killedBy: "ExactlyOnceOutput",
    setup: "unanswered",
    budget: 10,
  },
  {
    name: "answers-while-loading",
    bug: "a coordinator that has not read its log yet answers from the little that it knows",
    file: "kafka/transaction-coordinator.ts",
    find: "    if (this.#states.isLoading(this.#stateLog.partitionOf(request.transactionalId))) {\n",
    replace: "    if (this.#states === undefined) {\n",
    killedBy: "ExactlyOnceOutput",
    setup: "loading",
    budget: 200,
    faults: ["kill", "elect"],
  },
  {
    name: "decided-not-completed-when-loaded",
    bug: "a coordinator that has read its log doesn't go on with what is prepared",
    file: "kafka/transaction-coordinator.ts",
    find: "      this.#recover(leader, metadata, election, this.#sim.now);\n",
    replace: "      void election;\n",
    killedBy: "ExactlyOnceOutput",
    setup: "loading",
    budget: 200,
    faults: ["kill", "elect"],
  },
];
