import { expect, test } from "vitest";
import { RouteSightings } from "./route-sightings.ts";

test("counts by route and partition, and a copy goes its own way", () => {
  const all = new RouteSightings();
  expect([all.add(1, 2, 0, 10), all.add(1, 2, 8, 12), all.add(0, 2, 0, 3)]).toEqual([0, 2, 0]);
  expect([all.seen, all.repeats]).toEqual([15, 2]);
  const copy = all.copy();
  copy.add(1, 2, 0, 1);
  expect([copy.repeats, all.repeats]).toEqual([3, 2]);
  expect(all.at(1, 2)?.intervals(2)).toEqual([[8, 10]]);
  expect(all.at(0, 1)).toBeUndefined();
  const visited: number[][] = [];
  all.visit(({ end }, originPartition, route) => visited.push([originPartition, route, end]));
  expect(visited).toEqual([
    [0, 2, 3],
    [1, 2, 12],
  ]);
});
