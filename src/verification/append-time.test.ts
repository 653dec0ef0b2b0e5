import { describe, expect, test } from "vitest";
import { LatencyRecorder } from "../metrics/index.ts";
import { assemble } from "../pipeline/index.ts";
import { SECOND, scenario } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

/** Half a round trip and the wake-up of a reader's fetch, and at most a whole fetch more for what has just missed one, ms. */
const PICKUP = 0.1 + 0.02;
const FETCH = 0.2 + 0.02;
const COMMITTED = 0;
const UNCOMMITTED = 1;
const OUT = 1;

/** Means in ms: creation to LogAppendTime in the job's output, and to each reader. */
function latencies(guarantee: string, reference: "curves" | "one-record") {
  let appends: LatencyRecorder | undefined;
  let deliveries: LatencyRecorder | undefined;
  const world = assemble(
    scenario(`sink.delivery-guarantee=${guarantee}`),
    { seed: "1", loadEnd: 30 * SECOND, spans: reference, polls: "lazy" },
    (lineage) => {
      const byAppend = new LatencyRecorder(2, lineage, 5 * SECOND, 30 * SECOND);
      const byReader = new LatencyRecorder(2, lineage, 5 * SECOND, 30 * SECOND);
      appends = byAppend;
      deliveries = byReader;
      return {
        ...SILENT,
        appended: (topic, origin, route, from, to, first, last) =>
          byAppend.delivered(topic, origin, route, from, to, first, last),
        delivered: (reader, origin, route, from, to, first, last) =>
          byReader.delivered(reader, origin, route, from, to, first, last),
      };
    },
  );
  world.run(35 * SECOND);
  const histograms = [appends!.histograms[OUT]!, ...deliveries!.histograms];
  return {
    counts: histograms.map((histogram) => histogram.count),
    append: histograms[0]!.mean / 1e6,
    committed: histograms[1 + COMMITTED]!.mean / 1e6,
    uncommitted: histograms[1 + UNCOMMITTED]!.mean / 1e6,
  };
}

describe.each(["curves", "one-record"] as const)("latency by LogAppendTime (%s)", (reference) => {
  const exactlyOnce = latencies("exactly-once", reference);
  const atLeastOnce = latencies("at-least-once", reference);

  test("counts every record once", () => {
    expect(exactlyOnce.counts).toEqual([25 * 1013, 25 * 1013, 25 * 1013]);
    expect(atLeastOnce.counts).toEqual(exactlyOnce.counts);
  });

  test("is that of a reader that doesn't wait for commits, less its pickup", () => {
    for (const pickup of [
      exactlyOnce.uncommitted - exactlyOnce.append,
      atLeastOnce.committed - atLeastOnce.append,
    ]) {
      expect(pickup).toBeGreaterThanOrEqual(PICKUP);
      expect(pickup).toBeLessThan(PICKUP + FETCH);
    }
  });

  test("doesn't show what exactly-once costs: half an interval that read_committed waits for", () => {
    expect(Math.abs(exactlyOnce.append - atLeastOnce.append)).toBeLessThan(1);
    expect(exactlyOnce.committed - exactlyOnce.append).toBeGreaterThan(450);
  });
});
