import {
  allGrounds,
  type FidelityRow,
  type KindSummary,
  largestShift,
  type ReferenceCase,
  type Sensitivity,
  SHIFTS,
  type Shift,
} from "../fidelity/index.ts";
import { amount, type ComparedCases } from "./fidelity-command.ts";

/** A case's chart, from the page's folder. */
export interface Overlay {
  readonly name: string;
  readonly finding: string;
  readonly chart: string;
}

/** Why figures of a case are off. `figures`: a part of their names. */
export interface Explanation {
  readonly case: string;
  readonly figures: string;
  readonly why: string;
}

export interface PageParts {
  readonly overlays: readonly Overlay[];
  readonly moved: readonly Sensitivity[];
  readonly crash: ReferenceCase;
  readonly quick: ReferenceCase;
  readonly off: readonly Explanation[];
}

export const PAGE_MARK = "<!-- Written by `sluice fidelity --page`; what is changed by hand is lost. -->";

const MOST_MOVING = 5;
/** %; what moves nothing by more isn't listed. */
const LEAST_SHIFT = 0.1;

/** How far Sluice can be trusted, as Markdown. Ends with a newline. */
export function renderFidelityPage(compared: ComparedCases, parts: PageParts): string {
  const { report, cases, calibration } = compared;
  return [
    PAGE_MARK,
    "",
    "# Held against a real Kafka and a real Flink",
    "",
    `Each of ${cases.length} measured runs ([\`reference/\`](../reference/README.md)) is simulated from its settings, in the place that`,
    "[`environments/`](../environments) describes, and every figure compared. `npm run fidelity` prints all rows,",
    "`npm run fidelity -- --page docs/fidelity.md` writes this page.",
    "",
    `**${report.within} of ${report.total} figures within tolerance, median error ${percent(report.medianErrorPercent)}.** The constants of the place come from`,
    `protocol micro-measurements and from ${calibration.size} of the runs (${[...calibration].map(code).join(", ")}); all other runs are`,
    "predictions: nothing was fitted to them.",
    "",
    ...kindTable(report.kinds, cases, calibration),
    ...tolerances(),
    ...overlaySection(parts.overlays),
    ...offSection(report.rows, parts.off),
    ...groundsSection(),
    ...sensitivitySection(parts),
    ...howToMeasure(),
    ...rowSection(cases),
  ].join("\n");
}

function kindTable(
  kinds: readonly KindSummary[],
  cases: ComparedCases["cases"],
  calibration: ReadonlySet<string>,
): string[] {
  const predicted = cases
    .filter(({ reference }) => !calibration.has(reference.name))
    .flatMap(({ rows }) => rows);
  const within = (kind: string): string => {
    const rows = predicted.filter((one) => one.kind === kind);
    return `${rows.filter(({ verdict }) => verdict === "ok").length} of ${rows.length}`;
  };
  return [
    "## By kind of figure",
    "",
    row(["kind", "within tolerance", "of these predicted", "median error", "worst", "where"]),
    row(["---", "---:", "---:", "---:", "---:", "---"]),
    ...kinds.map((one) =>
      row([
        one.kind,
        `${one.within} of ${one.rows}`,
        within(one.kind),
        percent(one.medianErrorPercent),
        percent(one.worst?.errorPercent ?? null),
        one.worst === null ? "" : `${code(one.worst.case)}, ${one.worst.figure}`,
      ]),
    ),
    "",
    "The worst error may be within tolerance: where an outcome hangs on a phase that the run doesn't state, several phases are",
    "simulated, and the measured figure has to lie in their range; on a steep step of a distribution, between its neighbours.",
    "",
  ];
}

function tolerances(): string[] {
  return [
    "Tolerances: steady latency 10 % or 6 ms (1.5 ms below 20 ms); of a cold cluster 15 % or 40 ms; saturated or with large",
    "state 15 % or 15 ms, or between the measured quantiles two points away; checkpoint duration 30 % or 15 ms; trigger gap 2 %;",
    "checkpointed size 15 %; data in alignment 25 % or five records a channel; duplicates and losses 10 % or 60 records, none",
    "exactly; restarts ± 1; restart to running 20 % or 0.5 s; first checkpoint after a fault 10 % or 1 s; largest gap 10 % or",
    "0.5 s; p50 by creation second around a crash 10 % at the median.",
    "",
  ];
}

function overlaySection(overlays: readonly Overlay[]): string[] {
  return [
    "## Measured and simulated",
    "",
    "Dots are measured, lines simulated.",
    "",
    ...overlays.flatMap(({ finding, chart }) => [`![${finding}](${chart})`, ""]),
  ];
}

function offSection(rows: readonly FidelityRow[], off: readonly Explanation[]): string[] {
  const out = rows.filter(({ verdict }) => verdict !== "ok");
  return [
    "## What is off, and why",
    "",
    ...(out.length === 0
      ? ["Nothing."]
      : [
          row(["case", "figure", "measured", "simulated", "error", "why"]),
          row(["---", "---", "---:", "---:", "---:", "---"]),
          ...out.map((one) => {
            const why = off.find(
              (known) => known.case === one.case && one.figure.includes(known.figures),
            )?.why;
            return row([...figureCells(one), why ?? "not known"]);
          }),
        ]),
    "",
    "Within tolerance, and yet not as it is: young brokers are as fast as old ones (only JobManagers and TaskManagers have an",
    "age); a restarted task in an old process finds its classes loaded, where Flink loads the job's anew; processes compete for",
    "the host's cores only while they start; durations of RPCs and snapshots don't scatter, so maxima are too low; a",
    "TaskManager's start takes as long whoever starts beside it.",
    "",
  ];
}

function groundsSection(): string[] {
  return [
    "## Validated, extrapolated",
    "",
    "The reference is one host, loopback and a local disk. A prediction stands on mechanisms that were held against it, and on",
    "others that were written after the sources of Flink and Kafka alone. `sluice run --json` names them for a pipeline, under",
    "`grounds`.",
    "",
    row(["mechanism", "grounds", "by"]),
    row(["---", "---", "---"]),
    ...allGrounds().map(({ mechanism, grounds, by }) =>
      row([mechanism, grounds === "validated" ? grounds : `**${grounds}**`, by]),
    ),
    "",
  ];
}

function sensitivitySection({ moved, crash, quick }: PageParts): string[] {
  const sorted = moved.toSorted((a, b) => largestShift(b) - largestShift(a));
  const listed = sorted.filter((one) => largestShift(one) >= LEAST_SHIFT);
  const still = sorted.filter((one) => largestShift(one) < LEAST_SHIFT).map(({ key }) => code(key));
  return [
    "## What moves the outcome",
    "",
    `The pipeline of ${code(crash.name)} (exactly-once, a checkpoint a second, a TaskManager killed) with each constant of its`,
    "environment a fifth less and a fifth more: the change of p99 for each kind of reader, of the time from the fault until every task",
    `runs (also in ${code(quick.name)}, where heartbeats of 1 s notice the loss soon, and the cluster is young), and of`,
    `the duplicates that read_uncommitted readers see. The ${MOST_MOVING} that move most come first; those are the ones to measure.`,
    "",
    row([
      "constant",
      "value",
      "",
      "p99 committed",
      "p99 uncommitted",
      "recovery",
      "quick recovery",
      "duplicates",
    ]),
    row(["---", "---:", "---", "---:", "---:", "---:", "---:", "---:"]),
    ...listed.flatMap((one, i) => {
      const name = i < MOST_MOVING ? `**${code(one.key)}**` : code(one.key);
      return [
        row([name, one.value, "− 20 %", ...shiftCells(one.less)]),
        row(["", "", "+ 20 %", ...shiftCells(one.more)]),
      ];
    }),
    "",
    `None of these moves any of it by ${LEAST_SHIFT} %: ${still.join(", ")}. Other pipelines hang on others: one with much state on`,
    "`storage.bandwidth`, one with a far-away broker on `broker.round-trip`. What moves it most with the defaults isn't in this",
    "table: the heartbeats (`heartbeat.interval`), the restart strategy and the phase of either.",
    "",
  ];
}

function shiftCells(shift: Shift): string[] {
  return SHIFTS.map((name) => {
    const value = shift[name];
    if (value === null) return "-";
    const text = value.toFixed(1);
    return text === "0.0" || text === "-0.0" ? "0" : `${value > 0 ? "+" : "−"}${text.replace("-", "")} %`;
  });
}

function howToMeasure(): string[] {
  return [
    "## How to measure them on your own cluster",
    "",
    "1. Save what the JobManager's REST API says of a job that runs and takes checkpoints, and let `sluice calibrate` write an",
    "   environment file ([docs/calibrating.md](calibrating.md)): snapshots, storage and `flink.rpc` with their spreads, and what",
    "   can't be told from it.",
    "2. `flink.rpc` and `storage.latency`: compare `latest_ack_timestamp − trigger_timestamp` of a checkpoint without much state",
    "   with its subtasks' `start_delay`, `sync` and `async`; what is left over is RPCs. A read_committed p50 less half an",
    "   interval, less the checkpoint, less the read_uncommitted minimum is the way from completion to visibility.",
    "3. `taskmanager.start`, `task.first-deployment`, `task.deployment`: kill a TaskManager of a test job, and read the JobManager's",
    "   log: process gone → `Registering TaskManager` is the first, `RESTARTING to RUNNING` → last `INITIALIZING to RUNNING` in the",
    "   fresh process the second, the same after an exception the third.",
    "4. `broker.*`, `client.wakeup`: the time from `send` to its callback of one record with `acks=all` on an idle connection is a",
    "   round trip, the handling, an append and a wake-up; a transaction's commit adds the replication of one append.",
    "5. Write what you found under `environment:` or into the file, each with its source, and run `sluice run` again with the",
    "   bounds of its spread: the table above says which of them matter.",
    "",
  ];
}

function rowSection(cases: ComparedCases["cases"]): string[] {
  return [
    "## Every figure",
    "",
    ...cases.flatMap(({ reference, rows }) => [
      `<details><summary>${reference.name}: ${rows.filter(({ verdict }) => verdict === "ok").length} of ${rows.length}</summary>`,
      "",
      row(["case", "figure", "measured", "simulated", "error", "verdict"]),
      row(["---", "---", "---:", "---:", "---:", "---"]),
      ...rows.map((one) => row([...figureCells(one), one.verdict])),
      "",
      "</details>",
      "",
    ]),
  ];
}

function figureCells(one: FidelityRow): string[] {
  const { simulated, range } = one;
  const span = range === null ? "" : ` (${amount(range[0])} to ${amount(range[1])})`;
  return [
    code(one.case),
    `${one.figure}, ${one.unit}`,
    amount(one.measured),
    simulated === null ? "-" : `${amount(simulated)}${span}`,
    percent(one.errorPercent),
  ];
}

function percent(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(1)} %`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
