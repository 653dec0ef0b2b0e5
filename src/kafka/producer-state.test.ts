import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  ANSWER_AGAIN,
  APPEND_BATCH,
  LAST_SEQUENCE,
  onBatch,
  onMarkerEpoch,
  type ProducedBatch,
  type ProducerState,
  producerState,
  REFUSE_INVALID_PRODUCER_EPOCH,
  REFUSE_OUT_OF_ORDER_SEQUENCE,
} from "./producer-state.ts";

/** A leader with a log of which only its length matters. */
class Leader {
  state: ProducerState = producerState();
  end = 0;
  readonly protocol: 1 | 2;

  constructor(protocol: 1 | 2 = 1) {
    this.protocol = protocol;
  }

  /** @returns the effect and its number. */
  receive(batch: Partial<ProducedBatch>): readonly [number, number] {
    const whole = {
      producerId: 1,
      producerEpoch: 0,
      baseSequence: 0,
      records: 1,
      transactional: false,
    };
    const received = { ...whole, ...batch };
    const outbox = new Outbox();
    onBatch(this.state, received, this.end, this.protocol, outbox);
    expect(outbox.length).toBe(1);
    if (outbox.effects[0] === APPEND_BATCH) this.end += received.records;
    return [outbox.effects[0]!, outbox.a[0]!];
  }
}

describe("what a leader does with a batch", () => {
  test("appends batches whose sequence goes on, and refuses a gap", () => {
    const leader = new Leader();
    expect(leader.receive({ baseSequence: 0, records: 3 })).toEqual([APPEND_BATCH, 0]);
    expect(leader.receive({ baseSequence: 3, records: 2 })).toEqual([APPEND_BATCH, 3]);
    expect(leader.receive({ baseSequence: 6 })).toEqual([REFUSE_OUT_OF_ORDER_SEQUENCE, 5]);
    expect(leader.end).toBe(5);
  });

  test("answers a repeat of any of the last five batches with its offset, and appends nothing", () => {
    const leader = new Leader();
    for (let k = 0; k < 6; k++) leader.receive({ baseSequence: 2 * k, records: 2 });
    for (let k = 1; k < 6; k++) {
      expect(leader.receive({ baseSequence: 2 * k, records: 2 })).toEqual([ANSWER_AGAIN, 2 * k]);
    }
    expect(leader.end).toBe(12);
  });

  test("can't recognise a sixth, nor a batch cut otherwise", () => {
    const leader = new Leader();
    for (let k = 0; k < 6; k++) leader.receive({ baseSequence: 2 * k, records: 2 });
    expect(leader.receive({ baseSequence: 0, records: 2 })).toEqual([REFUSE_OUT_OF_ORDER_SEQUENCE, 12]);
    expect(leader.receive({ baseSequence: 10, records: 1 })).toEqual([REFUSE_OUT_OF_ORDER_SEQUENCE, 12]);
  });

  test("refuses an older epoch, and takes a newer one from sequence 0", () => {
    const leader = new Leader();
    leader.receive({ producerEpoch: 2, baseSequence: 0 });
    expect(leader.receive({ producerEpoch: 1, baseSequence: 1 })).toEqual([REFUSE_INVALID_PRODUCER_EPOCH, 2]);
    expect(leader.receive({ producerEpoch: 3, baseSequence: 1 })).toEqual([REFUSE_OUT_OF_ORDER_SEQUENCE, 0]);
    expect(leader.receive({ producerEpoch: 3, baseSequence: 0 })).toEqual([APPEND_BATCH, 1]);
    // The old epoch's batches are forgotten.
    expect(leader.receive({ producerEpoch: 2, baseSequence: 0 })).toEqual([REFUSE_INVALID_PRODUCER_EPOCH, 3]);
  });

  test("a marker with a higher epoch fences", () => {
    const leader = new Leader();
    leader.receive({});
    onMarkerEpoch(leader.state, 1, 4);
    onMarkerEpoch(leader.state, 1, 3);
    onMarkerEpoch(leader.state, 9, 3);
    expect(leader.receive({ baseSequence: 1 })).toEqual([REFUSE_INVALID_PRODUCER_EPOCH, 4]);
    expect(leader.receive({ producerId: 9, producerEpoch: 2 })).toEqual([REFUSE_INVALID_PRODUCER_EPOCH, 3]);
    expect(leader.receive({ producerEpoch: 4, baseSequence: 0 })).toEqual([APPEND_BATCH, 1]);
  });

  test("takes any sequence of a producer that it doesn't know, except in a transaction of protocol v2", () => {
    expect(new Leader().receive({ baseSequence: 7 })).toEqual([APPEND_BATCH, 0]);
    expect(new Leader(1).receive({ baseSequence: 7, transactional: true })).toEqual([APPEND_BATCH, 0]);
    expect(new Leader(2).receive({ baseSequence: 7, transactional: true })).toEqual([
      REFUSE_OUT_OF_ORDER_SEQUENCE,
      0,
    ]);
  });

  test("sequences wrap behind the largest int", () => {
    const leader = new Leader();
    leader.receive({ baseSequence: LAST_SEQUENCE - 1, records: 4 });
    expect(leader.receive({ baseSequence: LAST_SEQUENCE - 1, records: 4 })).toEqual([ANSWER_AGAIN, 0]);
    expect(leader.receive({ baseSequence: 2, records: 1 })).toEqual([APPEND_BATCH, 4]);
  });
});

describe("what idempotence does not catch: the same records are appended again", () => {
  const first = { baseSequence: 0, records: 5 };

  test("handed over again by the application: they get the next sequence", () => {
    const leader = new Leader();
    leader.receive(first);
    expect(leader.receive({ baseSequence: 5, records: 5 })).toEqual([APPEND_BATCH, 5]);
  });

  test("after a restart: a new producer id", () => {
    const leader = new Leader();
    leader.receive(first);
    expect(leader.receive({ ...first, producerId: 2 })).toEqual([APPEND_BATCH, 5]);
  });

  test("in another partition: every leader knows only its own", () => {
    const leader = new Leader();
    const other = new Leader();
    leader.receive(first);
    expect(other.receive(first)).toEqual([APPEND_BATCH, 0]);
  });
});

test("a follower that appends what the leader appended recognises the same repeats", () => {
  const leader = new Leader();
  const follower = new Leader();
  for (let k = 0; k < 8; k++) {
    leader.receive({ baseSequence: k });
    follower.receive({ baseSequence: k });
  }
  expect(follower.state).toEqual(leader.state);
  expect(follower.receive({ baseSequence: 4 })).toEqual([ANSWER_AGAIN, 4]);
});
