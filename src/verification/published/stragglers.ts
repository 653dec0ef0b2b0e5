import { Simulation } from "../../engine/index.ts";
import type { PublishedRow } from "./published-row.ts";

const PARALLELISM = 100;

/** V10: a checkpoint is as slow as its slowest write. */
export function stragglerRows(effort: number): PublishedRow[] {
  const draws = new Simulation({ seed: "published" }).stream("writes");
  const checkpoints = Math.round(100_000 * effort);
  let fast = 0;
  for (let checkpoint = 0; checkpoint < checkpoints; checkpoint++) {
    let slow = 0;
    for (let write = 0; write < PARALLELISM; write++) if (draws.uniform() < 0.0001) slow++;
    if (slow === 0) fast++;
  }
  const exact = 100 * 0.9999 ** PARALLELISM;
  // 99 % of the estimates lie this near.
  const noise = 2.576 * Math.sqrt((exact * (100 - exact)) / checkpoints);
  return [
    {
      id: "V10",
      figure: "checkpoints below 1 s",
      inputs: "100 writes each, 99.99 % of which take less than 1 s",
      published: 99,
      accepted: [exact - noise, exact + noise],
      unit: "%",
      simulated: (100 * fast) / checkpoints,
      grade: "B",
      source: "flink.apache.org, checkpointing latency and its tail",
    },
  ];
}
