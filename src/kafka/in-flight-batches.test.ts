import { describe, expect, test } from "vitest";
import { ALL } from "./client-links.ts";
import type { InFlightSettings } from "./in-flight-batches.ts";
import { inFlightWorld as world } from "./in-flight-world.fixture.ts";
import type { LeaderChange } from "./partition-change.ts";

test("without a failure a record is readable when it is replicated", () => {
  const { at, add, run } = world();
  at(900, () => add(3, 900, 1100));
  expect(run(5000)).toEqual([
    [0, 1000],
    [1, 1100],
    [2, 1200],
  ]);
});

/** Ten records appended from 910 to 1000; their leader ends at 1000, another leads from 2000 on. */
function failover(changes: Partial<InFlightSettings>, election: Partial<LeaderChange> = {}) {
  const one = world(changes);
  one.at(900, () => one.add(10, 910, 1000));
  one.at(1000, () => one.change("no-leader"));
  one.at(2000, () => one.change("open", election));
  return { ranks: one.ranks(10_000), lost: one.lost, repeated: one.repeated };
}

describe("what was appended and not readable when its leader ended", () => {
  // By then nothing is readable: 910 + 100. Records 0 to 3, 4 to 7, 8 and 9 shared a request, in the log at 940, 980 and 1000;
  // followers have what was appended half a replication before the end, at 950.
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const sentAgain = { acks: "all", idempotence: false } as const;
  const one = { acks: "1", idempotence: false, service: 30 } as const;

  test("with acks=all and idempotence is there once, in order: the new leader knows what it has, the rest is sent again", () => {
    expect(failover({})).toEqual({ ranks: all, lost: [], repeated: [] });
  });

  test("in a transaction as well", () => {
    const { at, add, change, ranks } = world({ transactionProtocol: 2 });
    at(900, () => add(10, 910, 1000, 7));
    at(1000, () => change("no-leader"));
    at(2000, () => change("open", {}));
    expect(ranks(10_000)).toEqual(all);
  });

  test("without idempotence the new leader appends again what it has, and the failed batches come last first", () => {
    expect(failover(sentAgain)).toEqual({
      ranks: [0, 1, 2, 3, 8, 9, 4, 5, 6, 7, 0, 1, 2, 3],
      lost: [],
      repeated: [0, 4],
    });
  });

  test("with one request in flight nothing changes its place", () => {
    const { at, add, change, ranks, repeated } = world({
      ...sentAgain,
      maxInFlight: 1,
      recordsOfBatch: 10,
    });
    at(900, () => add(5, 910, 950));
    at(1000, () => change("no-leader"));
    at(1000, () => add(5, 1050, 1090));
    at(2000, () => change("open", {}));
    expect(ranks(10_000)).toEqual([0, 1, 2, 3, 4, ...all]);
    expect(repeated).toEqual([5]);
  });

  test("with acks=1 what was acknowledged and its followers did not have is gone", () => {
    // The answer to the last one was on its way.
    expect(failover(one)).toEqual({
      ranks: [0, 1, 2, 3, 4, 9],
      lost: [[4, "leader lost"]],
      repeated: [],
    });
  });

  test("an unclean leader has none of it: acks=all sends it again, acks=1 has lost it", () => {
    expect(failover({}, { how: "unclean" })).toEqual({ ranks: all, lost: [], repeated: [] });
    expect(failover(one, { how: "unclean" }).lost).toEqual([[9, "leader lost"]]);
  });

  test("a leader that comes back has all of it", () => {
    expect(failover({}, { how: "returned" })).toEqual({ ranks: all, lost: [], repeated: [] });
    expect(failover(one, { how: "returned" }).lost).toEqual([]);
  });
});

describe("the window of five: a response that is lost", () => {
  /** A record every 10, the first one's response lost, each later one in a request of its own until five are unanswered. */
  function lostResponse(changes: Partial<InFlightSettings>) {
    const one = world({ requestTimeout: 3000, recordsOfBatch: 100, ...changes });
    one.at(900, () => one.links.loseNext("Produce response", ALL));
    for (let i = 0; i < 8; i++) one.at(1000 + 10 * i, () => one.add(1, 1050 + 10 * i, 1050 + 10 * i));
    return one;
  }

  test("holds back those behind it; all five are sent again, known to the leader, and then what had waited", () => {
    const { run, repeated, inFlight, at, sim } = lostResponse({});
    let flushedAt = 0;
    at(1100, () => {
      inFlight.flush(sim.now, () => {
        flushedAt = sim.now;
      });
    });
    // One request after the other is served, each 130 behind the one before; the connection ends at 4000. Sent again at 4100
    // one by one, each answered after 55, and the rest right behind the fifth.
    expect(run(10_000)).toEqual([
      [0, 1150],
      [1, 1280],
      [2, 1410],
      [3, 1540],
      [4, 1670],
      ...[5, 6, 7].map((rank) => [rank, 4100 + 4 * 55 + 50 + 30 + 100]),
    ]);
    expect(repeated).toEqual([]);
    expect(flushedAt).toBe(4100 + 4 * 55 + 50 + 30 + 105);
  });

  test("without idempotence five batches are there twice", () => {
    const { ranks, repeated } = lostResponse({ idempotence: false });
    expect(ranks(10_000)).toEqual([0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 5, 6, 7]);
    expect(repeated).toEqual([1, 1, 1, 1, 1]);
  });

  test("with two in flight only two are", () => {
    const { ranks } = lostResponse({ idempotence: false, maxInFlight: 2 });
    expect(ranks(10_000)).toEqual([0, 1, 1, 0, 2, 3, 4, 5, 6, 7]);
  });

  test("a request that is lost takes those behind it along, and nothing is there twice", () => {
    for (const [idempotence, expected] of [
      [true, [0, 1, 2, 3]],
      [false, [3, 2, 1, 0]],
    ] as const) {
      const { at, add, ranks, repeated, links } = world({ requestTimeout: 3000, idempotence });
      at(900, () => links.loseNext("Produce request", ALL));
      for (let i = 0; i < 4; i++) at(1000 + 10 * i, () => add(1, 1050 + 10 * i, 1050 + 10 * i));
      expect(ranks(10_000)).toEqual(expected);
      expect(repeated.reduce((sum, records) => sum + records, 0)).toBe(0);
    }
  });
});

describe("a batch that is refused while the one behind it is on its way", () => {
  /** The first comes to a leader with too few replicas in sync, the second to one that has enough. */
  function refused(changes: Partial<InFlightSettings>) {
    const one = world(changes);
    // A leader takes anything from a producer that it doesn't know.
    one.at(500, () => one.add(1, 550, 550));
    one.at(1000, () => one.change("not-enough-replicas"));
    one.at(1010, () => one.add(1, 1060, 1060));
    one.at(1030, () => one.add(1, 1080, 1080));
    one.at(1070, () => one.change("open"));
    return one;
  }

  test("OutOfOrderSequence keeps the second one back until the first is there", () => {
    const { run, inFlight } = refused({});
    // Refused at 1060 and 1090, heard of at 1065 and 1095; again after 100, one by one.
    expect(run(10_000)).toEqual([
      [0, 650],
      [1, 1065 + 100 + 50 + 100],
      [2, 1065 + 100 + 155 + 50 + 100],
    ]);
    expect(inFlight.producerEpoch).toBe(0);
  });

  test("without idempotence it goes ahead", () => {
    expect(refused({ idempotence: false }).ranks(10_000)).toEqual([0, 2, 1]);
  });

  test("with one request in flight it waits", () => {
    expect(refused({ idempotence: false, maxInFlight: 1 }).ranks(10_000)).toEqual([0, 1, 2]);
  });

  test("retries=0: its caller is told of NotEnoughReplicasException, and the other is appended", () => {
    const { inFlight, ranks, lost } = refused({ idempotence: false, retries: 0 });
    const errors: unknown[] = [];
    inFlight.onSendError = (error, when) => errors.push([error, when]);
    expect(ranks(10_000)).toEqual([0, 2]);
    expect(errors).toEqual([["NotEnoughReplicasException", 1065]]);
    expect(lost).toEqual([[1, "retries exhausted"]]);
  });

  test("retries=3: refused four times, by back-offs of 100, 200 and 400", () => {
    const { at, add, change, run, inFlight } = world({ idempotence: false, retries: 3 });
    const errors: unknown[] = [];
    inFlight.onSendError = (error, when) => errors.push([error, when]);
    at(1000, () => change("not-enough-replicas"));
    at(1010, () => add(1, 1060, 1060));
    run(10_000);
    expect(errors).toEqual([["NotEnoughReplicasException", 1010 + 4 * 55 + 700]]);
  });
});

describe("what was not appended", () => {
  test("is sent by back-off, in batches, and each once", () => {
    const { at, add, change, run } = world();
    at(1000, () => change("no-leader"));
    at(1100, () => add(2, 1150, 1160));
    at(1200, () => add(3, 1250, 1250));
    at(1650, () => change("open", {}));
    at(1750, () => add(1, 1800, 1800));
    at(3000, () => add(1, 3050, 3050));
    // The client asks who leads at 1100, 1300, 1700; a batch of four, one of the rest behind it, served one after the other.
    expect(run(10_000)).toEqual([
      ...[0, 1, 2, 3].map((rank) => [rank, 1850]),
      [4, 1850 + 30 + 100],
      [5, 1850 + 2 * 130],
      [6, 3150],
    ]);
  });

  test("of a transaction that was aborted meanwhile is refused: the epoch of the marker fences its producer", () => {
    const { inFlight, topic, at, add, change, ranks, sim } = world();
    const errors: unknown[] = [];
    inFlight.onSendError = (error, when) => errors.push([error, when]);
    at(1000, () => change("no-leader"));
    at(1100, () => add(2, 1150, 1150, 7));
    at(1650, () => change("open", {}));
    at(1660, () => topic.logs[0]!.abort(7, sim.now));
    expect(ranks(10_000)).toEqual([]);
    expect(errors).toEqual([["InvalidProducerEpochException", 1755]]);
    expect(inFlight.isFenced).toBe(false);
  });

  test("with acks=0 was on the wire to nobody, and is lost", () => {
    const { at, add, change, ranks, lost } = world({ acks: "0", idempotence: false });
    at(990, () => add(3, 1040, 1060));
    at(1000, () => change("no-leader"));
    at(2000, () => change("open", {}));
    expect(ranks(10_000)).toEqual([]);
    expect(lost).toEqual([[3, "leader lost"]]);
  });

  test("is given up after delivery.timeout.ms, and its caller is told; behind what was sent a new epoch begins", () => {
    const { inFlight, at, add, change, ranks, lost } = world({ deliveryTimeout: 400, maxInFlight: 1 });
    const errors: unknown[] = [];
    inFlight.onSendError = (error, when) => errors.push([error, when]);
    at(990, () => add(1, 1040, 1040));
    at(1000, () => change("no-leader"));
    at(1100, () => add(5, 1150, 1150));
    at(2000, () => change("open", {}));
    at(2300, () => add(1, 2350, 2350));
    expect(ranks(10_000)).toEqual([6]);
    expect(lost).toEqual([
      [1, "delivery timeout"],
      [4, "delivery timeout"],
      [1, "delivery timeout"],
    ]);
    expect(errors).toEqual([
      ["TimeoutException", 1390],
      ["TimeoutException", 1500],
    ]);
    expect(inFlight.producerEpoch).toBe(1);
  });

  test("dies with its producer; what a leader has does not", () => {
    const { inFlight, at, add, change, ranks, sim } = world();
    let dropped = 0;
    at(900, () => add(2, 910, 920));
    at(1000, () => change("no-leader"));
    at(1100, () => add(8, 1150, 1160));
    at(1200, () => {
      dropped = inFlight.kill(sim.now);
    });
    at(2000, () => change("open", {}));
    expect(ranks(10_000)).toEqual([0, 1]);
    expect(dropped).toBe(8);
    expect(inFlight.isOver).toBe(true);
  });
});

describe("buffer.memory", () => {
  /** Room for three batches, of which five records are two; their leader is gone. */
  function full(changes: Partial<InFlightSettings>) {
    const one = world({ mostBatches: 3, ...changes });
    const told: unknown[] = [];
    one.inFlight.onSendError = (error, when) => told.push([error, when]);
    one.inFlight.onRoom = () => told.push(["room", one.sim.now]);
    const asked: boolean[] = [];
    const ask = (): void => {
      asked.push(one.inFlight.awaitsRoom());
    };
    one.at(1000, () => one.change("no-leader"));
    one.at(1100, () => one.add(5, 1150, 1150));
    one.at(1110, ask);
    one.at(1120, () => one.add(7, 1170, 1170));
    one.at(1130, ask);
    return { ...one, told, asked };
  }

  test("used up: a send blocks until a batch is acknowledged", () => {
    const { at, change, ranks, told, asked } = full({});
    at(1650, () => change("open", {}));
    expect(ranks(10_000)).toHaveLength(12);
    expect(asked).toEqual([false, true]);
    // The leader is found at 1700; the first batch is answered at 1855.
    expect(told).toEqual([["room", 1855]]);
  });

  test("for longer than max.block.ms: it fails, and what is in the memory is sent all the same", () => {
    const { at, change, ranks, told } = full({ maxBlock: 400 });
    at(1650, () => change("open", {}));
    expect(ranks(10_000)).toHaveLength(12);
    expect(told).toEqual([["TimeoutException", 1530]]);
  });
});

describe("a broker that answers nothing", () => {
  test("and closes no connection is given up after request.timeout.ms", () => {
    const { at, add, change, run } = world({ requestTimeout: 3000 });
    at(990, () => add(1, 1040, 1040));
    at(1000, () => change("no-leader", undefined, "gone"));
    at(2000, () => change("open", { noticedBy: 50_000 }));
    // Sent at 990; its client asks who leads at once.
    expect(run(10_000)).toEqual([[0, 3990 + 50 + 100]]);
  });

  test("and stands still takes what is in its connections when it goes on", () => {
    const { at, add, change, run } = world();
    at(990, () => add(1, 1040, 1040));
    at(1000, () => change("no-leader", undefined, "frozen"));
    at(2000, () => change("open"));
    expect(run(10_000)).toEqual([[0, 2000 + 100]]);
  });
});

describe("a replica that does not fetch", () => {
  test("holds up what is appended: one request of a connection is, the next one waits", () => {
    const { at, add, change, run } = world();
    at(900, () => add(2, 950, 1050));
    at(1000, () => change("no-replication"));
    at(1100, () => add(1, 1150, 1150));
    at(2000, () => change("open"));
    expect(run(10_000)).toEqual([
      [0, 2000],
      [1, 2000 + 30 + 100],
      [2, 2000 + 2 * 130],
    ]);
  });

  test("for longer than request.timeout.ms: the batch is sent again, and known to the leader", () => {
    for (const [idempotence, expected] of [
      [true, [0]],
      [false, [0, 0, 0]],
    ] as const) {
      const { at, add, change, ranks } = world({ requestTimeout: 400, idempotence });
      at(1000, () => change("no-replication"));
      at(1100, () => add(1, 1150, 1150));
      at(2200, () => change("open"));
      // Sent at 1100, at 1600 and at 2200.
      expect(ranks(10_000)).toEqual(expected);
    }
  });

  test("with acks=1 only readers wait", () => {
    const { at, add, change, run, inFlight, sim } = world({ acks: "1", idempotence: false });
    let flushedAt = 0;
    at(900, () => add(2, 950, 1050));
    at(1000, () => change("no-replication"));
    at(1020, () => {
      inFlight.flush(sim.now, () => {
        flushedAt = sim.now;
      });
    });
    at(2000, () => change("open"));
    expect(run(10_000)).toEqual([
      [0, 2000],
      [1, 2000],
    ]);
    expect(flushedAt).toBe(1055);
  });
});

describe("a flush", () => {
  test("is over when all is acknowledged", () => {
    const { at, add, run, inFlight, sim } = world();
    let flushedAt = 0;
    at(900, () => add(1, 950, 950));
    at(910, () => {
      inFlight.flush(sim.now, () => {
        flushedAt = sim.now;
      });
    });
    run(5000);
    expect(flushedAt).toBe(950 + 100 + 5);
  });

  test("waits for a leader", () => {
    const { at, add, change, run, inFlight, sim } = world();
    let flushedAt = 0;
    at(900, () => add(1, 950, 950));
    at(910, () => {
      inFlight.flush(sim.now, () => {
        flushedAt = sim.now;
      });
    });
    at(940, () => change("no-leader"));
    at(1640, () => change("open", { lostAt: 940, noticedBy: 940 }));
    run(5000);
    // Asked at 1040, 1240, 1640.
    expect(flushedAt).toBe(1640 + 50 + 100 + 5);
  });
});
