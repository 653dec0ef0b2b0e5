import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import type { BrokerTiming } from "./broker-timing.ts";
import { errorName } from "./kafka-error.ts";
import { Topic } from "./topic.ts";
import { TransactionCoordinator, type TransactionCoordinatorSettings } from "./transaction-coordinator.ts";
import { statePartitionOf } from "./transaction-state-log.ts";
import { TransactionalClient } from "./transactional-client.ts";

const MS = 1e6;
const timing: BrokerTiming = {
  roundTrip: 0.8 * MS,
  replicationRoundTrip: 0.6 * MS,
  append: 0.03 * MS,
  requestHandling: 0.1 * MS,
  clientWakeup: 0.05 * MS,
};

// All in ms. One append replicated to the followers: append, round trip, append.
const DURABLE_WRITE = 0.66;
/** To the coordinator and handled there. */
const ARRIVES = 0.4 + 0.1;
/** The answer's way, and the client's wakeup. */
const REPLY = 0.4 + 0.05;
const READ = ARRIVES + REPLY;
const WRITE = ARRIVES + DURABLE_WRITE + REPLY;
/** WriteTxnMarkers: half a replication round trip to the broker; there handling, append, replication. */
const MARKER_TRIP = 0.3;
const MARKER_SERVICE = 0.1 + 0.03 + 0.63;
/** The markers' answer, and the durable write of Complete…. */
const COMPLETE = 0.3 + DURABLE_WRITE;

type Entry = readonly [atMs: number, what: string];

/** Coordinators all of whose observable actions go into a log, with a read_committed reader of a topic of four
 *  partitions. */
function world(settings: Partial<TransactionCoordinatorSettings> = {}) {
  const sim = new Simulation({ seed: "coordinator" });
  const log: Entry[] = [];
  const ms = (ns: number): number => Math.round(ns / 1e4) / 100;
  const note = (what: string): void => {
    log.push([ms(sim.now), what]);
  };
  const brokers = settings.brokers ?? 2;
  const coordinator = new TransactionCoordinator(
    sim,
    timing,
    {
      brokers,
      replicationFactor: 3,
      stateLogPartitions: 50,
      maxTimeout: 900_000 * MS,
      sweepInterval: 10_000 * MS,
      idExpiration: 7 * 86_400_000 * MS,
      expiryInterval: 3_600_000 * MS,
      sweepPhases: Array.from({ length: brokers }, () => 3000 * MS),
      addPartitionsRetryBackoff: 20 * MS,
      quiet: false,
      ...settings,
    },
    {
      delivered: () => {},
      transactionBegan: (transaction, writer, at) => note(`began ${transaction} by ${writer} at ${ms(at)}`),
      transactionPrepared: (transaction) => note(`prepared ${transaction}`),
      transactionCompleted: (transaction) => note(`completed ${transaction}`),
      transactionAborted: (transaction) => note(`aborted ${transaction}`),
    },
  );
  const topic = new Topic("enriched", 4, brokers, 0.63 * MS);
  for (const partitionLog of topic.logs) {
    partitionLog.subscribe({
      isolationLevel: "read_committed",
      readable: (partition, _origin, _route, _from, _to, first, _last, transaction) =>
        log.push([ms(first), `partition ${partition} of ${transaction} readable`]),
    });
  }
  const acts: (() => void)[] = [];
  const act = sim.defineKind("act", (number) => acts[number]!());
  const at = (time: number, action: () => void): void => {
    sim.scheduleAt(time * MS, act, acts.push(action) - 1, 0);
  };
  const client = (id: string, version: 1 | 2 = 1, transactionTimeout = 60_000 * MS) =>
    new TransactionalClient(sim, coordinator, { version, transactionTimeout, retryBackoff: 100 * MS }, id);
  /** A record in each of `partitions` in a transaction of `producer`, handed over now. */
  const write = (producer: TransactionalClient, partitions: readonly number[]): number => {
    const transaction = coordinator.begin(9);
    for (const partition of partitions) {
      producer.join(transaction, [coordinator.topicPartition(topic, partition)], sim.now);
      const spans = new SpanList(false);
      spans.push(0, 0, 0, 1);
      topic.logs[partition]!.append(spans, sim.now, sim.now, transaction);
    }
    return transaction;
  };
  const outcome =
    (what: string) =>
    (error: Parameters<typeof errorName>[0]): void =>
      note(`${what}: ${errorName(error)}`);
  const run = (until: number): void => {
    sim.run(until * MS);
  };
  return { sim, log, coordinator, topic, client, write, outcome, at, run };
}

/** Names whose coordinators are broker 0 and broker 1 of two. */
const ID_0 = "job-0-1";
const ID_1 = "job-0-2";

const rounded = (value: number): number => Math.round(value * 100) / 100;

describe("where a transactional id is coordinated", () => {
  test("by the leader of its hash modulo the partitions of __transaction_state, so that consecutive ids move on", () => {
    // As Java's String.hashCode has it: "job-0-9" -1439128628, "job-0-10" -1663314708, "enrich-3-128" -1788127531, "a" 97.
    const ids = ["job-0-9", "job-0-10", "job-0-11", "enrich-3-128", "a"];
    expect(ids.map((id) => statePartitionOf(id, 50))).toEqual([28, 8, 7, 31, 47]);
    const { coordinator } = world();
    expect([ID_0, ID_1].map((id) => coordinator.coordinatorOf(id))).toEqual([0, 1]);
  });
});

test("an id that has been idle for transactional.id.expiration.ms is forgotten at the next look for such ids", () => {
  const { coordinator, client, write, outcome, log, at, run } = world({
    idExpiration: 1_800_000 * MS,
    expiryInterval: 3_600_000 * MS,
  });
  const producer = client(ID_0);
  producer.initAtStart();
  const busy = client(ID_1);
  busy.initAtStart();
  // Each coordinator looks at 3 s and at 3603 s.
  at(3_500_000, () => busy.initTransactions(3_500_000 * MS, outcome("init of the busy one")));
  const known: unknown[] = [];
  for (const time of [3_602_999, 3_603_000]) {
    at(time, () =>
      known.push([ID_0, ID_1].map((id) => coordinator.describe(id)?.current.producerId ?? "unknown")),
    );
  }
  const joined: number[] = [];
  at(3_603_500, () => {
    const transaction = coordinator.begin(9);
    joined.push(producer.join(transaction, [], 3_603_500 * MS));
  });
  at(3_604_000, () => producer.initTransactions(3_604_000 * MS, outcome("init")));
  at(3_605_000, () => {
    write(producer, [0]);
    known.push([producer.producerId, producer.producerEpoch]);
  });
  run(3_605_001);
  expect(known).toEqual([
    [0, 1e9],
    ["unknown", 1e9],
    [1, 0],
  ]);
  expect(joined).toEqual([-1]);
  expect(log).toEqual([
    [rounded(3_500_000 + WRITE), "init of the busy one: NONE"],
    [rounded(3_604_000 + WRITE), "init: NONE"],
    [3_605_000, "began 2 by 9 at 3605000"],
  ]);
});

describe("initTransactions", () => {
  test("of a new producer: FindCoordinator, then one retry.backoff.ms, since the request that was put back counts as a retry", () => {
    const { log, client, outcome, run } = world();
    client(ID_0).initTransactions(0, outcome("init"));
    run(1000);
    expect(log).toEqual([[rounded(READ + 100 + WRITE), "init: NONE"]]);
  });

  test("of a producer that knows the id's coordinator: one request", () => {
    const { log, client, outcome, at, run } = world();
    const producer = client(ID_0);
    producer.initAtStart();
    at(1000, () => producer.initTransactions(1000 * MS, outcome("init")));
    run(2000);
    expect(log).toEqual([[rounded(1000 + WRITE), "init: NONE"]]);
    expect([producer.producerId, producer.producerEpoch]).toEqual([0, 1]);
  });

  test("for an id that another broker coordinates: NOT_COORDINATOR, FindCoordinator, one retry.backoff.ms", () => {
    const { log, client, coordinator, outcome, at, run } = world();
    const producer = client(ID_0);
    producer.initAtStart();
    at(1000, () => {
      producer.setTransactionalId(ID_1);
      producer.initTransactions(1000 * MS, outcome("init"));
    });
    run(2000);
    expect(log).toEqual([[rounded(1000 + READ + READ + 100 + WRITE), "init: NONE"]]);
    expect(coordinator.counters).toMatchObject({
      notCoordinator: 1,
      findCoordinator: 1,
      newTransactionalIds: 2,
    });
  });

  test("over an open transaction of the same id: that one is aborted, and the client comes back after retry.backoff.ms", () => {
    const { log, client, outcome, at, write, run } = world();
    const old = client(ID_0);
    old.initAtStart();
    at(10, () => write(old, [0]));
    at(20, () => client(ID_0).initTransactions(20 * MS, outcome("init")));
    run(1000);
    const prepared = 20 + READ + 100 + ARRIVES + DURABLE_WRITE;
    expect(log).toEqual([
      [10, "began 1 by 9 at 10"],
      [rounded(prepared + MARKER_TRIP + MARKER_SERVICE + COMPLETE), "aborted 1"],
      [rounded(20 + READ + 100 + WRITE + 100 + WRITE), "init: NONE"],
    ]);
  });

  test("with a time-out above transaction.max.timeout.ms is refused", () => {
    const { log, client, outcome, run } = world();
    client(ID_0, 1, 3_600_000 * MS).initTransactions(0, outcome("init"));
    run(1000);
    expect(log).toEqual([[rounded(READ + 100 + READ), "init: INVALID_TRANSACTION_TIMEOUT"]]);
  });
});

describe("a commit", () => {
  test("is answered when it is decided; then each broker is told, and the transaction completed", () => {
    const { log, client, outcome, at, write, run } = world();
    const producer = client(ID_0);
    producer.initAtStart();
    at(10, () => write(producer, [0, 1, 2]));
    at(20, () => producer.endTransaction(true, outcome("commit")));
    run(1000);
    const prepared = 20 + ARRIVES + DURABLE_WRITE;
    const marked = rounded(prepared + MARKER_TRIP + MARKER_SERVICE);
    expect(log).toEqual([
      [10, "began 1 by 9 at 10"],
      [rounded(prepared), "prepared 1"],
      [rounded(prepared + REPLY), "commit: NONE"],
      [marked, "partition 0 of 1 readable"],
      [marked, "partition 2 of 1 readable"],
      [marked, "partition 1 of 1 readable"],
      [rounded(prepared + MARKER_TRIP + MARKER_SERVICE + COMPLETE), "completed 1"],
    ]);
    expect([rounded(prepared), marked]).toEqual([21.16, 22.22]);
  });

  test("waits on a broker until the coordinator has the answer to the markers before, unless one follower's fetch decided both", () => {
    const commits = (replicationFactor: number, second: number) => {
      const { log, client, outcome, at, write, run } = world({ brokers: 1, replicationFactor });
      const producers = ["a", "b"].map((id) => client(id));
      for (const producer of producers) producer.initAtStart();
      producers.forEach((producer, i) => {
        at(10, () => write(producer, [i]));
        at(20 + i * second, () => producer.endTransaction(true, outcome("commit")));
      });
      run(1000);
      return log.filter(([, what]) => what.includes("readable")).map(([when]) => when);
    };
    const marked = 20 + ARRIVES + DURABLE_WRITE + MARKER_TRIP + MARKER_SERVICE;
    const cycle = MARKER_TRIP * 2 + MARKER_SERVICE;
    expect(commits(3, 0)).toEqual([rounded(marked), rounded(marked)]);
    expect(commits(3, 0.1)).toEqual([rounded(marked), rounded(marked + cycle)]);
    // Without followers each decision is durable by itself: 0.03 instead of 0.66.
    expect(commits(1, 0)).toEqual([rounded(marked - 0.63), rounded(marked - 0.63 + cycle)]);
    expect(commits(3, 10)).toEqual([rounded(marked), rounded(marked + 10)]);
  });
});

describe("time-outs", () => {
  test("are looked for every ten seconds from the broker's start on, so an abandoned transaction lives on by the phase", () => {
    const { log, client, at, write, run } = world();
    const producer = client(ID_0, 1, 2000 * MS);
    producer.initAtStart();
    at(1500, () => write(producer, [0]));
    run(30_000);
    // Begun at 1.5 s, overdue at 3.5 s; the looks are at 3 s, 13 s, …
    const aborted = 13_000 + DURABLE_WRITE + MARKER_TRIP + MARKER_SERVICE + COMPLETE;
    expect(log).toEqual([
      [1500, "began 1 by 9 at 1500"],
      [rounded(aborted), "aborted 1"],
    ]);
  });

  test.each([
    [1, "PRODUCER_FENCED"],
    [2, "INVALID_TXN_STATE"],
  ] as const)("a commit after it is refused, in protocol version %i with %s", (version, error) => {
    const { log, client, outcome, at, write, run } = world();
    const producer = client(ID_0, version, 2000 * MS);
    producer.initAtStart();
    at(1500, () => write(producer, [0]));
    at(20_000, () => producer.endTransaction(true, outcome("commit")));
    run(30_000);
    expect(log.at(-1)).toEqual([rounded(20_000 + READ), `commit: ${error}`]);
  });

  test("a record of a transaction that was aborted meanwhile is refused, and so is a partition that wants to join", () => {
    const { client, coordinator, topic, at, write, run } = world();
    const producer = client(ID_0, 1, 2000 * MS);
    producer.initAtStart();
    const answers: unknown[] = [];
    at(1500, () => write(producer, [0]));
    at(20_000, () => {
      const spans = new SpanList(false);
      spans.push(0, 0, 1, 2);
      answers.push(topic.logs[0]!.append(spans, 20_000 * MS, 20_000 * MS, 1));
      answers.push(producer.join(1, [coordinator.topicPartition(topic, 1)], 20_000 * MS));
    });
    run(30_000);
    expect(answers).toEqual([false, -1]);
  });
});

describe("fencing", () => {
  test.each([1, 2] as const)(
    "a producer whose id another one has initialised can't commit (version %i)",
    (version) => {
      const { log, client, outcome, at, write, run } = world();
      const old = client(ID_0, version);
      old.initAtStart();
      at(10, () => write(old, [0]));
      at(20, () => client(ID_0, version).initTransactions(20 * MS, () => {}));
      at(500, () => old.endTransaction(true, outcome("commit")));
      run(1000);
      expect(log.at(-1)).toEqual([rounded(500 + READ), "commit: PRODUCER_FENCED"]);
    },
  );
});

describe("a producer that goes from one transaction to the next", () => {
  test("version 1: the first partition comes back in steps of 20 ms until the one before is complete", () => {
    const { log, client, coordinator, topic, outcome, at, write, run } = world();
    const producer = client(ID_0);
    producer.initAtStart();
    at(10, () => write(producer, [0]));
    at(20, () =>
      producer.endTransaction(true, () => {
        const next = coordinator.begin(9);
        producer.addPartitions([coordinator.topicPartition(topic, 0)], next, outcome("added"));
      }),
    );
    run(1000);
    const committed = 20 + WRITE;
    expect(log.filter(([, what]) => what.startsWith("added"))).toEqual([
      [rounded(committed + READ + 20 + WRITE), "added: NONE"],
    ]);
    expect(coordinator.counters.concurrentTransactions).toBe(1);
  });

  test("version 2: each end of a transaction gives a new epoch", () => {
    const { client, at, write, run, outcome, log } = world();
    const producer = client(ID_0, 2);
    producer.initAtStart();
    const epochs: number[] = [producer.producerEpoch];
    const commitAt = (time: number): void => {
      at(time, () => write(producer, [0]));
      at(time + 5, () =>
        producer.endTransaction(true, (error) => {
          outcome("commit")(error);
          epochs.push(producer.producerEpoch);
        }),
      );
    };
    commitAt(10);
    commitAt(100);
    run(1000);
    expect(epochs).toEqual([0, 1, 2]);
    expect(log.filter(([, what]) => what.startsWith("commit"))).toHaveLength(2);
  });

  test("version 2: leaders that let partitions join at once come back in steps of 20 ms while another one's is written", () => {
    const { client, coordinator, topic, run, at } = world({ brokers: 3 });
    const producer = client(ID_0, 2);
    producer.initAtStart();
    const joined: number[] = [];
    at(10, () => {
      const transaction = coordinator.begin(9);
      for (const partition of [0, 1, 2]) {
        const topicPartition = coordinator.topicPartition(topic, partition);
        joined.push(rounded(producer.join(transaction, [topicPartition], 10 * MS) / MS));
      }
    });
    run(100);
    // The leader asks the coordinator (0.6 there and back), which writes.
    const alone = 0.6 + DURABLE_WRITE;
    expect(joined).toEqual([rounded(alone), rounded(alone + 20), rounded(alone + 40)]);
  });
});

describe("quiet brokers with followers", () => {
  test("leave the end of a transaction lying until the coordinator handles its next request, which still finds it unfinished", () => {
    const { log, client, coordinator, topic, outcome, at, write, run } = world({ quiet: true });
    const producer = client(ID_0);
    producer.initAtStart();
    at(10, () => write(producer, [0]));
    at(20, () => producer.endTransaction(true, () => {}));
    at(120, () =>
      producer.addPartitions([coordinator.topicPartition(topic, 0)], coordinator.begin(9), outcome("added")),
    );
    run(1000);
    expect(log.slice(-3)).toEqual([
      [rounded(120 + ARRIVES + DURABLE_WRITE), "completed 1"],
      [rounded(120 + READ + 20 + ARRIVES + DURABLE_WRITE), expect.stringMatching(/^began 2/)],
      [rounded(120 + READ + 20 + WRITE), "added: NONE"],
    ]);
  });

  test("or until the followers' fetches expire after half a second", () => {
    const { log, client, at, write, run } = world({ quiet: true });
    const producer = client(ID_0);
    producer.initAtStart();
    at(10, () => write(producer, [0]));
    at(20, () => producer.endTransaction(true, () => {}));
    run(1000);
    const marked = 20 + ARRIVES + DURABLE_WRITE + MARKER_TRIP + MARKER_SERVICE;
    expect(log.at(-1)).toEqual([rounded(marked + 500 + DURABLE_WRITE), "completed 1"]);
  });
});

test("a client that is gone hears no more, and what it has sent takes its course", () => {
  const { log, client, outcome, at, write, run } = world();
  const producer = client(ID_0);
  producer.initAtStart();
  at(10, () => write(producer, [0]));
  at(20, () => producer.endTransaction(true, outcome("commit")));
  at(20.1, () => producer.dispose());
  run(1000);
  expect(log.map(([, what]) => what)).toEqual([
    "began 1 by 9 at 10",
    "prepared 1",
    "partition 0 of 1 readable",
    "completed 1",
  ]);
});
