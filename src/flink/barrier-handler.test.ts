import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  ALIGNED,
  ARM_TIMER,
  AT_LEAST_ONCE,
  type BarrierHandlerState,
  type BarrierKind,
  BEGIN_CAPTURE,
  BLOCK_CHANNEL,
  barrierHandler,
  blocksChannel,
  CONVERT,
  CONVERTED,
  DECLINE,
  DISARM_TIMER,
  END_ALIGNMENT,
  FORCED_ALIGNED,
  onAlignmentTimeout,
  onAnnouncement,
  onBarrier,
  onCancellation,
  onEndOfPartition,
  RESUME_CHANNEL,
  resumeBlocked,
  START_SNAPSHOT,
  TIMEOUTABLE,
  UNALIGNED,
} from "./barrier-handler.ts";
import {
  CHECKPOINT_DECLINED_INPUT_END_OF_STREAM,
  CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER,
  CHECKPOINT_DECLINED_SUBSUMED,
} from "./checkpoint-failure-reason.ts";

type Effect = readonly [effect: number, a: number, b: number];
type Step = (state: BarrierHandlerState, outbox: Outbox) => void;

const WORDS = [
  "",
  "resume",
  "block",
  "snapshot",
  "decline",
  "arm",
  "disarm",
  "capture",
  "aligned",
  "convert",
] as const;

/** Barrier of `checkpoint`, which the JobManager triggered at 1000 * checkpoint. */
function barrier(channel: number, checkpoint: number, now: number, kind: BarrierKind = ALIGNED): Step {
  return (state, outbox) => onBarrier(state, channel, checkpoint, kind, 1000 * checkpoint, now, outbox);
}

function announcement(checkpoint: number, now: number): Step {
  return (state, outbox) => onAnnouncement(state, checkpoint, 1000 * checkpoint, now, outbox);
}

function timer(checkpoint: number, now: number): Step {
  return (state, outbox) => onAlignmentTimeout(state, checkpoint, now, outbox);
}

function cancellation(checkpoint: number): Step {
  return (state, outbox) => onCancellation(state, checkpoint, outbox);
}

function end(channel: number, now: number): Step {
  return (state, outbox) => onEndOfPartition(state, channel, now, outbox);
}

/** The effects of one step. */
function take(state: BarrierHandlerState, step: Step): Effect[] {
  const outbox = new Outbox();
  step(state, outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!]);
}

/** The effects of each step, in words. */
function log(state: BarrierHandlerState, ...steps: readonly Step[]): string[] {
  return steps.map((step) =>
    take(state, step)
      .map(([effect, a, b]) => `${WORDS[effect]} ${a}${b === 0 ? "" : ` ${b}`}`)
      .join(", "),
  );
}

describe("aligned", () => {
  test("where no checkpoint is taken after tasks have finished, a partition that ends ends the pending one", () => {
    const state = barrierHandler(2);
    const noMore: Step = (one, outbox) => onEndOfPartition(one, 1, 150, outbox, false);
    expect(log(state, barrier(0, 1, 100), noMore)).toEqual([
      "block 0",
      `resume 0, decline 1 ${CHECKPOINT_DECLINED_INPUT_END_OF_STREAM}`,
    ]);
    expect(log(state, end(0, 200))).toEqual([""]);
  });

  test("a request of the JobManager stands for the barrier of a channel, which it doesn't block", () => {
    const state = barrierHandler(2);
    const request: Step = (one, outbox) => onBarrier(one, 0, 1, ALIGNED, 1000, 1100, outbox, true);
    expect(log(state, end(1, 100), request)).toEqual(["", "aligned 1, snapshot 1"]);
    expect(log(state, (s, outbox) => resumeBlocked(s, outbox), request)).toEqual(["", ""]);
  });

  test("blocks each channel at its barrier and takes the snapshot with the last one, late by the alignment", () => {
    const state = barrierHandler(3);
    expect(log(state, barrier(1, 1, 100), barrier(0, 1, 130), barrier(2, 1, 175))).toEqual([
      "block 1",
      "block 0",
      "block 2, aligned 1 75, snapshot 1 75",
    ]);
    expect(log(state, (s, outbox) => resumeBlocked(s, outbox))).toEqual(["resume 1, resume 0, resume 2"]);
    expect(log(state, (s, outbox) => resumeBlocked(s, outbox))).toEqual([""]);
  });

  test("takes no time with one channel", () => {
    const state = barrierHandler(1);
    expect(log(state, barrier(0, 1, 100), resumeBlocked, barrier(0, 2, 200))).toEqual([
      "block 0, aligned 1, snapshot 1",
      "resume 0",
      "block 0, aligned 2, snapshot 2",
    ]);
  });

  test("lets no channel go on before the snapshot", () => {
    const state = barrierHandler(2);
    expect(log(state, barrier(0, 1, 100), resumeBlocked)).toEqual(["block 0", ""]);
  });

  test("only resumes behind a barrier of a checkpoint that is over, or older than the pending one", () => {
    const state = barrierHandler(2);
    log(state, barrier(0, 5, 100), barrier(1, 5, 110), resumeBlocked);
    const copy = structuredClone(state);
    expect(log(state, barrier(0, 5, 120), barrier(1, 4, 130))).toEqual(["resume 0", "resume 1"]);
    expect(state).toEqual(copy);
    expect(log(state, barrier(0, 7, 200), barrier(1, 6, 210), barrier(1, 7, 215))).toEqual([
      "block 0",
      "resume 1",
      "block 1, aligned 7 15, snapshot 7 15",
    ]);
  });

  test("gives the pending checkpoint up for a newer one, and declines it", () => {
    expect(
      log(
        barrierHandler(3),
        barrier(2, 1, 100),
        barrier(0, 1, 110),
        barrier(1, 2, 200),
        barrier(2, 2, 230),
        barrier(0, 2, 260),
      ),
    ).toEqual([
      "block 2",
      "block 0",
      `resume 2, resume 0, decline 1 ${CHECKPOINT_DECLINED_SUBSUMED}, block 1`,
      "block 2",
      "block 0, aligned 2 60, snapshot 2 60",
    ]);
  });

  test("gives a cancelled checkpoint up, whether it has begun or not, once", () => {
    const state = barrierHandler(2);
    const cancelled = `decline 1 ${CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER}`;
    expect(log(state, barrier(0, 1, 100), cancellation(1), cancellation(1), barrier(1, 1, 120))).toEqual([
      "block 0",
      `resume 0, ${cancelled}`,
      "",
      "resume 1",
    ]);
    expect(log(state, cancellation(2), barrier(0, 2, 200))).toEqual([
      `decline 2 ${CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER}`,
      "resume 0",
    ]);
    expect(log(state, barrier(0, 3, 300), cancellation(4), cancellation(3))).toEqual([
      "block 0",
      `resume 0, decline 3 ${CHECKPOINT_DECLINED_SUBSUMED}, decline 4 ${CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER}`,
      "",
    ]);
  });

  test("counts a channel at its end as one that delivered its barrier, before and during the alignment", () => {
    const state = barrierHandler(3);
    expect(log(state, barrier(0, 1, 100), end(2, 110), barrier(1, 1, 120), resumeBlocked)).toEqual([
      "block 0",
      "",
      "block 1, aligned 1 20, snapshot 1 20",
      "resume 0, resume 1",
    ]);
    expect(log(state, barrier(0, 2, 200), end(1, 240), resumeBlocked)).toEqual([
      "block 0",
      "aligned 2 40, snapshot 2 40",
      "resume 0",
    ]);
    expect(log(state, barrier(0, 3, 300))).toEqual(["block 0, aligned 3, snapshot 3"]);
  });
});

describe("unaligned", () => {
  test("takes the snapshot with the first barrier, and ends with the last; nothing is blocked", () => {
    const state = barrierHandler(3);
    expect(
      log(
        state,
        barrier(1, 1, 100, UNALIGNED),
        barrier(0, 1, 130, UNALIGNED),
        barrier(2, 1, 175, UNALIGNED),
        resumeBlocked,
      ),
    ).toEqual(["capture 1, snapshot 1, convert 1", "", "aligned 1 75", ""]);
  });

  test("of one channel captures, and is over at once", () => {
    expect(log(barrierHandler(1), barrier(0, 1, 100, UNALIGNED))).toEqual([
      "capture 1, snapshot 1, convert 1, aligned 1",
    ]);
  });

  test("of an old checkpoint does nothing; of a newer one gives the pending one up", () => {
    expect(
      log(
        barrierHandler(2),
        barrier(0, 2, 100, UNALIGNED),
        barrier(0, 1, 110, UNALIGNED),
        barrier(1, 3, 120, UNALIGNED),
        barrier(1, 2, 130, UNALIGNED),
      ),
    ).toEqual([
      "capture 2, snapshot 2, convert 2",
      "",
      `decline 2 ${CHECKPOINT_DECLINED_SUBSUMED}, capture 3, snapshot 3, convert 3`,
      "",
    ]);
  });

  test("beside an edge that can't have it, blocks that edge's channels until all barriers are there", () => {
    const state = barrierHandler(2);
    expect(
      log(
        state,
        barrier(0, 1, 100, FORCED_ALIGNED),
        barrier(1, 1, 120, UNALIGNED),
        resumeBlocked,
        barrier(1, 2, 200, UNALIGNED),
        resumeBlocked,
        barrier(0, 2, 250, FORCED_ALIGNED),
        resumeBlocked,
      ),
    ).toEqual([
      "block 0",
      "capture 1, snapshot 1 20, convert 1, aligned 1 20",
      "resume 0",
      "capture 2, snapshot 2, convert 2",
      "",
      "block 0, aligned 2 50",
      "resume 0",
    ]);
  });
});

describe("aligned with a time-out, from the JobManager's trigger on", () => {
  test("stays aligned when all barriers come in time", () => {
    const state = barrierHandler(2, 50);
    expect(
      log(state, barrier(0, 1, 1010, TIMEOUTABLE), barrier(1, 1, 1050, TIMEOUTABLE), timer(1, 1050)),
    ).toEqual(["block 0, arm 1 1050", "block 1, disarm 1, aligned 1 40, snapshot 1 40", ""]);
  });

  test("goes on unaligned when the timer fires, and lets the blocked channels go when all is over", () => {
    const state = barrierHandler(3, 50);
    expect(
      log(
        state,
        barrier(0, 1, 1010, TIMEOUTABLE),
        timer(1, 1050),
        barrier(1, 1, 1060, CONVERTED),
        resumeBlocked,
        barrier(2, 1, 1090, UNALIGNED),
        resumeBlocked,
      ),
    ).toEqual([
      "block 0, arm 1 1050",
      "capture 1, snapshot 1 40, convert 1",
      "block 1",
      "",
      "aligned 1 80",
      "resume 0, resume 1",
    ]);
  });

  test("learns of a barrier by its announcement, and may time out before any has arrived", () => {
    expect(
      log(
        barrierHandler(2, 50),
        announcement(1, 1010),
        announcement(1, 1020),
        timer(1, 1050),
        barrier(0, 1, 1055, CONVERTED),
        barrier(1, 1, 1058, CONVERTED),
      ),
    ).toEqual(["arm 1 1050", "", "capture 1, snapshot 1, convert 1", "block 0", "block 1, aligned 1 3"]);
  });

  test("goes on unaligned at once with a barrier or an announcement that is late, or one that overtook", () => {
    expect(log(barrierHandler(2, 50), barrier(0, 1, 1051, TIMEOUTABLE))).toEqual([
      "block 0, capture 1, snapshot 1, convert 1",
    ]);
    expect(log(barrierHandler(2, 50), announcement(1, 1051))).toEqual(["capture 1, snapshot 1, convert 1"]);
    expect(
      log(barrierHandler(2, 50), barrier(0, 1, 1010, TIMEOUTABLE), barrier(1, 1, 1020, UNALIGNED)),
    ).toEqual(["block 0, arm 1 1050", "disarm 1, capture 1, snapshot 1 10, convert 1, aligned 1 10"]);
  });

  test("ignores the timer and the announcements of a checkpoint that is over", () => {
    const state = barrierHandler(1, 50);
    expect(
      log(state, barrier(0, 1, 1010, TIMEOUTABLE), timer(1, 1050), announcement(1, 1060), timer(7, 1070)),
    ).toEqual(["block 0, arm 1 1050, disarm 1, aligned 1, snapshot 1", "", "", ""]);
  });

  test("disarms the timer of a checkpoint given up", () => {
    expect(
      log(barrierHandler(2, 50), barrier(0, 1, 1010, TIMEOUTABLE), cancellation(1), timer(1, 1050)),
    ).toEqual([
      "block 0, arm 1 1050",
      `disarm 1, resume 0, decline 1 ${CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER}`,
      "",
    ]);
  });
});

test("what no task does is refused", () => {
  const state = barrierHandler(2);
  take(state, barrier(0, 1, 100));
  expect(() => take(state, barrier(0, 1, 110))).toThrow("a channel delivers a checkpoint's barrier once");
  expect(() => take(state, barrier(1, 1, 110, AT_LEAST_ONCE))).toThrow(
    "at-least-once barriers are tracked, not handled",
  );
  take(state, end(1, 120));
  expect(() => take(state, end(1, 130))).toThrow("a partition ends once");
});

describe("any interleaving of channels", () => {
  /** Channels that each deliver a growing series of barriers, some with gaps, and which of them goes next. */
  const worlds = fc.record({
    skipped: fc.array(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
    kinds: fc.array(fc.constantFrom<BarrierKind>(ALIGNED, FORCED_ALIGNED, TIMEOUTABLE, UNALIGNED), {
      minLength: 5,
      maxLength: 5,
    }),
    turns: fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
    timeout: fc.constantFrom(3, 20, Number.POSITIVE_INFINITY),
  });

  property.prop([worlds], { numRuns: 500 })(
    "takes each checkpoint once, never leaves a channel blocked, and aligned lets no record overtake a barrier",
    ({ skipped, kinds, turns, timeout }) => {
      const channels = skipped.length;
      const state = barrierHandler(channels, timeout);
      const queues = skipped.map((skips) => skips.flatMap((skip, i) => (skip && i < 5 ? [] : [i + 1])));
      const blocked = new Set<number>();
      const delivered = new Map<number, Set<number>>();
      const started: number[] = [];
      const ended: number[] = [];
      const armed = new Map<number, number>();
      let isUnaligned = false;
      const carryOut = (step: Step): void => {
        for (const [effect, a, b] of take(state, step)) {
          if (effect === BLOCK_CHANNEL) {
            expect(blocked).not.toContain(a);
            blocked.add(a);
          } else if (effect === RESUME_CHANNEL) {
            // A stale barrier's channel is resumed without having been blocked.
            blocked.delete(a);
          } else if (effect === BEGIN_CAPTURE) isUnaligned = true;
          else if (effect === START_SNAPSHOT) {
            expect(started).not.toContain(a);
            started.push(a);
            // BarrierNeverOvertakesRecord: every channel waits behind the barrier, unless the checkpoint captures.
            if (!isUnaligned) expect(delivered.get(a)!.size).toBe(channels);
          } else if (effect === END_ALIGNMENT) {
            expect(delivered.get(a)!.size).toBe(channels);
            ended.push(a);
          } else if (effect === DECLINE)
            expect([b, ended.includes(a)]).toEqual([CHECKPOINT_DECLINED_SUBSUMED, false]);
          else if (effect === ARM_TIMER) armed.set(a, b);
          else if (effect === DISARM_TIMER) expect(armed.delete(a)).toBe(true);
          else expect(effect).toBe(CONVERT);
        }
        if (state.pending === 0) isUnaligned = false;
        for (const [effect, a] of take(state, resumeBlocked)) {
          expect(effect).toBe(RESUME_CHANNEL);
          blocked.delete(a);
        }
      };
      turns.forEach((turn, now) => {
        for (const [checkpoint, at] of armed) {
          if (at - 1000 * checkpoint > now) continue;
          armed.delete(checkpoint);
          carryOut((s, outbox) => onAlignmentTimeout(s, checkpoint, 1000 * checkpoint + now, outbox));
        }
        const ready = queues.flatMap((queue, channel) =>
          queue.length > 0 && !blocked.has(channel) ? [channel] : [],
        );
        if (ready.length === 0) return;
        const channel = ready[turn % ready.length]!;
        const checkpoint = queues[channel]!.shift()!;
        delivered.set(checkpoint, (delivered.get(checkpoint) ?? new Set()).add(channel));
        carryOut(barrier(channel, checkpoint, 1000 * checkpoint + now, kinds[channel]!));
      });
      // Every channel has the last barrier, so however many were given up, the last one is taken.
      expect(queues).toEqual(skipped.map(() => []));
      expect(blocked).toEqual(new Set());
      expect(started.at(-1)).toBe(6);
      expect(started).toEqual([...new Set(started)].sort());
      expect(ended.every((checkpoint) => started.includes(checkpoint))).toBe(true);
      expect(ended.at(-1)).toBe(6);
    },
  );
});

test("which barriers block their channel", () => {
  const kinds: BarrierKind[] = [ALIGNED, TIMEOUTABLE, UNALIGNED, FORCED_ALIGNED, AT_LEAST_ONCE, CONVERTED];
  expect(kinds.map(blocksChannel)).toEqual([true, true, false, true, false, true]);
});
