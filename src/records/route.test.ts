import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { firstKeyGroup, keyGroupOf, topicPartitionOf } from "./key-groups.ts";
import { KeyedPartitions } from "./keyed-partitions.ts";
import { type KeyDistribution, LaneTable } from "./lane-table.ts";
import { Lineage } from "./lineage.ts";
import { ConstantOrigin } from "./origin.ts";
import { KeyGroupRoute, type Route, SpanEnds } from "./route.ts";

const cycle: KeyDistribution = { kind: "cycle" };

/** Key group of each of the first `offsets` offsets of a partition, by enumerating the topic's records in turn. */
function enumerateLanes(
  partitions: number,
  keys: number,
  groups: number,
  partition: number,
  offsets: number,
): number[] {
  return Array.from({ length: offsets }, (_, offset) =>
    keyGroupOf((offset * partitions + partition) % keys, groups),
  );
}

/** Key group of each offset as the table has it. */
function tableLanes(table: LaneTable, partition: number, offsets: number): number[] {
  const lanes = table.cycles[table.cycleOf(partition)]!;
  return Array.from(
    { length: offsets },
    (_, offset) => lanes[(offset + table.shift(partition)) % lanes.length]!,
  );
}

describe("a lane table of keys in turn", () => {
  test.each([
    { partitions: 1, keys: 1 },
    { partitions: 4, keys: 6 },
    { partitions: 6, keys: 4 },
    { partitions: 12, keys: 8 },
    { partitions: 8, keys: 8 },
    { partitions: 12, keys: 1000 },
    { partitions: 7, keys: 1000 },
    { partitions: 64, keys: 48 },
  ])(
    "gives each offset the key group of its record's key: $keys keys, $partitions partitions",
    ({ partitions, keys }) => {
      const table = LaneTable.of(partitions, keys, cycle, 128, 1);
      for (let p = 0; p < partitions; p++) {
        const offsets = 2 * keys + 3;
        expect(tableLanes(table, p, offsets)).toEqual(enumerateLanes(partitions, keys, 128, p, offsets));
      }
    },
  );

  property.prop([
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: 50 }),
    fc.nat(),
  ])(
    "agrees with the enumeration for any small numbers of partitions, keys and groups",
    (partitions, keys, groups, any) => {
      const partition = any % partitions;
      const table = LaneTable.of(partitions, keys, cycle, groups, 1);
      expect(tableLanes(table, partition, 700)).toEqual(
        enumerateLanes(partitions, keys, groups, partition, 700),
      );
    },
  );

  test("stays exact as long as a partition's cycle has at most 8,192 keys", () => {
    const table = LaneTable.of(12, 12 * 8192, cycle, 720, 1);
    expect(table.cycles.map((lanes) => lanes.length)).toEqual(Array.from({ length: 12 }, () => 8192));
    expect(tableLanes(table, 7, 9000)).toEqual(enumerateLanes(12, 12 * 8192, 720, 7, 9000));
  });
});

/** Records of each key group in one period. */
function groupCounts(table: LaneTable): Float64Array {
  const counts = new Float64Array(table.maxParallelism);
  for (const group of table.cycles[0]!) counts[group]!++;
  return counts;
}

describe("a lane table of drawn keys", () => {
  test.each([
    { keys: 50, exponent: 1.2, groups: 16 },
    { keys: 10_000, exponent: 0.8, groups: 128 },
    { keys: 300_000, exponent: 1, groups: 720 },
  ])(
    "holds each key group within 1/2048 of its share of Zipf's law: exponent $exponent, $keys keys",
    ({ keys, exponent, groups }) => {
      const table = LaneTable.of(12, keys, { kind: "zipf", exponent }, groups, 42);
      const weights = new Float64Array(groups);
      let sum = 0;
      // Smallest first, the other way round than the table, so that the two round differently.
      for (let key = keys - 1; key >= 0; key--) {
        const weight = Math.exp(-exponent * Math.log(key + 1));
        weights[keyGroupOf(key, groups)]! += weight;
        sum += weight;
      }
      expect(table.cycles.map((lanes) => lanes.length)).toEqual([2048]);
      const counts = groupCounts(table);
      const worst = Math.max(
        ...counts.map((count, group) => Math.abs(count - (2048 * weights[group]!) / sum)),
      );
      expect(worst).toBeLessThan(1);
    },
  );

  test("gives every key the same weight when there are too many to take in turn", () => {
    const table = LaneTable.of(1, 100_003, cycle, 64, 7);
    const weights = new Float64Array(64);
    for (let key = 0; key < 100_003; key++) weights[keyGroupOf(key, 64)]!++;
    const worst = Math.max(...groupCounts(table).map((n, g) => Math.abs(n - (2048 * weights[g]!) / 100_003)));
    expect(worst).toBeLessThan(1);
  });

  test("is shuffled by its seed and by nothing else", () => {
    const lanes = (seed: number) => [
      ...LaneTable.of(4, 10_000, { kind: "zipf", exponent: 0.8 }, 128, seed).cycles[0]!,
    ];
    expect(lanes(5)).toEqual(lanes(5));
    expect(lanes(6)).not.toEqual(lanes(5));
    expect(lanes(6).toSorted((a, b) => a - b)).toEqual(lanes(5).toSorted((a, b) => a - b));
  });
});

interface World {
  readonly partitions: number;
  readonly keys: number;
  readonly groups: number;
  readonly table: LaneTable;
}

const worlds: fc.Arbitrary<World> = fc
  .record({
    partitions: fc.integer({ min: 1, max: 24 }),
    keys: fc.integer({ min: 1, max: 200 }),
    groups: fc.integer({ min: 1, max: 60 }),
    zipf: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ partitions, keys, groups, zipf, seed }) => ({
    partitions,
    keys,
    groups,
    table: LaneTable.of(partitions, keys, zipf ? { kind: "zipf", exponent: 1.1 } : cycle, groups, seed),
  }));

describe("a route", () => {
  property.prop([worlds, fc.nat(), fc.nat(), fc.nat()])(
    "ranks exactly its own offsets, as counting them one by one does",
    ({ partitions, groups, table }, anyPartition, anyFirst, anySize) => {
      const partition = anyPartition % partitions;
      const firstGroup = anyFirst % groups;
      const endGroup = firstGroup + 1 + (anySize % (groups - firstGroup));
      const route = new KeyGroupRoute(0, table, partitions, firstGroup, endGroup);
      const lanes = tableLanes(table, partition, 500);
      const own = lanes.flatMap((lane, offset) => (lane >= firstGroup && lane < endGroup ? [offset] : []));
      expect(own.map((_, rank) => route.offsetOf(partition, rank))).toEqual(own);
      let below = 0;
      const ranks = lanes.map((lane) => (lane >= firstGroup && lane < endGroup ? below++ : below));
      expect(lanes.map((_, offset) => route.rankOf(partition, offset))).toEqual(ranks);
    },
  );

  property.prop([worlds, fc.nat(), fc.nat({ max: 1_000_000_000 })])(
    "has rankOf and offsetOf as inverses far out: the offset of a rank has that rank, the next offset one more",
    ({ partitions, groups, table }, anyPartition, rank) => {
      const partition = anyPartition % partitions;
      const route = new KeyGroupRoute(0, table, partitions, 0, Math.ceil(groups / 2));
      fc.pre(route.share(partition) > 0);
      const offset = route.offsetOf(partition, rank);
      expect(route.rankOf(partition, offset)).toBe(rank);
      expect(route.rankOf(partition, offset + 1)).toBe(rank + 1);
    },
  );

  property.prop([worlds, fc.nat(), fc.nat(), fc.nat({ max: 1_000_000_000 })])(
    "and its siblings over all subtasks add up to every offset",
    ({ partitions, groups, table }, anyPartition, anyParallelism, offset) => {
      const partition = anyPartition % partitions;
      const parallelism = 1 + (anyParallelism % groups);
      let sum = 0;
      let share = 0;
      for (let subtask = 0; subtask < parallelism; subtask++) {
        const first = firstKeyGroup(subtask, parallelism, groups);
        const route = new KeyGroupRoute(
          subtask,
          table,
          partitions,
          first,
          firstKeyGroup(subtask + 1, parallelism, groups),
        );
        sum += route.rankOf(partition, offset);
        share += route.share(partition);
      }
      expect(sum).toBe(offset);
      expect(share).toBeCloseTo(1, 12);
    },
  );

  test("without a record of its own ranks nothing and finds nothing", () => {
    const table = LaneTable.of(1, 1, cycle, 4, 1);
    const empty = (keyGroupOf(0, 4) + 1) % 4;
    const route = new KeyGroupRoute(0, table, 1, empty, empty + 1);
    expect(route.rankOf(0, 1_000_000)).toBe(0);
    expect(route.offsetOf(0, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(route.share(0)).toBe(0);
  });
});

describe("a lineage", () => {
  test("numbers the partitions of its origins through and knows each route once", () => {
    const lineage = new Lineage();
    const shop = new ConstantOrigin(3, { numerator: 30, denominator: 1 }, 1e9);
    const till = new ConstantOrigin(2, { numerator: 20, denominator: 1 }, 1e9);
    expect(lineage.addOrigin(shop, LaneTable.of(3, 10, cycle, 8, 1))).toBe(0);
    expect(lineage.addOrigin(till, LaneTable.of(2, 10, cycle, 8, 1))).toBe(3);
    expect(lineage.originPartitions).toBe(5);
    expect([0, 1, 2, 3, 4].map((p) => lineage.localPartition(p))).toEqual([0, 1, 2, 0, 1]);
    expect(lineage.originOf(2)).toBe(shop);
    expect(lineage.originOf(3)).toBe(till);
    const first = lineage.route(0, 0, 4);
    expect(lineage.route(2, 0, 4)).toBe(first);
    expect(lineage.route(3, 0, 4).id).toBe(1);
    expect(lineage.route(0, 4, 8).id).toBe(2);
    expect(lineage.routeById(0)).toBe(first);
    expect(lineage.origins()).toEqual([shop, till]);
  });

  test("gives a rank the creation time of its offset", () => {
    const lineage = new Lineage();
    const origin = new ConstantOrigin(2, { numerator: 1000, denominator: 1 }, 1e9);
    lineage.addOrigin(
      new ConstantOrigin(1, { numerator: 1, denominator: 1 }, 1e9),
      LaneTable.of(1, 1, cycle, 8, 1),
    );
    const table = LaneTable.of(2, 15, cycle, 8, 1);
    const firstPartition = lineage.addOrigin(origin, table);
    const route = lineage.route(firstPartition, 2, 6);
    const own = tableLanes(table, 1, 400).flatMap((lane, o) => (lane >= 2 && lane < 6 ? [o] : []));
    expect(
      own.map((_, rank) =>
        lineage.createdAt(firstPartition + 1, lineage.offsetOf(firstPartition + 1, route.id, rank)),
      ),
    ).toEqual(own.map((offset) => 1e6 + offset * 2e6));
  });

  property.prop([worlds, fc.nat(), fc.nat(), fc.nat()])(
    "translates a rank between a route and one inside it, both ways, as counting does",
    ({ partitions, groups, table }, anyPartition, anyFirst, anySize) => {
      fc.pre(groups >= 2);
      const lineage = new Lineage();
      lineage.addOrigin(new ConstantOrigin(partitions, { numerator: 1000, denominator: 1 }, 1e12), table);
      const partition = anyPartition % partitions;
      const firstGroup = anyFirst % groups;
      const endGroup = firstGroup + 1 + (anySize % (groups - firstGroup));
      const outer = lineage.route(partition, 0, groups);
      const inner = lineage.route(partition, firstGroup, endGroup);
      const isInside = tableLanes(table, partition, 300).map((lane) => lane >= firstGroup && lane < endGroup);
      const own = isInside.flatMap((inside, offset) => (inside ? [offset] : []));
      // All key groups: rank is offset. Inwards: insiders below that offset. Outwards: the offset itself.
      expect(isInside.map((_, rank) => lineage.translate(partition, outer, inner, rank))).toEqual(
        isInside.map((_, offset) => own.filter((one) => one < offset).length),
      );
      expect(own.map((_, rank) => lineage.translate(partition, inner, outer, rank))).toEqual(own);
      expect(lineage.translate(partition, inner, inner, 17)).toBe(17);
    },
  );

  test("refuses to translate between routes of two origins", () => {
    const lineage = new Lineage();
    const origin = new ConstantOrigin(1, { numerator: 1, denominator: 1 }, 1e9);
    const a = lineage.addOrigin(origin, LaneTable.of(1, 10, cycle, 8, 1));
    const b = lineage.addOrigin(origin, LaneTable.of(1, 20, cycle, 8, 1));
    expect(() => lineage.translate(a, lineage.route(a, 0, 8), lineage.route(b, 0, 8), 1)).toThrow(
      "routes of one origin share a lane table",
    );
  });
});

describe("a way of several steps", () => {
  /** One step of a way, and the offsets that it leaves, by enumeration. */
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant("keyed" as const),
        subtask: fc.nat({ max: 7 }),
        parallelism: fc.integer({ min: 1, max: 8 }),
      }),
      fc.record({
        kind: fc.constant("in turn" as const),
        part: fc.nat({ max: 6 }),
        n: fc.integer({ min: 1, max: 7 }),
      }),
      fc.record({
        kind: fc.constant("share" as const),
        fraction: fc.constantFrom([1, 2], [3, 10], [2, 3], [999, 1000]),
      }),
      fc.record({ kind: fc.constant("copy" as const), n: fc.integer({ min: 1, max: 3 }) }),
      fc.record({
        kind: fc.constant("written" as const),
        topicPartition: fc.nat({ max: 5 }),
        topicPartitions: fc.integer({ min: 1, max: 6 }),
        brokers: fc.integer({ min: 1, max: 3 }),
      }),
    ),
    { minLength: 1, maxLength: 4 },
  );

  property.prop([steps, fc.integer({ min: 1, max: 60 }), fc.nat({ max: 2 }), fc.boolean()], { numRuns: 300 })(
    "counts and finds its records as if they were enumerated",
    (way, keys, partition, drawn) => {
      const groups = 8;
      const offsets = 400;
      const distribution: KeyDistribution = drawn ? { kind: "zipf", exponent: 0.5 } : cycle;
      const table = LaneTable.of(3, keys, distribution, groups, 5);
      const lineage = new Lineage();
      lineage.addOrigin(new ConstantOrigin(3, { numerator: 1000, denominator: 1 }, 1e9), table);
      const lanes = tableLanes(table, partition, offsets);
      let route = lineage.route(partition, 0, groups) as Route;
      let members = lanes.map((_, offset) => offset);
      for (const step of way) {
        if (step.kind === "keyed") {
          const subtask = step.subtask % step.parallelism;
          const keyed = lineage.keyed(route, subtask, step.parallelism, groups);
          members = members.filter(
            (offset) => Math.floor((lanes[offset]! * step.parallelism) / groups) === subtask,
          );
          if (keyed === undefined) {
            expect(members).toEqual([]);
            return;
          }
          route = keyed;
        } else if (step.kind === "in turn") {
          const part = step.part % step.n;
          members = members.filter((_, rank) => (rank + partition) % step.n === part);
          route = lineage.inTurn(route, part, step.n);
        } else if (step.kind === "share") {
          const [numerator, denominator] = step.fraction as [number, number];
          const phase = partition % denominator;
          const kept = (rank: number): number => Math.floor((rank * numerator + phase) / denominator);
          members = members.filter((_, rank) => kept(rank + 1) > kept(rank));
          route = lineage.share(route, numerator, denominator);
        } else if (step.kind === "written") {
          const { topicPartitions, brokers } = step;
          const topicPartition = step.topicPartition % topicPartitions;
          const byKey = new KeyedPartitions(lineage, topicPartitions, brokers);
          members = members.filter(
            (offset) => table.topicPartitionOf(partition, offset, topicPartitions) === topicPartition,
          );
          route = byKey.ofPartition(byKey.ofSlot(route, topicPartition % byKey.slots), topicPartition);
        } else route = lineage.copy(route, step.n - 1, step.n);
      }
      const ranks = Array.from({ length: offsets }, (_, offset) => route.rankOf(partition, offset));
      expect(ranks).toEqual(
        Array.from({ length: offsets }, (_, offset) => members.filter((one) => one < offset).length),
      );
      expect(members.map((_, rank) => route.offsetOf(partition, rank))).toEqual(members);
      expect(members.map((_, rank) => route.keyGroupOf(partition, rank))).toEqual(
        members.map((offset) => lanes[offset]),
      );
      const ends = new SpanEnds();
      const place = (rank: number): number => route.placeOf(partition, rank, members[rank]!);
      for (const [from, last] of members.map((_, rank) => [Math.floor(rank / 3), rank] as const)) {
        route.findEnds(partition, from, last, ends);
        const found = [ends.firstOffset, ends.lastOffset, ends.steps];
        expect(found).toEqual([members[from], members[last], place(last) - place(from)]);
      }
      const period = route.period(partition);
      if (period === 0) expect(members).toEqual([]);
      else {
        expect(route.keyGroupOf(partition, period)).toBe(route.keyGroupOf(partition, 0));
        expect(route.keyGroupOf(partition, 2 * period + 1)).toBe(route.keyGroupOf(partition, 1));
      }
    },
  );

  property.prop([fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 60 }), fc.nat({ max: 2 })])(
    "the parts that records go to in turn are disjoint, complete and of one size",
    (n, keys, partition) => {
      const lineage = new Lineage();
      const table = LaneTable.of(3, keys, cycle, 8, 5);
      lineage.addOrigin(new ConstantOrigin(3, { numerator: 1000, denominator: 1 }, 1e9), table);
      const route = lineage.route(partition, 2, 7);
      const all = route.rankOf(partition, 500);
      const counts = Array.from({ length: n }, (_, part) =>
        lineage.inTurn(route, part, n).rankOf(partition, 500),
      );
      expect(counts.reduce((a, b) => a + b, 0)).toBe(all);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    },
  );

  test("through key groups alone is a range of key groups again, and none where they don't meet", () => {
    const lineage = new Lineage();
    const table = LaneTable.of(1, 100, cycle, 8, 5);
    lineage.addOrigin(new ConstantOrigin(1, { numerator: 1000, denominator: 1 }, 1e9), table);
    const route = lineage.route(0, 2, 5);
    expect(lineage.keyed(route, 0, 1, 8)).toBe(route);
    expect(lineage.keyed(route, 1, 2, 8)).toBe(lineage.route(0, 4, 5));
    expect(lineage.keyed(route, 3, 4, 8)).toBe(undefined);
    expect(lineage.copy(lineage.inTurn(route, 1, 3), 0, 2).title).toBe(
      "copy 0 of 2 of part 1 of 3 of key groups 2 to 4",
    );
  });
});

describe("where a lane table's records are written by key", () => {
  test("keys in turn: where the hash of the record's key says", () => {
    const [partitions, keys, topicPartitions] = [4, 1000, 6];
    const table = LaneTable.of(partitions, keys, cycle, 128, 1);
    for (let p = 0; p < partitions; p++) {
      for (let offset = 0; offset < 600; offset++) {
        const key = (offset * partitions + p) % keys;
        expect(table.topicPartitionOf(p, offset, topicPartitions)).toBe(
          topicPartitionOf(key, topicPartitions),
        );
      }
    }
  });

  test.each([
    ["many equal keys", 1e6, cycle],
    ["skewed keys", 1e5, { kind: "zipf", exponent: 1.1 } as const],
  ])(
    "%s: each partition gets the share of its keys, each key group only partitions of its keys",
    (_, keys, distribution) => {
      const [groups, topicPartitions, period] = [128, 8, 2048];
      const table = LaneTable.of(1, keys, distribution, groups, 7);
      const weight = (key: number): number =>
        distribution.kind === "zipf" ? (key + 1) ** -distribution.exponent : 1;
      const shares = new Float64Array(topicPartitions);
      let sum = 0;
      for (let key = 0; key < keys; key++) {
        shares[topicPartitionOf(key, topicPartitions)]! += weight(key);
        sum += weight(key);
      }
      const written = new Float64Array(topicPartitions);
      for (let offset = 0; offset < period; offset++)
        written[table.topicPartitionOf(0, offset, topicPartitions)]!++;
      // Key groups and partitions are rounded to whole places of a cycle: some places of 2,048.
      written.forEach((count, partition) => {
        expect(Math.abs(count / period - shares[partition]! / sum)).toBeLessThan(0.005);
      });
    },
  );
});

test("the places between records that a key picks are those of all candidates, through any number of keys", () => {
  const table = LaneTable.of(1, 100, cycle, 8, 1);
  const lineage = new Lineage();
  lineage.addOrigin(new ConstantOrigin(1, { numerator: 1000, denominator: 1 }, 1e9), table);
  const keyed = lineage.route(0, 0, 4);
  const written = lineage.written(keyed, 1, 3, 3);
  const inTurn = lineage.written(lineage.inTurn(keyed, 1, 2), 1, 3, 3);
  for (const rank of [0, 1, 5]) {
    const offset = written.offsetOf(0, rank);
    expect(written.placeOf(0, rank, offset)).toBe(offset);
    // Of what is dealt out evenly the rank counts.
    const dealt = inTurn.offsetOf(0, rank);
    expect(inTurn.placeOf(0, rank, dealt)).toBe(lineage.inTurn(keyed, 1, 2).rankOf(0, dealt));
  }
});
