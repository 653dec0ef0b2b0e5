import type { Experiment, Metric, Settings } from "../experiment/index.ts";
import {
  formatDuration,
  type JobSpec,
  jobVertices,
  type Pipeline,
  type PipelineReading,
  slotsOf,
} from "../pipeline/index.ts";
import { type GivenGuess, type Guess, guessesOf } from "./guesses.ts";
import { type JointGuess, jointGuesses } from "./joint-guesses.ts";

/** What is reviewed. */
export interface ReviewRequest {
  /** Relative to the working directory. */
  readonly file: string;
  readonly reading: PipelineReading;
  /** KEY=VALUE, as typed. */
  readonly set: readonly string[];
  readonly seed: number;
  /** Inputs that are guessed whether the file gives them or not. */
  readonly guesses: readonly GivenGuess[];
  /** Least simulated time of a point without a crash, ns; undefined: 30 s, and five intervals in any case. */
  readonly duration: number | undefined;
}

/** The setting of a review: what is compared, and by which names its points are found. */
export interface ReviewPlan {
  readonly request: ReviewRequest;
  readonly pipeline: Pipeline;
  /** The job that crashes in every way: the one that writes what the first reader reads. */
  readonly job: JobSpec;
  /** The others, which crash by an exception each. */
  readonly otherJobs: readonly JobSpec[];
  /** That of the file's sinks; AS_CONFIGURED: they have several. */
  readonly guarantee: string;
  /** That of `job`, as a pipeline file has it. */
  readonly interval: string;
  /** Whether `job` alone gets other intervals: those of the other jobs differ from its own, and stay. */
  readonly isAlone: boolean;
  /** The guarantees that are compared, that of the file first. */
  readonly guarantees: readonly string[];
  /** Around the configured one, which is among them, ascending. */
  readonly intervals: readonly string[];
  readonly guesses: readonly Guess[];
  /** Values of all guesses together. */
  readonly together: readonly JointGuess[];
  /** Of everything but guesses. */
  readonly repetitions: number;
}

/** A guarantee with an interval. */
export interface Setting {
  readonly guarantee: string;
  readonly interval: string;
}

export const AS_CONFIGURED = "as configured";
export const SWAPPED = "swapped";
export const NO_CRASH = "none";
export const TYPICAL = "typical";
/** When what was pre-committed waits for its commit: the crash that a transaction timeout has to outlast. */
export const AFTER_COMPLETION = "lost node after completion";
export const CRASHES = ["exception", "killed process", "lost node"] as const;
export type Crash = (typeof CRASHES)[number];

const GUARANTEES = ["exactly-once", "at-least-once"] as const;
/** Intervals around the configured one. */
const RATIOS = [0.1, 0.2, 0.5, 1, 2, 4];
const SHORTEST_INTERVAL = 10e6;
/** For a pipeline without checkpoints, ns. */
const INTERVAL_TO_START_FROM = 10e9;
const REPETITIONS = 3;
const SECOND = 1e9;
const LEAST = 30 * SECOND;
/** The crash that takes longest: guesses are looked at with it, and how long it takes to catch up. */
export const LONGEST_CRASH: Crash = "lost node";
/** The checkpoint that the crash prevents. */
const CRASHED = 3;

const METRICS: readonly Metric[] = [
  "latency_slo_ms",
  "latency_p99_ms",
  "records_lost",
  "records_duplicated",
  "recovery_ms",
  "checkpoint_duration_mean_ms",
];

export function planReview(request: ReviewRequest): ReviewPlan {
  const { reading } = request;
  const { pipeline } = reading;
  const job = jobOf(pipeline);
  const interval = job.checkpointing.interval ?? INTERVAL_TO_START_FROM;
  const intervals = RATIOS.map((ratio) => Math.max(SHORTEST_INTERVAL, Math.round(interval * ratio)));
  const guarantee = guaranteeOf(pipeline);
  const guesses = guessesOf(reading, request.guesses);
  return {
    request,
    pipeline,
    job,
    otherJobs: pipeline.jobs.filter((one) => one !== job && one.checkpointing.interval !== undefined),
    guarantee,
    interval: formatDuration(interval),
    isAlone: pipeline.jobs.some(({ checkpointing }) => checkpointing.interval !== job.checkpointing.interval),
    guarantees: [...new Set([guarantee, ...GUARANTEES])],
    intervals: [...new Set(intervals)].toSorted((a, b) => a - b).map(formatDuration),
    guesses,
    together: jointGuesses(guesses, request.seed),
    repetitions: REPETITIONS,
  };
}

/** Guarantee × interval × reader isolation without a fault, and each guarantee and interval with an exception at the worst
 *  instant. */
export function gridExperiment(plan: ReviewPlan): Experiment {
  const points = plan.guarantees.flatMap((guarantee) =>
    plan.intervals.flatMap((interval, i) => {
      // The other isolation level at both ends and as configured: that shows the line.
      const isShown = i === 0 || i === plan.intervals.length - 1 || interval === plan.interval;
      return [
        pointOf({ guarantee, interval }),
        pointOf({ guarantee, interval, crash: "exception" }),
        ...(guarantee !== "at-least-once" && isShown
          ? [pointOf({ guarantee, interval, isolation: SWAPPED })]
          : []),
      ];
    }),
  );
  return experimentOf(plan, points, plan.intervals, plan.repetitions);
}

/** Each crash at some settings, also behind a completed checkpoint, that of each other job, and these settings without one. */
export function crashExperiment(plan: ReviewPlan, settings: readonly Setting[]): Experiment {
  const points = settings.flatMap((setting) =>
    [NO_CRASH, ...CRASHES, AFTER_COMPLETION, ...plan.otherJobs.map(({ name }) => exceptionIn(name))].map(
      (crash) => pointOf({ ...setting, crash }),
    ),
  );
  return experimentOf(plan, points, [...new Set(settings.map(({ interval }) => interval))], plan.repetitions);
}

/** A setting with each guessed input at both ends of its range, and with all of them drawn together, with and without a lost node; one repetition, with the
 *  same seed as the typical one, so that a difference is the input's. */
export function guessExperiment(plan: ReviewPlan, setting: Setting): Experiment {
  const guesses = [
    TYPICAL,
    ...plan.guesses.flatMap((guess) => [lowOf(guess), highOf(guess)]),
    ...plan.together.map(({ name }) => name),
  ];
  const points = guesses.flatMap((guess) => [
    pointOf({ ...setting, guess }),
    pointOf({ ...setting, guess, crash: LONGEST_CRASH }),
  ]);
  return experimentOf(plan, points, [setting.interval], 1);
}

/** A node that is lost just after a checkpoint has completed, when what it pre-committed waits for its commit, under other
 *  transaction timeouts; one repetition. @param timeouts ms. */
export function timeoutExperiment(
  plan: ReviewPlan,
  setting: Setting,
  timeouts: readonly number[],
): Experiment {
  const experiment = experimentOf(plan, [], [setting.interval], 1);
  const levels = timeouts.map((ms) => [`${ms} ms`, { "properties.transaction.timeout.ms": String(ms) }]);
  return {
    ...experiment,
    factors: { ...experiment.factors, timeout: { levels: Object.fromEntries(levels) } },
    points: timeouts.map((ms) => ({
      ...pointOf({ ...setting, crash: AFTER_COMPLETION }),
      timeout: `${ms} ms`,
    })),
  };
}

type ListedPoint = Readonly<Record<"guarantee" | "interval" | "isolation" | "crash" | "guess", string>>;

export function pointOf(levels: Setting & Partial<ListedPoint>): ListedPoint {
  return { isolation: AS_CONFIGURED, crash: NO_CRASH, guess: TYPICAL, ...levels };
}

export function experimentOf(
  plan: ReviewPlan,
  points: readonly ListedPoint[],
  intervals: readonly string[],
  repetitions: number,
): Experiment {
  const { request, pipeline, job, guarantees, guesses, together } = plan;
  const guessed: (readonly [string, Settings])[] = [
    ...guesses.flatMap((guess) => [
      [lowOf(guess), { [guess.key]: guess.low }] as const,
      [highOf(guess), { [guess.key]: guess.high }] as const,
    ]),
    ...together.map(({ name, settings }) => [name, settings] as const),
  ];
  const least = formatDuration(request.duration ?? LEAST);
  const unnoticed = formatDuration(pipeline.flink.heartbeatTimeout + 10 * SECOND);
  const jobs = [job, ...plan.otherJobs];
  const pauses = formatDuration(3 * Math.max(...jobs.map(({ checkpointing }) => checkpointing.minPause)));
  const longest = formatDuration(Math.max(...jobs.map(({ checkpointing }) => checkpointing.interval ?? 0)));
  const untilCrash = plan.isAlone ? `3.3 * max(interval, ${longest})` : "3.3 * interval";
  return {
    question: `Which guarantee and which checkpoint interval for ${pipeline.name}?`,
    pipeline: request.file,
    set: settingsOf(request, pipeline),
    factors: {
      guarantee: {
        levels: Object.fromEntries(guarantees.map((one) => [one, guaranteeSettings(one, pipeline)])),
      },
      interval: { key: intervalKey(plan), values: intervals },
      isolation: { levels: { [AS_CONFIGURED]: {}, [SWAPPED]: swappedIsolation(pipeline) } },
      crash: { levels: { [NO_CRASH]: {}, ...crashSettings(plan) } },
      guess: { levels: { [TYPICAL]: {}, ...Object.fromEntries(guessed) } },
    },
    points,
    repetitions,
    seed: request.seed,
    // A crash needs load until it is noticed, not until its end.
    duration: `equalText(crash, "${NO_CRASH}") ? max(${least}, 5 * interval) : ${untilCrash} + ${pauses} + ((equalText(crash, "lost node") or equalText(crash, "${AFTER_COMPLETION}")) ? ${unnoticed} : 10 s)`,
    warmUp: `equalText(crash, "${NO_CRASH}") ? 0.3 * max(${least}, 5 * interval) : interval`,
    metrics: METRICS,
    charts: [],
  };
}

function intervalKey({ isAlone, job }: ReviewPlan): string {
  const key = "execution.checkpointing.interval";
  return isAlone ? `jobs.${job.name}.config.${key}` : key;
}

export function lowOf({ key, low }: Guess): string {
  return `${key} ${low}`;
}

export function highOf({ key, high }: Guess): string {
  return `${key} ${high}`;
}

function jobOf({ jobs, readers }: Pipeline): JobSpec {
  const written = readers.map(({ topic }) =>
    jobs.find(({ sinks }) => sinks.some((sink) => sink.topic === topic)),
  );
  return written.find((job) => job !== undefined) ?? jobs[0]!;
}

function guaranteeOf({ jobs }: Pipeline): string {
  const all = new Set(jobs.flatMap(({ sinks }) => sinks.map((sink) => sink.deliveryGuarantee)));
  return all.size === 1 ? [...all][0]! : AS_CONFIGURED;
}

/** What all points have: what was typed, and readers that report what a repeat sets back. */
function settingsOf({ set, guesses }: ReviewRequest, { readers }: Pipeline): Settings {
  const typed = set.map((assignment) => {
    const split = assignment.indexOf("=");
    return [assignment.slice(0, split).trim(), assignment.slice(split + 1).trim()] as const;
  });
  const upserts = readers
    .filter(({ deduplicate }) => deduplicate === "none")
    .map(({ name }) => [`readers.${name}.deduplicate`, "upsert"] as const);
  const typical = guesses.map(({ key, typical: value }) => [key, value] as const);
  return Object.fromEntries([...typed, ...typical, ...upserts]);
}

/** A guarantee for every sink, with what exactly-once needs where the file doesn't say it: an id prefix, and a timeout that the
 *  brokers allow. */
function guaranteeSettings(guarantee: string, { jobs, kafka }: Pipeline): Settings {
  if (guarantee === AS_CONFIGURED) return {};
  const needed = jobs.flatMap(({ name, sinks }) =>
    sinks.flatMap((sink, i): [string, string][] => {
      if (guarantee !== "exactly-once" || sink.deliveryGuarantee === "exactly-once") return [];
      const path = `jobs.${name}.sinks[${i}]`;
      const prefix: [string, string] = [`${path}.sink.transactional-id-prefix`, `${name}-${i}`];
      const timeout: [string, string] = [
        `${path}.properties.transaction.timeout.ms`,
        String(Math.floor(kafka.transactionMaxTimeout / 1e6)),
      ];
      return [
        ...(sink.transactionalIdPrefix === undefined ? [prefix] : []),
        ...(sink.transactionTimeout > kafka.transactionMaxTimeout ? [timeout] : []),
      ];
    }),
  );
  return { "sink.delivery-guarantee": guarantee, ...Object.fromEntries(needed) };
}

function swappedIsolation({ readers }: Pipeline): Settings {
  return Object.fromEntries(
    readers.map(({ name, consumer }) => [
      `readers.${name}.isolation.level`,
      consumer.isolationLevel === "read_committed" ? "read_uncommitted" : "read_committed",
    ]),
  );
}

/** The crash of a job that isn't the one that crashes in every way. */
export function exceptionIn(job: string): string {
  return `exception in ${job}`;
}

/** The crashes, at the worst instant: every task of the job has begun its snapshot, and a checkpoint is about to complete. */
function crashSettings(plan: ReviewPlan): Readonly<Record<string, Settings>> {
  const moment = (job: JobSpec): string => {
    const tasks = jobVertices(job).reduce((sum, { parallelism }) => sum + parallelism, 0);
    return `snapshot started of checkpoint ${CRASHED} of ${job.name} ${ordinal(tasks)} time`;
  };
  const failing = (job: JobSpec): Settings => ({ "faults.review": `fail ${job.name} when ${moment(job)}` });
  const taskManager = taskManagerOf(plan);
  const crashes: Readonly<Record<Crash, Settings>> = {
    exception: failing(plan.job),
    "killed process": { "faults.review": `kill ${taskManager} when ${moment(plan.job)}` },
    "lost node": { "faults.review": `lose ${taskManager} when ${moment(plan.job)}` },
  };
  const after = `lose ${taskManager} when checkpoint completed of checkpoint ${CRASHED} of ${plan.job.name}`;
  return {
    ...crashes,
    [AFTER_COMPLETION]: { "faults.review": after },
    ...Object.fromEntries(plan.otherJobs.map((job) => [exceptionIn(job.name), failing(job)])),
  };
}

/** The TaskManager of the job's first slot: slots are given in the order of the jobs. */
function taskManagerOf({ pipeline: { jobs, flink }, job }: ReviewPlan): string {
  const before = jobs.slice(0, jobs.indexOf(job)).reduce((sum, one) => sum + slotsOf(one), 0);
  return `taskmanager-${Math.floor(before / flink.slotsPerTaskManager) + 1}`;
}

function ordinal(count: number): string {
  const ending = ["th", "st", "nd", "rd"][count % 10] ?? "th";
  return `${count}${count % 100 >= 11 && count % 100 <= 13 ? "th" : ending}`;
}
