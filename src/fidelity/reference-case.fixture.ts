import { type ReferenceCase, readReferenceCase } from "./reference-case.ts";

/** A short run of the reference's job, as its file would say it. */
export function caseFile(
  input: Readonly<Record<string, unknown>> = {},
  rest: Readonly<Record<string, unknown>> = {},
): string {
  const latency = {
    from_s: 2,
    to_s: 6,
    n: 400,
    mean: 500,
    p10: 100,
    p25: 250,
    p50: 500,
    p75: 750,
    p90: 900,
    p99: 990,
  };
  const isolation = { produced: 600, duplicates: 0, lost: 0, steady_latency_ms: latency };
  return JSON.stringify({
    name: "short",
    input: {
      rate: 100,
      seconds: 6,
      job: { guarantee: "EXACTLY_ONCE" },
      conf: { "execution.checkpointing.interval": "1 s" },
      cluster_age_s: 1000,
      ...input,
    },
    measured: {
      read_committed: isolation,
      read_uncommitted: isolation,
      checkpoints: { duration_ms: { p50: 12 }, trigger_gap_ms: { p50: 1000 } },
    },
    phases: { first_trigger_at_ms: 250 },
    ...rest,
  });
}

/** The same, read. */
export function shortCase(
  input: Readonly<Record<string, unknown>> = {},
  rest: Readonly<Record<string, unknown>> = {},
): ReferenceCase {
  const reading = readReferenceCase(caseFile(input, rest), "short.json");
  if (!reading.ok) throw new Error(reading.problem);
  return reading.value;
}

export const LAPTOP = { path: "environments/laptop.yaml", text: "based-on: laptop\nfigures: {}" };
