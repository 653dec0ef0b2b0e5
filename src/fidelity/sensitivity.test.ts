import { expect, test } from "vitest";
import { shortCase } from "./reference-case.fixture.ts";
import { largestShift, sensitivities } from "./sensitivity.ts";

const PLACE = `based-on: laptop
figures:
  taskmanager.connection-loss: { value: 500 ms, source: made up }
  storage.latency: { value: 100 ms, source: made up }
`;

test("what a constant moves shows, and what has nothing to do with it doesn't", () => {
  const crash = shortCase(
    { seconds: 12, faults: [{ at: 7, kill: "tm0" }] },
    {
      fault: { at_s: 7, last_completed_trigger_before_ms: 500 },
      phases: { first_trigger_at_ms: 250, declared_lost_ms_after_fault: [1500, 1500] },
    },
  );
  const environment = { path: "made-up.yaml", text: PLACE };
  const keys = [
    "storage.latency",
    "taskmanager.connection-loss",
    "rocksdb.flush-bandwidth",
    "storage.shared-by",
    "cluster.age",
  ];
  const moved = sensitivities(crash, crash, { seed: "1", environment }, keys);
  const of = (key: string) => moved.find((one) => one.key === key)!;
  // A commit waits for the file with the metadata, and for the snapshot's before it: two of them in 1.2 s.
  expect(of("storage.latency").more.committedP99).toBeCloseTo((2 * 20 * 100) / 1200, 0);
  expect(of("storage.latency").less.committedP99).toBeCloseTo((-2 * 20 * 100) / 1200, 0);
  expect(of("storage.latency").more.uncommittedP99).toBeLessThan(0.5);
  // The connection is lost 0.1 s later, and so is what is read again: 100 records a second.
  expect(of("taskmanager.connection-loss")).toMatchObject({ value: "500 ms", source: "made up" });
  expect(largestShift(of("taskmanager.connection-loss"))).toBeGreaterThan(1);
  expect(largestShift(of("rocksdb.flush-bandwidth"))).toBe(0);
  // A choice and a fact are no constants.
  expect(moved.map(({ key }) => key).toSorted()).toEqual(keys.slice(0, 3).toSorted());
});
