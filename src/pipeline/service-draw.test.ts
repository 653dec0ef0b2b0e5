import { expect, test } from "vitest";
import type { Duration } from "../engine/index.ts";
import { Simulation } from "../engine/index.ts";
import { serviceDraw } from "./service-draw.ts";

const random = new Simulation({ seed: "1" }).stream("service time");

test("chained constants add up, and a parked wait lasts longer than asked for", () => {
  const draw = serviceDraw(
    [
      { kind: "constant", value: 10_000 as Duration },
      { kind: "parked", value: 2_400_000 as Duration },
    ],
    220_000,
    random,
  );
  expect([draw(1), draw(10)]).toEqual([2_630_000, 26_300_000]);
});
