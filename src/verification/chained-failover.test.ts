import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { broken } from "./faulted-runs.ts";

const SECOND = 1e9;
const TEXT = readFileSync(new URL("../../pipelines/chain.yaml", import.meta.url), "utf8");

test.each([
  ["before its first checkpoint", "kill taskmanager-3 at 0.5 s repair 2 s"],
  ["after some", "kill taskmanager-3 at 8.4 s repair 2 s"],
])(
  "a job that reads what another job writes goes back in that topic, and nothing of it is passed over: killed %s",
  (_, fault) => {
    const assignments = [
      "producers.shop.rate=200/s",
      "execution.checkpointing.interval=2 s",
      `faults.one=${fault}`,
    ];
    const { pipeline } = parsePipeline(TEXT, "chain.yaml", assignments);
    const result = runPipeline(pipeline, { seed: "1", duration: 15 * SECOND });
    expect(result.recovery.jobs.map(({ restarts }) => restarts)).toEqual([0, 1, 0]);
    expect(result.readers.map((one) => [one.recordsVisible, one.recordsDuplicated])).toEqual([
      [3000, 0],
      [3000, 0],
      [3000, 0],
    ]);
    expect(broken(result)).toEqual([]);
  },
);
