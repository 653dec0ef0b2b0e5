/** The laws of failures, on whole pipelines: Kafka, network buffers, checkpoints and a restart as Flink does it. */

import { runPipeline } from "../../experiment/index.ts";
import { parsePipeline } from "../../pipeline/index.ts";
import { latencyOptimum } from "./l17-latency-optimal-interval.ts";
import { exactRow, type Law, type LawRow } from "./law.ts";
import { maximumOf } from "./optimum.ts";

const SECOND = 1e9;

interface Setup {
  /** Records a second: made, and served at most. */
  readonly lambda: number;
  readonly mu: number;
  /** Checkpoint interval, s. */
  readonly interval: number;
  /** The fault, and how long Flink waits before it restarts, s. */
  readonly fault: string;
  readonly restartDelay: number;
  readonly seconds: number;
  readonly set?: readonly string[];
}

/** One subtask of each vertex that counts records by key; the first checkpoint is triggered an interval after the start. */
function pipelineOf({ lambda, mu, interval, fault, restartDelay, set = [] }: Setup) {
  const text = `
environment: { preset: laptop }
kafka:
  topics: { in: { partitions: 1 }, out: { partitions: 1 } }
producers:
  load: { topic: in, rate: ${lambda}/s, record: 100 B, keys: 1000 }
flink: { taskmanagers: 1 }
jobs:
  job:
    config:
      parallelism.default: 1
      execution.checkpointing.interval: ${Math.round(1000 * interval)} ms
      restart-strategy.type: fixed-delay
      restart-strategy.fixed-delay.attempts: 1000000
      restart-strategy.fixed-delay.delay: ${restartDelay} s
    source: { topic: in }
    operators:
      - { name: count, keyed: true, service-time: ${Math.round(SECOND / mu)} ns }
    sinks:
      - { topic: out, sink.delivery-guarantee: at-least-once, sink.transactional-id-prefix: job }
readers:
  reader: { topic: out, isolation.level: read_uncommitted }
faults:
  one: ${fault}
`;
  return parsePipeline(text, "failures.yaml", set).pipeline;
}

/** What one failure costs. Times in s. */
function measure(setup: Setup) {
  const latencies: { first: number; last: number; records: number; at: number }[] = [];
  const restored = { checkpoint: 0 };
  const barrierAt = new Map<number, number>();
  let failedAt = 0;
  let runsAgainAt = 0;
  let triggeredAt = 0;
  const { readers, recovery } = runPipeline(pipelineOf(setup), {
    seed: "1",
    duration: setup.seconds * SECOND,
    phases: { firstTriggerAt: { job: setup.interval * SECOND } },
    observe: (lineage) => [
      {
        checkpointTriggered: (_job, _checkpoint, at) => {
          triggeredAt = at;
        },
        snapshotStarted: (_job, subtask, checkpoint, startDelay) => {
          if (subtask === 0) barrierAt.set(checkpoint, triggeredAt + startDelay);
        },
        faultInjected: (_fault, at) => {
          failedAt = at;
        },
        jobRestored: (_job, checkpoint) => {
          restored.checkpoint = checkpoint;
        },
        allRunning: (_job, at) => {
          if (failedAt > 0) runsAgainAt = at;
        },
        delivered: (_reader, origin, route, from, to, first, last) => {
          const createdAt = (rank: number): number =>
            lineage.createdAt(origin, lineage.offsetOf(origin, route, rank));
          latencies.push({
            first: (first - createdAt(from)) / SECOND,
            last: (last - createdAt(to - 1)) / SECOND,
            records: to - from,
            at: last / SECOND,
          });
        },
      },
    ],
  });
  const after = latencies.filter(({ at }) => at > failedAt / SECOND);
  const late = after.filter(({ last }) => last > CAUGHT_UP);
  return {
    age: (failedAt - barrierAt.get(restored.checkpoint)!) / SECOND,
    outage: (runsAgainAt - failedAt) / SECOND,
    catchUp: Math.max(...late.map(({ at }) => at)) - runsAgainAt / SECOND,
    peak: Math.max(...after.map(({ first }) => first)),
    area: late.reduce((sum, { first, last, records }) => sum + ((first + last) / 2) * records, 0),
    repeats: readers[0]!.recordsDuplicated,
    recovery,
  };
}

/** Who is served within this has caught up, s: the network's and Kafka's own latency, and a flush interval, are below. */
const CAUGHT_UP = 0.25;
/** What waits in a network buffer is flushed after this, s. */
const BUFFER_TIMEOUT = 0.1;

const ONE_FAILURE: readonly Setup[] = [
  { lambda: 500, mu: 900, interval: 25, fault: "fail job at 45 s", restartDelay: 10, seconds: 120 },
  { lambda: 500, mu: 800, interval: 30, fault: "fail job at 35 s", restartDelay: 20, seconds: 140 },
  { lambda: 200, mu: 2000, interval: 40, fault: "fail job at 75 s", restartDelay: 2, seconds: 120 },
];

const nameOf = ({ lambda, mu, interval }: Setup, age: number, outage: number): string =>
  `pipeline, lambda ${lambda}/s, mu ${mu}/s, I ${interval} s, a ${age.toFixed(2)} s, D ${outage.toFixed(2)} s`;

export const replayOnPipeline: Law = {
  id: "L15b",
  name: "replay geometry of a pipeline",
  statement:
    "as L15, with the age of the restored checkpoint's barrier at the source and the outage as the run had them",
  source: "L15; Flink's restart from a Kafka topic",
  run: () =>
    ONE_FAILURE.flatMap((setup): LawRow[] => {
      const { lambda, mu } = setup;
      const { age, outage, catchUp, peak, area } = measure(setup);
      const stop = age + outage;
      const row = (what: string, expected: number, simulated: number, unit: string, tolerance: number) =>
        exactRow({
          setup: `${nameOf(setup, age, outage)}: ${what}`,
          expected,
          simulated,
          unit,
          tolerance,
        });
      // It ends, to the observer, a little before the queue is empty.
      const gained = CAUGHT_UP / (1 - lambda / mu);
      return [
        row("catch-up", (lambda * stop) / (mu - lambda), catchUp, "s", gained),
        row("peak latency", stop, peak, "s", 2 * BUFFER_TIMEOUT),
        row(
          "latency area",
          (mu * lambda * stop * stop) / (2 * (mu - lambda)),
          area,
          "records x s",
          0.02 * ((mu * lambda * stop * stop) / (2 * (mu - lambda))),
        ),
      ];
    }),
};

export const stabilityOnPipeline: Law = {
  id: "L16b",
  name: "stability of a pipeline under failures",
  statement:
    "failures every M are sustained if D + (lambda D + mu E[a]) / (mu - lambda) < M; else nobody catches up between them",
  source: "L16; at-least-once, so that every pass is seen",
  run: () => {
    const setup = (mean: number): Setup => ({
      lambda: 500,
      mu: 900,
      interval: 2,
      fault: `fail job every ${mean} s shape 50 until 300 s`,
      restartDelay: 2,
      seconds: 300,
    });
    // E[a] is half an interval, D 2.3 s: the condition turns at M = 7.4 s.
    return [6, 20].map((mean): LawRow => {
      const { catchUp } = measure(setup(mean));
      const sustained = mean > 7.4;
      return exactRow({
        setup: `pipeline, lambda 500/s, mu 900/s, I 2 s, M ${mean} s: time to catch up after the last`,
        relation: sustained ? "<=" : ">=",
        // The longest that one failure takes; or half of what the balance says that each of 49 cycles has left.
        expected: sustained ? (500 * (2 + 2.5)) / 400 : (0.5 * 49 * (500 * 6 - 900 * (6 - 2.3 - 1))) / 400,
        simulated: catchUp,
        unit: "s",
      });
    });
  },
};

/** How long a snapshot stops each task, how long Flink waits before it restarts, and the mean time between failures, s. */
const LATENCY_OPTIMUM = { delta: 1, restartDelay: 10, m: 3600 };
/** Failures an interval, at evenly spaced ages of its checkpoint: near enough to each other that the synchronous parts of
 *  snapshots, which a cancelled task ends first, are struck for the share of the interval that they take. */
const AGES = 20;
/** Intervals beside the best, by powers of two. */
const STEPS = [-1, -0.5, 0, 0.5, 1];

export const latencyOptimalIntervalOnPipeline: Law = {
  id: "L17b",
  name: "latency-optimal interval of a pipeline",
  statement:
    "as L17, the pause a snapshot's synchronous part, the outage the run's own with the time a checkpoint takes, since the one before is restored until it completes",
  source: "L17; Flink's restart from a Kafka topic, at-least-once, so that every pass is seen",
  run: () => {
    const { delta, m } = LATENCY_OPTIMUM;
    const first = latenciesAt(14);
    const expected = latencyOptimum(delta, first.outage + delta, m);
    const intervals = STEPS.map((step) => Math.round(expected * 2 ** step * 1000) / 1000);
    const latencies = intervals.map(latenciesAt);
    const mean = latencies.map(({ pause, failure }) => pause + failure / m);
    return [
      exactRow({
        setup: `pipeline, delta ${delta} s, D ${(first.outage + delta).toFixed(2)} s, M ${m} s, lambda ${OPTIMUM.lambda}/s, mu ${OPTIMUM.mu}/s: best interval`,
        expected,
        simulated: maximumOf(
          intervals,
          mean.map((latency) => -latency),
          3,
        ),
        unit: "s",
        tolerance: 0.03 * expected,
      }),
    ];
  },
};

const OPTIMUM = { lambda: 100, mu: 1000 };

/** At an interval, s: what snapshots add to a record's mean latency (s), and a failure on average to the sum of all (s, by the
 *  rate of records). */
function latenciesAt(interval: number) {
  const { delta, restartDelay } = LATENCY_OPTIMUM;
  const until = 4 * interval + 30;
  const sum = (fault: string, sync: number) =>
    sumOfLatencies(
      {
        ...OPTIMUM,
        interval,
        restartDelay,
        fault,
        seconds: until,
        set: [
          `environment.snapshot.sync=${sync} s`,
          "environment.snapshot.async=0 s",
          "environment.snapshot.first=0 s",
          "environment.taskmanager.cold-excess=0",
        ],
      },
      until,
    );
  const never = "fail job at 1 h";
  const plain = sum(never, 0);
  const paused = sum(never, delta);
  const failures = Array.from({ length: AGES }, (_, i) =>
    sum(`fail job at ${Math.round(1000 * (interval * (2 + (i + 0.5) / AGES) + delta) + 20)} ms`, delta),
  );
  const pauses = Math.floor(until / interval);
  return {
    // A pause an interval.
    pause: (paused.latency - plain.latency) / pauses / interval / OPTIMUM.lambda,
    failure: failures.reduce((all, one) => all + one.latency - paused.latency, 0) / AGES / OPTIMUM.lambda,
    outage: failures[0]!.outage,
  };
}

/** Of all passes of all records, s, and how long the job was down, s. */
function sumOfLatencies(setup: Setup, until: number): { readonly latency: number; readonly outage: number } {
  let latency = 0;
  let [failedAt, runsAgainAt] = [0, 0];
  runPipeline(pipelineOf(setup), {
    seed: "1",
    duration: until * SECOND,
    phases: { firstTriggerAt: { job: setup.interval * SECOND } },
    observe: (lineage) => [
      {
        faultInjected: (_fault, at) => {
          failedAt = at;
        },
        allRunning: (_job, at) => {
          if (failedAt > 0) runsAgainAt = at;
        },
        delivered: (_reader, origin, route, from, to, first, last) => {
          const createdAt = (rank: number): number =>
            lineage.createdAt(origin, lineage.offsetOf(origin, route, rank));
          latency += ((to - from) * (first - createdAt(from) + last - createdAt(to - 1))) / 2 / SECOND;
        },
      },
    ],
  });
  return { latency, outage: (runsAgainAt - failedAt) / SECOND };
}

export const crashAndLastStableOffset: Law = {
  id: "L22",
  name: "a crash and the last stable offset",
  statement:
    "what a crash leaves open holds back read_committed for min(time until the restarted writer aborts it, time-out and the wait for the next look)",
  source: "TransactionStateManager.timedOutTransactions; ExactlyOnceKafkaWriter.abortLingeringTransactions",
  run: () => [
    ...[2, 5, 15].map((timeout) => hanging(timeout, "standalone")),
    ...[2, 30, 60].map((timeout) => hanging(timeout, "active")),
  ],
};

/** Kafka's look comes every 10 s, from 3 s on. */
const LOOKS = { every: 10, from: 3 };
const CRASH = 31.4;

function hanging(timeout: number, provider: "standalone" | "active"): LawRow {
  const setup: Setup = {
    lambda: 100,
    mu: 2000,
    interval: 5,
    fault: `kill taskmanager-1 at ${CRASH} s`,
    restartDelay: 1,
    seconds: 80,
    set: [
      "sink.delivery-guarantee=exactly-once",
      `properties.transaction.timeout.ms=${timeout} s`,
      `flink.resource-provider=${provider}`,
      `kafka.transaction-sweep-phase=${LOOKS.from} s`,
    ],
  };
  const began = new Map<number, number>();
  const open = new Set<number>();
  let crashed = false;
  let freedAt = Number.NaN;
  let restartedAt = Number.NaN;
  let oldest = Number.NaN;
  runPipeline(pipelineOf(setup), {
    seed: "1",
    duration: setup.seconds * SECOND,
    phases: { firstTriggerAt: { job: setup.interval * SECOND } },
    observe: () => [
      {
        transactionBegan: (transaction, _writer, at) => {
          if (crashed) return;
          began.set(transaction, at / SECOND);
          open.add(transaction);
        },
        transactionCompleted: (transaction) => void open.delete(transaction),
        transactionAborted: (transaction, at) => {
          if (open.delete(transaction) && crashed && open.size === 0) freedAt = at / SECOND;
        },
        faultInjected: () => {
          crashed = true;
          oldest = Math.min(...[...open].map((one) => began.get(one)!));
        },
        allRunning: (_job, at) => {
          if (crashed && Number.isNaN(restartedAt)) restartedAt = at / SECOND;
        },
      },
    ],
  });
  const due = oldest + timeout;
  const look = LOOKS.from + LOOKS.every * (Math.floor((due - LOOKS.from) / LOOKS.every) + 1);
  const expected = (provider === "standalone" ? look : Math.min(look, restartedAt)) - CRASH;
  return exactRow({
    setup:
      `pipeline, time-out ${timeout} s, a look every ${LOOKS.every} s, ` +
      `${provider === "standalone" ? "no restart" : "a restart"}: held back after the crash`,
    expected,
    simulated: freedAt - CRASH,
    unit: "s",
    // The abort's own way; a restarted task aborts while it opens, InitProducerId's back-off before it runs.
    tolerance: expected === look - CRASH ? 0.02 : 0.3,
  });
}

export const duplicatesOnPipeline: Law = {
  id: "L28b",
  name: "duplicates of a pipeline under at-least-once",
  statement: "lambda a records a failure, less what was on its way to the sink when it failed",
  source: "L28; Flink's restart from a Kafka topic",
  run: () =>
    ONE_FAILURE.map((setup): LawRow => {
      const { age, outage, repeats } = measure(setup);
      return exactRow({
        setup: `${nameOf(setup, age, outage)}: records seen twice`,
        expected: setup.lambda * age,
        simulated: repeats,
        unit: "records",
        // A network buffer's worth on the way, and one in service.
        tolerance: setup.lambda * BUFFER_TIMEOUT * 1.2 + 2,
      });
    }),
};
