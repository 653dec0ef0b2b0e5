import type { RunResult } from "../experiment/index.ts";
import { formatCount, significant } from "./format-quantity.ts";
import { describeGuaranteeCost } from "./guarantee-cost.ts";
import { renderLatencyTable } from "./latency-table.ts";
import { describeRecovery } from "./recovery-report.ts";
import { listResultRows } from "./result-rows.ts";
import { renderResultTable } from "./result-table.ts";
import type { Colors } from "./terminal.ts";

/** The runs of one command, by the delivery guarantee all their sinks were given, or one run as its file has it. */
export type Runs = ReadonlyMap<string, RunResult>;

/** Table, sentences and the facts needed to run it again. Nothing in it depends on the machine. Ends with a newline. */
export function renderReport(runs: Runs, columns: number, colors: Colors): string {
  const results = [...runs.values()];
  const table = renderResultTable(listResultRows(results), columns, colors);
  const sentences = describeGuaranteeCost(runs).map((sentence) => `${sentence}\n`);
  const late = results.flatMap((run) => describeLateRecords(run).map((sentence) => `${sentence}\n`));
  const failures = results.flatMap((run) => {
    const lines = describeRecovery(run);
    return lines.length === 0 ? [] : ["\n", ...lines.map((line) => `${line}\n`)];
  });
  return [
    table,
    "\n",
    renderLatencyTable(results, colors),
    "\n",
    ...sentences,
    ...late,
    ...failures,
    "\n",
    describeRuns(results),
  ].join("");
}

/** One line for each check that found something. */
export function listFailedChecks(runs: Runs): string[] {
  return [...runs].flatMap(([guarantee, run]) =>
    run.checks
      .filter((check) => check.violations.length > 0)
      .map(({ name, violations }) => {
        const count =
          violations.length === 1 ? "1 violation" : `${formatCount(violations.length)} violations`;
        return `Check ${name} failed (${guarantee}): ${count}, the first: ${violations[0]}`;
      }),
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

function describeRuns(results: readonly RunResult[]): string {
  const [first] = results;
  if (first === undefined) return "";
  const events = results.map((run) => formatCount(run.events)).join(" + ");
  const stops = [...new Set(results.map((run) => run.stopReason))].join(", ");
  const checks = results.reduce((sum, run) => sum + run.checks.length, 0);
  const failed = results.reduce(
    (sum, run) => sum + run.checks.filter((check) => check.violations.length > 0).length,
    0,
  );
  return (
    `pipeline ${first.pipeline}, seed ${first.seed}, ${significant(first.simulatedSeconds)} s simulated, ` +
    `latencies from ${significant(first.warmUpSeconds)} s on (stop: ${stops})\n` +
    "figures of this seed; sluice review and sluice sweep repeat them with others, and give intervals\n" +
    `${events} events, ${counted(checks, "check")}, ${formatCount(failed)} failed\n`
  );
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
