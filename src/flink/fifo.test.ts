import { fc, test as property } from "@fast-check/vitest";
import { expect } from "vitest";
import { Fifo } from "./fifo.ts";

property.prop([
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat() }, { weight: 2, arbitrary: fc.constant(-1) }), {
    maxLength: 200,
    size: "max",
  }),
])("A queue gives back in order what was put in, whatever the turns of putting and taking", (turns) => {
  const queue = new Fifo<number>();
  const model: number[] = [];
  for (const turn of turns) {
    if (turn < 0) expect(queue.shift()).toBe(model.shift());
    else {
      queue.push(turn);
      model.push(turn);
    }
    expect([queue.length, queue.peek()]).toEqual([model.length, model[0]]);
  }
  while (model.length > 0) expect(queue.shift()).toBe(model.shift());
  expect([queue.length, queue.shift(), queue.peek()]).toEqual([0, undefined, undefined]);
});
