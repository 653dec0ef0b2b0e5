import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { FetchLoop } from "./fetch-loop.ts";

// A round trip of 800 ns and a wakeup of 50: 450 ns inbound, a fetch every 850 ns at most.
const ROUND_TRIP = 800;
const WAKEUP = 50;
const INBOUND = 450;
const CYCLE = 850;

/** Delivers runs of (count, first, last) through one loop. */
function deliver(
  runs: readonly (readonly [count: number, first: number, last: number])[],
): [number, number][] {
  const loop = new FetchLoop(ROUND_TRIP, WAKEUP);
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
