import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { ProcessorSharing } from "./processor-sharing.ts";

/** Streams of 100 B/s, 250 B/s for all. */
function world() {
  const sim = new Simulation({ seed: "1" });
  const transferred = sim.defineKind("transferred", () => link.onEnded());
  const link: ProcessorSharing = new ProcessorSharing(sim, {
    number: 0,
    ended: transferred,
    each: 100,
    capacity: 250,
  });
  const ends: [string, number][] = [];
  const numbers = new Map<string, number>();
  let kinds = 0;
  const at = (seconds: number, act: () => void) =>
    sim.scheduleAt(Math.round(seconds * 1e9), sim.defineKind(`act ${kinds++}`, act), 0, 0);
  const transfer = (name: string, seconds: number, bytes: number) =>
    at(seconds, () =>
      numbers.set(
        name,
        link.begin(bytes, (end) => ends.push([name, end / 1e9])),
      ),
    );
  const cancel = (name: string, seconds: number) => at(seconds, () => link.cancel(numbers.get(name)!));
  return { sim, ends, transfer, cancel };
}

test("alone, a transfer runs at the rate of one stream", () => {
  const { sim, ends, transfer } = world();
  transfer("a", 1, 300);
  sim.run(1e12);
  expect(ends).toEqual([["a", 4]]);
});

test("two have a full stream each, five share the link", () => {
  const { sim, ends, transfer } = world();
  transfer("a", 0, 100);
  transfer("b", 0, 200);
  for (const name of ["c", "d", "e", "f", "g"]) transfer(name, 10, 100);
  sim.run(1e12);
  expect(ends.slice(0, 2)).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
  expect(ends.slice(2)).toEqual(["c", "d", "e", "f", "g"].map((name) => [name, 12]));
});

test("who comes later slows the others down, who ends or gives up makes room", () => {
  const { sim, ends, transfer, cancel } = world();
  // From 0: two at 100. From 1: five at 50. "x" gives up at 2: four at 62.5.
  transfer("a", 0, 275);
  transfer("b", 0, 1000);
  for (const name of ["c", "d"]) transfer(name, 1, 1000);
  transfer("x", 1, 1000);
  cancel("x", 2);
  sim.run(4e9);
  expect(ends).toEqual([["a", 4]]);
});

property.prop([
  fc.array(fc.record({ at: fc.nat({ max: 50 }), bytes: fc.integer({ min: 1, max: 3000 }) }), {
    minLength: 1,
    maxLength: 25,
  }),
])("ends as a simulation in small steps does", (drawn) => {
  const { sim, ends, transfer } = world();
  for (const [i, { at, bytes }] of drawn.entries()) transfer(String(i), at / 10, bytes);
  sim.run(1e14);
  const left = drawn.map(({ bytes }) => bytes);
  const stepped = new Map<string, number>();
  const step = 0.01;
  for (let t = 0; stepped.size < drawn.length; t++) {
    const running = left.flatMap((bytes, i) => (bytes > 0 && drawn[i]!.at * 10 <= t ? [i] : []));
    const rate = Math.min(100, 250 / running.length);
    for (const i of running) {
      left[i]! -= rate * step;
      if (left[i]! <= 1e-9) stepped.set(String(i), (t + 1) * step);
    }
  }
  for (const [name, end] of ends) expect(Math.abs(end - stepped.get(name)!)).toBeLessThan(25 * step);
  expect(ends.length).toBe(drawn.length);
});
