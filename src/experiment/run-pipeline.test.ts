import { describe, expect, test } from "vitest";
import { parsePipeline } from "../pipeline/index.ts";
import { runPipeline } from "./run-pipeline.ts";

const TEXT = `
versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 2 }, out: { partitions: 2 } } }
producers: { load: { topic: in, rate: 100/s, record: 100 B, keys: 1000 } }
flink: {}
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers: { committed: { topic: out, isolation.level: read_committed, slo: p99 <= 500 ms } }
`;

function run(...assignments: readonly string[]) {
  return runPipeline(parsePipeline(TEXT, "file.yaml", assignments).pipeline, { seed: "1", duration: 20e9 });
}

test("everything created is drained and seen once, and the SLO is judged by its own quantile", () => {
  const { readers, checks, warmUpSeconds, simulatedSeconds } = run();
  expect([warmUpSeconds, simulatedSeconds]).toEqual([2, 20]);
  const [reader] = readers;
  expect([reader?.recordsIn, reader?.recordsVisible, reader?.recordsLost, reader?.recordsDuplicated]).toEqual(
    [2000, 2000, 0, 0],
  );
  expect(reader?.slo?.measuredMs).toBe(reader?.latency.p99Ms);
  expect(reader?.slo?.met).toBe(false);
  expect(checks.map(({ name, violations }) => [name, violations.length])).toEqual([
    ["ExactlyOnceOutput", 0],
    ["EveryTransactionCommits", 0],
    ["AppliedToState", 0],
    ["OrderPerPartitionAndKey", 0],
    ["RecordConservation", 0],
    ["NoVisibilityBeforeCompletion", 0],
    ["NoReadBeyondLastStableOffset", 0],
    ["EveryTransactionEnds", 0],
    ["FencedProducerNeverCommits", 0],
    ["NoAcknowledgedWriteLost", 0],
    ["BarrierNeverOvertakesRecord", 0],
    ["CheckpointFailuresTolerated", 0],
  ]);
});

test("checkpoints that expire are a failed check: nothing is committed, and they fail the job", () => {
  const { checkpoints, checks, readers } = run(
    "execution.checkpointing.timeout=50 ms",
    "environment.snapshot.async=100 ms",
  );
  expect(checkpoints[0]?.completed).toBe(0);
  expect(readers[0]?.recordsWaiting).toBe(2000);
  const { failed, statistics } = checkpoints[0]!;
  const first = statistics.checkpoints.history.at(-1)!;
  expect(first).toMatchObject({
    end_to_end_duration: 50,
    failure_message: "Checkpoint expired before completing.",
  });
  expect(checks.find(({ name }) => name === "CheckpointFailuresTolerated")?.violations).toEqual([
    expect.stringMatching(
      new RegExp(
        "^job job: fails at [0-9.]+ s, after CHECKPOINT_EXPIRED with " +
          `execution.checkpointing.tolerable-failed-checkpoints 0, and ${failed - 1} times more`,
      ),
    ),
  ]);
});

test("state that is too large for the JobManager's memory fails the job, and the failed check says what is too large", () => {
  const { checkpoints, checks } = run("jobs.job.operators.map.state=1 MB/key");
  expect(checkpoints[0]?.completed).toBe(0);
  expect(checks.find(({ name }) => name === "CheckpointFailuresTolerated")?.violations[0]).toMatch(
    /after CHECKPOINT_ASYNC_EXCEPTION \(the state of a subtask doesn't fit into its acknowledgement: at most 5 MiB/,
  );
});

test("as many failures in a row as are tolerated are no failed check, and what they held up comes with the next commit", () => {
  // A request takes 10 ms, but now and then more than the 25 ms that are left for it.
  const { checkpoints, checks, readers } = run(
    "execution.checkpointing.tolerable-failed-checkpoints=100",
    "execution.checkpointing.dir=file:///checkpoints",
    "execution.checkpointing.timeout=25 ms",
    "execution.checkpointing.data-inline-threshold=0",
    "jobs.job.operators.map.state=100 b/key",
    "environment.storage.latency=10 ms",
    "environment.storage.latency-p99=60 ms",
  );
  const { completed, failed } = checkpoints[0]!;
  expect(failed).toBeGreaterThan(0);
  expect(completed).toBeGreaterThan(0);
  expect(readers[0]?.recordsLost).toBe(0);
  expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
});

describe("what a checkpoint writes", () => {
  const sizes = (...assignments: readonly string[]) => {
    const { checkpoints, checks } = run(
      "execution.checkpointing.dir=file:///checkpoints",
      "jobs.job.operators.map.state=10 kb/key",
      ...assignments,
    );
    const { statistics } = checkpoints[0]!;
    const { completed } = statistics.checkpoints.latest;
    return { completed, statistics, checks };
  };

  test("hashmap: all keys met so far, each time", () => {
    const { completed, statistics } = sizes();
    // 1,000 keys in turn at 100/s: all of them after 10 s; 10 kB each; 295 B of two source subtasks, 80 B of two committables.
    expect(completed?.checkpointed_size).toBe(1000 * 10 * 1024 + 2 * 295 + 2 * 80);
    expect(completed?.state_size).toBe(completed?.checkpointed_size);
    const growing = statistics.checkpoints.summary.checkpointed_size;
    expect(growing.min).toBeLessThan(2 * 1024 * 1024);
    expect(growing.max).toBe(completed?.checkpointed_size);
  });

  test("rocksdb full: every file; incremental: what is new, while all is referred to", () => {
    const full = sizes("state.backend.type=rocksdb");
    const incremental = sizes("state.backend.type=rocksdb", "execution.checkpointing.incremental=true");
    expect(full.completed?.checkpointed_size).toBe(full.completed?.state_size);
    expect(incremental.completed?.state_size).toBe(full.completed?.state_size);
    // 100 records a second, 10 kB each, and 12 kB of RocksDB's own files for each of two subtasks; after every fourth flush
    // compaction has rewritten everything.
    const newBytes = incremental.statistics.checkpoints.history.map((one) => one.checkpointed_size);
    const own = 2 * 12 * 1024 + 2 * 295 + 2 * 80;
    expect(newBytes).toContain(100 * 10 * 1024 + own);
    expect(Math.max(...newBytes)).toBeGreaterThan(1000 * 10 * 1024);
    expect(newBytes.filter((bytes) => bytes > 2 * 100 * 10 * 1024).length).toBeLessThan(4);
  });

  test("in the JobManager's memory state beyond 5 MiB a subtask is declined", () => {
    const { completed, checks, statistics } = sizes(
      "execution.checkpointing.storage=jobmanager",
      "jobs.job.operators.map.state=20 kb/key",
    );
    expect(completed?.external_path).toBe("<checkpoint-not-externally-addressable>");
    expect(completed?.state_size).toBeLessThan(2 * 5 * 1024 * 1024 + 600);
    expect(statistics.checkpoints.latest.failed?.failure_message).toBe(
      "Asynchronous task checkpoint failed.",
    );
    expect(checks.at(-1)?.violations[0]).toMatch(/after CHECKPOINT_ASYNC_EXCEPTION/);
  });
});

test("twice the load's time gives twice the records and twenty checkpoints more", () => {
  const short = run();
  const { pipeline } = parsePipeline(TEXT, "file.yaml");
  const long = runPipeline(pipeline, { seed: "1", duration: 40e9 });
  expect(long.readers[0]!.recordsVisible).toBe(2 * short.readers[0]!.recordsVisible);
  expect(long.checkpoints[0]!.triggered - short.checkpoints[0]!.triggered).toBe(20);
});

test("each writer starts a transaction with its job and with each checkpoint, every one under a new id", () => {
  const { transactions, checkpoints } = run();
  const { triggered } = checkpoints[0]!;
  expect(transactions).toMatchObject({
    initProducerId: 2 * triggered,
    newTransactionalIds: 2 * triggered + 2,
    endTxn: transactions.committed,
    aborted: 0,
    timedOut: 0,
  });
  // 18 checkpoints in the 18 s of load behind the warm-up; the job's start is before.
  expect(transactions.newTransactionalIdsPerDay).toBe(2 * 18 * 4800);
  expect(run("sink.transaction-naming-strategy=POOLING").transactions.newTransactionalIdsPerDay).toBe(0);
  expect(run("sink.delivery-guarantee=at-least-once").transactions).toMatchObject({
    initProducerId: 0,
    endTxn: 0,
  });
});

test("ids of POOLING come back: as many as a writer has transactions open at once", () => {
  const { transactions } = run("jobs.job.sinks[0].sink.transaction-naming-strategy=POOLING");
  expect(transactions.newTransactionalIds).toBe(4);
});

test("a reader that de-duplicates tells what came twice, late or going back, of which there is nothing in one partition", () => {
  const one = run("kafka.topics.out.partitions=1", "readers.committed.deduplicate=upsert");
  const view = { twice: 0, late: 0, setbacks: 0, deepestMs: 0, longestMs: 0 };
  expect(one.readers[0]?.upsertView).toEqual(view);
  expect(run().readers[0]?.upsertView).toBe(null);
});
