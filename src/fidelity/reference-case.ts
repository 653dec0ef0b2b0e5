import { z } from "zod";

const number = z.number();
const isolation = z.looseObject({
  produced: number,
  duplicates: number,
  lost: number,
  steady_latency_ms: z
    .looseObject({
      from_s: number,
      to_s: number,
      n: number,
      mean: number,
      p10: number,
      p25: number,
      p50: number,
      p75: number,
      p90: number,
      p99: number,
      cdf_percent: z.array(number).optional(),
    })
    .optional(),
  latency_by_creation_second: z.array(z.looseObject({ s: number, n: number, p50: number })).optional(),
  largest_output_gap: z.looseObject({ from_s: number, length_s: number }).optional(),
});

const quantiles = z.looseObject({ p50: number });
const checkpoints = z.looseObject({
  completed_in_window: number.optional(),
  duration_ms: quantiles.optional(),
  trigger_gap_ms: quantiles.optional(),
  checkpointed_size_bytes_p50: number.optional(),
  processed_data_p50: number.optional(),
  persisted_data_p50: number.optional(),
});

const option = z.union([z.string(), number, z.boolean()]).transform(String);
const fault = z.strictObject({
  at: number,
  kill: z.string().optional(),
  signal: z.string().optional(),
  for: number.optional(),
  restartAfter: number.optional(),
});
const job = z.strictObject({
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

/** The settings of a run. Strict: an input that nobody reads would be predicted without it. */
const input = z.strictObject({
  rate: number,
  seconds: number,
  warm: number.optional(),
  job,
  conf: z.record(z.string(), option).default({}),
  cluster: z.record(z.string(), option).default({}),
  load: z.strictObject({ linger: number.optional() }).default({}),
  faults: z.array(fault).default([]),
  chain: job.extend({ conf: z.record(z.string(), option).optional() }).optional(),
  taskmanagers: number.optional(),
  outPartitions: number.optional(),
  brokers: number.optional(),
  replication_factor: number.optional(),
  min_insync_replicas: number.optional(),
  versions: z.record(z.string(), z.string()).optional(),
  cluster_age_s: number.optional(),
});

const schema = z.looseObject({
  name: z.string().optional(),
  input,
  measured: z.looseObject({
    read_committed: isolation.optional(),
    read_uncommitted: isolation.optional(),
    checkpoints: checkpoints.optional(),
  }),
  fault: z
    .looseObject({
      at_s: number,
      last_completed_trigger_before_ms: number.optional(),
      first_completed_trigger_after_ms: number.optional(),
      first_completed_duration_ms: number.optional(),
      restores: number.optional(),
      timeline_ms: z.array(z.tuple([number, z.string()])).optional(),
    })
    .optional(),
  phases: z
    .looseObject({
      first_trigger_at_ms: number.optional(),
      declared_lost_ms_after_fault: z.array(number).optional(),
      transaction_sweep_at_ms: number.optional(),
      hop_trigger_phase_ms: z.array(number).optional(),
    })
    .default({}),
});

/** One run of the reference, as its file has it (`reference/README.md` explains the fields). */
export type ReferenceCase = z.output<typeof schema> & { readonly name: string };
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
    const unknown = first?.code === "unrecognized_keys" ? first.keys : [];
    const path = [...(first?.path ?? []), ...unknown.slice(0, 1)].map(String).join(".");
    const what = unknown.length > 0 ? "an input that is not known" : (first?.message ?? "something else");
    return { ok: false, problem: `got ${what} at ${path || "its root"}, wanted a reference case` };
  }
  return { ok: true, value: { ...reading.data, name: reading.data.name ?? fileName.replace(/\.json$/, "") } };
}
