import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import type { BrokerTiming } from "./broker-timing.ts";
import { Topic } from "./topic.ts";
import { TransactionCoordinator } from "./transaction-coordinator.ts";

const timing: BrokerTiming = {
  roundTrip: 800,
  replicationRoundTrip: 600,
  append: 30,
  requestHandling: 100,
  clientWakeup: 50,
};

// One append replicated to the followers: 30 + 600 + 30.
const DURABLE_WRITE = 660;
/** EndTxn: half a round trip, the handling, the durable write. */
const PREPARE = 400 + 100 + DURABLE_WRITE;
/** The answer to EndTxn: half a round trip and the client's wakeup. */
const REPLY = 400 + 50;
/** WriteTxnMarkers: half a replication round trip to the broker; there handling, append, replication. */
const MARKER_TRIP = 300;
const MARKER_SERVICE = 100 + 30 + 630;
/** The markers' answer, and the durable write of CompleteCommit. */
const COMPLETE = 300 + DURABLE_WRITE;

type Entry = readonly [at: number, what: string];

/** A coordinator all of whose observable actions go into a log, with a read_committed reader of a topic of four
 *  partitions on two brokers. */
function world() {
  const sim = new Simulation({ seed: "coordinator" });
  const log: Entry[] = [];
  const note = (what: string): void => {
    log.push([sim.now + 0, what]);
  };
  const coordinator = new TransactionCoordinator(sim, timing, 2, 3, {
    delivered: () => {},
    transactionBegan: (transaction, writer, at) => note(`began ${transaction} by ${writer} at ${at}`),
    transactionPrepared: (transaction, at) => note(`prepared ${transaction} at ${at}`),
    transactionCompleted: (transaction, at) => note(`completed ${transaction} at ${at}`),
  });
  const topic = new Topic("enriched", 4, 2, 630);
  for (const partitionLog of topic.logs) {
    partitionLog.subscribe({
      isolationLevel: "read_committed",
      readable: (partition, _origin, _route, _from, _to, first, _last, transaction) =>
        note(`partition ${partition} of ${transaction} readable at ${first}`),
    });
  }
  const replyKind = sim.defineKind("reply", (to, transaction) => note(`reply for ${transaction} to ${to}`));
  const commitKind = sim.defineKind("commit", (transaction, writer) =>
    coordinator.commit(transaction, replyKind, writer),
  );
  /** A transaction with a record in each of `partitions`, for which EndTxn is sent at `at`. */
  const commitAt = (at: number, writer: number, partitions: readonly number[]): number => {
    const transaction = coordinator.begin(writer, topic);
    for (const partition of partitions) {
      coordinator.addPartition(transaction, partition, 5);
      const spans = new SpanList(false);
      spans.push(0, 0, 0, 1);
      topic.logs[partition]!.append(spans, 10 + transaction, 10 + transaction, transaction);
    }
    sim.scheduleAt(at, commitKind, transaction, writer);
    return transaction;
  };
  return { sim, log, coordinator, topic, commitAt };
}

describe("the transaction coordinator", () => {
  test("answers a request after a round trip, its handling, a durable write and the wakeup", () => {
    const { coordinator } = world();
    expect(coordinator.initProducerIdTime).toBe(800 + 100 + DURABLE_WRITE + 50);
    expect(coordinator.addPartitionsTime).toBe(800 + 100 + DURABLE_WRITE + 50);
  });

  test("commits one transaction: prepared, answered, marked on each broker, completed", () => {
    const { sim, log, commitAt } = world();
    commitAt(1000, 9, [0, 1, 2]);
    sim.run(Number.POSITIVE_INFINITY);
    const prepared = 1000 + PREPARE;
    const marked = prepared + MARKER_TRIP + MARKER_SERVICE;
    expect(log).toEqual([
      [0, "began 1 by 9 at 5"],
      [prepared, `prepared 1 at ${prepared}`],
      [prepared + REPLY, "reply for 1 to 9"],
      [marked, `partition 0 of 1 readable at ${marked}`],
      [marked, `partition 2 of 1 readable at ${marked}`],
      [marked, `partition 1 of 1 readable at ${marked}`],
      [marked + COMPLETE, `completed 1 at ${marked + COMPLETE}`],
    ]);
    expect([prepared, marked, marked + COMPLETE]).toEqual([2160, 3220, 4180]);
  });

  test("writes the markers of several transactions one request after the other on each broker, and in parallel on different ones", () => {
    const { sim, log, commitAt } = world();
    commitAt(1000, 1, [0]);
    commitAt(1000, 2, [0, 1]);
    commitAt(1100, 3, [1]);
    commitAt(1100, 4, [2]);
    sim.run(Number.POSITIVE_INFINITY);
    const arrival = 1000 + PREPARE + MARKER_TRIP;
    const events = log.filter(([, what]) => what.startsWith("partition") || what.startsWith("completed"));
    // Broker 0 leads partitions 0 and 2, broker 1 leads 1 and 3. Transaction 2 completes with its second marker.
    const first = arrival + MARKER_SERVICE;
    const second = first + MARKER_SERVICE;
    const third = second + MARKER_SERVICE;
    expect(events.toSorted(([a], [b]) => a - b)).toEqual(
      [
        // On broker 1, transaction 2 alone; on broker 0, transaction 1. Transaction 1 holds partition 0 open till then.
        [first, `partition 0 of 1 readable at ${first}`],
        [first, `partition 1 of 2 readable at ${first}`],
        [second, `partition 0 of 2 readable at ${second}`],
        [second, `partition 1 of 3 readable at ${second}`],
        [first + COMPLETE, `completed 1 at ${first + COMPLETE}`],
        [third, `partition 2 of 4 readable at ${third}`],
        [second + COMPLETE, `completed 2 at ${second + COMPLETE}`],
        [second + COMPLETE, `completed 3 at ${second + COMPLETE}`],
        [third + COMPLETE, `completed 4 at ${third + COMPLETE}`],
      ].toSorted(([a], [b]) => Number(a) - Number(b)),
    );
  });

  test("finds the marker queue free again when the requests before it are over", () => {
    const { sim, log, commitAt } = world();
    commitAt(1000, 1, [0]);
    commitAt(1000 + MARKER_SERVICE, 2, [0]);
    sim.run(Number.POSITIVE_INFINITY);
    const marked = 1000 + PREPARE + MARKER_TRIP + MARKER_SERVICE;
    expect(log.filter(([, what]) => what.startsWith("partition"))).toEqual([
      [marked, `partition 0 of 1 readable at ${marked}`],
      [marked + MARKER_SERVICE, `partition 0 of 2 readable at ${marked + MARKER_SERVICE}`],
    ]);
  });

  test("learns of a transaction with its first partition and of each partition once", () => {
    const { coordinator, topic, log } = world();
    const transaction = coordinator.begin(4, topic);
    expect(coordinator.isEmpty(transaction)).toBe(true);
    for (const partition of [3, 1]) coordinator.addPartition(transaction, partition, 70 + partition);
    expect(() => coordinator.addPartition(transaction, 3, 80)).toThrow(
      "a partition joins a transaction once",
    );
    expect(log).toEqual([[0, "began 1 by 4 at 73"]]);
    expect(() => coordinator.drop(transaction)).toThrow("only an empty transaction is dropped");
    const empty = coordinator.begin(4, topic);
    expect(() => coordinator.commit(empty, 0, 4)).toThrow("a transaction without partitions needs no EndTxn");
    coordinator.drop(empty);
    expect(() => coordinator.isEmpty(empty)).toThrow("the transaction is known to its coordinator");
  });

  test("takes no partition into a transaction whose outcome is decided", () => {
    const { sim, coordinator, commitAt } = world();
    const transaction = commitAt(1000, 1, [0]);
    sim.run(1000 + PREPARE);
    expect(() => coordinator.addPartition(transaction, 1, sim.now)).toThrow(
      "a transaction can't go from PrepareCommit to Ongoing",
    );
  });
});
