import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  type BarrierHandlerState,
  BLOCK_CHANNEL,
  barrierHandler,
  DECLINE_SUBSUMED,
  onBarrier,
  RESUME_CHANNEL,
  START_SNAPSHOT,
} from "./barrier-handler.ts";

type Arrival = readonly [channel: number, checkpoint: number, now: number];
type Effect = readonly [effect: number, a: number, b: number];

/** The effects of one barrier. */
function step(state: BarrierHandlerState, [channel, checkpoint, now]: Arrival): Effect[] {
  const outbox = new Outbox();
  onBarrier(state, channel, checkpoint, now, outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!]);
}

function steps(channels: number, arrivals: readonly Arrival[]): Effect[][] {
  const state = barrierHandler(channels);
  return arrivals.map((arrival) => step(state, arrival));
}

describe("aligning", () => {
  test("blocks each channel at its barrier and starts the snapshot with the last one, late by the alignment", () => {
    expect(
      steps(3, [
        [1, 1, 100],
        [0, 1, 130],
        [2, 1, 175],
      ]),
    ).toEqual([
      [[BLOCK_CHANNEL, 1, 0]],
      [[BLOCK_CHANNEL, 0, 0]],
      [
        [BLOCK_CHANNEL, 2, 0],
        [START_SNAPSHOT, 1, 75],
      ],
    ]);
  });

  test("takes no time with one channel", () => {
    expect(
      steps(1, [
        [0, 1, 100],
        [0, 2, 200],
      ]),
    ).toEqual([
      [
        [BLOCK_CHANNEL, 0, 0],
        [START_SNAPSHOT, 1, 0],
      ],
      [
        [BLOCK_CHANNEL, 0, 0],
        [START_SNAPSHOT, 2, 0],
      ],
    ]);
  });

  test("counts the alignment from the first barrier of its own checkpoint", () => {
    expect(
      steps(2, [
        [0, 1, 100],
        [1, 1, 110],
        [1, 2, 500],
        [0, 2, 507],
      ]).flat(),
    ).toEqual([
      [BLOCK_CHANNEL, 0, 0],
      [BLOCK_CHANNEL, 1, 0],
      [START_SNAPSHOT, 1, 10],
      [BLOCK_CHANNEL, 1, 0],
      [BLOCK_CHANNEL, 0, 0],
      [START_SNAPSHOT, 2, 7],
    ]);
  });
});

describe("a barrier out of turn", () => {
  test("of a checkpoint that is over only lets its channel go on", () => {
    const before: Arrival[] = [
      [0, 5, 100],
      [1, 5, 110],
    ];
    const state = barrierHandler(2);
    for (const arrival of before) step(state, arrival);
    const copy = structuredClone(state);
    expect(step(state, [0, 5, 120])).toEqual([[RESUME_CHANNEL, 0, 0]]);
    expect(step(state, [1, 4, 130])).toEqual([[RESUME_CHANNEL, 1, 0]]);
    expect(state).toEqual(copy);
  });

  test("of an older checkpoint than the pending one lets its channel go on and leaves the alignment alone", () => {
    expect(
      steps(2, [
        [0, 5, 100],
        [1, 4, 105],
        [1, 5, 110],
      ]),
    ).toEqual([
      [[BLOCK_CHANNEL, 0, 0]],
      [[RESUME_CHANNEL, 1, 0]],
      [
        [BLOCK_CHANNEL, 1, 0],
        [START_SNAPSHOT, 5, 10],
      ],
    ]);
  });

  test("of a newer checkpoint gives the pending one up, unblocks its channels and begins anew", () => {
    expect(
      steps(3, [
        [2, 1, 100],
        [0, 1, 110],
        [1, 2, 200],
        [2, 2, 230],
        [0, 2, 260],
      ]),
    ).toEqual([
      [[BLOCK_CHANNEL, 2, 0]],
      [[BLOCK_CHANNEL, 0, 0]],
      [
        [RESUME_CHANNEL, 2, 0],
        [RESUME_CHANNEL, 0, 0],
        [DECLINE_SUBSUMED, 1, 0],
        [BLOCK_CHANNEL, 1, 0],
      ],
      [[BLOCK_CHANNEL, 2, 0]],
      [
        [BLOCK_CHANNEL, 0, 0],
        [START_SNAPSHOT, 2, 60],
      ],
    ]);
  });
});

describe("any interleaving of channels", () => {
  /** Channels that each deliver a growing series of barriers, some with gaps, and which of them goes next. */
  const worlds = fc.record({
    skipped: fc.array(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
    turns: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
  });

  property.prop([worlds], { numRuns: 300 })(
    "starts each checkpoint once, with the last of its barriers, and never leaves a channel blocked for a checkpoint given up",
    ({ skipped, turns }) => {
      const channels = skipped.length;
      const state = barrierHandler(channels);
      const queues = skipped.map((skips) => skips.flatMap((skip, i) => (skip && i < 5 ? [] : [i + 1])));
      const blocked = new Set<number>();
      const delivered = new Map<number, Set<number>>();
      const started: number[] = [];
      turns.forEach((turn, now) => {
        const ready = queues.flatMap((queue, channel) =>
          queue.length > 0 && !blocked.has(channel) ? [channel] : [],
        );
        if (ready.length === 0) return;
        const channel = ready[turn % ready.length]!;
        const checkpoint = queues[channel]!.shift()!;
        delivered.set(checkpoint, (delivered.get(checkpoint) ?? new Set()).add(channel));
        for (const [effect, a] of step(state, [channel, checkpoint, now])) {
          if (effect === BLOCK_CHANNEL) {
            expect(blocked).not.toContain(a);
            blocked.add(a);
          } else if (effect === RESUME_CHANNEL) blocked.delete(a);
          else if (effect === START_SNAPSHOT) {
            expect([a, delivered.get(a)!.size]).toEqual([checkpoint, channels]);
            started.push(a);
            // The task resumes its channels after the snapshot.
            expect(blocked.size).toBe(channels);
            blocked.clear();
          } else expect([effect, started.includes(a)]).toEqual([DECLINE_SUBSUMED, false]);
        }
      });
      // Every channel has the last barrier, so however many were given up, the last one is taken.
      expect(queues).toEqual(skipped.map(() => []));
      expect(started.at(-1)).toBe(6);
      expect(started).toEqual([...new Set(started)].sort());
      const complete = [1, 2, 3, 4, 5, 6].filter((id) => delivered.get(id)?.size === channels);
      expect(complete).toEqual(expect.arrayContaining(started));
    },
  );

  property.prop([fc.integer({ min: 1, max: 6 }), fc.array(fc.nat(), { minLength: 60, maxLength: 60 })])(
    "starts every checkpoint exactly once when no channel skips a barrier",
    (channels, turns) => {
      const state = barrierHandler(channels);
      const next = Array.from({ length: channels }, () => 1);
      const blocked = new Set<number>();
      const started: number[] = [];
      turns.forEach((turn, now) => {
        const ready = next.flatMap((_, channel) => (blocked.has(channel) ? [] : [channel]));
        const channel = ready[turn % ready.length]!;
        for (const [effect, a] of step(state, [channel, next[channel]!++, now])) {
          if (effect === BLOCK_CHANNEL) blocked.add(a);
          else {
            expect(effect).toBe(START_SNAPSHOT);
            started.push(a);
            blocked.clear();
          }
        }
      });
      expect(started).toEqual(Array.from({ length: Math.floor(60 / channels) }, (_, i) => i + 1));
    },
  );
});
