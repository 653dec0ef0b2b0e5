import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { stringify } from "yaml";
import { parsePipeline, resolvePipeline } from "./parse-pipeline.ts";
import type { PipelineInput } from "./schema.ts";
import { formatDuration } from "./values/format-duration.ts";

const MILLISECOND = 1_000_000;
const someName = fc.stringMatching(/^[a-z][a-z0-9.]{0,8}[a-z0-9]$/);
const flinkTime = fc.integer({ min: 10, max: 3_600_000 }).map((ms) => formatDuration(ms * MILLISECOND));
const someSize = fc
  .tuple(fc.integer({ min: 1, max: 1000 }), fc.constantFrom("B", "kb"))
  .map(([n, unit]) => `${n} ${unit}`);

/** A pipeline that can be used: a producer, and a chain of jobs behind it. */
const somePipeline: fc.Arbitrary<PipelineInput> = fc
  .record({
    topics: fc.uniqueArray(someName, { minLength: 2, maxLength: 4 }),
    partitions: fc.integer({ min: 1, max: 64 }),
    rate: fc
      .tuple(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom("s", "min", "h"))
      .map(([n, unit]) => `${n}/${unit}`),
    record: someSize,
    keys: fc.integer({ min: 1, max: 1e6 }),
    skew: fc.constantFrom("cycle", "zipf 0.8", "zipf 0"),
    parallelism: fc.integer({ min: 1, max: 16 }),
    interval: flinkTime,
    timeout: flinkTime,
    linger: fc.integer({ min: 0, max: 1000 }),
    service: fc.constantFrom("1 us", "exponential 0.3 ms", "gamma 2 ms shape 0.5"),
    guarantee: fc.constantFrom("none", "at-least-once", "exactly-once"),
  })
  .map((draw) => {
    const [first = "", ...rest] = draw.topics;
    const job = (from: string, to: string, index: number) => ({
      config: {
        "parallelism.default": draw.parallelism,
        "execution.checkpointing.interval": draw.interval,
        "execution.checkpointing.timeout": draw.timeout,
      },
      source: { topic: from, "properties.group.id": "g" },
      operators: [{ name: "o", keyed: true, "service-time": draw.service }],
      sinks: [
        {
          topic: to,
          "sink.delivery-guarantee": draw.guarantee,
          "sink.transactional-id-prefix": `job ${index}`,
          "properties.transaction.timeout.ms": 900_000,
        },
      ],
    });
    return {
      kafka: {
        topics: Object.fromEntries(draw.topics.map((topic) => [topic, { partitions: draw.partitions }])),
      },
      producers: {
        p: {
          topic: first,
          rate: draw.rate,
          record: draw.record,
          keys: draw.keys,
          skew: draw.skew,
          "linger.ms": draw.linger,
        },
      },
      jobs: Object.fromEntries(
        rest.map((to, index) => [`job-${index}`, job(draw.topics[index] ?? "", to, index)]),
      ),
      readers: { r: { topic: rest.at(-1) ?? "", "isolation.level": "read_committed" } },
    };
  });

/** Every dotted key of a Flink config as maps in maps. */
function nested(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const steps = key.split(".");
    const last = steps.pop() ?? key;
    let owner = root;
    for (const step of steps) {
      owner[step] ??= {};
      owner = owner[step] as Record<string, unknown>;
    }
    owner[last] = value;
  }
  return root;
}

test.prop([somePipeline], { numRuns: 150 })(
  "a module, its YAML and its nested YAML are one pipeline",
  (input) => {
    const direct = resolvePipeline(input).pipeline;
    expect(parsePipeline(stringify(input), "pipeline.yaml").pipeline).toEqual(direct);
    const jobs = Object.entries(input.jobs).map(([name, job]) => [
      name,
      { ...job, config: nested(job.config ?? {}) },
    ]);
    const spread = stringify({ ...input, jobs: Object.fromEntries(jobs) });
    expect(parsePipeline(spread, "pipeline.yaml").pipeline).toEqual(direct);
  },
);

test.prop([somePipeline, fc.integer({ min: 10, max: 100_000 })], { numRuns: 100 })(
  "--set is the same as writing it",
  (input, milliseconds) => {
    const interval = `${milliseconds} ms`;
    const jobs = Object.entries(input.jobs).map(([name, job]) => [
      name,
      { ...job, config: { ...job.config, "execution.checkpointing.interval": interval } },
    ]);
    const written = resolvePipeline({ ...input, jobs: Object.fromEntries(jobs) });
    const set = resolvePipeline(input, "pipeline", [`execution.checkpointing.interval=${interval}`]);
    expect(set.pipeline).toEqual(written.pipeline);
    expect(set.warnings.length).toBe(written.warnings.length);
  },
);
