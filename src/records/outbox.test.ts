import { expect, test } from "vitest";
import { Outbox } from "./outbox.ts";

test("An outbox keeps effects in order with their arguments, and starts over when cleared", () => {
  const outbox = new Outbox();
  outbox.add(3, 10, 20);
  outbox.add(1, 7);
  outbox.add(2);
  const read = () =>
    Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i], outbox.a[i], outbox.b[i]]);
  expect(read()).toEqual([
    [3, 10, 20],
    [1, 7, 0],
    [2, 0, 0],
  ]);
  outbox.clear();
  expect(read()).toEqual([]);
  outbox.add(5);
  expect(read()).toEqual([[5, 0, 0]]);
});
