import type { ReaderResult, RunResult } from "../experiment/index.ts";
import { formatCount, formatDuration, formatSetting } from "./format-quantity.ts";

/** One line of the result table: one reader under one delivery guarantee, as text. */
export interface ResultRow {
  readonly guarantee: string;
  readonly reader: string;
  readonly isolationLevel: string;
  readonly p50: string;
  readonly p90: string;
  readonly p99: string;
  readonly max: string;
  readonly checkpointP50: string;
  readonly checkpointMax: string;
  readonly recordsIn: string;
  readonly visible: string;
  readonly lost: string;
  readonly duplicated: string;
  readonly slo: string;
  readonly sloMet: boolean | undefined;
}

/** The lines of the table, in the order of the runs and of their readers. */
export function listResultRows(runs: readonly RunResult[]): ResultRow[] {
  return runs.flatMap((run) => run.readers.map((reader) => describeReader(run, reader)));
}

/** The guarantee under which the topic is written: that of the sinks that do. */
export function guaranteeOf(run: RunResult, topic: string): string {
  const guarantees = run.config.jobs.flatMap(({ sinks }) =>
    sinks.filter((sink) => sink.topic === topic).map((sink) => sink.deliveryGuarantee),
  );
  return [...new Set(guarantees)].join(", ") || "-";
}

/** Text of an SLO, `p99 <= 15 s`. */
export function describeSlo(slo: NonNullable<ReaderResult["slo"]>): string {
  return `p${Number((slo.quantile * 100).toPrecision(12))} <= ${formatSetting(slo.boundMs)}`;
}

function describeReader(run: RunResult, reader: ReaderResult): ResultRow {
  const jobs = jobsWriting(run, reader.topic);
  const durations = run.checkpoints
    .filter(({ job }) => jobs.includes(job))
    .map(({ durationMs }) => durationMs);
  const joined = (texts: readonly string[]): string => texts.join("\n") || "-";
  const { latency, slo } = reader;
  return {
    guarantee: guaranteeOf(run, reader.topic),
    reader: reader.reader,
    isolationLevel: reader.isolationLevel,
    p50: formatDuration(latency.p50Ms),
    p90: formatDuration(latency.p90Ms),
    p99: formatDuration(latency.p99Ms),
    max: formatDuration(latency.maxMs),
    checkpointP50: joined(durations.map(({ p50Ms }) => formatDuration(p50Ms))),
    checkpointMax: joined(durations.map(({ maxMs }) => formatDuration(maxMs))),
    recordsIn: formatCount(reader.recordsIn),
    visible: formatCount(reader.recordsVisible),
    lost: formatCount(reader.recordsLost),
    duplicated: formatCount(reader.recordsDuplicated),
    slo: slo === null ? "-" : `${describeSlo(slo)} ${slo.met ? "met" : "missed"}`,
    sloMet: slo?.met,
  };
}

function jobsWriting(run: RunResult, topic: string): string[] {
  return run.config.jobs
    .filter((job) => job.sinks.some((sink) => sink.topic === topic))
    .map((job) => job.name);
}
