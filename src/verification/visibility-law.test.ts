import { describe, expect, test } from "vitest";
import { LatencyRecorder } from "../metrics/index.ts";
import { assemble } from "../pipeline/index.ts";
import { SECOND, scenario } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

/** Law L18: a record that an exactly-once sink wrote is readable to read_committed at the commit of its epoch, so from its
 *  emission it takes U(0, P) + d' + c: P the time between two barriers, d' from the barrier's injection to the last
 *  acknowledgement, c from there to the marker behind the high watermark. d' and c are read off the run's protocol events,
 *  not off the latencies. One writer a partition; the reader's pickup is taken apart. */
const COMMITTED = 0;
/** Creation to emission: half a round trip, handling and append of the produce request, half a round trip and the wake-up
 *  of the source's fetch, one emission; then the reader's pickup, ms. */
const TO_EMISSION = 0.1 + 0.05 + 0.05 + 0.1 + 0.02 + 0.001;
const PICKUP = 0.1 + 0.02;

function visibility(interval: string, from: number, until: number) {
  const commits: number[] = [];
  const injectionToAck: number[] = [];
  let triggeredAt = 0;
  let injectedAt = 0;
  let latestAckAt = 0;
  let latency: LatencyRecorder | undefined;
  const world = assemble(
    scenario(`execution.checkpointing.interval=${interval}`),
    { seed: "1", loadEnd: until, spans: "curves", polls: "lazy" },
    (lineage) => {
      latency = new LatencyRecorder(2, lineage, from, until);
      const recorder = latency;
      return {
        ...SILENT,
        checkpointTriggered: (_job, _checkpoint, at) => {
          triggeredAt = at;
        },
        snapshotStarted: (_job, subtask, _checkpoint, startDelay) => {
          if (subtask < 2) injectedAt = triggeredAt + startDelay;
        },
        checkpointCompleted: (_job, _checkpoint, _triggeredAt, ackAt) => {
          latestAckAt = ackAt;
          if (injectedAt >= from) injectionToAck.push(ackAt - injectedAt);
        },
        delivered: (reader, origin, route, first, end, at, last) => {
          recorder.delivered(reader, origin, route, first, end, at, last);
          if (reader === COMMITTED && at >= from) commits.push(at - latestAckAt);
        },
      };
    },
  );
  world.run(until + 3 * (until - from));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length / 1e6;
  const histogram = latency!.histograms[COMMITTED]!;
  const toEmission = (value: number) => value / 1e6 - TO_EMISSION - PICKUP;
  return {
    mean: toEmission(histogram.mean),
    p99: toEmission(histogram.quantiles([0.99])[0]!),
    min: toEmission(histogram.min),
    max: toEmission(histogram.max),
    ackTime: mean(injectionToAck),
    commitTime: mean(commits) - PICKUP,
  };
}

describe("L18: visibility under exactly-once is uniform over the period, plus barrier to last ack, plus commit", () => {
  test.each([
    { interval: "200 ms", period: 200, from: 4, until: 40 },
    { interval: "1 s", period: 1000, from: 10, until: 100 },
    { interval: "10 s", period: 10_000, from: 20, until: 200 },
    { interval: "60 s", period: 60_000, from: 120, until: 1200 },
  ])("interval $interval: mean and p99 within 1 %", ({ interval, period, from, until }) => {
    const seen = visibility(interval, from * SECOND, until * SECOND);
    const constant = seen.ackTime + seen.commitTime;
    expect(Math.abs(seen.mean / (period / 2 + constant) - 1)).toBeLessThan(0.01);
    expect(Math.abs(seen.p99 / (0.99 * period + constant) - 1)).toBeLessThan(0.01);
    // The ends: the last record before a barrier, and the first behind it; records are 1 ms apart.
    expect(seen.min).toBeGreaterThan(constant - 1.5);
    expect(seen.min).toBeLessThan(constant + 1.5);
    expect(seen.max).toBeGreaterThan(period + constant - 2.5);
    expect(seen.max).toBeLessThan(period + constant + 1.5);
  });

  test("the period is the checkpoint's duration where that is longer than the interval", () => {
    // Asynchronous part 1.5 s, interval 1 s: the next trigger waits for the completion, metadata write included.
    const pipeline = scenario("execution.checkpointing.interval=1 s", "environment.snapshot.async=1500 ms");
    const triggers: number[] = [];
    const durations: number[] = [];
    const world = assemble(
      pipeline,
      { seed: "1", loadEnd: 60 * SECOND, spans: "curves", polls: "lazy" },
      () => ({
        ...SILENT,
        checkpointTriggered: (_job, _checkpoint, at) => {
          triggers.push(at);
        },
        checkpointCompleted: (_job, _checkpoint, at, _ack, completedAt) => {
          durations.push(completedAt - at);
        },
      }),
    );
    world.run(60 * SECOND);
    const gaps = triggers.slice(1).map((at, i) => at - triggers[i]!);
    expect(gaps.length).toBeGreaterThan(30);
    expect(gaps).toEqual(durations.slice(0, gaps.length));
  });
});
