import type { ReaderResult, RunResult } from "../experiment/index.ts";
import { formatCount, formatDuration, formatSetting, significant } from "./format-quantity.ts";
import { describeSlo } from "./result-rows.ts";

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** What exactly-once costs, in sentences computed from two or more runs that differ in the delivery guarantee alone:
 *  the reader of each isolation level who pays most, what was lost or seen twice, and the SLOs. */
export function describeGuaranteeCost(runs: ReadonlyMap<string, RunResult>): string[] {
  const before = runs.get("at-least-once");
  const after = runs.get("exactly-once");
  const sentences: string[] = [];
  if (before !== undefined && after !== undefined) {
    for (const isolationLevel of ["read_committed", "read_uncommitted"]) {
      const sentence = describeDearest(before, after, isolationLevel);
      if (sentence !== undefined) sentences.push(sentence);
    }
  }
  sentences.push([describeLedger(runs), describeSlos(runs)].filter((text) => text !== "").join(" "));
  return sentences;
}

interface Cost {
  readonly reader: ReaderResult;
  readonly before: number;
  readonly after: number;
}

function describeDearest(before: RunResult, after: RunResult, isolationLevel: string): string | undefined {
  const [dearest] = listCosts(before, after, isolationLevel).sort(
    (a, b) => b.after - b.before - (a.after - a.before),
  );
  if (dearest === undefined) return undefined;
  const { reader } = dearest;
  const who = `${reader.reader} (${isolationLevel})`;
  const [from, to] = [formatDuration(dearest.before), formatDuration(dearest.after)];
  if (from === to) return `Exactly-once leaves ${who} where it is at p99: ${to}, as with at-least-once.`;
  const difference = dearest.after - dearest.before;
  const verb = difference < 0 ? "saves" : "costs";
  const size = formatDuration(Math.abs(difference)) + inIntervals(Math.abs(difference), after, reader);
  return `Exactly-once ${verb} ${who} ${size} at p99: ${to} instead of ${from} with at-least-once.`;
}

/** What a reader of committed records waits for is a checkpoint, so its cost is told in intervals as well. */
function inIntervals(milliseconds: number, run: RunResult, reader: ReaderResult): string {
  const writer = run.config.jobs.find((job) => job.sinks.some((sink) => sink.topic === reader.topic));
  const interval = writer?.checkpointing.interval;
  if (interval === undefined || reader.isolationLevel !== "read_committed") return "";
  const intervalMs = interval / NANOSECONDS_PER_MILLISECOND;
  return ` (${significant(milliseconds / intervalMs)} × the checkpoint interval of ${formatSetting(intervalMs)})`;
}

function listCosts(before: RunResult, after: RunResult, isolationLevel: string): Cost[] {
  return after.readers.flatMap((reader) => {
    const same = before.readers.find((other) => other.reader === reader.reader);
    const [from, to] = [same?.latency.p99Ms ?? null, reader.latency.p99Ms];
    const comparable = reader.isolationLevel === isolationLevel && from !== null && to !== null;
    return comparable ? [{ reader, before: from, after: to }] : [];
  });
}

function describeLedger(runs: ReadonlyMap<string, RunResult>): string {
  const faulty = listReaders(runs).filter(
    ({ reader }) => reader.recordsLost + reader.recordsDuplicated + reader.recordsWaiting > 0,
  );
  if (faulty.length === 0) return "No reader lost a record or saw one twice.";
  const parts = faulty.map(({ guarantee, reader }) => {
    const waits = reader.recordsWaiting > 0 ? `waits for ${formatCount(reader.recordsWaiting)}, ` : "";
    return `${reader.reader} ${waits}lost ${formatCount(reader.recordsLost)} and saw ${formatCount(reader.recordsDuplicated)} twice under ${guarantee}`;
  });
  return `${parts.join("; ")}.`;
}

function describeSlos(runs: ReadonlyMap<string, RunResult>): string {
  const judged = listReaders(runs).filter(({ reader }) => reader.slo !== null);
  if (judged.length === 0) return "";
  const missed = judged.flatMap(({ guarantee, reader }) =>
    reader.slo === null || reader.slo.met
      ? []
      : [
          `${reader.reader} under ${guarantee} (${describeSlo(reader.slo)}, measured ${formatDuration(reader.slo.measuredMs)})`,
        ],
  );
  return missed.length === 0 ? "Every SLO is met." : `SLOs missed: ${missed.join("; ")}.`;
}

function listReaders(runs: ReadonlyMap<string, RunResult>): { guarantee: string; reader: ReaderResult }[] {
  return [...runs].flatMap(([guarantee, run]) => run.readers.map((reader) => ({ guarantee, reader })));
}
