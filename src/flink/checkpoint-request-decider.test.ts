import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { PERIODIC_CHECKPOINT, savepointProperties } from "./checkpoint-properties.ts";
import {
  type Admission,
  type CheckpointRequest,
  chooseRequest,
  compareRequests,
  enqueue,
  MOST_QUEUED_REQUESTS,
} from "./checkpoint-request-decider.ts";

const FREE: Admission = {
  now: 1000,
  isTriggering: false,
  pending: 0,
  cleaning: 0,
  maxConcurrent: 1,
  lastCompletionAt: 900,
  minPause: 0,
};

function periodic(number: number, at = number): CheckpointRequest {
  return { number, properties: PERIODIC_CHECKPOINT, periodic: true, at };
}

function manual(number: number, at = number): CheckpointRequest {
  return { number, properties: PERIODIC_CHECKPOINT, periodic: false, at };
}

function savepoint(number: number, forced: boolean, at = number): CheckpointRequest {
  return { number, properties: savepointProperties("savepoint", !forced), periodic: false, at };
}

test("savepoints go first, then forced requests, then what nobody's timer made, then the oldest", () => {
  const forced = { ...manual(6), properties: { ...PERIODIC_CHECKPOINT, forced: true } };
  const queue: CheckpointRequest[] = [];
  const requests = [
    periodic(1),
    periodic(2),
    manual(3),
    savepoint(4, false),
    savepoint(5, true),
    forced,
    manual(7),
  ];
  for (const request of requests) expect(enqueue(queue, request)).toBeUndefined();
  expect(queue.map(({ number }) => number)).toEqual([5, 4, 6, 3, 7, 1, 2]);
});

test("the thousand and first periodic request is refused, a user's takes the place of the last periodic one", () => {
  const queue: CheckpointRequest[] = [];
  for (let i = 1; i <= MOST_QUEUED_REQUESTS; i++) enqueue(queue, periodic(i));
  expect(enqueue(queue, periodic(1001))?.number).toBe(1001);
  expect(enqueue(queue, savepoint(1002, true))?.number).toBe(1000);
  expect([queue.length, queue[0]?.number]).toEqual([1000, 1002]);
});

test("a thousand requests of users leave no room for one more", () => {
  const queue: CheckpointRequest[] = [];
  for (let i = 1; i <= MOST_QUEUED_REQUESTS; i++) enqueue(queue, manual(i));
  expect(enqueue(queue, savepoint(1001, true))?.number).toBe(1001);
  expect(queue.length).toBe(1000);
});

test.each([
  ["nothing waits", [], {}, "none"],
  ["a trigger is under way", [savepoint(1, true)], { isTriggering: true }, "none"],
  ["as many are pending as may be", [periodic(1)], { pending: 1 }, "none"],
  ["a forced one may, all the same", [savepoint(1, true)], { pending: 1 }, "start"],
  ["a savepoint that isn't forced may not", [savepoint(1, false)], { pending: 1 }, "none"],
  ["as many are cleaned as may run", [periodic(1)], { cleaning: 1 }, "start"],
  ["more are cleaned than may run", [savepoint(1, true)], { cleaning: 2 }, "none"],
  ["within the pause, a periodic one", [periodic(1)], { minPause: 101 }, "too-early"],
  ["at its end", [periodic(1)], { minPause: 100 }, "start"],
  ["within the pause, a user's", [manual(1)], { minPause: 101 }, "start"],
] as const)("%s", (_, requests, changed, kind) => {
  const queue = [...requests];
  const choice = chooseRequest(queue, { ...FREE, ...changed });
  expect(choice.kind).toBe(kind);
  expect(queue.length).toBe(kind === "none" ? requests.length : requests.length - 1);
  if (choice.kind === "too-early") expect(choice.earliest).toBe(1001);
});

const requests = fc.array(
  fc.record({
    kind: fc.constantFrom(periodic, manual, savepoint),
    at: fc.nat({ max: 5 }),
    forced: fc.boolean(),
  }),
  { maxLength: 30 },
);

property.prop([requests])("the queue is always in order, and holds every request once", (drawn) => {
  const queue: CheckpointRequest[] = [];
  drawn.forEach(({ kind, at, forced }, i) => {
    enqueue(queue, kind === savepoint ? savepoint(i, forced, at) : (kind as typeof periodic)(i, at));
  });
  expect(queue.toSorted(compareRequests)).toEqual(queue);
  expect(queue.map(({ number }) => number).sort((a, b) => a - b)).toEqual(drawn.map((_, i) => i));
});
