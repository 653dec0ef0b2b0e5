import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { TIMEOUTABLE, UNALIGNED } from "./barrier-handler.ts";
import { Channel } from "./channel.ts";
import type { ChannelSettings } from "./channel-ends.ts";
import { BufferRecycler, END_OF_DATA, END_OF_PARTITION } from "./network-buffer.ts";

const SEGMENT = 32_768;
const LATENCY = 100;

interface Setup {
  readonly recordBytes: number;
  /** ns between two records; record k (from 0) is emitted at (k + 1) * spacing. */
  readonly spacing: number;
  readonly total: number;
  readonly credits?: number;
  readonly local?: boolean;
  readonly flushAlways?: boolean;
  /** whether the receiver takes everything at once. */
  readonly greedy?: boolean;
  readonly supportsUnaligned?: boolean;
}

type Entry = readonly [at: number, what: string];

/** A channel between a source that emits evenly and a receiver that notes what it takes. */
function world(setup: Setup) {
  const { recordBytes, spacing, total, credits = 1_000_000, local = false, greedy = true } = setup;
  const sim = new Simulation({ seed: "channel" });
  const log: Entry[] = [];
  const counts = { queued: 0, taken: 0, touched: 0, full: 0 };
  let emitted = 0;
  const settings: ChannelSettings = {
    segmentSize: SEGMENT,
    recordBytes,
    buffersPerChannel: credits,
    latency: LATENCY,
    recycler: new BufferRecycler(false),
    flushAlways: setup.flushAlways ?? false,
  };
  const kinds = {
    segmentFull: sim.defineKind("segment full", () => channel.onSegmentFull()),
    arrival: sim.defineKind("arrival", () => channel.onArrival()),
    credit: sim.defineKind("credit", () => channel.onCredit()),
    resume: sim.defineKind("resume", () => channel.onResume()),
    processed: sim.defineKind("processed", () => channel.onAllRecordsProcessed()),
    asked: sim.defineKind("asked", () => channel.onAsked()),
    bufferSize: sim.defineKind("buffer size", (_, bytes) => channel.onBufferSize(bytes)),
  };
  const channel = new Channel(sim, kinds, settings, {
    number: 0,
    upstream: {
      emitInto: (into, now) => {
        const upTo = Math.min(total, Math.floor(now / spacing));
        into.open.push(0, 0, emitted, upTo);
        emitted = Math.max(emitted, upTo);
      },
      timeOfEmission: (of, records) => {
        const wanted = emitted - of.open.records + records;
        return wanted <= total ? wanted * spacing : Number.POSITIVE_INFINITY;
      },
      onBufferTaken: () => counts.taken++,
      onBufferQueued: () => counts.queued++,
      afterSegmentFull: () => counts.full++,
      onAllRecordsProcessed: () => log.push([sim.now, "all records processed"]),
      onTimeoutableBarrierSent: () => log.push([sim.now, "timeoutable barrier sent"]),
    },
    upstreamIndex: 0,
    downstreamIndex: 0,
    local,
    writer: 0,
    gate: 0,
    select: () => undefined,
    supportsUnaligned: setup.supportsUnaligned ?? true,
    splits: 1,
  });
  const take = (): void => {
    const buffer = channel.take();
    const { spans } = buffer;
    const barrier = `barrier ${buffer.barrierOf} of ${buffer.triggeredAt}`;
    const content = buffer.isEvent
      ? (ENDS.get(buffer.barrierOf) ?? barrier)
      : Array.from({ length: spans.count }, (_, i) => `[${spans.from[i]}, ${spans.to[i]})`).join(" ");
    log.push([sim.now, content]);
    settings.recycler.giveBack(buffer);
  };
  channel.connect({
    onData: () => {
      while (greedy && channel.hasData) take();
    },
    touch: () => counts.touched++,
    onPriorityBarrier: () => {
      const barrier = channel.takeBarrier();
      if (barrier !== undefined) log.push([sim.now, `priority barrier ${barrier.barrierOf}`]);
    },
    onAnnouncement: (_channel, checkpoint) => log.push([sim.now, `barrier ${checkpoint} announced`]),
  });
  channel.foresee();
  /** Calls `action` at `time`. */
  let actions = 0;
  const at = (time: number, action: () => void): void => {
    sim.scheduleAt(time, sim.defineKind(`action ${actions++}`, action), 0, 0);
  };
  const flushAt = (time: number): void => at(time, () => channel.flush(sim.now));
  const broadcastAt = (time: number, checkpoint: number, triggeredAt: number): void =>
    at(time, () => {
      channel.broadcast(checkpoint, triggeredAt, sim.now);
      channel.foresee();
    });
  return { sim, channel, log, counts, take, at, flushAt, broadcastAt };
}

const ENDS = new Map([
  [END_OF_DATA, "end of data"],
  [END_OF_PARTITION, "end of partition"],
]);

describe("a segment", () => {
  test("is sent when it is full, and a record that spans two segments comes with the second", () => {
    const { sim, log, counts } = world({ recordBytes: 1000, spacing: 10, total: 120 });
    sim.run(100_000);
    // 32.768, 65.536 and 98.304 records: full with the 33rd, the 66th and the 99th.
    expect(log).toEqual([
      [330 + LATENCY, "[0, 32)"],
      [660 + LATENCY, "[32, 65)"],
      [990 + LATENCY, "[65, 98)"],
    ]);
    expect(counts).toEqual({ queued: 3, taken: 3, touched: 0, full: 3 });
  });

  test("holds a whole number of records when their size divides it", () => {
    const { sim, log } = world({ recordBytes: 8192, spacing: 10, total: 9 });
    sim.run(100_000);
    expect(log).toEqual([
      [140, "[0, 4)"],
      [180, "[4, 8)"],
    ]);
  });

  test("that a record doesn't end in is sent with the record's last: as many as its bytes fill", () => {
    const { sim, log } = world({ recordBytes: 3 * SEGMENT + 1, spacing: 10, total: 3 });
    sim.run(100_000);
    const part = (time: number, content = ""): Entry => [time + LATENCY, content];
    // The first ends in the fourth segment, the second in the seventh, the third in the tenth.
    expect(log).toEqual([
      part(10),
      part(10),
      part(10),
      part(20, "[0, 1)"),
      part(20),
      part(20),
      part(30, "[1, 2)"),
      part(30),
      part(30),
    ]);
  });

  property.prop([
    fc.integer({ min: 300, max: 100_000 }),
    fc.array(fc.nat({ max: 30_000 }), { maxLength: 12 }),
  ])(
    "fills with the same record whatever is flushed meanwhile, for any size of record, and everything flushed arrives",
    (recordBytes, flushes) => {
      const total = 400;
      const { sim, log, flushAt } = world({ recordBytes, spacing: 100, total });
      for (const time of flushes) flushAt(time);
      sim.run(1_000_000);
      // What has been handed over after each time: whole records up to the last full segment, or to a flush.
      const handed = new Map<number, number>();
      for (let j = 1; Math.ceil((j * SEGMENT) / recordBytes) <= total; j++) {
        handed.set(Math.ceil((j * SEGMENT) / recordBytes) * 100, Math.floor((j * SEGMENT) / recordBytes));
      }
      for (const time of flushes) handed.set(time, Math.max(handed.get(time) ?? 0, Math.floor(time / 100)));
      const expected: Entry[] = [];
      let before = 0;
      for (const [time, upTo] of [...handed].sort(([a], [b]) => a - b)) {
        if (upTo <= before) continue;
        expected.push([time + LATENCY, `[${before}, ${upTo})`]);
        before = upTo;
      }
      const merged: Entry[] = [];
      for (const [time, content] of log) {
        // A part of a record that ends in a later segment.
        if (content === "") continue;
        // A segment that fills in the nanosecond of a flush makes two buffers.
        const last = merged.at(-1);
        if (last !== undefined && last[0] === time) {
          merged[merged.length - 1] = [time, `${last[1].split(",")[0]},${content.split(",")[1]}`];
        } else merged.push([time, content]);
      }
      expect(merged).toEqual(expected);
    },
  );
});

describe("a flush", () => {
  test("hands out what is there, and the segment goes on filling", () => {
    const { sim, log, flushAt } = world({ recordBytes: 1000, spacing: 10, total: 70 });
    flushAt(105);
    flushAt(205);
    sim.run(100_000);
    expect(log).toEqual([
      [205, "[0, 10)"],
      [305, "[10, 20)"],
      [430, "[20, 32)"],
      [760, "[32, 65)"],
    ]);
  });

  test("of nothing sends nothing", () => {
    const { sim, log, flushAt } = world({ recordBytes: 1000, spacing: 10, total: 3 });
    flushAt(9);
    flushAt(30);
    flushAt(40);
    sim.run(100_000);
    expect(log).toEqual([[130, "[0, 3)"]]);
  });

  test("without credit waits for it, and then hands out all that is there by then", () => {
    const { sim, channel, log, counts, at, flushAt } = world({
      recordBytes: 100,
      spacing: 10,
      total: 100,
      credits: 1,
    });
    flushAt(100);
    flushAt(200);
    at(300, () => {
      expect([channel.senderWaits, channel.queuedData]).toEqual([true, 0]);
      channel.grantCredit();
    });
    sim.run(100_000);
    expect(log).toEqual([
      [200, "[0, 10)"],
      [500, "[10, 40)"],
    ]);
    expect([counts.touched, channel.senderWaits, channel.unusedCredit]).toEqual([1, false, 0]);
  });

  test("happens at every record when the buffer timeout is 0", () => {
    const { sim, log } = world({ recordBytes: 1000, spacing: 10, total: 4, flushAlways: true });
    sim.run(100_000);
    expect(log).toEqual([
      [110, "[0, 1)"],
      [120, "[1, 2)"],
      [130, "[2, 3)"],
      [140, "[3, 4)"],
    ]);
  });
});

describe("credit", () => {
  test("lets two buffers through with two exclusive credits, and the third when one is given back", () => {
    const { sim, channel, log, counts, at } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 120,
      credits: 2,
    });
    at(989, () => expect([channel.queuedData, channel.unusedCredit, counts.touched]).toEqual([0, 0, 0]));
    at(991, () => expect([channel.queuedData, channel.unusedCredit, counts.touched]).toEqual([1, 0, 1]));
    at(1500, () => channel.grantCredit());
    sim.run(100_000);
    expect(log).toEqual([
      [430, "[0, 32)"],
      [760, "[32, 65)"],
      [1500 + LATENCY + LATENCY, "[65, 98)"],
    ]);
    expect(counts).toEqual({ queued: 3, taken: 3, touched: 1, full: 3 });
  });

  test("given while nothing waits is kept", () => {
    const { sim, channel, log, at } = world({ recordBytes: 1000, spacing: 10, total: 120, credits: 2 });
    at(700, () => channel.grantCredit());
    sim.run(100_000);
    expect(log.at(-1)).toEqual([1090, "[65, 98)"]);
    expect(channel.unusedCredit).toBe(0);
  });
});

describe("a barrier", () => {
  test("goes through without credit", () => {
    const { sim, log, channel, broadcastAt } = world({
      recordBytes: 8192,
      spacing: 10,
      total: 8,
      credits: 2,
    });
    broadcastAt(85, 5, 60);
    sim.run(100_000);
    expect(log).toEqual([
      [140, "[0, 4)"],
      [180, "[4, 8)"],
      [185, "barrier 5 of 60"],
    ]);
    expect(channel.unusedCredit).toBe(0);
  });

  test("never overtakes: the segment before it is finished and goes first, however long it waits for credit", () => {
    const { sim, channel, log, at, broadcastAt } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 120,
      credits: 1,
    });
    broadcastAt(705, 5, 600);
    at(2000, () => channel.grantCredit());
    at(3000, () => channel.grantCredit());
    sim.run(100_000);
    expect(log).toEqual([
      [430, "[0, 32)"],
      [2200, "[32, 65)"],
      [3200, "[65, 70)"],
      [3200, "barrier 5 of 600"],
    ]);
  });

  test("blocks the sender until the receiver resumes it", () => {
    const { sim, channel, log, at, flushAt, broadcastAt } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 120,
    });
    broadcastAt(105, 5, 0);
    flushAt(200);
    at(1000, () => channel.resumeConsumption());
    sim.run(100_000);
    // From the 11th record on a new segment fills: full with 33 more, at 430. It waits for the resumption, sent at
    // 1000 and known to the sender at 1100.
    expect(log).toEqual([
      [205, "[0, 10)"],
      [205, "barrier 5 of 0"],
      [1200, "[10, 42)"],
      [1200, "[42, 75)"],
      [1200, "[75, 108)"],
      // What was flushed at 200 was asked for before all that; the flush is answered with everything at 1100.
      [1200, "[108, 110)"],
    ]);
  });

  test("can only be left behind by a channel that is behind one", () => {
    const { sim, channel, at } = world({ recordBytes: 1000, spacing: 10, total: 0 });
    at(10, () => channel.resumeConsumption());
    expect(() => sim.run(1000)).toThrow("only a channel behind a barrier is resumed");
  });
});

describe("a local channel", () => {
  test("needs neither credit nor time", () => {
    const { sim, log, flushAt, broadcastAt } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 70,
      credits: 0,
      local: true,
    });
    flushAt(105);
    broadcastAt(405, 3, 200);
    sim.run(100_000);
    expect(log).toEqual([
      [105, "[0, 10)"],
      [330, "[10, 32)"],
      [405, "[32, 40)"],
      [405, "barrier 3 of 200"],
    ]);
  });

  test("is cut by the poll of its receiver, however long ago the flush was", () => {
    const { sim, channel, log, counts, take, at, flushAt } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 70,
      local: true,
      greedy: false,
    });
    flushAt(105);
    flushAt(205);
    at(255, take);
    at(256, () => expect([channel.hasData, channel.senderWaits]).toEqual([false, false]));
    sim.run(300);
    expect(log).toEqual([[255, "[0, 25)"]]);
    expect(counts).toEqual({ queued: 1, taken: 1, touched: 0, full: 0 });
  });

  test("goes on filling its segment after a poll, and a full segment ends what a poll may take", () => {
    const { sim, log, take, at, flushAt } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 70,
      local: true,
      greedy: false,
    });
    flushAt(105);
    at(255, take);
    flushAt(305);
    // The segment is full with the 33rd record, at 330.
    at(405, take);
    sim.run(500);
    expect(log).toEqual([
      [255, "[0, 25)"],
      [405, "[25, 32)"],
    ]);
  });

  test("takes nothing from behind a barrier along", () => {
    const { sim, log, take, at, flushAt, broadcastAt } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 70,
      local: true,
      greedy: false,
    });
    flushAt(105);
    broadcastAt(205, 3, 0);
    at(255, take);
    at(256, take);
    sim.run(300);
    expect(log).toEqual([
      [255, "[0, 20)"],
      [256, "barrier 3 of 0"],
    ]);
  });

  test("shows nothing behind a barrier until it is resumed, and then at once", () => {
    const { sim, channel, log, at, broadcastAt } = world({
      recordBytes: 8192,
      spacing: 10,
      total: 8,
      local: true,
    });
    broadcastAt(15, 3, 0);
    at(60, () => expect([channel.queuedData, channel.hasData]).toEqual([1, false]));
    at(70, () => channel.resumeConsumption());
    sim.run(100_000);
    expect(log).toEqual([
      [15, "[0, 1)"],
      [15, "barrier 3 of 0"],
      [70, "[1, 5)"],
    ]);
  });

  // Channel.onResume looks at the queue alone: the flush waits for the next one.
  test("answers a flush that came while it was blocked as soon as it is resumed", () => {
    const { sim, channel, log, at, flushAt, broadcastAt } = world({
      recordBytes: 1000,
      spacing: 10,
      total: 20,
      local: true,
    });
    broadcastAt(55, 3, 0);
    flushAt(100);
    at(150, () => channel.resumeConsumption());
    sim.run(100_000);
    expect(log.slice(2)).toEqual([[150, "[5, 15)"]]);
  });
});

describe("a barrier that overtakes", () => {
  const overtaking = { recordBytes: 1000, spacing: 10, total: 120, credits: 1 };

  test("leaves before the queue and without credit, and what it passed is state of the sender", () => {
    const { sim, channel, log, at } = world(overtaking);
    at(705, () => {
      channel.broadcast(5, 600, sim.now, UNALIGNED);
      expect(channel.outputState.rows()).toEqual([[0, 0, 32, 70]]);
      expect(channel.bytesOf(channel.outputState)).toBe(38_000);
    });
    at(2000, () => channel.grantCredit());
    at(3000, () => channel.grantCredit());
    sim.run(100_000);
    expect(log).toEqual([
      [430, "[0, 32)"],
      [805, "priority barrier 5"],
      // Two buffers that the barrier passed, and nothing is blocked behind it.
      [2200, "[32, 65)"],
      [3200, "[65, 70)"],
    ]);
  });

  test("comes before what was received and not taken; that, and what comes until then, is state of the receiver", () => {
    const { sim, channel, at } = world({ ...overtaking, credits: 10, greedy: false });
    at(500, () => {
      channel.beginCapture(5);
      expect(channel.inputState.rows()).toEqual([[0, 0, 0, 32]]);
    });
    at(695, () => channel.broadcast(5, 600, sim.now, UNALIGNED));
    at(790, () => expect(channel.inputState.rows()).toEqual([[0, 0, 0, 65]]));
    sim.run(100_000);
    // The barrier passed the segment that it closed, which is the sender's state; what was sent behind it isn't state.
    expect(channel.inputState.rows()).toEqual([[0, 0, 0, 65]]);
    expect(channel.outputState.rows()).toEqual([[0, 0, 65, 69]]);
  });

  test("and is there when the capture begins: what came behind it is left out", () => {
    const { sim, channel, at } = world({ ...overtaking, credits: 10, greedy: false });
    at(695, () => channel.broadcast(5, 600, sim.now, UNALIGNED));
    at(2000, () => {
      channel.beginCapture(5);
      expect(channel.inputState.rows()).toEqual([[0, 0, 0, 65]]);
      channel.endCapture();
    });
    sim.run(100_000);
  });

  test("on an edge that can't have it waits in its place and blocks", () => {
    const { sim, channel, log, at } = world({ ...overtaking, supportsUnaligned: false });
    at(705, () => channel.broadcast(5, 600, sim.now, UNALIGNED));
    at(2000, () => channel.grantCredit());
    at(3000, () => channel.grantCredit());
    sim.run(100_000);
    expect(log.map(([time, what]) => `${time} ${what}`)).toEqual([
      "430 [0, 32)",
      "2200 [32, 65)",
      "3200 [65, 70)",
      "3200 barrier 5 of 600",
    ]);
    expect(channel.outputState.rows()).toEqual([]);
  });

  test("after waiting too long at the sender: its place until then is that of an aligned one", () => {
    const { sim, channel, log, at } = world(overtaking);
    at(705, () => {
      channel.broadcast(5, 600, sim.now, TIMEOUTABLE);
      expect([channel.holdsTimeoutable(5), channel.holdsTimeoutable(4)]).toEqual([true, false]);
    });
    at(1000, () => {
      channel.letOvertake(5);
      expect(channel.outputState.rows()).toEqual([[0, 0, 32, 70]]);
      expect(channel.holdsTimeoutable(5)).toBe(false);
    });
    sim.run(2000);
    expect(log).toEqual([
      [430, "[0, 32)"],
      [1100, "priority barrier 5"],
    ]);
  });

  test("in time is announced to the receiver, who may convert it", () => {
    const { sim, channel, log, at } = world({ ...overtaking, credits: 10, greedy: false });
    at(695, () => channel.broadcast(5, 600, sim.now, TIMEOUTABLE));
    at(900, () => {
      channel.beginCapture(5);
      expect(channel.inputState.rows()).toEqual([[0, 0, 0, 69]]);
      expect([channel.convertAnnounced(4), channel.convertAnnounced(5)]).toEqual([false, true]);
      expect(channel.takeBarrier()?.barrierOf).toBe(5);
    });
    sim.run(2000);
    expect(log).toEqual([
      [695, "timeoutable barrier sent"],
      [795, "barrier 5 announced"],
    ]);
  });

  test("in a local channel is taken from the sender's queue, whose records are the sender's state", () => {
    const { sim, channel, log, take, at, flushAt } = world({ ...overtaking, local: true, greedy: false });
    flushAt(105);
    at(205, () => {
      channel.beginCapture(5);
      channel.broadcast(5, 200, sim.now, UNALIGNED);
      expect(channel.outputState.rows()).toEqual([[0, 0, 0, 20]]);
    });
    at(300, take);
    sim.run(320);
    expect(log).toEqual([
      [205, "priority barrier 5"],
      [300, "[0, 20)"],
    ]);
    expect(channel.inputState.rows()).toEqual([]);
  });
});

describe("the end", () => {
  test("comes behind what was emitted; the channel lives on without its sender until its receiver has it all", () => {
    const { sim, channel, log, at } = world({ recordBytes: 1000, spacing: 10, total: 40, credits: 1 });
    at(400, () => channel.endData(sim.now));
    // Its sender is gone before the receiver has given credit.
    at(410, () => channel.finish(sim.now));
    at(420, () => channel.acknowledgeAllRecordsProcessed());
    at(1000, () => channel.grantCredit());
    sim.run(100_000);
    expect(log).toEqual([
      [330 + LATENCY, "[0, 32)"],
      // One credit was for the first buffer; events take none, but keep their place.
      [1000 + 2 * LATENCY, "[32, 40)"],
      [1000 + 2 * LATENCY, "end of data"],
      [1000 + 2 * LATENCY, "end of partition"],
    ]);
  });

  test("a sender that is there learns one latency later that all its records are processed", () => {
    const { sim, channel, log, at } = world({ recordBytes: 1000, spacing: 10, total: 5 });
    at(100, () => channel.endData(sim.now));
    at(500, () => channel.acknowledgeAllRecordsProcessed());
    sim.run(100_000);
    expect(log).toEqual([
      [100 + LATENCY, "[0, 5)"],
      [100 + LATENCY, "end of data"],
      [500 + LATENCY, "all records processed"],
    ]);
  });

  test("without a receiver nothing is left of a channel whose sender has finished", () => {
    const { sim, channel, log, at } = world({ recordBytes: 1000, spacing: 10, total: 5 });
    at(100, () => channel.finish(sim.now));
    at(110, () => channel.loseReceiver());
    sim.run(100_000);
    expect(log).toEqual([]);
  });
});
