/** `npm run bench`: how fast the engine is, relative to small C++ programs that do the same.
 *
 *  Each candidate runs in a process of its own; candidate and reference take turns, and only figures of the same round are compared,
 *  so that whatever else the machine does meets both. Times are processor times of the measuring thread. Before a ratio is printed, both must have executed the same events in the
 *  same order, by hash. A timing fails nothing, unless `--check-floors` asks for it; a wrong order always does. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ExponentialDistribution, RandomStream } from "../src/engine/index.ts";
import { quantile } from "../src/stats/index.ts";
import type { Measurement } from "./candidate.ts";
import { buildReferences } from "./cpp-references.ts";
import { DRAW_COUNT } from "./shared-draws.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

const USAGE = `Usage: npm run bench -- [--smoke] [--rounds N] [--only NAME] [--queue auto|heap|ladder] [--check-floors]

  --smoke         small sizes, no timing: checks only that the order of events agrees
  --rounds N      paired rounds per workload (default 5)
  --only NAME     one workload: ${WORKLOADS.map(({ name }) => name).join(", ")}
  --queue NAME    the pending-event set (default auto)
  --check-floors  exit with 1 when a median is below its floor`;

interface Bench {
  readonly draws: string;
  readonly queue: string;
  /** Where Node keeps modules whose types are stripped; the check of the order fills it. A process that strips types itself grows a
   *  WebAssembly memory, which detaches its buffer, and from then on V8 checks for that at every access to a typed array. */
  readonly stripped: string;
  /** Null without g++. */
  readonly programs: Map<string, string> | null;
}

function run(command: string, parameters: readonly string[], environment = process.env): Measurement {
  return JSON.parse(execFileSync(command, parameters, { encoding: "utf8", env: environment })) as Measurement;
}

function runCandidate(bench: Bench, workload: Workload, parameters: readonly string[]): Measurement {
  const script = join(import.meta.dirname, "run-candidate.ts");
  return run(process.execPath, [script, bench.draws, workload.module, bench.queue, ...parameters], {
    ...process.env,
    NODE_COMPILE_CACHE: bench.stripped,
  });
}

/** Runs what a workload is compared with; null when that can't be done. */
function runReference(bench: Bench, workload: Workload, isSmoke: boolean): Measurement | null {
  const { reference } = workload;
  if (reference.kind === "workload") {
    const other = WORKLOADS.find(({ name }) => name === reference.name);
    if (other === undefined)
      throw new Error(`Cannot find the reference of ${workload.name}: got "${reference.name}"`);
    return runCandidate(bench, other, isSmoke ? other.smokeParameters : other.parameters);
  }
  const program = bench.programs?.get(reference.program);
  if (program === undefined) return null;
  return run(program, [bench.draws, ...(isSmoke ? workload.smokeParameters : workload.parameters)]);
}

/** Whether both executed the same events in the same order; workloads without a C++ reference have nothing to compare. */
function isSameOrder(bench: Bench, workload: Workload): boolean {
  const candidate = runCandidate(bench, workload, workload.smokeParameters);
  if (workload.reference.kind === "workload") return true;
  const reference = runReference(bench, workload, true);
  return reference === null || reference.hash === candidate.hash;
}

function nanoseconds({ seconds, events }: Measurement): number {
  return (seconds / events) * 1e9;
}

function verdict(ratio: number, { floor, goal }: Workload): string {
  if (ratio >= goal) return "goal reached";
  return ratio >= floor ? "above the floor" : "BELOW THE FLOOR";
}

/** How many times faster than real time a pipeline was simulated, and its events a simulated second. */
function realTime(last: Measurement | undefined): string {
  if (last?.simulatedSeconds === undefined) return "";
  const { events, seconds, simulatedSeconds } = last;
  const faster = Math.round(simulatedSeconds / seconds);
  return `, ${Math.round(events / simulatedSeconds)} events a simulated second, ${faster} x real time`;
}

/** Measures one workload in paired rounds and prints its line. @returns whether it is at or above its floor. */
function measureWorkload(bench: Bench, workload: Workload, rounds: number): boolean {
  const ratios: number[] = [];
  const own: number[] = [];
  const others: number[] = [];
  let last: Measurement | undefined;
  for (let round = 0; round < rounds; round++) {
    // Who goes first alternates.
    const early = round % 2 === 0 ? runReference(bench, workload, false) : null;
    const candidate = runCandidate(bench, workload, workload.parameters);
    const reference = early ?? runReference(bench, workload, false);
    own.push(nanoseconds(candidate));
    last = candidate;
    if (reference === null) continue;
    if (workload.isShared && workload.reference.kind === "cpp" && reference.hash !== candidate.hash) {
      throw new Error(
        `The order of events differs in ${workload.name}: ${candidate.hash}, ${reference.hash}`,
      );
    }
    others.push(nanoseconds(reference));
    ratios.push(nanoseconds(reference) / nanoseconds(candidate));
  }
  const median = (values: number[]): number =>
    quantile(
      values.sort((x, y) => x - y),
      0.5,
    );
  const cost = `${median(own).toFixed(1)} ns an event${realTime(last)}`;
  if (ratios.length === 0) {
    console.log(`${workload.title}: ${cost}; no reference`);
    return true;
  }
  const ratio = median(ratios);
  const spread = `${ratios[0]!.toFixed(2)} to ${ratios.at(-1)!.toFixed(2)}`;
  console.log(
    `${workload.title}: ${ratio.toFixed(2)} x (${spread}; ${cost} against ${median(others).toFixed(1)}); ` +
      `floor ${+workload.floor.toFixed(2)}, goal ${+workload.goal.toFixed(2)}: ${verdict(ratio, workload)}`,
  );
  return ratio >= workload.floor;
}

function writeDraws(path: string): void {
  const stream = new RandomStream("bench", "draws");
  const distribution = new ExponentialDistribution(1e6);
  const draws = Float64Array.from({ length: DRAW_COUNT }, () => Math.floor(distribution.sample(stream)));
  writeFileSync(path, new Uint8Array(draws.buffer));
}

function main(): number {
  const { values } = parseArgs({
    options: {
      smoke: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      only: { type: "string" },
      queue: { type: "string", default: "auto" },
      "check-floors": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const workloads = WORKLOADS.filter(({ name }) => values.only === undefined || name === values.only);
  const rounds = Number(values.rounds);
  if (values.help || workloads.length === 0 || !(rounds >= 1)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }

  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    const draws = join(folder, "draws.bin");
    writeDraws(draws);
    const needed = new Set(workloads.flatMap(({ reference: r }) => (r.kind === "cpp" ? [r.program] : [])));
    const programs = buildReferences(needed, folder);
    if (programs === null)
      console.log(`Skipped, for want of g++: the C++ references ${[...needed].join(", ")}`);
    const bench: Bench = { draws, queue: values.queue, stripped: join(folder, "stripped"), programs };

    const disordered = workloads.filter((workload) => !isSameOrder(bench, workload));
    for (const { title } of disordered)
      console.log(`${title}: THE ORDER OF EVENTS DIFFERS from the reference`);
    if (disordered.length > 0) return 1;
    if (values.smoke) {
      console.log(
        `${workloads.length} workloads ran${programs === null ? "" : ", in the order of their references"}`,
      );
      return 0;
    }
    console.log(
      `Events/s relative to the reference: median of ${rounds} paired rounds, queue ${values.queue}`,
    );
    const above = workloads.map((workload) => measureWorkload(bench, workload, rounds));
    return values["check-floors"] && above.includes(false) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = main();
