import type { OutageResult, ReaderStall, RunResult } from "../experiment/index.ts";
import { significant } from "./format-quantity.ts";

/** Lines of a timeline at its beginning and at its end that are shown. */
const FIRST = 12;
const LAST = 6;

/** Why a job runs no more. */
const ENDS: Readonly<Record<string, string>> = {
  RUNNING: "its tasks had no slots to the end",
  FAILED: "its restart strategy allowed no more",
  CANCELED: "it was cancelled",
  FINISHED: "it was stopped",
  gone: "it is gone with its JobManager (high-availability.type NONE)",
};

/** Outages of a job that are taken apart. */
const MOST_OUTAGES = 5;

/** What failures did: restarts and outages of each job in their phases, what readers noticed, then what happened when. Empty
 *  without a failure. */
export function describeRecovery({ recovery }: RunResult): string[] {
  const { jobs, readers, timeline } = recovery;
  if (timeline.length === 0) return [];
  const told = tell(timeline);
  const ended = tellJobs(jobs);
  const stalls = readers.flatMap(tellReader);
  return [...ended, ...stalls, ...told];
}

type Recovery = RunResult["recovery"];

function tellJobs(jobs: Recovery["jobs"]): string[] {
  return jobs
    .filter(({ restarts, outagesMs, isRunning }) => restarts > 0 || outagesMs.length > 0 || !isRunning)
    .flatMap(({ job, restarts, outagesMs, outages, status, isRunning }) => {
      const lengths = outagesMs.map((ms) => (ms === null ? "for good" : `${significant(ms / 1000)} s`));
      const times = restarts === 1 ? "once" : `${restarts} times`;
      const down = lengths.length === 0 ? "" : `; it was down ${lengths.join(", ")}`;
      const end = isRunning ? "" : ` Not restarted: ${ENDS[status] ?? `it was ${status} to the end`}.`;
      const apart = outages.slice(0, MOST_OUTAGES).map(tellOutage);
      return [`Job ${job} restarted ${times}${down}.${end}`, ...apart];
    });
}

function tellOutage({ crashedAtMs, noticedMs, restartMs, restoreMs, checkpoint }: OutageResult): string {
  const phases = [
    ["noticed after", noticedMs],
    ["restart", restartMs],
    [`restore of ${checkpoint === 0 ? "nothing" : `checkpoint ${checkpoint}`}`, restoreMs],
  ] as const;
  const reached = phases.flatMap(([phase, ms]) => (ms === null ? [] : [`${phase} ${inSeconds(ms)}`]));
  return `  at ${(crashedAtMs / 1000).toFixed(3)} s: ${reached.join(", ")}`;
}

function tellReader({ reader, stallMs, stallFromMs, caughtUpAtMs }: ReaderStall): string[] {
  if (stallMs === null || stallFromMs === null) return [];
  const until = ((stallFromMs + stallMs) / 1000).toFixed(3);
  const late = caughtUpAtMs === null ? "" : `, and had caught up at ${(caughtUpAtMs / 1000).toFixed(3)} s`;
  return [`Reader ${reader} got nothing for ${inSeconds(stallMs)}, until ${until} s${late}.`];
}

function inSeconds(ms: number): string {
  return `${significant(ms / 1000)} s`;
}

function tell(timeline: Recovery["timeline"]): string[] {
  const told = timeline.map(
    ({ atMs, job, what }) =>
      `  ${(atMs / 1000).toFixed(3).padStart(9)} s  ${job === null ? "" : `${job}: `}${what}`,
  );
  if (told.length <= FIRST + LAST + 1) return told;
  const left = told.length - FIRST - LAST;
  return [...told.slice(0, FIRST), `  … ${left} more in run.json …`, ...told.slice(-LAST)];
}
