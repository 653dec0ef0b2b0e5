import { describe, expect, test } from "vitest";
import { OFFSETS, smallLineage, smallPipeline } from "./checked-pipeline.fixture.ts";
import { DeliveryLedger } from "./delivery-ledger.ts";
import { OrderPerPartitionAndKey } from "./order-per-partition-and-key.ts";
import { RecordConservation } from "./record-conservation.ts";

const BILLING = 0;

describe("OrderPerPartitionAndKey", () => {
  const deliver = (
    to: OrderPerPartitionAndKey,
    from: number,
    end: number,
    topicPartition = 0,
    again = 0,
  ): void => to.delivered(BILLING, 2, 1, from, end, 5e9, topicPartition, again);

  test("is kept by gaps, by repeats and across partitions", () => {
    const order = new OrderPerPartitionAndKey(smallPipeline());
    deliver(order, 0, 10);
    deliver(order, 12, 20);
    deliver(order, 10, 12, 1);
    deliver(order, 5, 20, 0, 15);
    expect(order.findings(() => undefined)).toEqual({ violations: [], permitted: [] });
  });

  test("is broken by records that first come behind later ones; an excuse counts them", () => {
    const order = new OrderPerPartitionAndKey(smallPipeline());
    deliver(order, 0, 10);
    deliver(order, 14, 20);
    deliver(order, 8, 16, 0, 4);
    const sentence =
      "reader billing first got 4 of ranks 8 to 15 of origin partition 2 from out-0 at 5 s, behind rank 19";
    expect(order.findings(() => undefined)).toEqual({ violations: [sentence], permitted: [] });
    expect(order.findings(() => "it may")).toEqual({
      violations: [],
      permitted: [`4 records came late, the first: ${sentence}; it may`],
    });
  });

  test.each([
    ["isn't asked of what a job reads from several partitions of another one", false, 0],
    ["is asked where each way leads to one partition between them", true, 1],
  ])("%s", (_, keepsWays, violations) => {
    const { jobs, ...pipeline } = smallPipeline();
    const sink = {
      topic: "between",
      deliveryGuarantee: "exactly-once",
      transactionTimeout: 3e9,
      copies: 1,
      keepsWays,
    } as const;
    const first = { ...jobs[0]!, sinks: [sink] };
    const second = {
      ...jobs[0]!,
      readsOrigins: false,
      source: { topic: "between", isolationLevel: "read_committed" } as const,
    };
    const order = new OrderPerPartitionAndKey({ ...pipeline, jobs: [first, second] });
    deliver(order, 14, 20);
    deliver(order, 8, 12);
    expect(order.findings(() => undefined).violations.length).toBe(violations);
  });
});

describe("RecordConservation", () => {
  function world() {
    const { lineage, routes } = smallLineage();
    const ledger = new DeliveryLedger(2, lineage);
    const check = new RecordConservation(smallPipeline());
    const [first] = routes;
    const pass = (processed: number, written: number, dropped: number, appended: number): void => {
      check.applied(0, 1, 11, 0, first.id, 0, processed);
      check.written(0, 0, "out", 12, written);
      check.unsentDropped(0, 0, "out", dropped);
      check.appended(1, 0, first.id, 0, appended);
    };
    const end = (isQuiet = true): readonly string[] => check.violations(ledger, () => routes, isQuiet);
    return { ledger, first, pass, end };
  }

  test("the same records all the way, or fewer where something has failed", () => {
    const { pass, end } = world();
    pass(100, 100, 0, 100);
    expect(end()).toEqual([]);
    pass(10, 8, 2, 5);
    expect(end(false)).toEqual([]);
    expect(end()).toEqual([
      "topic out: its log took 105 records of 106 that were written and kept",
      "topic out: 108 records were written of 110 that were processed",
    ]);
  });

  test("nothing comes from nothing, whatever has failed", () => {
    const { ledger, first, pass, end } = world();
    pass(100, 101, 0, 102);
    ledger.delivered(BILLING, 1, first.id, 0, first.rankOf(1, OFFSETS) + 2);
    expect(end(false)).toEqual([
      "topic out: its log took 102 records of 101 that were written and kept",
      "topic out: 101 records were written of 100 that were processed",
      "reader billing saw 2 records that nobody made",
    ]);
  });
});
