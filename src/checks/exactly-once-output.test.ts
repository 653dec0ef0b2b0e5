import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { OFFSETS, PARTITIONS, smallLineage, smallPipeline } from "./checked-pipeline.fixture.ts";
import { DeliveryLedger } from "./delivery-ledger.ts";
import { exactlyOnceOutput, type Permission } from "./exactly-once-output.ts";
import type { Deviation } from "./excuses.ts";

const BILLING = 0;
const FRAUD = 1;

/** Every record can be delivered, in pieces of a route's ranks. */
function world() {
  const { lineage, routes } = smallLineage();
  const ledger = new DeliveryLedger(2, lineage);
  const deliver = (reader: number, partition: number, route: number, from: number, to: number): number =>
    ledger.delivered(reader, partition, routes[route]!.id, from, to);
  /** Ranks of a route within a partition. */
  const total = (partition: number, route: number): number => routes[route]!.rankOf(partition, OFFSETS);
  const deliverAll = (reader: number): void => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const route of [0, 1]) {
        const end = total(partition, route);
        deliver(reader, partition, route, 0, Math.floor(end / 3));
        deliver(reader, partition, route, Math.floor(end / 3), end);
      }
    }
  };
  const find = (excuse: (deviation: Deviation, reader: number) => Permission | undefined = () => undefined) =>
    exactlyOnceOutput(smallPipeline(), ledger, () => routes, excuse);
  const offset = (partition: number, route: number, rank: number): number =>
    routes[route]!.offsetOf(partition, rank);
  return { ledger, routes, deliver, deliverAll, total, find, offset };
}

describe("ExactlyOnceOutput", () => {
  test("finds nothing wrong when each reader gets each record once", () => {
    const { ledger, deliverAll, find } = world();
    deliverAll(BILLING);
    deliverAll(FRAUD);
    expect([ledger.visible(BILLING), ledger.duplicated(BILLING)]).toEqual([PARTITIONS * OFFSETS, 0]);
    expect(find()).toEqual({ name: "ExactlyOnceOutput", violations: [], permitted: [] });
  });

  test("names lost records by their offsets, the last of a route included", () => {
    const { deliver, deliverAll, total, find, offset } = world();
    deliverAll(FRAUD);
    deliver(BILLING, 2, 1, 0, 17);
    deliver(BILLING, 2, 1, 18, total(2, 1) - 1);
    for (const partition of [0, 1])
      for (const route of [0, 1]) deliver(BILLING, partition, route, 0, total(partition, route));
    deliver(BILLING, 2, 0, 0, total(2, 0));
    expect(find().violations).toEqual([
      `reader billing saw 598 of 600 records; 2 lost: in-2 (key groups 5 to 7) offset ${offset(2, 1, 17)}, ` +
        `in-2 (key groups 5 to 7) offset ${offset(2, 1, total(2, 1) - 1)}`,
    ]);
  });

  test("names records of a way on which nothing came", () => {
    const { deliver, deliverAll, total, find } = world();
    deliverAll(FRAUD);
    for (let partition = 0; partition < PARTITIONS; partition++)
      deliver(BILLING, partition, 0, 0, total(partition, 0));
    const lost = [0, 1, 2].reduce((sum, partition) => sum + total(partition, 1), 0);
    expect(find().violations[0]).toMatch(
      new RegExp(
        `^reader billing saw ${600 - lost} of 600 records; ${lost} lost: in-0 \\(key groups 5 to 7\\) ${total(0, 1)} from`,
      ),
    );
  });

  test("tells how often what came again was seen", () => {
    const { ledger, routes, deliver, deliverAll, find, offset } = world();
    deliverAll(BILLING);
    deliverAll(FRAUD);
    expect(deliver(FRAUD, 0, 0, 4, 8)).toBe(4);
    expect(deliver(FRAUD, 0, 0, 5, 6)).toBe(1);
    const at = (rank: number): number => offset(0, 0, rank);
    expect(
      ledger
        .duplicates(FRAUD, routes)
        .map(({ first, last, records, times }) => [first, last, records, times]),
    ).toEqual([
      [at(4), at(4), 1, 2],
      [at(6), at(7), 2, 2],
      [at(5), at(5), 1, 3],
    ]);
    expect(find().violations).toEqual([
      `reader fraud saw 5 records again: in-0 (key groups 0 to 4) offset ${at(4)}, in-0 (key groups 0 to 4) 2 from offset ` +
        `${at(6)} to ${at(7)}, in-0 (key groups 0 to 4) offset ${at(5)} 3 times`,
    ]);
  });

  test("counts what is permitted, and says why", () => {
    const { deliver, deliverAll, find } = world();
    deliverAll(BILLING);
    deliverAll(FRAUD);
    deliver(FRAUD, 1, 0, 0, 3);
    const { violations, permitted } = find((deviation, reader) =>
      deviation === "repeats" && reader === FRAUD ? { since: "it may", most: 3 } : undefined,
    );
    expect(violations).toEqual([]);
    expect(permitted).toEqual([expect.stringMatching(/^reader fraud saw 3 records again: in-1 .*; it may$/)]);
  });

  test("permits no more records than what permits them accounts for", () => {
    const { deliver, deliverAll, find } = world();
    deliverAll(BILLING);
    deliverAll(FRAUD);
    deliver(FRAUD, 1, 0, 0, 3);
    const { violations, permitted } = find(() => ({ since: "it may", most: 2 }));
    expect(permitted).toEqual([]);
    expect(violations).toEqual([
      expect.stringMatching(
        /^reader fraud saw 3 records again: .*; brokers and producers account for 2 of them$/,
      ),
    ]);
  });

  property.prop([fc.nat({ max: 599 }), fc.constantFrom("lose", "repeat")])(
    "catches any one record planted as lost or repeated",
    (victim, fault) => {
      const { ledger, deliver, deliverAll, total, find } = world();
      deliverAll(FRAUD);
      let seen = 0;
      for (let partition = 0; partition < PARTITIONS; partition++) {
        for (const route of [0, 1]) {
          for (let rank = 0; rank < total(partition, route); rank++, seen++) {
            const times = seen !== victim ? 1 : fault === "lose" ? 0 : 2;
            for (let i = 0; i < times; i++) deliver(BILLING, partition, route, rank, rank + 1);
          }
        }
      }
      expect(ledger.visible(BILLING)).toBe(fault === "lose" ? 599 : 600);
      expect(ledger.duplicated(BILLING)).toBe(fault === "lose" ? 0 : 1);
      expect(find().violations).toHaveLength(1);
    },
  );
});
