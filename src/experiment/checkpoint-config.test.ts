import { expect, test } from "vitest";
import { parsePipeline } from "../pipeline/index.ts";
import { checkpointConfig } from "./checkpoint-config.ts";

const TEXT = `
kafka: { topics: { in: {}, out: {} } }
producers: { load: { topic: in, rate: 100/s, record: 100 B } }
jobs:
  job:
    source: { topic: in }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: out }]
readers: { all: { topic: out } }
`;

function configOf(...assignments: readonly string[]) {
  return checkpointConfig(parsePipeline(TEXT, "file.yaml", assignments).pipeline.jobs[0]!);
}

test("reads as Flink 2.1.1 showed it for a job with a checkpoint a second on a local folder", () => {
  expect(
    configOf("execution.checkpointing.interval=1 s", "execution.checkpointing.dir=file:///folder"),
  ).toEqual({
    mode: "exactly_once",
    interval: 1000,
    timeout: 600_000,
    min_pause: 0,
    max_concurrent: 1,
    externalization: { enabled: false, delete_on_cancellation: true },
    state_backend: "HashMapStateBackend",
    checkpoint_storage: "FileSystemCheckpointStorage",
    unaligned_checkpoints: false,
    tolerable_failed_checkpoints: 0,
    aligned_checkpoint_timeout: 0,
    checkpoints_after_tasks_finish: true,
    state_changelog_enabled: false,
    changelog_periodic_materialization_interval: 600_000,
    changelog_storage: "memory",
  });
});

test("and for one without checkpoints", () => {
  const { mode, interval, checkpoint_storage } = configOf();
  expect([mode, interval, checkpoint_storage]).toEqual([
    "at_least_once",
    Number(9_223_372_036_854_775_807n),
    "JobManagerCheckpointStorage",
  ]);
});
