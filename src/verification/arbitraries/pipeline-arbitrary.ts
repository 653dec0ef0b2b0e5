import { fc } from "@fast-check/vitest";
import { type Pipeline, type PipelineInput, resolvePipeline } from "../../pipeline/index.ts";

/** What a drawn pipeline may be like; by default anything the models have. */
export interface PipelineChoices {
  readonly guarantees?: readonly ("none" | "at-least-once" | "exactly-once")[];
  /** Whether a second job may read what the first has written. */
  readonly chains?: boolean;
  /** Whether arrivals, service, keys and partitions may be drawn. */
  readonly randomness?: boolean;
}

/** A valid pipeline file as plain data, small enough to be read when a property fails: some seconds of load, some hundred
 *  records a second, every subtask at most half busy on average, one or two jobs, a reader of each isolation level behind
 *  each job. */
export function pipelineInputs(choices: PipelineChoices = {}): fc.Arbitrary<PipelineInput> {
  const guarantees = choices.guarantees ?? ["none", "at-least-once", "exactly-once"];
  const random = choices.randomness ?? true;
  return fc
    .record({
      brokers: fc.integer({ min: 1, max: 3 }),
      partitions: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 3 }),
      load: loads(random),
      jobs: fc.array(jobs(guarantees, random), { minLength: 1, maxLength: choices.chains === false ? 1 : 2 }),
      environment: environments(),
      segmentKb: fc.constantFrom(4, 8, 32),
      taskManagers: fc.integer({ min: 1, max: 4 }),
    })
    .map(
      ({ brokers, partitions, load, jobs: drawn, environment, segmentKb, taskManagers }): PipelineInput => {
        const names = ["in", "mid", "out"].slice(0, drawn.length + 1);
        const slots = drawn.reduce((sum, job) => sum + job.parallelism, 0);
        const replication = Math.min(brokers, 3);
        return {
          environment,
          kafka: {
            brokers,
            config: { "transaction.max.timeout.ms": 3_600_000, "min.insync.replicas": 1 },
            topics: Object.fromEntries(
              names.map((name, i) => [
                name,
                { partitions: partitions[i]!, "replication.factor": replication },
              ]),
            ),
          },
          producers: { load: { topic: "in", ...load } },
          flink: {
            taskmanagers: taskManagers,
            config: {
              "taskmanager.numberOfTaskSlots": Math.ceil(slots / taskManagers),
              "taskmanager.memory.segment-size": `${segmentKb} kb`,
            },
          },
          jobs: Object.fromEntries(
            drawn.map((job, i) => [
              `job${i + 1}`,
              jobInput(job, `job${i + 1}`, names[i]!, names[i + 1]!, load.rate),
            ]),
          ),
          readers: Object.fromEntries(
            names.slice(1).flatMap((topic) => [
              [`${topic}-committed`, { topic, "isolation.level": "read_committed" }],
              [`${topic}-uncommitted`, { topic, "isolation.level": "read_uncommitted" }],
            ]),
          ),
        };
      },
    );
}

/** Reads a drawn pipeline, with every job's sink set to `guarantee` if one is given. */
export function readDrawn(input: PipelineInput, ...assignments: readonly string[]): Pipeline {
  return resolvePipeline(input, "drawn", assignments).pipeline;
}

function loads(random: boolean) {
  return fc.record({
    rate: fc.integer({ min: 20, max: 1500 }).map((rate) => `${rate}/s`),
    record: fc.integer({ min: 20, max: 2000 }).map((bytes) => `${bytes} B`),
    keys: fc.constantFrom(1, 7, 1000, 20_000),
    skew: random ? fc.constantFrom("cycle", "zipf 0.5", "zipf 1.1") : fc.constant("cycle"),
    arrivals: random ? fc.constantFrom("constant", "poisson") : fc.constant("constant"),
    acks: fc.constantFrom("all", "1"),
    "linger.ms": fc.constantFrom(0, 0, 5, 50),
  });
}

interface DrawnJob {
  readonly parallelism: number;
  readonly interval: number;
  readonly minPause: number;
  readonly maxConcurrent: number;
  readonly bufferTimeout: number;
  /** Share of a subtask's time that its service takes, and how it is spread over operators. */
  readonly busy: number;
  readonly operators: number;
  readonly service: "constant" | "exponential" | "gamma";
  readonly stateful: boolean;
  readonly guarantee: "none" | "at-least-once" | "exactly-once";
  readonly partitioner: "default" | "fixed";
  readonly linger: number;
}

function jobs(
  guarantees: readonly ("none" | "at-least-once" | "exactly-once")[],
  random: boolean,
): fc.Arbitrary<DrawnJob> {
  return fc.record({
    parallelism: fc.integer({ min: 1, max: 4 }),
    interval: fc.integer({ min: 100, max: 3000 }),
    minPause: fc.constantFrom(0, 0, 250),
    maxConcurrent: fc.constantFrom(1, 1, 2, 3),
    // Below 0: no flusher, only full segments and barriers.
    bufferTimeout: fc.constantFrom(0, 1, 10, 100, 100, 500, -1),
    busy: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
    operators: fc.integer({ min: 1, max: 3 }),
    service: random ? fc.constantFrom("constant", "exponential", "gamma") : fc.constant("constant"),
    stateful: fc.boolean(),
    guarantee: fc.constantFrom(...guarantees),
    partitioner: random ? fc.constantFrom("default", "fixed") : fc.constant("fixed"),
    linger: fc.constantFrom(0, 0, 5),
  });
}

function environments() {
  return fc.record({
    preset: fc.constantFrom("laptop", "kubernetes-s3"),
    "snapshot.sync": fc.constantFrom("0.5 ms", "1 ms", "40 ms"),
    "snapshot.async": fc.constantFrom("1 ms", "30 ms", "700 ms"),
  });
}

function jobInput(job: DrawnJob, name: string, source: string, sink: string, rate: string) {
  const perSubtask = Number.parseInt(rate, 10) / job.parallelism;
  const micros = Math.max(1, Math.floor((job.busy / perSubtask / job.operators) * 1e6));
  const time = {
    constant: `${micros} us`,
    exponential: `exponential ${micros} us`,
    gamma: `gamma ${micros} us shape 3`,
  }[job.service];
  return {
    config: {
      "parallelism.default": job.parallelism,
      "execution.checkpointing.interval": `${job.interval} ms`,
      "execution.checkpointing.min-pause": `${job.minPause} ms`,
      // Flink allows one at a time only beside a pause.
      "execution.checkpointing.max-concurrent-checkpoints": job.minPause > 0 ? 1 : job.maxConcurrent,
      ...(job.bufferTimeout < 0
        ? { "execution.buffer-timeout.enabled": false }
        : { "execution.buffer-timeout.interval": `${job.bufferTimeout} ms` }),
    },
    source: { topic: source, "properties.group.id": name, "properties.isolation.level": "read_committed" },
    operators: Array.from({ length: job.operators }, (_, i) => ({
      name: `step${i + 1}`,
      keyed: i === 0,
      "service-time": time,
      ...(job.stateful && i === 0 ? { state: "200 b/key" } : {}),
    })),
    sinks: [
      {
        topic: sink,
        "sink.delivery-guarantee": job.guarantee,
        "sink.transactional-id-prefix": name,
        "sink.partitioner": job.partitioner,
        "properties.transaction.timeout.ms": 3_600_000,
        "properties.linger.ms": job.linger,
      },
    ],
  };
}
