import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type Appended, ProducerWorld, SETTINGS } from "./producer-pair.fixture.ts";

/** Sent to appended, when nothing is in the way: half a round trip, handling, append. */
const WIRE = 100 + 20 + 30;
/** Sent to acknowledged: half a round trip, service, half a round trip, wake-up. */
const ACKNOWLEDGED = 100 + 100 + 100 + 10;

/** Records at the given times and partitions, by either producer. */
function appendedBy(
  kind: "curve" | "eager",
  sends: readonly (readonly [at: number, partition: number])[],
  changes: Partial<typeof SETTINGS>,
  flushAt?: number,
): readonly Appended[] {
  const world = new ProducerWorld(kind, 3, changes);
  for (const [at, partition] of sends) world.at(at, () => world.send(partition));
  if (flushAt !== undefined) world.at(flushAt, () => world.producer.flush(world.sim.now, () => {}));
  return world.run(1e7);
}

describe("linger", () => {
  test("a batch that isn't full leaves linger after its first record", () => {
    const sends = [
      [1000, 0],
      [1500, 0],
      [2500, 1],
      [4000, 0],
    ] as const;
    const expected = [
      [0, 0, 3000 + WIRE],
      [0, 1, 3000 + WIRE],
      [1, 0, 4500 + WIRE],
      [0, 2, 6000 + WIRE],
    ];
    const changes = { linger: 2000, brokers: 3 };
    expect(appendedBy("curve", sends, changes)).toEqual(expected);
    expect(appendedBy("eager", sends, changes)).toEqual(expected);
  });

  test("a batch that is ready takes along those of all partitions with the same leader", () => {
    // Broker 0 leads partitions 0 and 2: that of 2 goes after 2000 of its own, and later with a full one of 0.
    const sends = [
      [1000, 2],
      [1500, 1],
      [2500, 0],
      [4000, 2],
      ...Array.from({ length: 10 }, (_, k) => [5000 + 10 * k, 0] as const),
    ] as const;
    const expected = [
      [0, 0, 3000 + WIRE],
      [2, 0, 3000 + WIRE],
      [1, 0, 3500 + WIRE],
      ...Array.from({ length: 10 }, (_, k) => [0, k + 1, 5090 + WIRE]),
      [2, 1, 5090 + WIRE],
    ];
    const changes = { linger: 2000, brokers: 2 };
    expect(appendedBy("curve", sends, changes)).toEqual(expected);
    expect(appendedBy("eager", sends, changes)).toEqual(expected);
  });

  test("records in turn over the partitions of one broker wait for what is left of the first one's linger", () => {
    // A record each 1000, a linger of 4500: of five, the first waits for all of it, each other for 1000 less.
    const sends = Array.from({ length: 60 }, (_, k) => [1000 * (k + 1), k % 3] as const);
    for (const kind of ["curve", "eager"] as const) {
      const appended = appendedBy(kind, sends, { linger: 4500 });
      const waits = appended.map(([partition, rank, at]) => at - WIRE - 1000 * (1 + partition + 3 * rank));
      expect(waits.toSorted((x, y) => x - y)).toEqual(
        [500, 1500, 2500, 3500, 4500].flatMap((wait) => new Array<number>(12).fill(wait)),
      );
    }
  });

  test.each([
    ["in which each record has a batch of its own", 3000, 3, [3000, 6500, 9500]],
    [
      "several of which share one",
      300,
      11,
      [3000, 3000, 3000, 3000, 3000, 3000, 5300, 5300, 5300, 5300, 5300],
    ],
  ])("a run %s, behind a batch that takes its first ones along", (_, spacing, count, sentAt) => {
    const world = new ProducerWorld("curve", 2, { linger: 2000 });
    world.at(1000, () => world.send(1));
    world.at(1500 + (count - 1) * spacing, () => world.sendRun(0, count, 1500));
    expect(world.run(100_000)).toEqual([
      ...sentAt.filter((at) => at === 3000).map((at, k) => [0, k, at + WIRE]),
      [1, 0, 3000 + WIRE],
      ...sentAt.flatMap((at, k) => (at === 3000 ? [] : [[0, k, at + WIRE]])),
    ]);
  });

  test("a full batch leaves with the record that fills it", () => {
    const sends = Array.from({ length: 12 }, (_, k) => [1000 + 10 * k, 0] as const);
    const batch = Array.from({ length: 10 }, (_, k) => [0, k, 1090 + WIRE]);
    const rest = [10, 11].map((k) => [0, k, 3100 + WIRE]);
    expect(appendedBy("curve", sends, { linger: 2000 })).toEqual([...batch, ...rest]);
    expect(appendedBy("eager", sends, { linger: 2000 })).toEqual([...batch, ...rest]);
  });

  test("a flush sends what lingers, and is over when that is acknowledged", () => {
    const world = new ProducerWorld("curve", 2, { linger: 5000 });
    world.at(1000, () => world.send(0));
    world.at(2000, () => world.send(1));
    let flushed = 0;
    world.at(3000, () => {
      flushed = world.producer.flush(3000, () => {});
    });
    // One request after the other on the one connection.
    expect(world.run(10_000)).toEqual([
      [0, 0, 3000 + WIRE],
      [1, 0, 3000 + WIRE],
    ]);
    expect(flushed).toBe(3000 + ACKNOWLEDGED);
  });

  property.prop([
    fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 2 })), {
      minLength: 1,
      maxLength: 40,
    }),
    fc.integer({ min: 5, max: 30 }),
    fc.integer({ min: 2, max: 12 }),
    fc.option(fc.integer({ min: 1, max: 1500 }), { nil: undefined }),
    fc.integer({ min: 1, max: 3 }),
  ])(
    "batches are those of the eager producer: same records together, at the same time where requests don't queue",
    (gaps, linger, perBatch, flushAt, brokers) => {
      // No two things happen within a pass of the Sender (10), unless in the same instant.
      let at = 0;
      const unit = 401;
      const sends = gaps.map(([gap, partition]) => {
        at += gap * unit;
        return [at, partition] as const;
      });
      const changes = { linger: linger * unit + 57, batchSize: perBatch * 100, brokers };
      const flush = flushAt === undefined ? undefined : flushAt * unit + 20;
      const curve = appendedBy("curve", sends, changes, flush);
      const eager = appendedBy("eager", sends, changes, flush);
      expect(curve).toEqual(eager);
    },
  );
});

describe("kill", () => {
  test("drops what lingers; a request on the wire is still appended", () => {
    const world = new ProducerWorld("curve", 2, { linger: 1000, brokers: 2 });
    let dropped = 0;
    world.at(1000, () => world.send(0, 3));
    world.at(1900, () => world.send(1, 2));
    world.at(2050, () => {
      dropped = world.producer.kill(2050);
    });
    expect(world.run(10_000)).toEqual([0, 1, 2].map((k) => [0, k, 2000 + WIRE]));
    expect(dropped).toBe(2);
  });

  test("drops what waits for AddPartitionsToTxn", () => {
    const world = new ProducerWorld("curve", 1);
    let dropped = 0;
    world.at(1000, () => world.send(0, 4, 7, 500));
    world.at(1400, () => {
      dropped = world.producer.kill(1400);
    });
    expect(world.run(10_000)).toEqual([]);
    expect(dropped).toBe(4);
    expect(world.topic.logs[0]!.lastStableTime()).toBe(Number.POSITIVE_INFINITY);
  });

  test("a saturated connection sends what has come since the answer before: at most a service's worth dies", () => {
    // A record every 10 ns against a service of 100; each answer lets the next request go.
    const dropped = (["curve", "eager"] as const).map((kind) => {
      const world = new ProducerWorld(kind, 1, { batchSize: 100_000 });
      let gone = 0;
      for (let k = 0; k < 500; k++) world.at(10 * k, () => world.send(0));
      world.at(5000, () => {
        gone = world.producer.kill(5000);
      });
      expect(world.run(20_000).length + gone).toBe(500);
      return gone;
    });
    // The closed form has the mean, half of it.
    expect(dropped[1]).toBeLessThanOrEqual(10);
    expect(dropped[0]).toBe(5);
  });

  property.prop([
    fc.integer({ min: 0, max: 6000 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 1, max: 60 }),
  ])("appended and dropped are all that was handed over, and nothing comes later", (at, linger, count) => {
    const world = new ProducerWorld("curve", 1, { linger: linger * 300 });
    let dropped = 0;
    let handedOver = 0;
    const end = 1000 + count * 60;
    if (end <= at) {
      world.at(end, () => {
        handedOver = count;
        world.sendRun(0, count, 1000);
      });
    }
    world.at(at, () => {
      dropped = world.producer.kill(at);
    });
    const appended = world.run(20_000);
    expect(appended.length + dropped).toBe(handedOver);
    for (const [, , time] of appended) expect(time).toBeLessThanOrEqual(at + WIRE + 6 * SETTINGS.service);
  });

  test("a dead producer refuses records, and its topic forgets it", () => {
    const world = new ProducerWorld("curve", 1);
    world.producer.kill(0);
    expect(() => world.send(0)).toThrow("a dead or closed producer sends nothing");
    world.producer.settle(10);
  });
});

describe("close", () => {
  test("sends what lingers and waits for its acknowledgement", () => {
    const world = new ProducerWorld("curve", 1, { linger: 5000 });
    let closed = 0;
    world.at(1000, () => world.send(0));
    world.at(1100, () => {
      closed = world.producer.close(1100, 1e6, () => {});
    });
    expect(world.run(10_000)).toEqual([[0, 0, 1100 + WIRE]]);
    expect(closed).toBe(1100 + ACKNOWLEDGED);
  });

  test("gives up after its time-out, with what it could not send", () => {
    const world = new ProducerWorld("curve", 1);
    let closed = 0;
    world.at(1000, () => world.send(0, 2, 7, 500));
    world.at(1100, () => {
      closed = world.producer.close(1100, 100, () => {});
    });
    expect(world.run(10_000)).toEqual([]);
    expect(closed).toBe(1200);
  });

  test.each(["curve", "eager"] as const)("with nothing to send it is over at once (%s)", (kind) => {
    const world = new ProducerWorld(kind, 1);
    expect(world.producer.close(0, 100, () => {})).toBe(0);
  });

  test("the eager producer's close gives up after its time-out", () => {
    const world = new ProducerWorld("eager", 1);
    let closedAt = -1;
    world.at(1000, () => world.send(0, 2, 7, 500));
    world.at(1100, () => {
      world.producer.close(1100, 100, () => {
        closedAt = world.sim.now;
      });
    });
    expect(world.run(10_000)).toEqual([]);
    expect(closedAt).toBe(1200);
  });
});
