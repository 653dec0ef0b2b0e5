import type { RunResult } from "../experiment/index.ts";
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

/** What failures did: restarts and outages of each job, then what happened when. Empty without a failure. */
export function describeRecovery({ recovery }: RunResult): string[] {
  const { jobs, timeline } = recovery;
  if (timeline.length === 0) return [];
  const lines = jobs
    .filter(({ restarts, outagesMs, isRunning }) => restarts > 0 || outagesMs.length > 0 || !isRunning)
    .map(({ job, restarts, outagesMs, status, isRunning }) => {
      const lengths = outagesMs.map((ms) => (ms === null ? "for good" : `${significant(ms / 1000)} s`));
      const times = restarts === 1 ? "once" : `${restarts} times`;
      const down = lengths.length === 0 ? "" : `; it was down ${lengths.join(", ")}`;
      const end = isRunning ? "" : ` Not restarted: ${ENDS[status] ?? `it was ${status} to the end`}.`;
      return `Job ${job} restarted ${times}${down}.${end}`;
    });
  const told = timeline.map(
    ({ atMs, job, what }) =>
      `  ${(atMs / 1000).toFixed(3).padStart(9)} s  ${job === null ? "" : `${job}: `}${what}`,
  );
  if (told.length <= FIRST + LAST + 1) return [...lines, ...told];
  const left = told.length - FIRST - LAST;
  return [...lines, ...told.slice(0, FIRST), `  … ${left} more in run.json …`, ...told.slice(-LAST)];
}
