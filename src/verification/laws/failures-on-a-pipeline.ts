/** The laws of failures, on whole pipelines: Kafka, network buffers, checkpoints and a restart as Flink does it. */

import { runPipeline } from "../../experiment/index.ts";
import { parsePipeline } from "../../pipeline/index.ts";
import { exactRow, type Law, type LawRow } from "./law.ts";

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
      execution.checkpointing.interval: ${interval} s
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
