import fc from "fast-check";
import {
  type Fault,
  type FaultAction,
  type FaultPlan,
  type FaultTime,
  type LinkEnd,
  type LinkTarget,
  MOMENTS,
  type OperatorAction,
  type TaskTarget,
} from "../faults/index.ts";
import { type JobSpec, type Pipeline, problemOfRescaling, rescaledJob, slotsOf } from "../pipeline/index.ts";

const MILLISECOND = 1e6;
/** What a machine or an orchestrator needs to bring a process back, ms; longer ones break whatever has a time-out. */
const REPAIR = { min: 500, max: 5000 };
/** ms, and up to so many heartbeat time-outs: short pauses, and processes that come back when they have been given up. */
const FREEZE_MIN = 100;
const LONGEST_FREEZE = 2;
/** An append to the page cache takes some hundredths of a millisecond: up to seconds, as on a disk that hangs. */
const MOST_SLOW_DISK = 100_000;

/** Draws plans of up to `most` faults that a pipeline can meet in `duration` ns: whom they hit is there, and the models can
 *  do it. They shrink towards no fault, and each towards the simplest one early in the run. */
export function faultSchedules(pipeline: Pipeline, duration: number, most: number): fc.Arbitrary<FaultPlan> {
  const drawn = fc.tuple(faultActions(pipeline, duration), faultTimes(pipeline, duration));
  return fc.array(drawn, { maxLength: most }).map((faults) =>
    // Named as `sluice run --fault` names them, so that a replay gives the same bytes.
    faults.map(([action, time], i): Fault => ({ name: `command-line-${i + 1}`, action, time })),
  );
}

/** Whole milliseconds, each as likely as any other. */
function milliseconds(min: number, max: number): fc.Arbitrary<number> {
  return fc.noBias(fc.integer({ min, max })).map((ms) => ms * MILLISECOND);
}

function faultTimes(pipeline: Pipeline, duration: number): fc.Arbitrary<FaultTime> {
  const at = milliseconds(0, Math.floor(duration / MILLISECOND)).map(
    (time): FaultTime => ({ kind: "at", time }),
  );
  const intervals = pipeline.jobs.map(({ checkpointing }) => checkpointing.interval ?? duration);
  const checkpoints = Math.max(1, Math.floor(duration / Math.min(...intervals)));
  const checkpoint = fc.noBias(fc.integer({ min: 1, max: checkpoints }));
  const moment = fc.constantFrom(...MOMENTS);
  const after = fc.oneof(fc.constant(0), milliseconds(1, 50));
  const when = fc
    .oneof(
      fc.record({ moment, checkpoint: fc.constant(undefined), occurrence: checkpoint, after }),
      fc.record({ moment, checkpoint, occurrence: fc.integer({ min: 1, max: 2 }), after }),
    )
    .map((one): FaultTime => ({ kind: "when", job: undefined, ...one }));
  return fc.oneof(at, when);
}

/** What the models can do to processes and tasks; the others of FaultAction come in here as they are modelled. */
function faultActions(pipeline: Pipeline, duration: number): fc.Arbitrary<FaultAction> {
  const fail = fc
    .constantFrom(...pipeline.jobs.flatMap(taskTargets))
    .map((target): FaultAction => ({ kind: "fail", target }));
  const target = fc
    .integer({ min: 1, max: pipeline.flink.taskManagers })
    .map((number) => ({ kind: "taskmanager", number }) as const);
  const repair = fc.option(milliseconds(REPAIR.min, REPAIR.max), { nil: undefined });
  const kill = fc
    .record({ target, silent: fc.boolean(), repair })
    .map((drawn): FaultAction => ({ kind: "kill", ...drawn }));
  const longest = Math.round((LONGEST_FREEZE * pipeline.flink.heartbeatTimeout) / MILLISECOND);
  const freeze = fc
    .record({ target, duration: milliseconds(FREEZE_MIN, Math.max(FREEZE_MIN, longest)) })
    .map((drawn): FaultAction => ({ kind: "freeze", ...drawn }));
  const slow = fc
    .record({
      target: fc.constantFrom(...pipeline.jobs.flatMap(taskTargets)),
      factor: fc.integer({ min: 2, max: 100 }),
      duration: milliseconds(REPAIR.min, REPAIR.max),
    })
    .map((drawn): FaultAction => ({ kind: "slow", ...drawn }));
  const troubles = [
    ...storageTroubles(pipeline),
    ...jobManagerFaults(pipeline),
    ...operatorActions(pipeline, duration),
  ];
  const others = [fail, kill, freeze, slow, ...troubles];
  const ofBrokers = brokerFaults(pipeline, repair);
  if (pipeline.kafka.brokers > 1) return fc.oneof(...others, ...ofBrokers);
  // A schedule with any of them takes twice as long.
  return fc.oneof({ arbitrary: fc.oneof(...others), weight: 2 * others.length }, { arbitrary: fc.oneof(...ofBrokers), weight: 1 }); // biome-ignore format: one line
}

/** A single broker's process is not drawn to end: nobody else may register before its session has expired, and whatever else
 *  is drawn comes on top of that, with every transaction open; it stands still no longer than a process takes to come back. */
function brokerFaults(
  pipeline: Pipeline,
  repair: fc.Arbitrary<number | undefined>,
): fc.Arbitrary<FaultAction>[] {
  const { kafka } = pipeline;
  const isOne = kafka.brokers === 1;
  const broker = fc
    .integer({ min: 1, max: kafka.brokers })
    .map((number) => ({ kind: "broker", number }) as const);
  const longest = Math.round((LONGEST_FREEZE * kafka.brokerSessionTimeout) / MILLISECOND);
  const kill = fc
    .record({ target: broker, silent: fc.boolean(), repair })
    .map((drawn): FaultAction => ({ kind: "kill", ...drawn }));
  const freeze = fc
    .record({
      target: broker,
      duration: milliseconds(FREEZE_MIN, isOne ? REPAIR.max : Math.max(FREEZE_MIN, longest)),
    })
    .map((drawn): FaultAction => ({ kind: "freeze", ...drawn }));
  const message = fc.constantFrom("Produce request", "Produce response", "EndTxn request", "EndTxn response", "WriteTxnMarkers request"); // biome-ignore format: one line
  const times = fc.integer({ min: 1, max: 3 });
  const onMessages = fc
    .record({ kind: fc.constantFrom("drop", "duplicate"), message, times })
    .map((drawn): FaultAction => ({ job: undefined, ...drawn }));
  const heldUp = fc
    .record({ message, by: milliseconds(1, 2 * REPAIR.max), times })
    .map((drawn): FaultAction => ({ kind: "delay-message", job: undefined, ...drawn }));
  const slowDisk = fc
    .record({
      broker: fc.integer({ min: 1, max: kafka.brokers }),
      factor: fc.integer({ min: 2, max: MOST_SLOW_DISK }),
      duration: milliseconds(REPAIR.min, REPAIR.max),
    })
    .map((drawn): FaultAction => ({ kind: "slow-disk", ...drawn }));
  const others = [freeze, ...cuts(pipeline, longest), onMessages, heldUp, delays(pipeline), slowDisk];
  return isOne ? others : [kill, ...others];
}

/** What of a link is hit: all, what goes to the other end, or what comes back. */
const ways = fc.constantFrom("both", "there", "back");

function linkBetween(one: LinkEnd, other: LinkEnd, way: "both" | "there" | "back"): LinkTarget {
  if (way === "back") return { from: other, to: one, oneWay: true };
  return { from: one, to: other, oneWay: way === "there" };
}

/** The way from a broker to a TaskManager or a reader. */
function delays({ kafka, flink, readers }: Pipeline): fc.Arbitrary<FaultAction> {
  const broker = fc.integer({ min: 1, max: kafka.brokers });
  const taskManagers = Array.from(
    { length: flink.taskManagers },
    (_, i): LinkEnd => ({ kind: "taskmanager", number: i + 1 }),
  );
  const client = fc.constantFrom(
    ...taskManagers,
    ...readers.map(({ name }): LinkEnd => ({ kind: "client", name })),
  );
  const by = milliseconds(1, REPAIR.min);
  const duration = milliseconds(REPAIR.min, REPAIR.max);
  return fc
    .record({ client, broker, ways, by, duration })
    .map(({ client: one, broker: number, ways: drawn, ...others }) => ({
      kind: "delay",
      link: linkBetween(one, { kind: "broker", number }, drawn),
      ...others,
    }));
}

/** The way from a broker to a TaskManager, a reader or a producer; and those to the controller and the other brokers, which
 *  are cut until a session is over twice. */
function cuts(
  { kafka, flink, readers, producers }: Pipeline,
  longest: number,
): readonly fc.Arbitrary<FaultAction>[] {
  const broker = fc.integer({ min: 1, max: kafka.brokers });
  const taskManager = fc
    .integer({ min: 1, max: flink.taskManagers })
    .map((number): LinkEnd => ({ kind: "taskmanager", number }));
  const client = fc
    .constantFrom(...readers, ...producers)
    .map(({ name }): LinkEnd => ({ kind: "client", name }));
  const cut = (from: fc.Arbitrary<LinkEnd>, duration: fc.Arbitrary<number>): fc.Arbitrary<FaultAction> =>
    fc.record({ one: from, number: broker, ways, duration }).map((drawn) => ({
      kind: "cut",
      link: linkBetween(drawn.one, { kind: "broker", number: drawn.number }, drawn.ways),
      duration: drawn.duration,
    }));
  const toClients = cut(fc.oneof(taskManager, client), milliseconds(REPAIR.min, REPAIR.max));
  if (kafka.brokers === 1) return [toClients];
  const others = fc.oneof(
    fc.constant<LinkEnd>("controller"),
    broker.map((number): LinkEnd => ({ kind: "broker", number })),
  );
  const among = cut(others, milliseconds(REPAIR.min, Math.max(REPAIR.min, longest)));
  return [toClients, among.filter(isBetweenTwo)];
}

function isBetweenTwo(action: FaultAction): boolean {
  if (action.kind !== "cut") return true;
  const { from, to } = action.link;
  return typeof from === "string" || typeof to === "string" || JSON.stringify(from) !== JSON.stringify(to);
}

/** What an operator may do without giving up a promise. */
function operatorActions(pipeline: Pipeline, duration: number): fc.Arbitrary<FaultAction>[] {
  const { jobs, flink } = pipeline;
  const slots = flink.taskManagers * flink.slotsPerTaskManager;
  const possible = jobs.flatMap((job): FaultAction[] => {
    const { name, checkpointing } = job;
    if (checkpointing.interval === undefined) return [];
    const restart = { kind: "restart", checkpoint: 0, parallelism: undefined } as const;
    const fromSavepoint = { ...restart, from: "savepoint", transactionalIdPrefix: undefined } as const;
    const stopped: OperatorAction[] = [{ kind: "stop-with-savepoint", drain: false }, fromSavepoint];
    // A job with tasks that have come to their end can't be stopped without a drain.
    const ended: OperatorAction[] = [
      { kind: "cancel" },
      ...(isCommittedLater(job, duration) ? [{ kind: "cancel-with-savepoint" } as const] : []),
      { kind: "savepoint" },
      ...(job.source.bounded === undefined ? stopped : []),
    ];
    const isRetained = checkpointing.retention === "RETAIN_ON_CANCELLATION";
    const again = (isRetained ? [undefined, `${name}-renamed`] : []).map(
      (transactionalIdPrefix): OperatorAction => ({ ...restart, from: "latest", transactionalIdPrefix }),
    );
    const others = jobs.reduce((sum, one) => (one === job ? sum : sum + slotsOf(one)), 0);
    const rescaled = [job.parallelism - 1, job.parallelism + 1]
      .filter(
        (parallelism) => parallelism > 0 && problemOfRescaling(job, parallelism, pipeline) === undefined,
      )
      .filter((parallelism) => slotsOf(rescaledJob(job, parallelism)) + others <= slots)
      .flatMap((parallelism) => [
        { ...fromSavepoint, parallelism },
        ...(isRetained ? [{ ...fromSavepoint, from: "latest", parallelism } as const] : []),
      ]);
    return [...ended, ...again, ...rescaled].map((action) => ({ kind: "operate", job: name, action }));
  });
  return possible.length === 0 ? [] : [fc.constantFrom(...possible)];
}

/** Whether what a job pre-commits may wait for as long as an operator takes to start it again. */
function isCommittedLater({ sinks }: JobSpec, duration: number): boolean {
  return sinks.every(
    ({ deliveryGuarantee, transactionTimeout }) =>
      deliveryGuarantee !== "exactly-once" || transactionTimeout > duration,
  );
}

/** Pauses up to those that let every heartbeat be missed; an end only with high availability, else the jobs would be gone and
 *  nothing more could happen to them. */
function jobManagerFaults({ flink }: Pipeline): fc.Arbitrary<FaultAction>[] {
  const target = { kind: "jobmanager" } as const;
  const longest = Math.round((flink.heartbeatTimeout + flink.heartbeatInterval) / MILLISECOND);
  const freeze = milliseconds(FREEZE_MIN, Math.max(FREEZE_MIN, longest)).map(
    (duration): FaultAction => ({ kind: "freeze", target, duration }),
  );
  if (flink.highAvailability.type === "NONE") return [freeze];
  const repair = fc.option(milliseconds(REPAIR.min, REPAIR.max), { nil: undefined });
  return [freeze, repair.map((time): FaultAction => ({ kind: "kill", target, silent: false, repair: time }))];
}

/** None where no checkpoint is in a store. */
function storageTroubles({ jobs }: Pipeline): fc.Arbitrary<FaultAction>[] {
  if (jobs.every(({ checkpointing }) => checkpointing.storage !== "filesystem")) return [];
  const duration = milliseconds(REPAIR.min, REPAIR.max);
  const mode = fc.constantFrom("unavailable", "full", "metadata-fails");
  const slow = fc.record({ mode: fc.constant("slow"), factor: fc.integer({ min: 2, max: 100 }), duration });
  return [
    fc
      .oneof(fc.record({ mode, factor: fc.constant(1), duration }), slow)
      .map((drawn): FaultAction => ({ kind: "storage", ...drawn })),
  ];
}

/** Every subtask that can throw: first the job's last vertex as a whole, then each one of each vertex, by the name of an
 *  operator in it. */
function taskTargets(job: JobSpec): TaskTarget[] {
  const named = [{ name: "source", parallelism: job.parallelism }, ...job.operators];
  return [
    { job: job.name, vertex: undefined, subtask: undefined },
    ...named.flatMap(({ name, parallelism }) =>
      Array.from({ length: parallelism }, (_, subtask) => ({ job: job.name, vertex: name, subtask })),
    ),
  ];
}
