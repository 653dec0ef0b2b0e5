import { expect, test } from "vitest";
import type { RunResult } from "../experiment/index.ts";
import { allCounts, broken, faultedRuns, told } from "./faulted-runs.ts";

/** 1,000 keys of 10 kB in two subtasks on two TaskManagers, read at 1 MB a second; a checkpoint at 8 s. */
const PIPELINE = `
environment: { preset: laptop, storage.bandwidth: 1000000 B/s, storage.shared-bandwidth: 100000000 B/s }
kafka:
  topics:
    in: { partitions: 2 }
    out: { partitions: 2 }
producers:
  load: { topic: in, rate: 1000/s, record: 100 B, keys: 1000 }
flink: { taskmanagers: 2 }
jobs:
  job:
    config:
      parallelism.default: 2
      execution.checkpointing.interval: 8 s
      execution.checkpointing.dir: file:///checkpoints
      restart-strategy.type: fixed-delay
      restart-strategy.fixed-delay.attempts: 1000
    source: { topic: in }
    operators:
      - { name: count, keyed: true, service-time: 0.02 ms, state: 10000 b/key }
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers:
  committed: { topic: out, isolation.level: read_committed }
`;

const run = faultedRuns(PIPELINE, "local-recovery.yaml", 40);
const LOCAL = "execution.state-recovery.from-local=true";
const restore = ({ recovery }: RunResult): number => recovery.jobs[0]!.outages[0]!.restoreMs! / 1000;

test.each(["hashmap", "rocksdb"])(
  "%s: a task that restarts where it was reads the copy that lies there: five megabytes less, at one a second",
  (backend) => {
    const type = `state.backend.type=${backend}`;
    // A file of 5 MB for a subtask.
    const far = run(["fail job at 18 s"], [type]);
    const near = run(["fail job at 18 s"], [type, LOCAL]);
    expect(restore(far) - restore(near)).toBeCloseTo(5, 0);
    expect(restore(near)).toBeLessThan(0.6);
    for (const result of [far, near]) {
      expect(allCounts(result)).toEqual([[0, 0]]);
      expect(broken(result)).toEqual([]);
    }
  },
);

test.each([
  ["of a process that is gone", "kill taskmanager-1 at 18 s repair 1 s", [LOCAL]],
  [
    "of an unaligned checkpoint",
    "fail job at 18 s",
    [LOCAL, "execution.checkpointing.unaligned.enabled=true"],
  ],
  ["that isn't kept", "fail job at 18 s", [LOCAL, "execution.checkpointing.local-backup.enabled=false"]],
  ["that nobody reads", "fail job at 18 s", ["execution.checkpointing.local-backup.enabled=true"]],
])("a copy %s is of no use", (_, fault, set) => {
  const result = run([fault], set);
  expect(restore(result)).toBeGreaterThan(4.5);
  expect(broken(result)).toEqual([]);
});

test("with a copy the store needn't be there", () => {
  const faults = ["storage unavailable at 17.5 s for 10 s", "fail job at 18 s"];
  expect(told(run(faults, [LOCAL])).filter((what) => what.includes("restore failed"))).toEqual([]);
  expect(told(run(faults)).filter((what) => what.includes("restore failed")).length).toBeGreaterThan(0);
});
