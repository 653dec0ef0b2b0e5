/** `node bench/workers.ts`: how much faster a sweep of 200 points is on two workers than on one. Both take turns, and only those of
 *  a round are compared, so that whatever else the machine does meets both; the ratio means something on an idle one alone. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { quantile } from "../src/stats/index.ts";

const { values } = parseArgs({
  options: {
    points: { type: "string", default: "200" },
    rounds: { type: "string", default: "3" },
    /** Simulated time of a point. */
    for: { type: "string", default: "2 min" },
  },
});

const LAUNCHER = join(import.meta.dirname, "../src/cli/launcher.js");
const folder = mkdtempSync(join(tmpdir(), "sluice-workers-"));
const experiment = join(folder, "workers.mjs");
writeFileSync(
  experiment,
  `export const experiment = ${JSON.stringify({
    question: "How much faster are two workers?",
    pipeline: join(import.meta.dirname, "../pipelines/orders.yaml"),
    factors: {
      interval: {
        key: "execution.checkpointing.interval",
        values: Array.from({ length: Number(values.points) }, (_, i) => `${1000 + 50 * i} ms`),
      },
    },
    repetitions: 1,
    duration: values.for,
    metrics: ["latency_p50_ms", "latency_p99_ms"],
    charts: [],
  })};\n`,
);

/** Seconds of a sweep's runs by the wall clock, the start of its workers included. */
function sweep(workers: number): number {
  const out = join(folder, `on-${workers}`);
  const parameters = [LAUNCHER, "sweep", experiment, "--workers", String(workers), "--out", out, "--again"];
  execFileSync(process.execPath, parameters, { stdio: "ignore" });
  const timing = JSON.parse(readFileSync(join(out, "timing.json"), "utf8")) as { wallSeconds: number };
  return timing.wallSeconds;
}

try {
  const ratios: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const first = round % 2 === 0 ? 1 : 2;
    const seconds = [sweep(first), sweep(3 - first)];
    const [one, two] = first === 1 ? seconds : seconds.reverse();
    ratios.push(one! / two!);
    console.log(`one worker ${one!.toFixed(1)} s, two ${two!.toFixed(1)} s: ${(one! / two!).toFixed(2)} x`);
  }
  const median = quantile(
    ratios.sort((x, y) => x - y),
    0.5,
  );
  console.log(`Two workers on ${values.points} points of ${values.for}: ${median.toFixed(2)} x; wanted 1.9`);
} finally {
  rmSync(folder, { recursive: true });
}
