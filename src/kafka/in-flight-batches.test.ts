import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import { ClientLinks } from "./client-links.ts";
import { InFlightBatches, type InFlightSettings } from "./in-flight-batches.ts";
import type { LeaderChange, PartitionStatus } from "./partition-change.ts";
import { firstRetryAfter } from "./record-producer.ts";
import { Topic } from "./topic.ts";

/** ns from an append until the high watermark has passed it. */
const DELAY = 100;

const SETTINGS: InFlightSettings = {
  topic: 0,
  acks: "all",
  idempotence: true,
  retryBackoff: 100,
  retryBackoffMax: 1000,
  requestTimeout: 30_000,
  deliveryTimeout: 120_000,
  pace: 10,
  appendTime: 50,
  answerTime: 5,
  recordsOfRequest: 4,
  links: new ClientLinks(),
  client: undefined,
};

/** Ranks of one partition that became readable, in order. */
function world(changes: Partial<InFlightSettings> = {}) {
  const sim = new Simulation({ seed: "1" });
  const topic = new Topic("out", 1, 3, DELAY);
  const lost: (readonly [records: number, reason: string])[] = [];
  const readable: (readonly [rank: number, at: number])[] = [];
  topic.logs[0]!.subscribe({
    isolationLevel: "read_uncommitted",
    readable: (_partition, _origin, _route, from, to, first, last) => {
      const spacing = to - from > 1 ? (last - first) / (to - from - 1) : 0;
      for (let k = 0; k < to - from; k++) readable.push([from + k, Math.round(first + k * spacing)]);
    },
  });
  const due = sim.defineKind("due", () => inFlight.onDue());
  const inFlight: InFlightBatches = new InFlightBatches(
    sim,
    due,
    0,
    topic,
    { ...SETTINGS, ...changes },
    false,
    {
      delivered: () => {},
      transactionBegan: () => {},
      transactionPrepared: () => {},
      transactionCompleted: () => {},
      transactionAborted: () => {},
      recordsLost: (_topic, _partition, records, reason) => lost.push([records, reason]),
    },
  );
  topic.attachProducer(inFlight);
  const plans: (() => void)[] = [];
  const plan = sim.defineKind("plan", (number) => plans[number]!());
  const at = (time: number, act: () => void): void => {
    sim.scheduleAt(time, plan, plans.length, 0);
    plans.push(act);
  };
  let rank = 0;
  /** `count` records that would be appended evenly from `first` to `last`. */
  const add = (count: number, first: number, last: number): void => {
    const spans = new SpanList(false);
    spans.push(0, 0, rank, rank + count);
    rank += count;
    inFlight.add(0, spans, first, last, 0);
  };
  const change = (status: PartitionStatus, election?: Partial<LeaderChange>): void => {
    topic.settle(sim.now);
    const whole = election && ({ how: "clean", lostAt: 1000, noticedBy: 1000, ...election } as const);
    inFlight.onPartitionChanged(0, { status, leader: election ? 1 : 0, election: whole }, sim.now);
  };
  const run = (end: number) => {
    sim.run(end);
    topic.settle(end);
    return readable;
  };
  return { sim, inFlight, at, add, change, run, lost };
}

test("without a failure a record is readable when it is replicated", () => {
  const { at, add, run } = world();
  at(900, () => add(3, 900, 1100));
  expect(run(5000)).toEqual([
    [0, 1000],
    [1, 1100],
    [2, 1200],
  ]);
});

test("a client tries again after back-offs that double up to the largest", () => {
  expect(firstRetryAfter(1000, 1000, 100, 1000)).toBe(1000);
  expect(firstRetryAfter(1000, 1001, 100, 1000)).toBe(1100);
  expect(firstRetryAfter(1000, 1301, 100, 1000)).toBe(1000 + 100 + 200 + 400);
  expect(firstRetryAfter(0, 3000, 100, 1000)).toBe(100 + 200 + 400 + 800 + 1000 + 1000);
  expect(firstRetryAfter(0, 777, 0, 0)).toBe(777);
});

/** Ten records appended from 910 to 1000; their leader ends at 1000, another leads from 2000 on. */
function failover(changes: Partial<InFlightSettings>, election: Partial<LeaderChange> = {}) {
  const one = world(changes);
  one.at(900, () => one.add(10, 910, 1000));
  one.at(1000, () => one.change("no-leader"));
  one.at(2000, () => one.change("open", election));
  const ranks = one.run(10_000).map(([rank]) => rank);
  return { ranks, lost: one.lost };
}

describe("what was appended and not readable when its leader ended", () => {
  // By then nothing is readable: 910 + 100. Followers have what was appended up to half of that before: 910 to 950.
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

  test("with acks=all and idempotence is there once: kept where followers had it, else sent again", () => {
    expect(failover({})).toEqual({ ranks: all, lost: [] });
  });

  test("without idempotence what followers had is appended a second time", () => {
    expect(failover({ idempotence: false }).ranks).toEqual([0, 1, 2, 3, 4, ...all]);
  });

  test("with acks=1 what they did not have is gone, though it was acknowledged", () => {
    expect(failover({ acks: "1", idempotence: false })).toEqual({
      ranks: [0, 1, 2, 3, 4],
      lost: [[5, "leader lost"]],
    });
  });

  test("an unclean leader has none of it: acks=all sends it again, acks=1 has lost it", () => {
    expect(failover({}, { how: "unclean" })).toEqual({ ranks: all, lost: [] });
    expect(failover({ acks: "1", idempotence: false }, { how: "unclean" }).lost).toEqual([
      [10, "leader lost"],
    ]);
  });

  test("a leader that comes back has all of it", () => {
    expect(failover({ acks: "1", idempotence: false }, { how: "returned" })).toEqual({
      ranks: all,
      lost: [],
    });
  });
});

describe("what was not appended", () => {
  test("is sent by back-off, one record after the other, and each once", () => {
    const { at, add, change, run } = world();
    at(1000, () => change("no-leader"));
    at(1100, () => add(2, 1150, 1160));
    at(1200, () => add(1, 1250, 1250));
    at(1650, () => change("open", {}));
    at(1700, () => add(1, 1750, 1750));
    at(3000, () => add(1, 3050, 3050));
    // Tried at 1100, 1300, 1700; appended from 1750 on.
    expect(run(10_000)).toEqual([
      [0, 1850],
      [1, 1860],
      [2, 1870],
      [3, 1880],
      [4, 3150],
    ]);
  });

  test("with acks=0 was on the wire to nobody, and is lost", () => {
    const { at, add, change, run, lost } = world({ acks: "0", idempotence: false });
    at(990, () => add(3, 1040, 1060));
    at(1000, () => change("no-leader"));
    at(2000, () => change("open", {}));
    expect(run(10_000)).toEqual([]);
    expect(lost).toEqual([[3, "leader lost"]]);
  });

  test("is given up after delivery.timeout.ms, and its caller is told", () => {
    const { inFlight, at, add, change, run, lost } = world({ deliveryTimeout: 400 });
    const errors: unknown[] = [];
    inFlight.onSendError = (error, when) => errors.push([error, when]);
    at(1000, () => change("no-leader"));
    at(1100, () => add(6, 1100, 1600));
    at(1900, () => change("open", {}));
    // Tried at 2700, appended at 2750: all have waited too long by then, the first since 1500.
    expect(run(10_000)).toEqual([]);
    expect(lost.reduce((sum, [records]) => sum + records, 0)).toBe(6);
    expect(errors[0]).toEqual(["TimeoutException", 1500]);
  });

  test("dies with its producer; what a leader has does not", () => {
    const { inFlight, at, add, change, run, sim } = world();
    let dropped = 0;
    at(900, () => add(2, 910, 920));
    at(1000, () => change("no-leader"));
    at(1100, () => add(8, 1150, 1160));
    at(1200, () => {
      dropped = inFlight.kill(sim.now);
    });
    at(2000, () => change("open", {}));
    expect(run(10_000).map(([rank]) => rank)).toEqual([0, 1]);
    expect(dropped).toBe(8);
  });
});

describe("a replica that does not fetch", () => {
  test("holds up what is appended, and with acks=all what is not", () => {
    const { at, add, change, run } = world();
    at(900, () => add(2, 950, 1050));
    at(1000, () => change("no-replication"));
    at(2000, () => change("open"));
    // The leader is there and no back-off is due: the second one is appended at once, and replicated.
    expect(run(10_000)).toEqual([
      [0, 2000],
      [1, 2000 + 50 + 100],
    ]);
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
    // Tried at 1040, 1240, 1640.
    expect(flushedAt).toBe(1640 + 50 + 100 + 5);
  });
});
