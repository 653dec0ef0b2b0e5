import type { RunResult } from "../experiment/index.ts";
import { formatCount, significant } from "./format-quantity.ts";
import { describeGuaranteeCost } from "./guarantee-cost.ts";
import { renderLatencyTable } from "./latency-table.ts";
import { describeRecovery } from "./recovery-report.ts";
import { listResultRows } from "./result-rows.ts";
import { renderResultTable } from "./result-table.ts";
import { renderIntervals } from "./run-intervals.ts";
import type { Colors } from "./terminal.ts";

/** The runs of one command, by the delivery guarantee all their sinks were given, or one run as its file has it: one or more
 *  repetitions of each, with the same seeds everywhere. */
export type Runs = ReadonlyMap<string, readonly RunResult[]>;

/** Table, sentences and the facts needed to run it again. Nothing in it depends on the machine. Ends with a newline. */
export function renderReport(runs: Runs, columns: number, colors: Colors): string {
  const firsts = new Map([...runs].map(([guarantee, [first]]) => [guarantee, first!]));
  const results = [...firsts.values()];
  const repetitions = [...runs.values()];
  const isRepeated = repetitions.some(({ length }) => length > 1);
  const table = renderResultTable(listResultRows(results), columns, colors);
  const sentences = describeGuaranteeCost(firsts).map((sentence) => `${sentence}\n`);
  const unfired = results.flatMap((run) => [...describeLateRecords(run), ...describeWindowsLeftOpen(run)]);
  const late = unfired.map((sentence) => `${sentence}\n`);
  const failures = [...firsts].flatMap(([guarantee, run]) => {
    const lines = describeRecovery(run);
    const head = firsts.size > 1 ? [`Under ${guarantee}:\n`] : [];
    return lines.length === 0 ? [] : ["\n", ...head, ...lines.map((line) => `${line}\n`)];
  });
  return [
    table,
    "\n",
    renderLatencyTable(results, colors),
    "\n",
    ...(isRepeated ? [renderIntervals(repetitions, colors), "\n"] : []),
    ...sentences,
    ...late,
    ...failures,
    "\n",
    describeRuns(repetitions),
  ].join("");
}

/** One line for each check that found something. */
export function listFailedChecks(runs: Runs): string[] {
  return [...runs].flatMap(([guarantee, repetitions]) =>
    repetitions.flatMap(({ checks, seed }) =>
      checks
        .filter((check) => check.violations.length > 0)
        .map(({ name, violations }) => {
          const which = repetitions.length > 1 ? `${guarantee}, seed ${seed}` : guarantee;
          return `Check ${name} failed (${which}): ${counted(violations.length, "violation")}, the first: ${violations[0]}`;
        }),
    ),
  );
}

/** One line for each job whose windows have dropped records. */
function describeLateRecords({ windows = [] }: RunResult): string[] {
  return windows
    .filter(({ lateRecordsDropped }) => lateRecordsDropped > 0)
    .map(
      ({ job, lateRecordsDropped, recordsFired }) =>
        `Job ${job} dropped ${counted(lateRecordsDropped, "record")} that came when their window had been fired; its windows hold ${formatCount(recordsFired)}.`,
    );
}

/** One line for each job whose input has ended with windows open. */
function describeWindowsLeftOpen({ windows = [] }: RunResult): string[] {
  return windows
    .filter(({ recordsLeftOpen = 0 }) => recordsLeftOpen > 0)
    .map(
      ({ job, recordsLeftOpen = 0 }) =>
        `Job ${job} ended with ${counted(recordsLeftOpen, "record")} in windows that nobody fires: its source was idle, and the last watermark of an idle source is not sent on.`,
    );
}

function describeRuns(repetitions: readonly (readonly RunResult[])[]): string {
  const all = repetitions.flat();
  const [first] = all;
  if (first === undefined) return "";
  const count = repetitions[0]!.length;
  const seeds =
    count === 1
      ? "figures of this seed; --repetitions 5 adds those of others, and confidence intervals\n"
      : `figures of this seed but where intervals stand: those are of seeds ${first.seed} to ${all[count - 1]!.seed}\n`;
  const sum = (of: (run: RunResult) => number) =>
    repetitions.map((runs) => runs.reduce((n, run) => n + of(run), 0));
  const events = sum((run) => run.events)
    .map(formatCount)
    .join(" + ");
  const stops = [...new Set(all.map((run) => run.stopReason))].join(", ");
  const checks = all.reduce((total, run) => total + run.checks.length, 0);
  const failed = all.reduce(
    (total, run) => total + run.checks.filter((check) => check.violations.length > 0).length,
    0,
  );
  return (
    `pipeline ${first.pipeline}, seed ${first.seed}, ${significant(first.simulatedSeconds)} s simulated, ` +
    `latencies from ${significant(first.warmUpSeconds)} s on (stop: ${stops})\n` +
    seeds +
    `${events} events, ${counted(checks, "check")}, ${formatCount(failed)} failed\n`
  );
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
