import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import { DeliveryLedger } from "./delivery-ledger.ts";

const PARTITIONS = 3;
const GROUPS = 8;
const OFFSETS = 200;

/** A topic of three partitions read over two routes, every record of which can be delivered. */
function world() {
  const lineage = new Lineage();
  const origin = new ConstantOrigin(PARTITIONS, { numerator: 600, denominator: 1 }, 1e9);
  lineage.addOrigin(origin, LaneTable.of(PARTITIONS, 100, { kind: "cycle" }, GROUPS, 1));
  const routes = [lineage.route(0, 0, 5), lineage.route(0, 5, GROUPS)];
  const ledger = new DeliveryLedger(2, lineage);
  const deliver = (reader: number, partition: number, route: number, from: number, to: number): void =>
    ledger.delivered(reader, partition, routes[route]!.id, from, to);
  /** Ranks of a route within the first 200 offsets of a partition. */
  const total = (partition: number, route: number): number => routes[route]!.rankOf(partition, OFFSETS);
  /** Delivers every record once to `reader`, in pieces. */
  const deliverAll = (reader: number): void => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const route of [0, 1]) {
        const end = total(partition, route);
        const middle = Math.floor(end / 3);
        deliver(reader, partition, route, 0, middle);
        deliver(reader, partition, route, middle, end);
      }
    }
  };
  return { ledger, deliver, deliverAll, total };
}

describe("RecordConservation", () => {
  test("finds nothing wrong when each record is delivered once, and counts them all", () => {
    const { ledger, deliverAll } = world();
    deliverAll(0);
    expect([ledger.visible(0), ledger.duplicated(0)]).toEqual([PARTITIONS * OFFSETS, 0]);
    expect(ledger.violations(0, "billing")).toEqual([]);
  });

  test("keeps its readers apart", () => {
    const { ledger, deliver, deliverAll } = world();
    deliverAll(0);
    deliverAll(1);
    deliver(1, 0, 0, 4, 6);
    expect([ledger.visible(0), ledger.duplicated(0)]).toEqual([600, 0]);
    expect([ledger.visible(1), ledger.duplicated(1)]).toEqual([600, 2]);
    expect(ledger.violations(0, "billing")).toEqual([]);
    expect(ledger.violations(1, "fraud")).toHaveLength(1);
  });

  test("names a lost record by the gap it leaves", () => {
    const { ledger, deliver, total } = world();
    deliver(0, 2, 1, 0, 17);
    deliver(0, 2, 1, 18, total(2, 1));
    expect(ledger.violations(0, "billing")).toEqual([
      `reader billing, origin partition 2, key groups 5 to 7: saw [0, 17) [18, ${total(2, 1)}), 0 again`,
    ]);
    expect(ledger.visible(0)).toBe(total(2, 1) - 1);
  });

  test("names a lost first record", () => {
    const { ledger, deliver } = world();
    deliver(0, 1, 0, 1, 9);
    expect(ledger.violations(0, "billing")).toEqual([
      "reader billing, origin partition 1, key groups 0 to 4: saw [1, 9), 0 again",
    ]);
  });

  test("tells a lost last record by the count alone, since later ones may still be on their way", () => {
    const { ledger, deliver, total } = world();
    deliver(0, 0, 0, 0, total(0, 0) - 1);
    expect(ledger.violations(0, "billing")).toEqual([]);
    expect(total(0, 0) - ledger.visible(0)).toBe(1);
  });

  test("names a record that was delivered twice", () => {
    const { ledger, deliver, deliverAll } = world();
    deliverAll(0);
    deliver(0, 1, 0, 30, 31);
    expect(ledger.duplicated(0)).toBe(1);
    expect(ledger.violations(0, "billing")).toEqual([
      expect.stringMatching(
        /^reader billing, origin partition 1, key groups 0 to 4: saw \[0, \d+\), 1 again$/,
      ),
    ]);
  });

  property.prop([fc.nat({ max: 599 }), fc.constantFrom("lose", "repeat")])(
    "catches any one record planted as lost or repeated, except the last of its route",
    (victim, fault) => {
      const { ledger, deliver, total } = world();
      let seen = 0;
      let isLast = false;
      for (let partition = 0; partition < PARTITIONS; partition++) {
        for (const route of [0, 1]) {
          for (let rank = 0; rank < total(partition, route); rank++, seen++) {
            if (seen === victim) isLast = rank === total(partition, route) - 1;
            const times = seen !== victim ? 1 : fault === "lose" ? 0 : 2;
            for (let i = 0; i < times; i++) deliver(0, partition, route, rank, rank + 1);
          }
        }
      }
      expect(ledger.visible(0)).toBe(fault === "lose" ? 599 : 600);
      expect(ledger.duplicated(0)).toBe(fault === "lose" ? 0 : 1);
      expect(ledger.violations(0, "billing")).toHaveLength(fault === "lose" && isLast ? 0 : 1);
    },
  );
});
