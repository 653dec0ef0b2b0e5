import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { parsePipeline } from "./parse-pipeline.ts";

const TEXT = `
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 2 }, out: { partitions: 2 }, more: { partitions: 2 } } }
producers: { load: { topic: in, rate: 1000/s, record: 100 B } }
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in }
    operators: [{ name: count, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: out }]
  behind:
    source: { topic: out }
    operators: [{ name: copy, partitioner: rebalance, service-time: 0.1 ms }]
    sinks: [{ topic: more }]
readers: { reader: { topic: more } }
`;

const MODE = "jobs.job.source.scan.bounded.mode";
const OFFSETS = "jobs.job.source.scan.bounded.specific-offsets";
const TIME = "jobs.job.source.scan.bounded.timestamp-millis";

/** What the file is answered with. */
function errors(set: readonly string[]): readonly string[] {
  try {
    parsePipeline(TEXT, "bounded.yaml", set);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ message }) => message);
    throw error;
  }
  return [];
}

test.each([
  [[`${MODE}=latest-offset`], { mode: "latest-offset" }],
  [[`${MODE}=timestamp`, `${TIME}=1500`], { mode: "timestamp", time: 1.5e9 }],
  [
    [`${MODE}=specific-offsets`, `${OFFSETS}=partition:1,offset:300;partition:0,offset:42`],
    { mode: "specific-offsets", offsets: [42, 300] },
  ],
  [[`${MODE}=unbounded`], undefined],
])("%s", (set, bounded) => {
  const { pipeline, warnings } = parsePipeline(TEXT, "bounded.yaml", set);
  expect(pipeline.jobs[0]!.source.bounded).toEqual(bounded);
  expect(warnings).toEqual([]);
});

test.each([
  [
    "offsets without the mode",
    [`${OFFSETS}=partition:0,offset:42;partition:1,offset:1`],
    "wanted specific-offsets, since scan.bounded.specific-offsets is set",
  ],
  [
    "the mode without offsets",
    [`${MODE}=specific-offsets`],
    "wanted a value, since scan.bounded.mode is specific-offsets",
  ],
  ["the mode without a time", [`${MODE}=timestamp`], "wanted a value, since scan.bounded.mode is timestamp"],
  [
    "offsets of some partitions",
    [`${MODE}=specific-offsets`, `${OFFSETS}=partition:0,offset:42`],
    "wanted an offset for each of the 2 partitions of in, 0 to 1",
  ],
  [
    "offsets of another partition",
    [`${MODE}=specific-offsets`, `${OFFSETS}=partition:0,offset:42;partition:2,offset:1`],
    "wanted an offset for each of the 2 partitions of in, 0 to 1",
  ],
  [
    "offsets in other words",
    [`${MODE}=specific-offsets`, `${OFFSETS}=0:42,1:7`],
    'got "0:42,1:7", wanted offsets such as "partition:0,offset:42;partition:1,offset:300"',
  ],
  ["a mode that isn't modelled", [`${MODE}=group-offsets`], 'got "group-offsets", wanted'],
  [
    "another job's topic",
    ["jobs.behind.source.scan.bounded.mode=latest-offset"],
    "wanted a topic that a producer writes",
  ],
  [
    "windows",
    [
      `${MODE}=latest-offset`,
      "jobs.job.source.watermark=monotonous-timestamps",
      "jobs.job.operators.0.window=tumble 1 s",
    ],
    "wanted specific-offsets in a job with windows: this version of Sluice has to know",
  ],
  [
    "another parallelism",
    [`${MODE}=latest-offset`, "faults.one=rescale job to 1 at 5 s"],
    "wanted a job without scan.bounded.mode",
  ],
])("%s: one line says what is wrong", (_, set, sentence) => {
  const told = errors(set);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(sentence);
  expect(told[0]).not.toContain("\n");
});
