import { fc } from "@fast-check/vitest";
import { runPipeline } from "../../experiment/index.ts";
import { pipelineInputs, readDrawn } from "../arbitraries/pipeline-arbitrary.ts";
import { exactRow, type Law, type LawRow, observations } from "./law.ts";

const SECOND = 1e9;
const SEED = 30;

/** Runs drawn pipelines to the end and counts, over all readers: what was created upstream of them, what they saw, what they
 *  saw again, and what else a check found. */
function compare(effort: number, guarantee: "at-least-once" | "exactly-once"): LawRow[] {
  const n = observations(40, effort);
  let created = 0;
  let visible = 0;
  let again = 0;
  const violations: string[] = [];
  for (const input of fc.sample(pipelineInputs({ guarantees: [guarantee] }), { numRuns: n, seed: SEED })) {
    const result = runPipeline(readDrawn(input), { seed: "1", duration: 4 * SECOND });
    for (const reader of result.readers) {
      created += reader.recordsIn;
      visible += reader.recordsVisible;
      again += reader.recordsDuplicated;
    }
    violations.push(...result.checks.flatMap((check) => check.violations));
  }
  const row = (what: string, expected: number, simulated: number, unit: string): LawRow =>
    exactRow({
      setup: `${guarantee}, drawn pipelines: ${what}`,
      expected,
      simulated,
      unit,
      n,
      seed: `${SEED}`,
    });
  return [
    row("records seen", created, visible, "records"),
    row("records seen twice", 0, again, "records"),
    row("violated checks, early visibility among them", 0, violations.length, ""),
  ];
}

export const conservation: Law = {
  id: "L30",
  name: "conservation",
  statement:
    "without failures each record is seen once, whatever the guarantee, and to read_committed not before its epoch's checkpoint is complete",
  source: "what the guarantees say",
  run: (effort) => [...compare(effort, "at-least-once"), ...compare(effort, "exactly-once")],
};
