/** `npm run mutants [-- --only flush-skipped,marker-lost] [--schedules N] [--json]`: puts each deliberate bug of
 *  src/verification/mutants into the models, one process each, and prints which check found it, after how many fault schedules
 *  and in what time; before that, that the models without a bug pass. Exit code 1 when a mutant survives, 2 for wrong usage. */

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { renderPlainTable } from "../src/cli/plain-table.ts";
import { processTerminal } from "../src/cli/terminal.ts";
import { MUTANTS, type Mutant, SETUPS } from "../src/verification/mutants/mutants.ts";
import type { MutantSearch } from "../src/verification/mutants/search-mutant.ts";
import { ScriptArguments } from "./script-arguments.ts";

/** Schedules that the models without a bug have to pass in each setup. */
const CONTROL_SCHEDULES = 40;
const RUN_MUTANT = fileURLToPath(new URL("../src/verification/mutants/run-mutant.ts", import.meta.url));

/** One process: a mutant, or the models as they are. */
interface Trial {
  readonly mutant: Mutant | undefined;
  readonly name: string;
  readonly setup: string;
  readonly schedules: number;
}

interface Verdict extends Trial {
  readonly search: MutantSearch;
  readonly isAsItShould: boolean;
}

const terminal = processTerminal();
const given = new ScriptArguments(terminal);

function search({ name, schedules }: Trial): Promise<MutantSearch> {
  const child = spawn(process.execPath, [RUN_MUTANT, name, String(schedules)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(out) as MutantSearch);
      else reject(new Error(`Cannot run ${name}: ${err.trim()}`));
    });
  });
}

/** As many at a time as there are cores; in the order of `trials`. */
async function runAll(trials: readonly Trial[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const queue = [...trials.entries()];
  const progress = process.stderr.isTTY ? process.stderr : undefined;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [i, trial] = next;
      progress?.write(`\r\x1b[K${i + 1} of ${trials.length}: ${trial.name}`);
      const found = await search(trial);
      const isKilled = found.killedAfter > 0;
      verdicts[i] = { ...trial, search: found, isAsItShould: isKilled === (trial.mutant !== undefined) };
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  progress?.write("\r\x1b[K");
  return verdicts;
}

function renderTable(verdicts: readonly Verdict[]): string {
  const { colors } = terminal;
  const killed = ({ mutant, search: { killedAfter }, schedules }: Verdict): string =>
    mutant === undefined
      ? `passes ${schedules}`
      : killedAfter > 0
        ? String(killedAfter)
        : `survives ${schedules}`;
  return renderPlainTable(
    verdicts,
    [
      { header: "mutant", align: "left", cell: ({ name }) => name },
      { header: "found by", align: "left", cell: ({ mutant }) => mutant?.killedBy ?? "" },
      {
        header: "schedules",
        align: "right",
        cell: (row) => (row.isAsItShould ? killed(row) : colors.red(killed(row).toUpperCase())),
      },
      { header: "seconds", align: "right", cell: ({ search: { wallMs } }) => (wallMs / 1000).toFixed(1) },
      { header: "bug", align: "left", cell: ({ mutant, setup }) => mutant?.bug ?? `none, ${setup}` },
    ],
    2,
    colors,
  ).join("\n");
}

const {
  only,
  schedules: typed,
  json,
} = given.read({
  only: { type: "string" },
  schedules: { type: "string" },
  json: { type: "boolean" },
});
const cap = typed === undefined ? Number.POSITIVE_INFINITY : Number(typed);
if (typed !== undefined && !(Number.isSafeInteger(cap) && cap >= 1)) {
  given.refuse(`Cannot run --schedules: got "${typed}", wanted a whole number of at least 1`);
}
const mutants = given.chosen(only, MUTANTS, ({ name }) => name);
const setups = Object.keys(SETUPS).filter((setup) => mutants.some((one) => one.setup === setup));
const verdicts = await runAll([
  ...setups.map((setup) => ({
    mutant: undefined,
    name: `control:${setup}`,
    setup,
    schedules: Math.min(cap, CONTROL_SCHEDULES),
  })),
  ...mutants.map((mutant) => ({
    mutant,
    name: mutant.name,
    setup: mutant.setup,
    schedules: Math.min(cap, mutant.budget),
  })),
]);
const survivors = verdicts.filter(({ mutant, isAsItShould }) => mutant !== undefined && !isAsItShould);
const broken = verdicts.filter(({ mutant, isAsItShould }) => mutant === undefined && !isAsItShould);
if (json) {
  const rows = verdicts.map(({ name, setup, mutant, search: found }) => ({
    name,
    setup,
    foundBy: mutant?.killedBy ?? null,
    ...found,
  }));
  terminal.print(`${JSON.stringify(rows, null, 2)}\n`);
} else {
  const lines = [
    `${mutants.length} mutants: ${survivors.length === 0 ? "all found" : `${survivors.length} survive`}`,
    ...broken.map(({ name, search: { violation } }) => `${name} fails without a bug: ${violation}`),
    ...survivors.flatMap(({ name, search: { crashes, crash, others } }) => [
      ...(crashes > 0 ? [`${name}: ${crashes} runs ended with ${crash}`] : []),
      ...(others.length > 0 ? [`${name}: found by ${others.join(", ")} instead`] : []),
    ]),
  ];
  terminal.print(`${renderTable(verdicts)}\n\n${lines.join("\n")}\n`);
}
process.exitCode = survivors.length + broken.length === 0 ? 0 : 1;
