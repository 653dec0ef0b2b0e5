import { describe, test } from "vitest";
import { EventHeap } from "./event-heap.ts";
import { LadderQueue } from "./ladder-queue.ts";
import { pendingEventSetProperties } from "./pending-event-set.properties.ts";

describe.each([
  { name: "EventHeap", create: () => new EventHeap() },
  { name: "LadderQueue", create: () => new LadderQueue() },
])("$name", ({ create }) => {
  test.each(pendingEventSetProperties)("$name", ({ check }) => check(create));
});
