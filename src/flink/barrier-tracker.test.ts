import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import { DECLINE, END_ALIGNMENT, START_SNAPSHOT } from "./barrier-handler.ts";
import {
  type BarrierTrackerState,
  barrierTracker,
  onTrackedBarrier,
  onTrackedCancellation,
  onTrackedEndOfPartition,
} from "./barrier-tracker.ts";
import {
  CHECKPOINT_DECLINED_INPUT_END_OF_STREAM,
  CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER,
} from "./checkpoint-failure-reason.ts";

function effects(step: (outbox: Outbox) => void): (readonly number[])[] {
  const outbox = new Outbox();
  step(outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!]);
}

/** The first channel that hasn't delivered the checkpoint's barrier. */
const nextChannel = ({ tracked }: BarrierTrackerState, checkpoint: number): number =>
  tracked.find(({ id }) => id === checkpoint)?.arrived.length ?? 0;
const barrier = (state: BarrierTrackerState, checkpoint: number, now: number) =>
  effects((outbox) => onTrackedBarrier(state, nextChannel(state, checkpoint), checkpoint, now, outbox));
const cancel = (state: BarrierTrackerState, checkpoint: number, now: number) =>
  effects((outbox) => onTrackedCancellation(state, nextChannel(state, checkpoint), checkpoint, now, outbox));

function taken(checkpoint: number, alignment: number) {
  return [
    [END_ALIGNMENT, checkpoint, alignment],
    [START_SNAPSHOT, checkpoint, alignment],
  ];
}

describe("at least once", () => {
  test("the snapshot is taken with the last barrier, and nothing is blocked before", () => {
    const state = barrierTracker(3);
    expect([barrier(state, 1, 100), barrier(state, 1, 120), barrier(state, 1, 170)]).toEqual([
      [],
      [],
      taken(1, 70),
    ]);
    expect(state.tracked).toEqual([]);
  });

  test("one channel takes every checkpoint at once", () => {
    const state = barrierTracker(1);
    expect([barrier(state, 1, 100), barrier(state, 2, 120)]).toEqual([taken(1, 0), taken(2, 0)]);
  });

  test("checkpoints overlap: a fast channel goes on, and a taken one drops all before it", () => {
    const state = barrierTracker(2);
    const log = [
      barrier(state, 1, 100),
      barrier(state, 2, 110),
      barrier(state, 3, 120),
      barrier(state, 2, 130),
      barrier(state, 1, 140),
      barrier(state, 3, 150),
    ];
    expect(log).toEqual([[], [], [], taken(2, 20), [], taken(3, 30)]);
  });

  test("at most 50 are tracked; the oldest is forgotten", () => {
    const state = barrierTracker(2);
    for (let checkpoint = 1; checkpoint <= 51; checkpoint++) barrier(state, checkpoint, checkpoint);
    expect([state.tracked.length, state.tracked[0]!.id]).toEqual([50, 2]);
    expect(barrier(state, 1, 100)).toEqual([]);
    expect(barrier(state, 2, 110)).toEqual(taken(2, 108));
  });

  test("a cancelled checkpoint is declined once and not taken", () => {
    const state = barrierTracker(3);
    const declined = [[DECLINE, 1, CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER]];
    expect([barrier(state, 1, 100), cancel(state, 1, 110), cancel(state, 1, 120)]).toEqual([
      [],
      declined,
      [],
    ]);
    expect(state.tracked).toEqual([]);
    expect(cancel(state, 2, 200)).toEqual([[DECLINE, 2, CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER]]);
    expect([barrier(state, 2, 210), barrier(state, 2, 220), barrier(state, 2, 230)]).toEqual([[], [], []]);
    expect(cancel(state, 1, 240)).toEqual([]);
  });

  test("a partition that ends counts as having delivered every barrier, and is waited for no more", () => {
    const state = barrierTracker(3);
    const end = (channel: number, now: number, allowFinished = true) =>
      effects((outbox) => onTrackedEndOfPartition(state, channel, now, outbox, allowFinished));
    const from = (channel: number, checkpoint: number, now: number) =>
      effects((outbox) => onTrackedBarrier(state, channel, checkpoint, now, outbox));
    expect([from(0, 1, 100), from(0, 2, 110), from(1, 1, 120), from(1, 2, 130)]).toEqual([[], [], [], []]);
    // It completes both, and the newer one takes the older one with it.
    expect(end(2, 150)).toEqual(taken(2, 40));
    expect([from(1, 3, 200), from(0, 3, 230)]).toEqual([[], taken(3, 30)]);
    expect(from(0, 4, 300)).toEqual([]);
    // What has delivered its barrier is not missed.
    expect(end(0, 310)).toEqual([]);
    expect(from(1, 4, 320)).toEqual(taken(4, 20));
    expect(from(1, 5, 400)).toEqual(taken(5, 0));
  });

  test("where no checkpoint is taken after tasks have finished, it ends all that are tracked", () => {
    const state = barrierTracker(2);
    barrier(state, 1, 100);
    barrier(state, 2, 110);
    expect(effects((outbox) => onTrackedEndOfPartition(state, 1, 120, outbox, false))).toEqual([
      [DECLINE, 1, CHECKPOINT_DECLINED_INPUT_END_OF_STREAM],
      [DECLINE, 2, CHECKPOINT_DECLINED_INPUT_END_OF_STREAM],
    ]);
  });

  property.prop([fc.integer({ min: 1, max: 6 }), fc.array(fc.nat(), { minLength: 60, maxLength: 60 })])(
    "whatever the order of the channels, the newest complete checkpoint is taken at its last barrier",
    (channels, turns) => {
      const state = barrierTracker(channels);
      const next = Array.from({ length: channels }, () => 1);
      const started: number[] = [];
      for (const [now, turn] of turns.entries()) {
        const checkpoint = next[turn % channels]!++;
        const complete = next.every((upTo) => upTo > checkpoint);
        const isNewest = complete && started.every((one) => one < checkpoint);
        const log = barrier(state, checkpoint, now);
        // More than 50 apart they are forgotten, which 60 turns can bring about.
        if (Math.max(...next) - Math.min(...next) > 50) return;
        expect(log.some(([effect]) => effect === START_SNAPSHOT)).toBe(isNewest);
        if (isNewest) started.push(checkpoint);
      }
    },
  );
});
