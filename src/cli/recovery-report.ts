import type { RunResult } from "../experiment/index.ts";
import { significant } from "./format-quantity.ts";

/** Lines of a timeline at its beginning and at its end that are shown. */
const FIRST = 12;
const LAST = 6;

/** What failures did: restarts and outages of each job, then what happened when. Empty without a failure. */
export function describeRecovery({ recovery }: RunResult): string[] {
  const { jobs, timeline } = recovery;
  if (timeline.length === 0) return [];
  const lines = jobs
    .filter(({ restarts, outagesMs }) => restarts > 0 || outagesMs.length > 0)
    .map(({ job, restarts, outagesMs }) => {
      const lengths = outagesMs.map((ms) => (ms === null ? "for good" : `${significant(ms / 1000)} s`));
      const times = restarts === 1 ? "once" : `${restarts} times`;
      return `Job ${job} restarted ${times}; it was down ${lengths.join(", ")}.`;
    });
  const told = timeline.map(
    ({ atMs, job, what }) =>
      `  ${(atMs / 1000).toFixed(3).padStart(9)} s  ${job === null ? "" : `${job}: `}${what}`,
  );
  if (told.length <= FIRST + LAST + 1) return [...lines, ...told];
  const left = told.length - FIRST - LAST;
  return [...lines, ...told.slice(0, FIRST), `  … ${left} more in run.json …`, ...told.slice(-LAST)];
}
