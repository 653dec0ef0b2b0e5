import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { DELAYS, runHold, runWaves } from "./hold.fixture.ts";

const program = { seed: "determinism", delays: "exponential", pending: 300, events: 20_000 } as const;

describe.each(Object.keys(DELAYS))("delays: %s", (delays) => {
  test.each([1, 40, 300, 5000])("heap and ladder execute the same order with %i pending", (pending) => {
    const events = Math.min(20_000, 40 * pending + 2000);
    const heap = runHold({ seed: "order", queue: "heap", delays, pending, events });
    const ladder = runHold({ seed: "order", queue: "ladder", delays, pending, events });
    expect(ladder.fingerprint()).toBe(heap.fingerprint());
    expect(ladder.executed).toBe(events);
    expect(ladder.now).toBe(heap.now);
  });

  test("heap, ladder and auto execute the same order while the population swells and dies down", () => {
    const waves = { seed: "waves", delays, most: 3000, waves: 3 };
    const heap = runWaves({ ...waves, queue: "heap" });
    for (const queue of ["ladder", "auto"] as const) {
      const other = runWaves({ ...waves, queue });
      expect(other.fingerprint()).toBe(heap.fingerprint());
      expect(other.executed).toBe(heap.executed);
    }
    expect(heap.executed).toBeGreaterThan(3 * 3000);
    expect(heap.pending).toBe(0);
  });
});

test("the same seed gives the same order twice, another seed another", () => {
  const first = runHold({ ...program, queue: "auto" });
  expect(runHold({ ...program, queue: "auto" }).fingerprint()).toBe(first.fingerprint());
  expect(runHold({ ...program, queue: "auto", seed: "other" }).fingerprint()).not.toBe(first.fingerprint());
});

test("an observer changes nothing", () => {
  let seen = 0;
  const watched = runHold({ ...program, queue: "auto", observer: { onEvent: () => void seen++ } });
  expect(watched.fingerprint()).toBe(runHold({ ...program, queue: "auto" }).fingerprint());
  expect(seen).toBe(watched.executed);
});

test("another process executes the same order", () => {
  const fixture = new URL("./hold.fixture.ts", import.meta.url).href;
  const script = `import { runHold } from ${JSON.stringify(fixture)};
    process.stdout.write(runHold({ ...${JSON.stringify(program)}, queue: "auto" }).fingerprint());`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  expect(output).toBe(runHold({ ...program, queue: "auto" }).fingerprint());
});
