import { type Pipeline, type PipelineReading, physicalDuration } from "../pipeline/index.ts";

/** An input that the file doesn't give, with the range in which it may lie. */
export interface Guess {
  /** As `--set` takes it. */
  readonly key: string;
  /** What it is, in a sentence: "… takes 25 s". */
  readonly what: string;
  /** As a pipeline file has it. `typical` is what the review uses everywhere else. */
  readonly low: string;
  readonly typical: string;
  readonly high: string;
  /** Where the typical value comes from, and what the ends of the range stand for. */
  readonly source: string;
}

interface GuessRange {
  readonly key: string;
  readonly what: string;
  readonly low: string;
  readonly high: string;
  readonly ends: string;
  readonly typical: (pipeline: Pipeline) => number;
  readonly applies?: (pipeline: Pipeline) => boolean;
}

const RANGES: readonly GuessRange[] = [
  {
    key: "taskmanager.start",
    what: "the start of a new TaskManager",
    low: "5 s",
    high: "90 s",
    ends: "a standby process registers; a node has to be added first",
    typical: ({ environment }) => environment.taskManagerStart,
  },
  {
    key: "task.first-deployment",
    what: "the first deployment of a task in a process",
    low: "0.5 s",
    high: "15 s",
    ends: "a small job; large user code and caches to fill",
    typical: ({ environment }) => environment.taskFirstDeployment,
  },
  {
    key: "storage.latency",
    what: "a request to checkpoint storage (median)",
    low: "10 ms",
    high: "400 ms",
    ends: "a file server nearby; an object store under load",
    typical: ({ environment }) => environment.storageLatency,
    applies: onFileSystem,
  },
  {
    key: "storage.latency-p99",
    what: "a slow request to checkpoint storage (99th percentile)",
    low: "20 ms",
    high: "5 s",
    ends: "a file server nearby; an object store that throttles",
    typical: ({ environment }) => environment.storageLatencyP99,
    applies: onFileSystem,
  },
  {
    key: "snapshot.sync",
    what: "the synchronous part of a snapshot",
    low: "0.2 ms",
    high: "100 ms",
    ends: "nothing to prepare; an operator that flushes what it buffers",
    typical: ({ environment }) => environment.snapshotSync,
  },
  {
    key: "broker.round-trip",
    what: "a round trip to a broker",
    low: "0.3 ms",
    high: "5 ms",
    ends: "within a zone; another region's zone or a loaded network",
    typical: ({ environment }) => environment.brokerRoundTrip,
  },
  {
    key: "broker.append",
    what: "an append at a broker",
    low: "0.05 ms",
    high: "5 ms",
    ends: "the page cache; a disk that writes back",
    typical: ({ environment }) => environment.brokerAppend,
  },
  {
    key: "flink.rpc",
    what: "a message between JobManager and TaskManager",
    low: "0.5 ms",
    high: "50 ms",
    ends: "within a zone; a busy JobManager",
    typical: ({ environment }) => environment.flinkRpc,
  },
  {
    key: "source.emission",
    what: "reading a record at the source",
    low: "1 us",
    high: "50 us",
    ends: "bytes handed on; a schema with many fields to decode",
    typical: ({ environment }) => environment.sourceEmission,
  },
];

function onFileSystem({ jobs }: Pipeline): boolean {
  return jobs.some(({ checkpointing }) => checkpointing.storage === "filesystem");
}

const UNITS = [
  ["s", 1e9],
  ["ms", 1e6],
  ["us", 1e3],
  ["ns", 1],
] as const;

/** What a person says of an input: the key with what is least, typical and most, each as a pipeline file has it. */
export interface GivenGuess {
  readonly key: string;
  readonly low: string;
  readonly typical: string;
  readonly high: string;
}

/** What the file leaves open, each with its range: figures of the environment and service times. What it gives is taken as known,
 *  unless it is among `own`, which have their own ranges. */
export function guessesOf(
  { pipeline, given, assumed }: PipelineReading,
  own: readonly GivenGuess[],
): Guess[] {
  const isOpen = (key: string, path: string): boolean =>
    !given.has(path) && own.every((guess) => guess.key !== key && guess.key !== path);
  const said = own.map((guess) => ({ ...guess, what: guess.key, source: "--guess" }));
  const services = pipeline.jobs.flatMap((job) =>
    job.operators.flatMap(({ name, serviceTime }, i) => {
      const key = `jobs.${job.name}.operators.${name}.service-time`;
      if (!isOpen(key, `jobs.${job.name}.operators[${i}].service-time`) || serviceTime.kind !== "constant")
        return [];
      const range = { key, what: `a record in ${name}`, ...SERVICE, typical: () => serviceTime.value };
      return [guessOf(range, pipeline, "not in the file")];
    }),
  );
  const figures = RANGES.filter(
    ({ key, applies }) => isOpen(key, `environment.${key}`) && (applies?.(pipeline) ?? true),
  ).map((range) => guessOf(range, pipeline, assumed[range.key]?.source ?? "not in the file"));
  return [...said, ...services, ...figures];
}

const SERVICE = {
  low: "20 us",
  high: "0.5 ms",
  ends: "fields copied; a look-up on disk and a document parsed",
};

function guessOf(
  { key, what, low, high, ends, typical }: GuessRange,
  pipeline: Pipeline,
  from: string,
): Guess {
  const value = typical(pipeline);
  return {
    key,
    what,
    low: nanoseconds(low) < value ? low : shownDuration(value),
    typical: shownDuration(value),
    high: nanoseconds(high) > value ? high : shownDuration(value),
    source: `${from}; range: ${ends}`,
  };
}

/** ns of a duration that a guess holds. */
export function nanoseconds(text: string): number {
  const reading = physicalDuration({}).read(text);
  if (!reading.ok) throw new Error(`Cannot read a guess: got "${text}", wanted ${reading.wanted}`);
  return reading.value;
}

/** A duration as a pipeline file may have it, without needless digits: `25 s`, `0.7 ms`. */
export function shownDuration(value: number): string {
  const [unit, size] = UNITS.find(([, ns]) => value >= ns / 20) ?? ["ns", 1];
  return `${Number((value / size).toPrecision(4))} ${unit}`;
}
