import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import {
  type BrokerTiming,
  CurveProducer,
  type IsolationLevel,
  Topic,
  TransactionalClient,
  TransactionCoordinator,
} from "../kafka/index.ts";
import { SpanList } from "../records/index.ts";
import { KafkaSink, type KafkaSinkSettings, type KafkaSinkState } from "./kafka-sink.ts";

const MS = 1e6;
const SECOND = 1000;
const TIMING: BrokerTiming = {
  roundTrip: 0.2 * MS,
  replicationRoundTrip: 0.2 * MS,
  append: 0.05 * MS,
  requestHandling: 0.05 * MS,
  clientWakeup: 0.02 * MS,
};
/** ms: a request that writes nothing, and one with a durable write on a cluster without followers. */
const READ = 0.2 + 0.05 + 0.02;
const WRITE = READ + 0.05;

interface WorldOptions {
  readonly brokers?: number;
  readonly version?: 1 | 2;
  readonly transactionTimeoutMs?: number;
  readonly sink?: Partial<KafkaSinkSettings>;
}

/** A topic of two partitions with a reader of each isolation level, and attempts of one subtask of a sink that can be started
 *  and ended at any time. What is reported goes into a log, times in ms. */
function world({ brokers = 1, version = 1, transactionTimeoutMs = 600_000, sink = {} }: WorldOptions = {}) {
  const sim = new Simulation({ seed: "sink" });
  const log: string[] = [];
  const ms = (ns: number): number => Math.round(ns / 1e4) / 100;
  const committedRanks: number[] = [];
  const uncommittedRanks: number[] = [];
  const outcomes: string[] = [];
  const coordinator = new TransactionCoordinator(
    sim,
    TIMING,
    {
      brokers,
      replicationFactor: 1,
      stateLogPartitions: 50,
      maxTimeout: 900_000 * MS,
      sweepInterval: 10_000 * MS,
      idExpiration: 7 * 86_400_000 * MS,
      expiryInterval: 3_600_000 * MS,
      sweepPhases: Array.from({ length: brokers }, () => 3000 * MS),
      addPartitionsRetryBackoff: 20 * MS,
      quiet: false,
    },
    {
      delivered: () => {},
      transactionBegan: () => {},
      transactionPrepared: () => {},
      transactionCompleted: (transaction) => outcomes.push(`committed ${transaction}`),
      transactionAborted: (transaction) => outcomes.push(`aborted ${transaction}`),
    },
  );
  const topic = new Topic("out", 2, brokers, 0);
  const read = (isolationLevel: IsolationLevel, ranks: number[]): void => {
    for (const partitionLog of topic.logs) {
      partitionLog.subscribe({
        isolationLevel,
        readable: (_p, _origin, _route, from, to) => {
          for (let rank = from; rank < to; rank++) ranks.push(rank);
        },
      });
    }
  };
  read("read_committed", committedRanks);
  read("read_uncommitted", uncommittedRanks);
  const acts: (() => void)[] = [];
  const act = sim.defineKind("act", (number) => acts[number]!());
  const sentKinds: (() => void)[] = [];
  const sent = sim.defineKind("sent", (number) => sentKinds[number]!());

  const attempt = () => {
    const number = sentKinds.length;
    const producer = new CurveProducer(
      sim,
      { sent, due: sent },
      number,
      topic,
      TIMING,
      {
        brokers,
        maxInFlight: 5,
        batchSize: 16_384,
        recordBytes: 100,
        linger: 0,
        service: 0.1 * MS,
        joinsAtBroker: version === 2,
      },
      false,
    );
    sentKinds.push(() => producer.onSent());
    topic.attachProducer(producer);
    const kafkaSink = new KafkaSink(
      sim,
      {
        job: 0,
        writer: 0,
        subtask: 0,
        parallelism: 1,
        deliveryGuarantee: "exactly-once",
        partitioner: "fixed",
        recordBytes: 100,
        batchSize: 16_384,
        joinsAtBroker: version === 2,
        transactionalIdPrefix: "job",
        namingStrategy: "INCREMENTING",
        abortStrategy: "PROBING",
        recyclesOnCommit: false,
        committer: { retries: 10, retryDelay: 0 },
        ...sink,
      },
      topic,
      producer,
      coordinator,
      (id) =>
        new TransactionalClient(
          sim,
          coordinator,
          { version, transactionTimeout: transactionTimeoutMs * MS, retryBackoff: 100 * MS },
          id,
        ),
      sim.stream(`partitioner ${number}`),
      {
        preCommitted: (_job, _writer, checkpoint) => log.push(`pre-committed ${checkpoint}`),
        commitSent: (_job, _writer, checkpoint) => log.push(`commit of ${checkpoint}`),
        committableDropped: (_job, _writer, checkpoint, _transaction, error) =>
          log.push(`dropped ${checkpoint}: ${error}`),
        sinkFailed: (_job, _writer, error) => log.push(`failed: ${error}`),
      },
      false,
    );
    const snapshotMs: number[] = [];
    let snapshotFrom = 0;
    kafkaSink.listen({
      onFlushed: () => {},
      onSnapshotTaken: () => snapshotMs.push(ms(sim.now - snapshotFrom)),
      onCommitted: () => log.push(`done at ${ms(sim.now)}`),
      onRoom: () => {},
      onFailed: () => {},
    });
    return {
      sink: kafkaSink,
      snapshotMs,
      write: (from: number, to: number): void => {
        const spans = new SpanList(false);
        spans.push(0, 0, from, to);
        kafkaSink.write(spans, sim.now, sim.now);
      },
      /** The barrier of `checkpoint` comes: flush, pre-commit, snapshot. */
      barrier: (checkpoint: number): void => {
        const flushed = kafkaSink.prepareSnapshot(checkpoint, sim.now);
        if (flushed < 0) return;
        snapshotFrom = flushed;
        kafkaSink.snapshotState(checkpoint, flushed);
      },
    };
  };
  return {
    log,
    coordinator,
    topic,
    committed: () => committedRanks.toSorted((a, b) => a - b),
    uncommitted: () => uncommittedRanks.toSorted((a, b) => a - b),
    outcomes,
    attempt,
    at: (time: number, action: () => void): void => {
      sim.scheduleAt(time * MS, act, acts.push(action) - 1, 0);
    },
    run: (until: number): void => {
      sim.run(until * MS);
      topic.settle(sim.now);
    },
  };
}

describe("without a failure", () => {
  test("what was written before a barrier is visible when its checkpoint has completed, in the order of checkpoints", () => {
    const { attempt, at, run, committed, uncommitted, log, outcomes, topic } = world();
    const { sink, write, barrier } = attempt();
    sink.openAtStart();
    at(100, () => write(0, 5));
    at(1000, () => barrier(1));
    at(1200, () => write(5, 7));
    at(1500, () => topic.settle(1500 * MS));
    at(1500, () => expect([committed(), uncommitted()]).toEqual([[], [0, 1, 2, 3, 4, 5, 6]]));
    at(1600, () => expect(sink.notifyCheckpointComplete(1)).toBe(true));
    at(1700, () => expect(committed()).toEqual([0, 1, 2, 3, 4]));
    run(2 * SECOND);
    expect(log).toEqual(["pre-committed 1", "commit of 1", `done at ${1600 + WRITE}`]);
    expect(outcomes).toEqual(["committed 1"]);
    expect(sink.metrics).toMatchObject({
      totalCommittables: 1,
      successfulCommittables: 1,
      pendingCommittables: 0,
    });
  });

  test("a checkpoint without records has no committable, and its producer is free at once", () => {
    const { attempt, at, run, log, coordinator } = world();
    const { sink, barrier } = attempt();
    sink.openAtStart();
    at(1000, () => barrier(1));
    at(1500, () => expect(sink.notifyCheckpointComplete(1)).toBe(false));
    run(2 * SECOND);
    expect([log, sink.states.get(1)?.committables, coordinator.counters.endTxn]).toEqual([[], [], 0]);
  });

  test("what an aborted checkpoint left is committed with the next one and holds read_committed readers up till then", () => {
    const { attempt, at, run, committed, log } = world();
    const { sink, write, barrier } = attempt();
    sink.openAtStart();
    at(100, () => write(0, 2));
    at(1000, () => barrier(1));
    // Checkpoint 1 is aborted: nobody tells the sink.
    at(1200, () => write(2, 4));
    at(2000, () => barrier(2));
    at(2400, () => expect(committed()).toEqual([]));
    at(2500, () => sink.notifyCheckpointComplete(2));
    run(3 * SECOND);
    expect(committed()).toEqual([0, 1, 2, 3]);
    expect(log.filter((line) => line.startsWith("commit of"))).toEqual(["commit of 1", "commit of 2"]);
  });
});

describe("starting the next transaction", () => {
  /** ms that the snapshots of four checkpoints wait for it, each committed half a second later. */
  const snapshots = (options: WorldOptions): number[] => {
    const { attempt, at, run } = world(options);
    const { sink, write, barrier, snapshotMs } = attempt();
    sink.openAtStart();
    for (const checkpoint of [1, 2, 3, 4]) {
      at(checkpoint * 1000 - 500, () => write(checkpoint, checkpoint + 1));
      at(checkpoint * 1000, () => barrier(checkpoint));
      at(checkpoint * 1000 + 300, () => sink.notifyCheckpointComplete(checkpoint));
    }
    run(6 * SECOND);
    return snapshotMs;
  };
  const NEW_PRODUCER = Math.round((READ + 100 + WRITE) * 100) / 100;
  const MOVED = Math.round((READ + READ + 100 + WRITE) * 100) / 100;

  test("takes a back-off with a new producer, and with a pooled one a single request where one broker coordinates all", () => {
    expect(snapshots({})).toEqual([NEW_PRODUCER, WRITE, WRITE, WRITE]);
  });

  test("takes a back-off at each checkpoint where several brokers coordinate, as new ids move from one to the next", () => {
    // job-0-1 to job-0-5 are coordinated by brokers 0, 2, 1, 0, 2 of three; the pooled producer knows the one two ids back.
    expect(snapshots({ brokers: 3 })).toEqual([NEW_PRODUCER, MOVED, MOVED, MOVED]);
  });

  test("takes none with the ids of POOLING, which come back to the producers that know their coordinators", () => {
    expect(snapshots({ brokers: 3, sink: { namingStrategy: "POOLING" } })).toEqual([
      NEW_PRODUCER,
      WRITE,
      WRITE,
      WRITE,
    ]);
  });

  test("takes a new producer when the commit comes after the snapshot, one more of them with connector 4.0 than with 3.x", () => {
    const producersAfter = (recyclesOnCommit: boolean): number => {
      const { attempt, at, run } = world({ sink: { recyclesOnCommit } });
      const { sink, write, barrier, snapshotMs } = attempt();
      sink.openAtStart();
      at(500, () => write(0, 1));
      at(1000, () => barrier(1));
      at(1500, () => write(1, 2));
      at(2000, () => barrier(2));
      at(2300, () => sink.notifyCheckpointComplete(2));
      at(3000, () => barrier(3));
      run(4 * SECOND);
      return snapshotMs.filter((wait) => wait === NEW_PRODUCER).length;
    };
    expect([producersAfter(false), producersAfter(true)]).toEqual([2, 2]);
  });

  test("initialises the ids of checkpoints that never came", () => {
    const { attempt, at, run, coordinator } = world();
    const { sink, barrier } = attempt();
    sink.openAtStart();
    at(1000, () => barrier(1));
    at(2000, () => barrier(4));
    run(3 * SECOND);
    const known = [1, 2, 3, 4, 5, 6].map(
      (checkpoint) => coordinator.describe(`job-0-${checkpoint}`)?.current.state,
    );
    expect(known).toEqual(["Empty", "Empty", "Empty", "Empty", "Empty", undefined]);
    expect(coordinator.counters).toMatchObject({ newTransactionalIds: 5, initProducerId: 4 });
  });
});

/** Records 0 to 3 are written before checkpoint 1, 4 and 5 behind it. `crash` ends the first attempt, and a second one starts
 *  two seconds later from `restores`; what it replays follows from that. */
function crash(
  options: WorldOptions,
  crashAt: number,
  restores: 0 | 1,
  how: "kill" | "close",
  completeAt: number | undefined,
  restartAfter = 2 * SECOND,
) {
  const setting = world(options);
  const { attempt, at, run, committed, uncommitted, log, outcomes, coordinator } = setting;
  const first = attempt();
  first.sink.openAtStart();
  at(100, () => first.write(0, 4));
  if (crashAt > 1000) at(1000, () => first.barrier(1));
  if (crashAt > 1500) at(1500, () => first.write(4, 6));
  if (completeAt !== undefined) at(completeAt, () => first.sink.notifyCheckpointComplete(1));
  let openedAt = 0;
  let blockedAtRestart: readonly number[] = [];
  let restored: KafkaSinkState | undefined;
  at(crashAt, () => {
    restored = restores === 1 ? first.sink.states.get(1) : undefined;
    if (how === "kill") first.sink.kill();
    else first.sink.close();
  });
  const second = attempt();
  at(crashAt + restartAfter, () => {
    blockedAtRestart = committed();
    log.push("restart");
    second.sink.open(structuredClone(restored), () => {
      openedAt = crashAt + restartAfter;
      second.write(restores === 1 ? 4 : 0, 8);
    });
  });
  const checkpoint = restores + 1;
  at(crashAt + restartAfter + 1000, () => second.barrier(checkpoint));
  at(crashAt + restartAfter + 1500, () => second.sink.notifyCheckpointComplete(checkpoint));
  run(crashAt + restartAfter + 3 * SECOND);
  expect(openedAt).toBe(crashAt + restartAfter);
  return { committed: committed(), uncommitted: uncommitted(), log, outcomes, blockedAtRestart, coordinator };
}

const ONCE = [0, 1, 2, 3, 4, 5, 6, 7];

describe("a failure of an exactly-once sink", () => {
  test("before the barrier: the open transaction is aborted at the restart, its records come again", () => {
    const { committed, uncommitted, outcomes } = crash({}, 900, 0, "kill", undefined);
    expect(committed).toEqual(ONCE);
    expect(uncommitted).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7]);
    expect(outcomes).toEqual(["aborted 1", "committed 2"]);
  });

  test("after the pre-commit, the checkpoint not in the store: the same, for both transactions", () => {
    const { committed, outcomes, log } = crash({}, 1800, 0, "kill", undefined);
    expect(committed).toEqual(ONCE);
    expect(outcomes.toSorted()).toEqual(["aborted 1", "aborted 2", "committed 3"]);
    expect(log[0]).toBe("pre-committed 1");
  });

  test("with the checkpoint in the store and the notification lost: committed at the restore, before anything else", () => {
    const { committed, outcomes, blockedAtRestart, log } = crash({}, 1800, 1, "kill", undefined);
    expect(committed).toEqual(ONCE);
    expect(blockedAtRestart).toEqual([]);
    expect(outcomes).toEqual(["committed 1", "aborted 2", "committed 3"]);
    expect(log.slice(0, 4)).toEqual(["pre-committed 1", "restart", "commit of 1", "pre-committed 2"]);
  });

  test("after the commit, version 1: it is committed again, which the coordinator takes for a retry", () => {
    const { committed, outcomes, log } = crash({}, 1800, 1, "kill", 1200);
    expect(committed).toEqual(ONCE);
    expect(outcomes).toEqual(["committed 1", "aborted 2", "committed 3"]);
    expect(log.filter((line) => line.startsWith("commit of 1"))).toHaveLength(2);
    expect(log.some((line) => line.startsWith("dropped"))).toBe(false);
  });

  test("after the commit, version 2: the second commit is fenced and dropped, and yet nothing is lost", () => {
    const { committed, outcomes, log } = crash({ version: 2 }, 1800, 1, "kill", 1200);
    expect(committed).toEqual(ONCE);
    expect(outcomes).toEqual(["committed 1", "aborted 2", "committed 3"]);
    expect(log.filter((line) => line.startsWith("dropped"))).toEqual(["dropped 1: PRODUCER_FENCED"]);
  });

  test("with the task cancelled in good order, the open transaction is aborted at once", () => {
    const { attempt, at, run, outcomes, committed } = world();
    const { sink, write } = attempt();
    sink.openAtStart();
    at(100, () => write(0, 4));
    at(900, () => sink.close());
    run(901);
    expect([outcomes, committed()]).toEqual([["aborted 1"], []]);
  });

  test("with the process killed, readers wait until the restart, or until the brokers' look after the time-out", () => {
    const { attempt, at, run, outcomes } = world({ transactionTimeoutMs: 5000 });
    const { sink, write } = attempt();
    sink.openAtStart();
    at(100, () => write(0, 4));
    at(900, () => sink.kill());
    // Looks are at 3 s and 13 s.
    run(12.9 * SECOND);
    expect(outcomes).toEqual([]);
    run(13.1 * SECOND);
    expect(outcomes).toEqual(["aborted 1"]);
  });

  test.each([1, 2] as const)(
    "with a restart later than the time-out, version %i: pre-committed records are lost, the job goes on",
    (version) => {
      const { committed, outcomes, log } = crash(
        { version, transactionTimeoutMs: 5000 },
        1800,
        1,
        "kill",
        undefined,
        20 * SECOND,
      );
      expect(committed).toEqual([4, 5, 6, 7]);
      expect(outcomes.toSorted()).toEqual(["aborted 1", "aborted 2", "committed 3"]);
      expect(log.filter((line) => line.startsWith("dropped"))).toEqual(["dropped 1: PRODUCER_FENCED"]);
      expect(log.some((line) => line.startsWith("failed"))).toBe(false);
    },
  );

  test.each([1, 2] as const)(
    "POOLING with LISTING, version %i: aborts what is open and not in the state, and takes free ids",
    (version) => {
      const pooling = { namingStrategy: "POOLING", abortStrategy: "LISTING" } as const;
      const { committed, outcomes, coordinator } = crash(
        { version, sink: pooling },
        1800,
        1,
        "kill",
        undefined,
      );
      expect(committed).toEqual(ONCE);
      expect(outcomes).toEqual(["committed 1", "aborted 2", "committed 3"]);
      // Offset 0 is the committer's until the next snapshot, offset 1 is free again.
      const used = [0, 1, 2].map((offset) => coordinator.describe(`job-0-${offset}`) !== undefined);
      expect(used).toEqual([true, true, false]);
    },
  );
});

describe("a transaction of a running sink that is open for longer than its time-out", () => {
  test("fails the task when it goes on writing", () => {
    const { attempt, at, run, log, committed } = world({ transactionTimeoutMs: 2000 });
    const { sink, write, barrier } = attempt();
    sink.openAtStart();
    at(100, () => write(0, 4));
    // The brokers look at 3 s.
    at(3500, () => write(4, 6));
    at(4000, () => barrier(1));
    run(5 * SECOND);
    expect([log, committed()]).toEqual([["failed: INVALID_PRODUCER_EPOCH"], []]);
  });

  test("is lost without a failure when nothing more is written: the commit is refused, and the job goes on", () => {
    const { attempt, at, run, log, committed } = world({ transactionTimeoutMs: 2000 });
    const { sink, write, barrier } = attempt();
    sink.openAtStart();
    at(100, () => write(0, 4));
    at(4000, () => barrier(1));
    at(4500, () => sink.notifyCheckpointComplete(1));
    at(4600, () => write(4, 6));
    at(5000, () => barrier(2));
    at(5500, () => sink.notifyCheckpointComplete(2));
    run(6 * SECOND);
    expect(log.filter((line) => !line.startsWith("done"))).toEqual([
      "pre-committed 1",
      "commit of 1",
      "dropped 1: PRODUCER_FENCED",
      "pre-committed 2",
      "commit of 2",
    ]);
    expect(committed()).toEqual([4, 5]);
    expect(sink.metrics).toMatchObject({ failedCommittables: 1, successfulCommittables: 1 });
  });

  test("above the brokers' maximum the writer can't start at all", () => {
    const { attempt, at, run, log } = world({ transactionTimeoutMs: 3_600_000 });
    const { sink } = attempt();
    let open = false;
    at(100, () => {
      sink.open(undefined, () => {
        open = true;
      });
    });
    run(2 * SECOND);
    expect([log, open]).toEqual([["failed: INVALID_TRANSACTION_TIMEOUT"], false]);
  });
});

describe("the weaker guarantees", () => {
  test.each(["none", "at-least-once"] as const)(
    "%s: records are visible at once, a snapshot starts nothing",
    (deliveryGuarantee) => {
      const { attempt, at, run, committed, coordinator } = world({ sink: { deliveryGuarantee } });
      const { sink, write } = attempt();
      sink.openAtStart();
      at(100, () => write(0, 4));
      at(1000, () => {
        const flushed = sink.prepareSnapshot(1, 1000 * MS);
        expect([flushed, sink.snapshotState(1, flushed), sink.notifyCheckpointComplete(1)]).toEqual([
          1000 * MS,
          0,
          false,
        ]);
      });
      run(2 * SECOND);
      expect([committed(), coordinator.counters.initProducerId]).toEqual([[0, 1, 2, 3], 0]);
    },
  );

  test("at-least-once waits in front of the barrier for what is on its way, none does not", () => {
    const wait = (deliveryGuarantee: "none" | "at-least-once"): number => {
      const { attempt, at, run } = world({ sink: { deliveryGuarantee } });
      const { sink, write } = attempt();
      let flushed = 0;
      at(1000, () => {
        write(0, 4);
        flushed = sink.prepareSnapshot(1, 1000 * MS) - 1000 * MS;
      });
      run(2 * SECOND);
      return flushed;
    };
    // Half a round trip, the broker's 0.1, half a round trip and the wakeup. Three of the four wait for the Sender's next pass,
    // half a service each: 3/8 of 0.1 on average, where the line of the four ends.
    expect([wait("none"), wait("at-least-once")]).toEqual([0, 0.3575 * MS]);
  });
});
