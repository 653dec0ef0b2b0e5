import { readFileSync } from "node:fs";
import fc from "fast-check";
import { loadScheduleSearch, runPipeline } from "../../experiment/index.ts";
import { parsePipeline } from "../../pipeline/index.ts";
import { type FaultKind, SETUPS } from "./mutants.ts";

/** What became of the schedules that were drawn for a mutant. */
export interface MutantSearch {
  /** Schedules up to the one that the check fails in; 0: it fails in none. */
  readonly killedAfter: number;
  /** What the check said. */
  readonly violation: string;
  /** Runs that ended with an error of Sluice's own, and the first of these. */
  readonly crashes: number;
  readonly crash: string;
  /** Other checks that failed on the way. */
  readonly others: readonly string[];
  readonly wallMs: number;
}

const { faultSchedules } = await loadScheduleSearch();
const SECOND = 1e9;
const DURATION = 20 * SECOND;
const MOST_FAULTS = 4;
const SEED = 1;
const TEXT = readFileSync(new URL("../../../pipelines/small.yaml", import.meta.url), "utf8");

/** Runs fault schedules until `check` fails in one. @param check "": until any does. @param kinds of faults that are left in;
 *  undefined: all. */
export function searchMutant(
  setup: keyof typeof SETUPS,
  check: string,
  budget: number,
  kinds: readonly FaultKind[] | undefined,
): MutantSearch {
  const began = performance.now();
  const { pipeline } = parsePipeline(TEXT, "small.yaml", SETUPS[setup]);
  const schedules = fc.sample(faultSchedules(pipeline, DURATION, MOST_FAULTS), {
    numRuns: budget,
    seed: SEED,
  });
  const others = new Set<string>();
  let crashes = 0;
  let crash = "";
  const search = (killedAfter: number, violation: string): MutantSearch => ({
    killedAfter,
    violation,
    crashes,
    crash,
    others: [...others],
    wallMs: Math.round(performance.now() - began),
  });
  for (const [i, drawn] of schedules.entries()) {
    const faults = drawn.filter(({ action }) => kinds === undefined || kinds.includes(action.kind));
    try {
      const { checks } = runPipeline(
        { ...pipeline, faults: [...pipeline.faults, ...faults] },
        { seed: String(i), duration: DURATION },
      );
      const failed = checks.filter(({ violations }) => violations.length > 0);
      const found = failed.find(({ name }) => check === "" || name === check);
      if (found !== undefined) return search(i + 1, `${found.name}: ${found.violations[0]}`);
      for (const { name } of failed) others.add(name);
    } catch (error) {
      crashes++;
      if (crash === "") crash = String(error);
    }
  }
  return search(0, "");
}
