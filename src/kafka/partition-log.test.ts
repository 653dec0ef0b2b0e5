import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { SpanList } from "../records/index.ts";
import type { IsolationLevel } from "./isolation-level.ts";
import { PartitionLog } from "./partition-log.ts";

type Read = readonly [from: number, to: number, first: number, last: number, transaction: number];

const DELAY = 5;

/** A log with a consumer of each isolation level; each notes what it may read. */
function watchedLog(): { log: PartitionLog; uncommitted: Read[]; committed: Read[] } {
  const log = new PartitionLog(3, DELAY);
  const subscribe = (isolationLevel: IsolationLevel): Read[] => {
    const reads: Read[] = [];
    log.subscribe({
      isolationLevel,
      readable: (partition, originPartition, route, from, to, first, last, transaction) => {
        expect([partition, originPartition, route]).toEqual([3, 1, 2]);
        reads.push([from, to, first, last, transaction]);
      },
    });
    return reads;
  };
  return { log, uncommitted: subscribe("read_uncommitted"), committed: subscribe("read_committed") };
}

function ranks(from: number, to: number): SpanList {
  const spans = new SpanList(false);
  spans.push(1, 2, from, to);
  return spans;
}

describe("records outside transactions", () => {
  test("are readable to everybody when the high watermark has passed them", () => {
    const { log, uncommitted, committed } = watchedLog();
    log.append(ranks(0, 11), 100, 200, 0);
    expect(uncommitted).toEqual([[0, 11, 105, 205, 0]]);
    expect(committed).toEqual(uncommitted);
    expect(log.lastStableTime()).toBe(Number.POSITIVE_INFINITY);
  });

  test("behind an open transaction wait for its end, as Kafka's last stable offset makes them", () => {
    const { log, uncommitted, committed } = watchedLog();
    log.append(ranks(0, 1), 100, 100, 7);
    log.append(ranks(1, 2), 150, 150, 0);
    expect(uncommitted).toEqual([
      [0, 1, 105, 105, 7],
      [1, 2, 155, 155, 0],
    ]);
    expect(committed).toEqual([]);
    log.commit(7, 300);
    expect(committed).toEqual([
      [0, 1, 300, 300, 7],
      [1, 2, 300, 300, 0],
    ]);
  });
});

describe("a transaction", () => {
  test("shows read_uncommitted its records at the high watermark and read_committed at its end", () => {
    const { log, uncommitted, committed } = watchedLog();
    log.append(ranks(0, 11), 100, 200, 7);
    expect([uncommitted, committed]).toEqual([[[0, 11, 105, 205, 7]], []]);
    expect([log.lastStableTime(), log.heldSpans]).toEqual([100, 1]);
    log.commit(7, 400);
    expect(committed).toEqual([[0, 11, 400, 400, 7]]);
    expect([log.lastStableTime(), log.heldSpans]).toEqual([Number.POSITIVE_INFINITY, 0]);
  });

  test("makes nothing readable before the high watermark has passed it", () => {
    const { log, committed } = watchedLog();
    log.append(ranks(0, 1), 398, 398, 7);
    log.commit(7, 400);
    expect(committed).toEqual([[0, 1, 403, 403, 7]]);
  });

  test("committed behind an older open one becomes readable exactly when that one ends", () => {
    const { log, committed } = watchedLog();
    log.append(ranks(0, 1), 100, 100, 1);
    log.append(ranks(1, 2), 110, 110, 2);
    log.commit(2, 200);
    expect([committed, log.lastStableTime(), log.heldSpans]).toEqual([[], 100, 2]);
    log.commit(1, 350);
    expect(committed).toEqual([
      [0, 1, 350, 350, 1],
      [1, 2, 350, 350, 2],
    ]);
  });

  test("that ends uncovers everything before the next open one's first record", () => {
    const { log, committed } = watchedLog();
    log.append(ranks(0, 1), 100, 100, 1);
    log.append(ranks(1, 2), 110, 110, 2);
    log.append(ranks(2, 3), 120, 120, 3);
    log.append(ranks(3, 4), 130, 130, 1);
    log.commit(1, 200);
    expect(committed).toEqual([[0, 1, 200, 200, 1]]);
    expect([log.lastStableTime(), log.heldSpans]).toEqual([110, 3]);
    log.commit(3, 210);
    expect(committed).toHaveLength(1);
    log.commit(2, 220);
    expect(committed.slice(1)).toEqual([
      [1, 2, 220, 220, 2],
      [2, 3, 220, 220, 3],
      [3, 4, 220, 220, 1],
    ]);
  });

  test("whose span runs past the last stable offset is cut there", () => {
    const { log, committed } = watchedLog();
    // Records at 100, 110, …, 200; the other transaction begins at 145, between the fifth and the sixth.
    log.append(ranks(0, 11), 100, 200, 1);
    log.append(ranks(11, 12), 145, 145, 2);
    log.commit(1, 300);
    expect(committed).toEqual([[0, 5, 300, 300, 1]]);
    expect([log.lastStableTime(), log.heldSpans]).toEqual([145, 2]);
    log.commit(2, 310);
    expect(committed.slice(1)).toEqual([
      [5, 11, 310, 310, 1],
      [11, 12, 310, 310, 2],
    ]);
  });

  test("can be cut again and again, and what is cut keeps its append times", () => {
    const { log, committed } = watchedLog();
    log.append(ranks(0, 101), 1000, 2000, 1);
    log.append(ranks(101, 102), 1105, 1105, 2);
    log.append(ranks(102, 103), 1795, 1795, 3);
    log.commit(1, 1001);
    log.commit(2, 1002);
    log.commit(3, 1003);
    expect(committed).toEqual([
      [0, 11, 1005, 1105, 1],
      [11, 80, 1115, 1795, 1],
      [101, 102, 1110, 1110, 2],
      [80, 101, 1805, 2005, 1],
      [102, 103, 1800, 1800, 3],
    ]);
  });

  test("that joined the partition without a record of it holds nothing back; its marker takes an offset all the same", () => {
    const { log, committed } = watchedLog();
    log.append(ranks(0, 1), 100, 100, 0);
    log.commit(1, 200);
    expect(committed).toEqual([[0, 1, 105, 105, 0]]);
    expect(log.controlRecords).toBe(1);
    expect([0, 1].map((position) => log.offsetsBehind(position))).toEqual([2, 1]);
    log.append(ranks(1, 4), 300, 300, 2);
    log.commit(2, 400);
    // 1 record, marker, 3 records, marker.
    expect([0, 1, 2, 4].map((position) => log.offsetsBehind(position))).toEqual([6, 5, 3, 1]);
  });
});

describe("an aborted transaction", () => {
  test("was seen by read_uncommitted and is never seen by read_committed, which goes on behind it", () => {
    const { log, uncommitted, committed } = watchedLog();
    log.append(ranks(0, 2), 100, 110, 1);
    log.append(ranks(2, 4), 120, 130, 2);
    log.append(ranks(4, 5), 140, 140, 0);
    log.commit(2, 300);
    expect(committed).toEqual([]);
    log.abort(1, 400);
    expect(uncommitted.map(([from, to]) => [from, to])).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ]);
    expect(committed).toEqual([
      [2, 4, 400, 400, 2],
      [4, 5, 400, 400, 0],
    ]);
    expect([log.controlRecords, log.heldSpans]).toEqual([2, 0]);
  });

  test("takes no more records, since its marker carries a newer epoch than its producer", () => {
    const { log, uncommitted } = watchedLog();
    log.append(ranks(0, 1), 100, 100, 1);
    log.abort(1, 200);
    expect(log.append(ranks(1, 2), 250, 250, 1)).toBe(false);
    expect(log.append(ranks(1, 2), 260, 260, 2)).toBe(true);
    expect(uncommitted).toEqual([
      [0, 1, 105, 105, 1],
      [1, 2, 265, 265, 2],
    ]);
  });

  test("behind another open one leaves that one's records held", () => {
    const { log, committed } = watchedLog();
    log.append(ranks(0, 1), 100, 100, 1);
    log.append(ranks(1, 2), 110, 110, 2);
    log.append(ranks(2, 3), 120, 120, 3);
    log.abort(2, 200);
    log.commit(3, 210);
    expect([committed, log.lastStableTime(), log.heldSpans]).toEqual([[], 100, 2]);
    log.commit(1, 300);
    expect(committed).toEqual([
      [0, 1, 300, 300, 1],
      [2, 3, 300, 300, 3],
    ]);
  });
});

describe("several spans appended together", () => {
  test("one after the other follow each other at the common spacing", () => {
    const { log, uncommitted } = watchedLog();
    const spans = new SpanList(false);
    spans.push(1, 2, 0, 3);
    spans.push(1, 2, 10, 12);
    log.append(spans, 100, 140, 0);
    expect(uncommitted).toEqual([
      [0, 3, 105, 125, 0],
      [10, 12, 135, 145, 0],
    ]);
  });

  test("interleaved lie evenly in the same stretch, the denser one reaching nearer to its ends", () => {
    const { log, uncommitted } = watchedLog();
    const spans = new SpanList(false);
    spans.interleaved = true;
    spans.push(1, 2, 0, 4);
    spans.push(1, 2, 10, 12);
    // Six records over 100 to 150: each stands for 10 ns, so the stretch is 95 to 155.
    log.append(spans, 100, 150, 0);
    expect(uncommitted).toEqual([
      [0, 4, 95 + 7.5 + DELAY, 155 - 7.5 + DELAY, 0],
      [10, 12, 95 + 15 + DELAY, 155 - 15 + DELAY, 0],
    ]);
  });
});

describe("random transactions", () => {
  const actions = fc.array(
    fc.record({
      writer: fc.nat({ max: 3 }),
      kind: fc.constantFrom("append", "append", "append", "commit", "abort", "plain"),
      size: fc.integer({ min: 1, max: 30 }),
      wait: fc.nat({ max: 40 }),
      length: fc.nat({ max: 60 }),
    }),
    { minLength: 1, maxLength: 60 },
  );

  property.prop([actions], { numRuns: 500 })(
    "give each consumer each rank once, read_committed only committed ones, exactly at the end of their transaction and of all older ones",
    (steps) => {
      const { log, uncommitted, committed } = watchedLog();
      const appended: { from: number; to: number; first: number; last: number; transaction: number }[] = [];
      const endedAt = new Map<number, number>([[0, 0]]);
      const firstAppendAt = new Map<number, number>();
      const open = new Map<number, number>();
      let now = 0;
      let next = 0;
      let lastTransaction = 0;
      const aborted = new Set<number>();
      const end = (writer: number, commits: boolean): void => {
        const transaction = open.get(writer);
        if (transaction === undefined) return;
        // A transaction ends behind its last record.
        now = Math.max(now, ...appended.map((one) => (one.transaction === transaction ? one.last : 0)));
        endedAt.set(transaction, now);
        open.delete(writer);
        if (commits) log.commit(transaction, now);
        else {
          aborted.add(transaction);
          log.abort(transaction, now);
        }
      };
      for (const { writer, kind, size, wait, length } of steps) {
        now += wait;
        if (kind === "commit" || kind === "abort") {
          end(writer, kind === "commit");
          continue;
        }
        let transaction = 0;
        if (kind === "append") {
          transaction = open.get(writer) ?? ++lastTransaction;
          open.set(writer, transaction);
          if (!firstAppendAt.has(transaction)) firstAppendAt.set(transaction, now);
        }
        const last = size === 1 || kind === "plain" ? now : now + length;
        log.append(ranks(next, next + size), now, last, transaction);
        appended.push({ from: next, to: next + size, first: now, last, transaction });
        next += size;
      }
      now += 100;
      for (const writer of [0, 1, 2, 3]) end(writer, true);

      const appendedAt = (rank: number): { at: number; transaction: number } => {
        const { from, to, first, last, transaction } = appended.find(
          (one) => rank >= one.from && rank < one.to,
        )!;
        return {
          at: to - from > 1 ? first + ((last - first) * (rank - from)) / (to - from - 1) : first,
          transaction,
        };
      };
      for (const reads of [uncommitted, committed]) {
        const sightings = new Uint8Array(next);
        for (const [from, to] of reads) for (let rank = from; rank < to; rank++) sightings[rank]!++;
        const expected = Array.from({ length: next }, (_, rank) =>
          reads === committed && aborted.has(appendedAt(rank).transaction) ? 0 : 1,
        );
        expect([...sightings]).toEqual(expected);
      }
      for (const [from, to, first, last, transaction] of committed) {
        for (const [rank, readableAt] of [
          [from, first],
          [to - 1, last],
        ] as const) {
          const record = appendedAt(rank);
          expect(transaction).toBe(record.transaction);
          // In the same nanosecond as another transaction's first record, a record may count as before or behind it.
          const unless = (isOlder: (began: number) => boolean): number => {
            const older = [...firstAppendAt]
              .filter(([, began]) => isOlder(began))
              .map(([one]) => endedAt.get(one)!);
            return Math.max(record.at + DELAY, endedAt.get(transaction)!, ...older);
          };
          const earliest = unless((began) => began < record.at - 1e-6);
          const latest = unless((began) => began < record.at + 1e-6);
          expect(readableAt).toBeGreaterThan(earliest - 1e-6);
          expect(readableAt).toBeLessThan(latest + 1e-6);
        }
      }
      expect([log.lastStableTime(), log.heldSpans]).toEqual([Number.POSITIVE_INFINITY, 0]);
    },
  );
});
