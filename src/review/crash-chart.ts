import { crashLayers } from "../charts/index.ts";
import { framed, type ReviewChart } from "./chart-frame.ts";
import { formatRoughMs } from "./format-figures.ts";
import { listed, phraseOf } from "./judge-candidate.ts";
import type { Review } from "./review.ts";
import type { ThroughCrash } from "./through-crash.ts";

const HEIGHT = 230;

/** What each reader waits through time around the longest crash of the configured job, over the phases of its recovery. */
export function crashChart({ throughCrash }: Review): ReviewChart | undefined {
  if (throughCrash === null) return undefined;
  const { phases, rows, before, behind } = throughCrash;
  const legend = { title: null, symbolType: "stroke", symbolSize: 400, symbolStrokeWidth: 2.5 };
  return framed(
    "through-a-crash",
    findingOf(throughCrash),
    `as configured, ${throughCrash.crash}; mean of what was created at a time, first repetition; shaded: phases of the recovery`,
    { height: HEIGHT, ...crashLayers(phases, rows, { before, behind, height: HEIGHT, legend }) },
  );
}

function findingOf({ crash, phases, rows }: ThroughCrash): string {
  const longest = Math.max(...rows.map(({ latency }) => latency));
  const readers = [...new Set(rows.map(({ reader }) => reader.split(",")[0]!))];
  const wait = `After ${phraseOf(crash)} ${listed(readers)} wait${readers.length === 1 ? "s" : ""} up to ${formatRoughMs(1000 * longest)}`;
  if (phases.at(-1)!.phase !== "catch-up") return wait;
  const until = phases.at(-1)!.to - phases[0]!.from;
  return `${wait}; ${formatRoughMs(until)} after it nobody waits longer than before`;
}
