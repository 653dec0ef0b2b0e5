import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { ExponentialDistribution, Simulation } from "../engine/index.ts";
import { EagerConsumer } from "./eager-consumer.ts";
import { FetchLoop, type FetchSettings, fetchPeriod } from "./fetch-loop.ts";

// A round trip of 800 ns and a wakeup of 50: 450 ns inbound, a fetch every 850 ns at most.
const ROUND_TRIP = 800;
const WAKEUP = 50;
const INBOUND = 450;
const CYCLE = 850;
/** Bytes that take no time, and defaults that ask for one record. */
const SETTINGS: FetchSettings = {
  roundTrip: ROUND_TRIP,
  wakeup: WAKEUP,
  recordBytes: 100,
  byteTime: 0,
  maxPartitionFetchBytes: 1 << 20,
  fetchMaxBytes: 50 << 20,
  fetchMinBytes: 1,
  fetchMaxWait: 500e6,
  rate: 0,
};

/** Delivers runs of (count, first, last) through one loop. */
function deliver(
  runs: readonly (readonly [count: number, first: number, last: number])[],
): [number, number][] {
  const loop = new FetchLoop(SETTINGS, 1);
  return runs.map((run) => {
    loop.deliver(...run);
    return [loop.first, loop.last];
  });
}

describe("a fetch loop", () => {
  test("hands sparse records on as they become readable, one inbound trip later", () => {
    expect(
      deliver([
        [1, 1000, 1000],
        [3, 2000, 4000],
        [1, 5000, 5000],
      ]),
    ).toEqual([
      [1450, 1450],
      [2450, 4450],
      [5450, 5450],
    ]);
  });

  test("makes a record that has just missed a fetch wait for the next one", () => {
    expect(
      deliver([
        [1, 1000, 1000],
        [1, 1001, 1001],
        [1, 2000, 2000],
        [1, 3551, 3551],
      ]),
    ).toEqual([
      [1450, 1450],
      [1000 + CYCLE + INBOUND, 2300],
      [1850 + CYCLE + INBOUND, 3150],
      [3551 + INBOUND, 4001],
    ]);
  });

  test("collects dense records into answers a cycle apart, the last one at the first fetch after the run", () => {
    // 101 records 10 ns apart from 1000 to 2000: fetches are answered at 1000, 1850, 2700.
    expect(
      deliver([
        [101, 1000, 2000],
        [1, 2100, 2100],
        [1, 2701, 2701],
      ]),
    ).toEqual([
      [1450, 3150],
      // Still in time for the answer at 2700; the next is a cycle later.
      [3150, 3150],
      [3550 + INBOUND, 4000],
    ]);
  });

  test("hands over in one answer what became readable at once", () => {
    expect(
      deliver([
        [500, 1000, 1000],
        [500, 1000, 1000],
      ]),
    ).toEqual([
      [1450, 1450],
      [1450, 1450],
    ]);
  });

  test("lets a run alone that lies more than a cycle behind what was delivered", () => {
    expect(
      deliver([
        [1, 10_000, 10_000],
        [3, 5000, 8000],
        [1, 9500, 9500],
      ]),
    ).toEqual([
      [10_450, 10_450],
      [5450, 8450],
      [10_450, 10_450],
    ]);
  });

  property.prop([
    fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 3000 }), fc.nat({ max: 3000 })), {
      minLength: 1,
      maxLength: 20,
    }),
  ])(
    "keeps runs in order, hands nothing on early, and lets no end of a run wait longer than a cycle",
    (shapes) => {
      let time = 0;
      const runs = shapes.map(([count, gap, spacing]) => {
        const first = time + gap;
        time = first + (count - 1) * spacing;
        return [count, first, time] as const;
      });
      let before = 0;
      deliver(runs).forEach(([first, last], i) => {
        const [, readableFirst, readableLast] = runs[i]!;
        for (const [handed, readable] of [
          [first, readableFirst],
          [last, readableLast],
        ] as const) {
          expect(handed).toBeGreaterThanOrEqual(readable + INBOUND);
          expect(handed).toBeLessThanOrEqual(readable + INBOUND + CYCLE);
        }
        expect(first).toBeGreaterThanOrEqual(before);
        expect(last).toBeGreaterThanOrEqual(first);
        before = last;
      });
    },
  );

  property.prop([
    fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 3000 })), {
      minLength: 1,
      maxLength: 20,
    }),
  ])("leaves runs alone whose records and neighbours are a cycle apart", (shapes) => {
    let time = 0;
    const runs = shapes.map(([count, slack]) => {
      const first = time + CYCLE + slack;
      time = first + (count - 1) * (CYCLE + slack);
      return [count, first, time] as const;
    });
    expect(deliver(runs)).toEqual(runs.map(([, first, last]) => [first + INBOUND, last + INBOUND]));
  });
});

/** Records in a consumer's hands, by a loop or with every fetch an event: mean and last time, of runs that become readable
 *  at once in partitions of one broker, or of single records. */
function received(
  kind: "loop" | "events",
  settings: FetchSettings,
  partitions: number,
  runs: readonly (readonly [partition: number, count: number, at: number])[],
): { readonly mean: number; readonly last: number; readonly count: number } {
  let sum = 0;
  let count = 0;
  let last = 0;
  const note = (records: number, first: number, end: number): void => {
    count += records;
    sum += (records * (first + end)) / 2;
    last = Math.max(last, end);
  };
  if (kind === "loop") {
    const loop = new FetchLoop(settings, partitions);
    for (const [, records, at] of runs) {
      loop.deliver(records, at, at);
      note(records, loop.first, loop.last);
    }
  } else {
    const sim = new Simulation({ seed: "1" });
    const kinds = {
      readable: sim.defineKind("readable", () => consumer.onReadable(0)),
      requestArrives: sim.defineKind("request", () => consumer.onRequestArrives(0)),
      answerArrives: sim.defineKind("answer", () => consumer.onAnswerArrives(0)),
      waitOver: sim.defineKind("wait over", () => consumer.onWaitOver(0)),
    };
    const consumer: EagerConsumer = new EagerConsumer(
      sim,
      kinds,
      0,
      "read_committed",
      1,
      settings,
      (_partition, _origin, _route, from, to, first, end) => note(to - from, first, end),
    );
    // The first fetch arrives at 0.
    consumer.onRequestArrives(0);
    const ranks = new Array<number>(partitions).fill(0);
    for (const [partition, records, at] of runs) {
      const from = ranks[partition]!;
      ranks[partition] = from + records;
      consumer.readable(partition, 0, 0, from, from + records, at, at, 0);
    }
    sim.run(runs.at(-1)![2] + 1e6);
  }
  return { mean: sum / count, last, count };
}

describe("the bytes of a burst", () => {
  test("come one answer after the other, at most max.partition.fetch.bytes of a partition each", () => {
    // 1000 records of 100 bytes at 1 ns a byte, 250 an answer: four answers of 25,000 ns and the trips between them.
    const loop = new FetchLoop({ ...SETTINGS, byteTime: 1, maxPartitionFetchBytes: 25_000 }, 1);
    loop.deliver(1000, 5000, 5000);
    expect(loop.first).toBe(5000 + 25_000 + INBOUND);
    expect(loop.last).toBe(5000 + 4 * 25_000 + 3 * CYCLE + INBOUND);
  });

  test("hold up what comes behind them on their connection, but not what lay before", () => {
    const loop = new FetchLoop({ ...SETTINGS, byteTime: 1 }, 1);
    loop.deliver(1000, 5000, 5000);
    loop.deliver(1, 6000, 6000);
    expect(loop.first).toBe(5000 + 100_000 + INBOUND);
    loop.deliver(1, 3000, 3000);
    expect(loop.first).toBe(3000 + INBOUND);
  });

  test.each([
    ["one partition", 1, 1_000_000],
    ["four partitions", 4, 1_000_000],
    ["four partitions, fetch.max.bytes below their sum", 4, 40_000],
  ])(
    "%s: the last record and the mean are those of every fetch an event within 5 %%",
    (_name, partitions, most) => {
      const settings = { ...SETTINGS, byteTime: 1, maxPartitionFetchBytes: 25_000, fetchMaxBytes: most };
      const runs = Array.from({ length: partitions }, (_, p) => [p, 1000, 5000] as const);
      const loop = received("loop", settings, partitions, runs);
      const events = received("events", settings, partitions, runs);
      expect(loop.count).toBe(events.count);
      expect(Math.abs(loop.last / events.last - 1)).toBeLessThan(0.05);
      // An answer's records come together at its end, while the closed form lets them come evenly.
      expect(loop.mean / events.mean).toBeGreaterThan(0.8);
      expect(loop.mean / events.mean).toBeLessThan(1.05);
    },
  );
});

describe("fetch.min.bytes", () => {
  test("lets answers wait for them, at most fetch.max.wait.ms", () => {
    const wanted = { ...SETTINGS, fetchMinBytes: 1000, fetchMaxWait: 50_000 };
    expect(fetchPeriod({ ...SETTINGS, rate: 1e6 })).toBe(CYCLE);
    expect(fetchPeriod({ ...wanted, rate: 1e6 })).toBe(10_000); // ten records, 1000 ns apart
    expect(fetchPeriod({ ...wanted, rate: 1e5 })).toBe(50_000 + CYCLE);
    expect(fetchPeriod({ ...wanted, rate: 0 })).toBe(50_000 + CYCLE);
    expect(fetchPeriod({ ...wanted, rate: 1e9 })).toBe(CYCLE); // there at once
  });

  test.each([
    ["filled in time", 1e6],
    ["cut short by fetch.max.wait.ms", 1e5],
  ])("%s: mean delay within 5 %% of every fetch an event", (_name, rate) => {
    const settings = { ...SETTINGS, fetchMinBytes: 1000, fetchMaxWait: 50_000, rate };
    const gap = new ExponentialDistribution(1e9 / rate);
    const random = new Simulation({ seed: "arrivals" }).stream("gaps");
    let at = 0;
    const runs = Array.from({ length: 10_000 }, () => {
      at += gap.sample(random);
      return [0, 1, Math.round(at)] as const;
    });
    const mean = runs.reduce((sum, [, , time]) => sum + time, 0) / runs.length;
    const loop = received("loop", settings, 1, runs).mean - mean;
    const events = received("events", settings, 1, runs).mean - mean;
    expect(Math.abs(loop / events - 1)).toBeLessThan(0.05);
  });
});
