import { describe, expect, test } from "vitest";
import { ClientLinks, type LeaderChange, type PartitionStatus, Topic } from "../kafka/index.ts";
import { ConstantOrigin } from "../records/index.ts";
import { OriginLog, type OriginLogSettings } from "./origin-log.ts";

const MS = 1e6;

/** A record a millisecond, in the partitions in turn, 100 ms from its creation until it is readable, of which 40 are replication and 10
 *  the way to its leader. */
function world(changes: Partial<OriginLogSettings>, partitions = 1) {
  const topic = new Topic("in", partitions, 3, 40 * MS);
  const lost: (readonly [records: number, reason: string])[] = [];
  const repeated: number[] = [];
  const log = new OriginLog(
    new ConstantOrigin(partitions, { numerator: 1000, denominator: 1 }, 10_000 * MS),
    topic,
    {
      topic: 0,
      acks: "all",
      idempotence: true,
      maxInFlight: 3,
      retries: 10,
      retryBackoff: 100 * MS,
      retryBackoffMax: 1000 * MS,
      requestTimeout: 30_000 * MS,
      deliveryTimeout: 120_000 * MS,
      publishDelay: 100 * MS,
      replicationDelay: 40 * MS,
      appendTime: 10 * MS,
      pace: 0.1 * MS,
      mostBatches: 1e6,
      recordsOfBatch: 10,
      links: new ClientLinks(),
      client: { kind: "producer", client: 0, job: -2 },
      ...changes,
    },
    {
      delivered: () => {},
      transactionBegan: () => {},
      transactionPrepared: () => {},
      transactionCompleted: () => {},
      transactionAborted: () => {},
      recordsLost: (_topic, _partition, records, reason) => lost.push([records, reason]),
      recordsRepeated: (_topic, _partition, records) => repeated.push(records),
    },
  );
  topic.listen(log);
  const change = (at: number, status: PartitionStatus, election?: Partial<LeaderChange>): void => {
    const whole =
      election && ({ how: "clean", lostAt: 1000 * MS, noticedBy: 1000 * MS, ...election } as const);
    topic.onPartitionChanged(0, { status, leader: election ? 1 : 0, election: whole }, at * MS);
  };
  /** Where runs of records that follow in the origin as in the log begin, and what they begin with, from 850 on. */
  const order = (): (readonly [offset: number, record: number])[] => {
    const starts: (readonly [number, number])[] = [];
    for (let at = 850; at < 1500; at = log.contiguousTo(0, at)) starts.push([at, at - log.shift(0, at)]);
    return starts;
  };
  /** When the record of `partition` that was made at `made` is readable, ms. */
  const readable = (partition: number, made: number): number =>
    log.readableAt(partition, Math.floor(made / partitions)) / MS;
  return { log, change, order, readable, lost, repeated };
}

/** Its leader ends at 1000 ms, another leads from 2000 ms on. */
function failover(changes: Partial<OriginLogSettings>) {
  const { change, order, lost, repeated } = world(changes);
  change(1000, "no-leader");
  change(2000, "open", {});
  return { order: order(), lost, repeated };
}

describe("what was in flight when a leader was lost", () => {
  // By then 0 to 900 are readable, followers have 901 to 920, the leader 921 to 940, and 941 to 950 are on their way.
  test("with idempotence is there once, in order", () => {
    expect(failover({})).toEqual({ order: [[850, 850]], lost: [], repeated: [] });
  });

  test("without it what the new leader has is appended again, and the batches come last first", () => {
    expect(failover({ idempotence: false })).toEqual({
      order: [
        [850, 850],
        [921, 936],
        [936, 921],
        [951, 901],
        [971, 951],
      ],
      lost: [],
      repeated: [20],
    });
  });

  test("with one in flight it comes in order all the same", () => {
    expect(failover({ idempotence: false, maxInFlight: 1 })).toEqual({
      order: [
        [850, 850],
        [921, 901],
      ],
      lost: [],
      repeated: [20],
    });
  });

  test("retries=0 gives it up", () => {
    expect(failover({ idempotence: false, retries: 0 })).toEqual({
      order: [
        [850, 850],
        [921, 951],
      ],
      lost: [[30, "retries exhausted"]],
      repeated: [],
    });
  });
});

test("what is refused is given up after its last retry", () => {
  const { change, order, lost } = world({ retries: 2 });
  change(1000, "not-enough-replicas");
  change(2000, "open");
  // Tried again at 1100, 1300, 1700, 2500; what was made 300 ms before or earlier has failed.
  expect(lost).toEqual([[2200 - 940, "retries exhausted"]]);
  expect(order()[1]).toEqual([941, 2201]);
});

describe("buffer.memory of 20 batches of 10 records, with two partitions", () => {
  const memory = { mostBatches: 20 };

  test("full: the other partition waits, too, until the first one is sent again", () => {
    for (const [settings, expected] of [
      // Partition 0 lacks those made from 902 on; the 191st of them, made at 1282, begins the last batch. Another leader is
      // found at 2500 and has them at 2550; then 20 are handed over a ms.
      [memory, [1381, 2550 + 0.05 + 100, 2550 + 0.95 + 100]],
      [{}, [1381, 1383, 1401]],
    ] as const) {
      const { change, readable, lost, order } = world(settings, 2);
      change(1000, "no-leader");
      change(2000, "open", {});
      expect([1281, 1283, 1301].map((made) => readable(1, made))).toEqual(expected);
      expect(lost).toEqual([]);
      expect(order()).toEqual([[850, 850]]);
    }
  });

  test("that expires makes room, as it came", () => {
    const { change, readable } = world({ ...memory, deliveryTimeout: 1000 * MS }, 2);
    change(1000, "no-leader");
    // From 902 + 1000 on, until what came then fills it again at 1282 + 1000; and so on.
    expect([1283, 1661, 1663, 1999].map((made) => readable(1, made))).toEqual([
      1902 + 1 + 100,
      1902 + 379 + 100,
      2902 + 1 + 100,
      2902 + 337 + 100,
    ]);
  });

  test("with room enough nobody waits", () => {
    const { change, readable } = world({ mostBatches: 200 }, 2);
    change(1000, "no-leader");
    expect(readable(1, 2801)).toBe(2901);
  });
});
