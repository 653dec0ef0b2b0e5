import { z } from "zod";

const number = z.number();
/** Flink's REST API says "NaN" for what there is nothing of. */
const figure = z
  .union([number, z.literal("NaN"), z.null()])
  .transform((value) => (typeof value === "number" ? value : undefined))
  .optional();
/** Left out or null. */
const maybe = <T extends z.ZodType>(schema: T) =>
  schema
    .nullable()
    .transform((value) => (value === null ? undefined : value))
    .optional();

const isolation = z.object({
  produced: number,
  duplicates: number,
  lost: number,
  steady_latency_ms: maybe(
    z.object({
      from_s: number,
      to_s: number,
      n: number,
      mean: figure,
      p10: figure,
      p25: figure,
      p50: figure,
      p75: figure,
      p90: figure,
      p99: figure,
      cdf_percent: maybe(z.array(number)),
    }),
  ),
  latency_by_creation_second: maybe(z.array(z.object({ s: number, n: number, p50: number }))),
  largest_output_gap: maybe(z.object({ from_s: number, length_s: number })),
});

const quantiles = maybe(z.object({ p50: figure }));
const checkpoints = z.object({
  completed_in_window: figure,
  duration_ms: quantiles,
  trigger_gap_ms: quantiles,
  checkpointed_size_bytes_p50: figure,
  processed_data_p50: figure,
  persisted_data_p50: figure,
});

const option = z.union([z.string(), number, z.boolean()]).transform(String);
const fault = z.object({
  at: number,
  kill: z.string().optional(),
  signal: z.string().optional(),
  for: number.optional(),
  restartAfter: number.optional(),
});
const job = z.object({
  guarantee: z.enum(["EXACTLY_ONCE", "AT_LEAST_ONCE", "NONE"]).optional(),
  parallelism: number.optional(),
  keys: number.optional(),
  stateBytes: number.optional(),
  spinNanos: number.optional(),
  skewSubtask: number.optional(),
  skewNanos: number.optional(),
  linger: number.optional(),
  partitioner: z.enum(["fixed", "default", "sticky"]).optional(),
  txnTimeout: number.optional(),
  failAtSeq: number.optional(),
  sourceIsolation: z.enum(["read_committed", "read_uncommitted"]).optional(),
});

const load = z.object({ linger: number.optional() });
const chain = job.extend({ conf: z.record(z.string(), option).optional() });
/** The settings of a run. */
const input = z.object({
  rate: number,
  seconds: number,
  warm: number.optional(),
  job,
  conf: z.record(z.string(), option).default({}),
  cluster: z.record(z.string(), option).default({}),
  load: load.default({}),
  faults: z.array(fault).default([]),
  chain: chain.optional(),
  taskmanagers: number.optional(),
  outPartitions: number.optional(),
  brokers: number.optional(),
  replication_factor: number.optional(),
  min_insync_replicas: number.optional(),
  versions: z.record(z.string(), z.string()).optional(),
  cluster_age_s: number.optional(),
});

const schema = z.object({
  name: z.string().optional(),
  input,
  measured: z.object({
    read_committed: maybe(isolation),
    read_uncommitted: maybe(isolation),
    checkpoints: maybe(checkpoints),
  }),
  fault: maybe(
    z.object({
      at_s: number,
      last_completed_trigger_before_ms: figure,
      first_completed_trigger_after_ms: figure,
      first_completed_duration_ms: figure,
      restores: figure,
      timeline_ms: maybe(z.array(z.tuple([number, z.string()]))),
    }),
  ),
  phases: maybe(
    z.object({
      first_trigger_at_ms: figure,
      declared_lost_ms_after_fault: maybe(z.array(number)),
      transaction_sweep_at_ms: figure,
      hop_trigger_phase_ms: maybe(z.array(number)),
    }),
  ),
});
type Schema = z.output<typeof schema>;

/** One run of the reference, as its file has it (`reference/README.md` explains the fields). */
export interface ReferenceCase extends Omit<Schema, "phases"> {
  readonly name: string;
  readonly phases: NonNullable<Schema["phases"]>;
  /** Inputs that nobody reads, by their paths. */
  readonly unknown: readonly string[];
}
export type MeasuredIsolation = z.output<typeof isolation>;

/** A file of the reference's format, or in one line why it is none. */
export type CaseReading =
  | { readonly ok: true; readonly value: ReferenceCase }
  | { readonly ok: false; readonly problem: string };

/** Reads the text of a file; `fileName` names the case unless the file does. */
export function readReferenceCase(text: string, fileName: string): CaseReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: "got text that isn't JSON, wanted a reference case" };
  }
  const reading = schema.safeParse(value);
  if (!reading.success) {
    const [first] = reading.error.issues;
    const path = (first?.path ?? []).map(String).join(".");
    const what = first?.message ?? "something else";
    return { ok: false, problem: `got ${what} at ${path || "its root"}, wanted a reference case` };
  }
  const { data } = reading;
  const name = data.name ?? fileName.replace(/\.json$/, "");
  return {
    ok: true,
    value: {
      ...data,
      name,
      phases: data.phases ?? {},
      unknown: unknownInputs(value as z.input<typeof schema>),
    },
  };
}

/** What is in a case's input besides what a simulation of it reads. */
function unknownInputs({ input: given }: z.input<typeof schema>): string[] {
  const beyond = (path: string, value: object, known: { readonly shape: object }): string[] =>
    Object.keys(value).flatMap((key) => (key in known.shape ? [] : [`${path}.${key}`]));
  return [
    ...beyond("input", given, input),
    ...beyond("input.job", given.job, job),
    ...beyond("input.load", given.load ?? {}, load),
    ...(given.chain === undefined ? [] : beyond("input.chain", given.chain, chain)),
    ...(given.faults ?? []).flatMap((one, i) => beyond(`input.faults[${i}]`, one, fault)),
  ];
}
