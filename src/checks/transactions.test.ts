import { describe, expect, test } from "vitest";
import { FencedProducerNeverCommits } from "./fenced-producer-never-commits.ts";
import { NoAcknowledgedWriteLost } from "./no-acknowledged-write-lost.ts";
import { NoReadBeyondLastStableOffset } from "./no-read-beyond-last-stable-offset.ts";
import { TransactionHistory } from "./transaction-history.ts";

const OUT = 1;
const [BILLING, FRAUD] = [0, 1];

describe("FencedProducerNeverCommits", () => {
  test("allows the newest producer of an id, and a resumed one of the same epoch", () => {
    const fencing = new FencedProducerNeverCommits();
    fencing.producerInitialised(5, 77, 0, 1e9);
    fencing.endTxnTaken(5, 77, 0, true, 12, 2e9);
    fencing.producerInitialised(5, 77, 1, 3e9);
    fencing.endTxnTaken(5, 77, 1, false, 13, 4e9);
    expect(fencing.violations).toEqual([]);
  });

  test.each([
    [77, 1],
    [76, 9],
  ])("names producer %i with epoch %i once it is fenced", (producerId, epoch) => {
    const fencing = new FencedProducerNeverCommits();
    fencing.producerInitialised(5, 77, 2, 3e9);
    fencing.endTxnTaken(5, producerId, epoch, true, 12, 4e9);
    expect(fencing.violations).toEqual([
      `a producer of transactional id 5 with epoch ${epoch} commits transaction 12 at 4 s, fenced by epoch 2`,
    ]);
  });

  test("names an epoch that comes again, and an outcome that turns", () => {
    const fencing = new FencedProducerNeverCommits();
    fencing.producerInitialised(5, 77, 2, 1e9);
    fencing.producerInitialised(5, 77, 2, 3e9);
    fencing.transactionPrepared(12, 4e9);
    fencing.transactionAborted(12, 5e9);
    fencing.transactionAborted(13, 6e9);
    fencing.transactionCompleted(13, 7e9);
    expect(fencing.violations).toEqual([
      "transactional id 5 got producer epoch 2 at 3 s, after epoch 2",
      "transaction 12 is aborted at 5 s, after the opposite",
      "transaction 13 is committed at 7 s, after the opposite",
    ]);
  });
});

describe("NoAcknowledgedWriteLost", () => {
  function world() {
    const history = new TransactionHistory();
    const check = new NoAcknowledgedWriteLost(history, 2, [OUT, OUT], [true, false]);
    const write = (records: number, at: number): void => {
      check.written(0, 3, "out", 12, records, at);
      history.written(0, 3, "out", 12, records);
    };
    const append = (from: number, to: number, last: number): void => {
      history.appended(OUT, 0, 0, from, to, last, last, 12);
      check.appended(OUT, 0, 0, from, to, last, last, 12);
    };
    const end = (isQuiet = true): readonly string[] => check.violations(["billing", "fraud"], isQuiet);
    return { history, check, write, append, end };
  }

  test("a transaction commits with all that was written before its flush", () => {
    const { history, check, write, append, end } = world();
    write(10, 1e9);
    append(0, 10, 1.1e9);
    history.preCommitted(0, 3, 7, 12, 2e9);
    check.transactionCompleted(12, 3e9);
    check.delivered(BILLING, 0, 0, 0, 10);
    check.delivered(FRAUD, 0, 0, 0, 10);
    expect(end()).toEqual([]);
  });

  test("names a flush that didn't wait, a write behind it, a commit with less, and a reader that got less", () => {
    const { history, check, write, append, end } = world();
    write(10, 1e9);
    append(0, 6, 1.1e9);
    history.preCommitted(0, 3, 7, 12, 2e9);
    append(6, 9, 2.5e9);
    write(1, 2.6e9);
    check.transactionCompleted(12, 3e9);
    check.delivered(FRAUD, 0, 0, 0, 8);
    expect(end()).toEqual([
      "rank 8 of origin partition 0 was appended at 2.5 s, after its writer's flush for checkpoint 7 was over at 2 s",
      "writer 3 wrote 1 records at 2.6 s into transaction 12, which it had pre-committed for checkpoint 7 at 2 s",
      "transaction 12 of checkpoint 7 was committed at 3 s with 9 of the 11 records that its writer wrote",
      "reader fraud got 8 of 9 records that the log took",
    ]);
    expect(end(false)).toHaveLength(3);
  });
});

describe("NoReadBeyondLastStableOffset", () => {
  function world() {
    const check = new NoReadBeyondLastStableOffset(["in", "out"], [OUT, OUT], [true, false]);
    const append = (transaction: number, at: number): void =>
      check.appended(OUT, 0, 0, 0, 1, at, at, transaction, 0);
    const deliver = (reader: number, transaction: number): void =>
      check.delivered(reader, 0, 0, 40, 41, 9e9, 9e9, transaction, 0);
    const mark = (transaction: number, commit = true): void =>
      check.markerWritten("out", 0, transaction, commit, 8e9);
    return { check, append, deliver, mark };
  }

  test("allows what is committed and stable, and leaves read_uncommitted alone", () => {
    const { check, append, deliver, mark } = world();
    append(12, 1e9);
    append(13, 2e9);
    deliver(FRAUD, 13);
    mark(12);
    deliver(BILLING, 12);
    mark(13);
    check.transactionCompleted(12, 9e9);
    deliver(BILLING, 13);
    expect(check.violations).toEqual([]);
  });

  test("names a record of an open transaction, of an aborted one, and one behind an open transaction", () => {
    const { check, append, deliver, mark } = world();
    append(12, 1e9);
    append(13, 2e9);
    append(14, 3e9);
    deliver(BILLING, 12);
    mark(14, false);
    deliver(BILLING, 14);
    mark(13);
    deliver(BILLING, 13);
    expect(check.violations).toEqual([
      "rank 40 of origin partition 0 was delivered from out-0 at 9 s, and its transaction 12 is not committed there",
      "rank 40 of origin partition 0 was delivered from out-0 at 9 s, and its transaction 14 is not committed there",
      "rank 40 of origin partition 0 was delivered from out-0 at 9 s, behind the first record of transaction 12, which is open since 1 s",
    ]);
  });

  test("the earliest of a transaction's records counts, in whatever order they are told", () => {
    const { check, append, deliver, mark } = world();
    append(12, 2e9);
    append(13, 2.5e9);
    append(13, 1e9);
    mark(13);
    deliver(BILLING, 13);
    expect(check.violations).toEqual([]);
  });

  test("names a partition without a marker, and one with two", () => {
    const { check, append, mark } = world();
    append(12, 1e9);
    check.transactionCompleted(12, 5e9);
    mark(12);
    mark(12);
    expect(check.violations).toEqual([
      "transaction 12 was complete at 5 s without a marker in out-0, whose last stable offset stays before it",
      "out-0 got a second marker of transaction 12, or one of another kind, at 8 s",
    ]);
  });
});
