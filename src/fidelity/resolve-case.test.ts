import { expect, test } from "vitest";
import { compareCase } from "./compare-case.ts";
import { LAPTOP, shortCase } from "./reference-case.fixture.ts";
import { resolveCase } from "./resolve-case.ts";
import { simulateOverPhases } from "./simulate-case.ts";

const INTERVAL = { "execution.checkpointing.interval": "1 s" };

test("options that no job can have are left out one by one, and told", () => {
  const { pipeline, notes } = resolveCase(
    shortCase({
      conf: { ...INTERVAL, "taskmanager.memory.segment-size": "4kb", "pipeline.magic": "yes" },
      cluster: { "heartbeat.interval": "1000", "taskmanager.magic": "2g" },
      job: { guarantee: "EXACTLY_ONCE", magic: 1 },
    }),
    LAPTOP,
  );
  expect(pipeline.jobs[0]?.checkpointing.interval).toBe(1e9);
  expect(pipeline.flink.heartbeatInterval).toBe(1e9);
  expect(notes.map((note) => note.replace(/^Cannot read /, "").replace(/: got .*; /, ": … "))).toEqual([
    "input.job.magic is not known: predicted without it",
    "flink.config.taskmanager.magic: … predicted without it",
    "jobs.job.config.pipeline.magic: … predicted without it",
    "jobs.job.config.taskmanager.memory.segment-size: … predicted without it",
  ]);
});

test("a case that can't be simulated has all its rows, each with the reason", () => {
  const reference = shortCase({ job: { guarantee: "EXACTLY_ONCE", parallelism: 0 } });
  const simulated = simulateOverPhases(reference, { seed: "1", environment: LAPTOP });
  expect(simulated.runs).toEqual([]);
  const rows = compareCase(reference, simulated);
  expect(rows).toHaveLength(20);
  expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(["not simulated"]));
  expect(rows[0]?.note).toMatch(/^Cannot read jobs\.job\.config\.parallelism\.default: got 0, wanted/);
});
