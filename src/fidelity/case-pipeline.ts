import type { Phases, PipelineInput } from "../pipeline/index.ts";
import { triggerBeforeFault } from "./case-faults.ts";
import type { ReferenceCase } from "./reference-case.ts";

type Job = ReferenceCase["input"]["job"];
type JobInput = PipelineInput["jobs"][string];

const SECOND = 1e9;
const MILLISECOND = 1e6;
const FIRST_JOB = "job";
const SECOND_JOB = "second";

/** bytes of an entry of keyed heap state besides its value: key (8), namespace (1), length of the array (4).
 *  Source: flink HeapSnapshotStrategy, CopyOnWriteStateMapSnapshot; LongSerializer, VoidNamespaceSerializer,
 *  BytePrimitiveArraySerializer. */
const STATE_ENTRY_BYTES = 13;
const DEFAULT_KEYS = 10_000;
const DEFAULT_STATE_BYTES = 100;
const DEFAULT_TRANSACTION_TIMEOUT_MS = 600_000;
/** Checkpoints of the reference go to a local folder. */
const CHECKPOINT_FOLDER = { "execution.checkpointing.dir": "file:///checkpoints" } as const;
/** How the reference's jobs restart unless their options say otherwise. */
const FIXED_DELAY = {
  "restart-strategy.type": "fixed-delay",
  "restart-strategy.fixed-delay.attempts": 2_147_483_647,
  "restart-strategy.fixed-delay.delay": "1 s",
} as const;
/** ns of the task thread for one record: the process function and the sink's serialisation. Source: estimate; a map, a state
 *  access and a serialisation. */
const RECORD_TIME = 10_000;
/** ns more where the producer doesn't linger: nearly every send opens a batch, and then it wakes the Sender up, a system call.
 *  Source: kafka KafkaProducer.doSend; eos-i1000-kill (calibration), whose surviving subtask emits the 4,250 records that had
 *  piled up for it in 8.5 s within 0.13 s, 0.03 ms each. */
const WAKING_SEND = 20_000;

/** The job of the reference (`reference/README.md`) under the settings of a case, in the place that an environment file
 *  describes.
 *  @param sweepPhase share, 0 to 1, of the sweep's interval at which brokers look for timed-out transactions, where the case
 *    doesn't state it; without it drawn. */
export function pipelineOf(
  reference: ReferenceCase,
  place: PipelineInput["environment"] & object,
  sweepPhase?: number,
): PipelineInput {
  const { input, name } = reference;
  const partitions = 2;
  const replication = { "replication.factor": input.replication_factor ?? 1 };
  const out = { ...replication, partitions: input.outPartitions ?? partitions };
  const chained = input.chain !== undefined;
  const guarded = { ...input.job, ...input.chain };
  return {
    name,
    versions: versionsOf(input.versions),
    environment: {
      ...place,
      ...(input.cluster_age_s === undefined ? {} : { "cluster.age": `${input.cluster_age_s} s` }),
    },
    kafka: {
      ...sweepOf(reference, sweepPhase),
      brokers: input.brokers ?? 1,
      config: { "min.insync.replicas": input.min_insync_replicas ?? 1 },
      topics: {
        in: { ...replication, partitions },
        ...(chained ? { mid: { ...replication, partitions } } : {}),
        out,
      },
    },
    producers: {
      load: {
        topic: "in",
        rate: `${input.rate}/s`,
        record: "100 B",
        keys: input.job.keys ?? DEFAULT_KEYS,
        acks: "all",
        "linger.ms": input.load.linger ?? 0,
      },
    },
    flink: {
      taskmanagers: input.taskmanagers ?? 2,
      "resource-provider": "standalone",
      config: input.cluster,
    },
    jobs: {
      [FIRST_JOB]: jobOf(input.job, input.conf, "in", chained ? "mid" : "out", FIRST_JOB),
      ...(input.chain === undefined
        ? {}
        : {
            [SECOND_JOB]: jobOf(guarded, input.chain.conf ?? input.conf, "mid", "out", SECOND_JOB),
          }),
    },
    readers: {
      read_committed: { topic: "out", "isolation.level": "read_committed" },
      read_uncommitted: { topic: "out", "isolation.level": "read_uncommitted" },
    },
  };
}

/** How often brokers look for timed-out transactions; transaction.abort.timed.out.transaction.cleanup.interval.ms. */
const SWEEP_INTERVAL_MS = 10_000;

/** When they look: as the case states it, or at the given phase. */
function sweepOf(
  { phases }: ReferenceCase,
  phase: number | undefined,
): { readonly "transaction-sweep-phase"?: string } {
  const at = phases.transaction_sweep_at_ms ?? (phase === undefined ? undefined : phase * SWEEP_INTERVAL_MS);
  if (at === undefined) return {};
  const inInterval = ((at % SWEEP_INTERVAL_MS) + SWEEP_INTERVAL_MS) % SWEEP_INTERVAL_MS;
  return { "transaction-sweep-phase": `${Math.round(inInterval)} ms` };
}

/** The job whose checkpoints a case reports: the last of a chain. */
export function reportedJob({ input }: ReferenceCase): number {
  return input.chain === undefined ? 0 : 1;
}

function versionsOf(given: ReferenceCase["input"]["versions"]): NonNullable<PipelineInput["versions"]> {
  if (given === undefined) return { preset: "flink-2.1" };
  const connector = given["flink-connector-kafka"]?.replace(/-.*$/, "");
  return {
    ...(given["flink"] === undefined ? {} : { flink: given["flink"] }),
    ...(connector === undefined ? {} : { "flink-connector-kafka": connector }),
    ...(given["kafka"] === undefined ? {} : { kafka: given["kafka"] }),
  };
}

function jobOf(
  job: Job,
  conf: Readonly<Record<string, string>>,
  from: string,
  to: string,
  name: string,
): JobInput {
  const guarantee = (job.guarantee ?? "NONE").toLowerCase().replaceAll("_", "-");
  const transactional = guarantee === "exactly-once";
  const timeout = job.txnTimeout ?? DEFAULT_TRANSACTION_TIMEOUT_MS;
  const restarts = conf["restart-strategy.type"] === undefined ? FIXED_DELAY : {};
  return {
    config: {
      "parallelism.default": job.parallelism ?? 2,
      ...CHECKPOINT_FOLDER,
      ...restarts,
      ...conf,
    } as JobInput["config"] & object,
    source: {
      topic: from,
      ...(job.sourceIsolation === undefined ? {} : { "properties.isolation.level": job.sourceIsolation }),
    },
    operators: [
      { name: "stateful", keyed: true, "service-time": recordTime(job), state: stateOf(job) },
      ...waitOf(job),
    ],
    sinks: [
      {
        topic: to,
        "sink.delivery-guarantee": guarantee,
        ...(transactional ? { "sink.transactional-id-prefix": name } : {}),
        ...(transactional ? { "properties.transaction.timeout.ms": timeout } : {}),
        ...(job.linger === undefined ? {} : { "properties.linger.ms": job.linger }),
        ...(job.partitioner === "fixed" ? { "sink.partitioner": "fixed" } : {}),
      },
    ],
  };
}

function recordTime({ linger = 0 }: Job): string {
  return `${linger === 0 ? RECORD_TIME + WAKING_SEND : RECORD_TIME} ns`;
}

function stateOf({ stateBytes = DEFAULT_STATE_BYTES }: Job): string {
  return `${stateBytes + STATE_ENTRY_BYTES} b/key`;
}

/** The wait of the process function, a step of its own in the chain. */
function waitOf({ spinNanos = 0, skewSubtask, skewNanos = 0 }: Job): JobInput["operators"] {
  if (spinNanos === 0 && (skewSubtask === undefined || skewNanos === 0)) return [];
  return [
    {
      name: "wait",
      "service-time": spinNanos === 0 ? "0 ns" : `parked ${spinNanos} ns`,
      ...(skewSubtask === undefined ? {} : { "slow-subtask": `${skewSubtask}: parked ${skewNanos} ns` }),
    },
  ];
}

/** The name of the job that throws where a case has one throw: the first. */
export const FAILING_JOB = FIRST_JOB;

/** ns of load. */
export function loadOf({ input }: ReferenceCase): number {
  return input.seconds * SECOND;
}

/** What a case states about its clocks; nothing for a clock that it doesn't state. The load starts at time 0 and a trigger
 *  before it counts by its phase. */
export function phasesOf(reference: ReferenceCase, intervals: readonly number[]): Phases {
  const { first_trigger_at_ms: first, hop_trigger_phase_ms: hops } = reference.phases;
  const last = reportedJob(reference);
  const firstTriggerAt: Record<string, number> = {};
  [FIRST_JOB, SECOND_JOB].slice(0, last + 1).forEach((name, i) => {
    const interval = intervals[i];
    if (interval === undefined) return;
    const beforeFault = i === last ? triggerBeforeFault(reference, interval) : undefined;
    if (beforeFault !== undefined) firstTriggerAt[name] = beforeFault;
    const stated = hops?.[i] ?? (i === last ? first : undefined);
    if (stated === undefined || beforeFault !== undefined) return;
    const at = stated * MILLISECOND;
    firstTriggerAt[name] = at >= 0 ? at : at + Math.ceil(-at / interval) * interval;
  });
  return { firstTriggerAt };
}
