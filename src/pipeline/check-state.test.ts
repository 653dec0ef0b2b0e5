import { expect, test } from "vitest";
import { parsePipeline } from "./parse-pipeline.ts";

const TEXT = `
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 2 }, out: { partitions: 2 } } }
producers: { load: { topic: in, rate: 1000/s, record: 100 B, keys: 110000 } }
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in }
    operators: [{ name: count, keyed: true, service-time: 0.1 ms, state: 100 b/key }]
    sinks: [{ topic: out }]
readers: { reader: { topic: out } }
`;

const notes = (...set: readonly string[]): string =>
  parsePipeline(TEXT, "state.yaml", set)
    .warnings.map(({ message }) => message)
    .join("\n");

test("state that will not fit into an acknowledgement is warned about when the file is read", () => {
  // 64 of 128 key groups, 55,000 keys of 100 B: 5.2 MiB.
  expect(notes()).toContain(
    'jobs.job.operators[0].state (line 9): got "100 b/key"; with all of its 110000 keys, a subtask of count has 5.2 MiB',
  );
});

test.each([
  ["fewer keys", "producers.load.keys=100000"],
  ["more subtasks", "parallelism.default=4"],
  ["a store", "execution.checkpointing.dir=s3://bucket/checkpoints"],
  ["state that is not on the heap", "state.backend.type=rocksdb"],
])("with %s nothing is said of it", (_, set) => {
  expect(notes(set)).not.toContain("MiB");
});
