import { expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { TransactionLooks } from "./transaction-looks.ts";

function world() {
  const sim = new Simulation({ seed: "looks" });
  const swept: (readonly [broker: number, at: number])[] = [];
  const settings = { sweepInterval: 100, sweepPhases: [30, 70], idExpiration: 5000, expiryInterval: 1000 };
  const looks = new TransactionLooks(sim, settings, 2, (broker) => swept.push([broker, sim.now]));
  return { sim, looks, swept };
}

test("only the looks that may find something are events, each behind its deadline and with its broker's phase", () => {
  const { sim, looks, swept } = world();
  looks.planSweep(0, 130); // at its very end nothing has timed out
  looks.planSweep(1, 180);
  looks.planSweep(0, 199); // found by the same look
  sim.run(1000);
  expect(swept).toEqual([
    [0, 230],
    [1, 270],
  ]);
  looks.planSweep(0, 50); // past: the next one
  sim.run(2000);
  expect(swept.slice(2)).toEqual([[0, 330]]);
});

test("the latest look for idle ids is made up for once", () => {
  const { sim, looks } = world();
  const kind = sim.defineKind("asks", () => {});
  const ask = (at: number) => {
    sim.scheduleAt(at, kind, 0, 0);
    sim.run(at);
    return [looks.expiryLook(0), looks.expiryLook(1)];
  };
  expect(ask(20)).toEqual([undefined, undefined]);
  expect(ask(50)).toEqual([30, undefined]);
  expect(ask(999)).toEqual([undefined, 70]);
  expect(ask(3050)).toEqual([3030, 2070]);
});
