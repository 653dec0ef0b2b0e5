import { describe, test } from "vitest";
import { EventHeap } from "./event-heap.ts";
import type { EventTable } from "./event-table.ts";
import { LadderQueue } from "./ladder-queue.ts";
import { pendingEventSetProperties } from "./pending-event-set.properties.ts";

describe.each([
  { name: "EventHeap", create: (table: EventTable) => new EventHeap(table) },
  { name: "LadderQueue", create: (table: EventTable) => new LadderQueue(table) },
])("$name", ({ create }) => {
  test.each(pendingEventSetProperties)("$name", ({ check }) => check(create));
});
