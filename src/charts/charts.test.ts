import { describe, expect, test } from "vitest";
import type { Measured, PointSummary } from "../experiment/index.ts";
import { backPressure } from "./back-pressure.ts";
import { barChart } from "./bar-chart.ts";
import { checkpointTimeline } from "./checkpoint-timeline.ts";
import { duplicatesAndLosses } from "./duplicates-and-losses.ts";
import { largestWithin, only, ratio } from "./find-points.ts";
import { FONT_FILES, readFontMetrics } from "./font-metrics.ts";
import {
  formatBytes,
  formatCount,
  formatKnownShare,
  formatMs,
  formatSetting,
  formatShare,
  formatTimes,
} from "./format-quantity.ts";
import { latencyAgainstInterval } from "./latency-against-interval.ts";
import { latencyAroundCrash } from "./latency-around-crash.ts";
import { latencyDistribution } from "./latency-distribution.ts";
import { lineChart } from "./line-chart.ts";
import { outcomeMatrix } from "./outcome-matrix.ts";
import { protocolSequence } from "./protocol-sequence.ts";
import { lagRows, readerLag } from "./reader-lag.ts";
import { recoverySplit } from "./recovery-split.ts";
import { renderPng, renderSvg } from "./render-chart.ts";
import { RESULTS } from "./results.fixture.ts";
import { tradeOffFront } from "./trade-off-front.ts";

const reader = { reader: "billing" };

const CHARTS = [
  {
    chart: latencyAgainstInterval({ reader: "billing", sloMs: 15_000 }),
    title:
      "p99 ≤ 15 s for billing: exactly-once needs an interval of 14 s or less; at-least-once meets it at any of these intervals",
  },
  {
    chart: latencyDistribution({
      where: { ...reader, interval: 1000 },
      series: "guarantee",
      seriesTitle: "guarantee",
      shown: "both axes logarithmic",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: checkpointTimeline({ where: { guarantee: "exactly-once", interval: 1000 } }),
    title:
      "This checkpoint takes 700 ms, 95 % of it the slowest snapshot, and its records are visible 820 ms after the trigger",
  },
  {
    chart: protocolSequence({ where: { guarantee: "exactly-once", interval: 1000 } }),
    title:
      "What is flushed 40 ms after the trigger stays invisible for 780 ms: 760 ms until Flink's checkpoint is complete, 20 ms for Kafka's commit",
  },
  {
    chart: tradeOffFront({ where: reader, interval: "interval", guarantee: "guarantee", sloMs: 15_000 }),
    title:
      "Fewest checkpoints for p99 ≤ 15 s: exactly-once every 10 s, 360 an hour; a restore then reads up to 10,700 records again",
  },
  {
    chart: lineChart({
      name: "line-chart",
      where: reader,
      x: { factor: "interval", title: "interval" },
      y: { metric: "latency_p50_ms", title: "p50" },
      series: "guarantee",
      seriesTitle: "guarantee",
      shown: "both axes logarithmic",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: barChart({
      name: "bar-chart",
      where: { ...reader, interval: 1000 },
      by: "guarantee",
      metrics: [
        { metric: "latency_p50_ms", title: "p50" },
        { metric: "latency_p99_ms", title: "p99" },
      ],
      title: "latency",
      shown: "two guarantees",
      finding: () => "A finding",
      laws: () => [{ by: "exactly-once", metric: "latency_p99_ms", ms: 1800 }],
      lawTitle: "a law",
    }),
    title: "A finding",
  },
  {
    chart: barChart({
      name: "bars-of-counts",
      where: reader,
      by: ["guarantee", "interval"],
      byTitle: "guarantee, interval",
      metrics: [
        { metric: "records_duplicated", title: "seen again" },
        { metric: "records_lost", title: "lost" },
      ],
      title: "records",
      shown: "bars of two factors, an axis of counts",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: barChart({
      name: "bars-of-bytes",
      where: reader,
      by: "guarantee",
      metrics: [{ metric: "in_flight_mean_bytes", title: "in flight" }],
      title: "size",
      shown: "an axis of bytes",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: lineChart({
      name: "line-of-counts",
      where: { ...reader, guarantee: "at-least-once" },
      x: { factor: "interval", title: "interval" },
      y: { metric: "records_duplicated", title: "records seen again" },
      series: "guarantee",
      seriesTitle: "guarantee",
      shown: "an axis of counts",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: outcomeMatrix({
      name: "outcome-matrix",
      where: reader,
      x: { factor: "interval", title: "interval" },
      y: { factor: "guarantee", title: "guarantee" },
      ran: ({ metrics }) => ({
        text: formatCount(metrics.records_lost.mean),
        isFine: metrics.records_lost.mean === 0,
      }),
      refused: (reason) => ({ text: reason, isFine: false }),
      shown: "two factors crossed",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: recoverySplit({ where: reader, by: "interval", shown: "four parts", finding: () => "A finding" }),
    title: "A finding",
  },
  {
    chart: duplicatesAndLosses({
      where: { ...reader, interval: 10_000 },
      by: ["guarantee", "isolationLevel"],
      shown: "two columns",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: latencyAroundCrash({
      where: { guarantee: "exactly-once", interval: 1000 },
      reader: "billing",
      before: 20,
      behind: 10,
      shown: "phases shaded",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: readerLag({
      where: { interval: 1000 },
      behind: "billing",
      ahead: "fraud",
      series: "guarantee",
      seriesTitle: "guarantee",
      from: 5,
      until: 40,
      shown: "a lag through time",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
  {
    chart: backPressure({
      where: { guarantee: "exactly-once", interval: 1000 },
      shown: "three panels",
      finding: () => "A finding",
    }),
    title: "A finding",
  },
];

describe("each chart", () => {
  test.each(CHARTS)("$chart.name", async ({ chart, title }) => {
    const spec = chart.draw(RESULTS);
    expect((spec["title"] as { text: string[] }).text.join(" ")).toBe(title);
    await expect(`${JSON.stringify(spec, null, 2)}\n`).toMatchFileSnapshot(`golden/${chart.name}.json`);
    const warnings: string[] = [];
    const svg = await renderSvg(spec, (message) => warnings.push(message));
    expect(warnings).toEqual([]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    // Unquoted, the 3 would make a browser drop the list and take a serif font.
    const fonts = new Set(svg.match(/font-family="[^"]*"/g));
    expect([...fonts]).toEqual([expect.stringMatching(/^font-family="'Source Sans 3', .*, sans-serif"$/)]);
    for (const line of (spec["title"] as { text: string[] }).text) {
      expect(svg).toContain(line.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
    }
  });
});

test("a picture has twice the size of the drawing, and text in it", async () => {
  const draw = (text: string): Promise<Uint8Array> =>
    renderPng(
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text y="15" font-family="Source Sans 3">${text}</text></svg>`,
    );
  const picture = await draw("≤ 15 s");
  const view = new DataView(picture.buffer, picture.byteOffset);
  expect([view.getUint32(16), view.getUint32(20)]).toEqual([120, 40]);
  expect(picture).toEqual(await draw("≤ 15 s"));
  expect(picture).not.toEqual(await draw(""));
});

test("texts are as wide as the bundled font draws them", () => {
  const font = readFontMetrics(FONT_FILES.regular);
  // Digits of Source Sans 3 are 497 thousandths of an em wide, all of them.
  expect(font.width("0123456789", 100)).toBeCloseTo(497, 6);
  const letters = "≤×±·–µ";
  for (const letter of letters) expect(font.width(letter, 100)).toBeGreaterThan(10);
});

test("the lag is what one reader has had and the other hasn't", () => {
  const lag = { behind: "billing", ahead: "fraud", series: "guarantee", seriesTitle: "", from: 5, until: 20 };
  expect(lagRows(RESULTS, { ...lag, where: { guarantee: "exactly-once", interval: 1000 } })).toEqual([
    { series: "exactly-once", at: 5, lag: 1000 },
    { series: "exactly-once", at: 10, lag: 0 },
    { series: "exactly-once", at: 15, lag: 500 },
    { series: "exactly-once", at: 20, lag: 1000 },
  ]);
});

test("a chart of a crash says so where none happened", () => {
  const chart = latencyAroundCrash({
    where: { guarantee: "at-least-once", interval: 1000 },
    reader: "billing",
    before: 20,
    behind: 10,
    shown: "phases shaded",
    finding: () => "A finding",
  });
  expect(() => chart.draw(RESULTS)).toThrow(
    'Cannot read the results of fixture: got no failure with {"guarantee":"at-least-once","interval":1000}, wanted one',
  );
});

test("the largest interval within a bound lies on the line between two points", () => {
  const where = { ...reader, guarantee: "exactly-once" };
  const within = (bound: number) => largestWithin(RESULTS, where, "interval", "latency_p99_ms", bound);
  expect(within(800 + 0.99 * 40_000)).toBeCloseTo(40_000, 6);
  expect(within(1e6)).toBe("all");
  expect(within(100)).toBe("none");
});

test("a ratio is taken repetition by repetition, and has no more digits than are known", () => {
  const of = (guarantee: string, values: readonly number[]): PointSummary => {
    const [like] = RESULTS.summaries;
    return {
      ...like!,
      factors: { guarantee },
      values: { ...like!.values, latency_p99_ms: values },
    };
  };
  // What both have in common, ten times as much in the third repetition, is not in the ratio.
  const summaries = [of("a", [100, 200, 1000]), of("b", [209, 420, 2110])];
  const b: Measured = [{ guarantee: "b" }, "latency_p99_ms"];
  const a: Measured = [{ guarantee: "a" }, "latency_p99_ms"];
  const found = ratio({ ...RESULTS, summaries }, [b], [a]);
  expect(found.mean).toBeCloseTo(2.1, 12);
  // t(2, 0.975) = 4.3027 times 0.01 / sqrt(3).
  expect(found.halfWidth).toBeCloseTo(0.02484, 4);
  expect(formatTimes(found)).toBe("× 2.10");
  expect(formatTimes({ mean: 1.04, halfWidth: 0.3 })).toBe("× 1.0");
  expect(formatTimes({ mean: 1.04, halfWidth: 3 })).toBe("× about 1");
  expect(formatKnownShare({ mean: 0.0217, halfWidth: 0.002 })).toBe("2.2 %");
  expect(formatKnownShare({ mean: 0.0002, halfWidth: 0.01 })).toBe("at most 1.1 %");
  expect(formatKnownShare({ mean: 0, halfWidth: 0.01 })).toBe("at most 1 %");
  expect(formatKnownShare({ mean: 0, halfWidth: 0 })).toBe("0 %");
  expect(ratio({ ...RESULTS, summaries }, [a, b], [a, a]).mean).toBeCloseTo(2.1, 12);
});

test("a chart that asks for what isn't there says so", () => {
  expect(() => only(RESULTS, { reader: "nobody" })).toThrow(
    'Cannot read the results of fixture: got 0 points and readers with {"reader":"nobody"}, wanted one',
  );
});

test("quantities as people read them", () => {
  expect([0.4234, 116.4, 999.6, 10_712, 119_000, 487_200, 900_000].map(formatMs)).toEqual([
    "0.423 ms",
    "116 ms",
    "1 s",
    "10.7 s",
    "119 s",
    "8 min 7 s",
    "15 min",
  ]);
  expect([0.0004, 12, 999.7, 20_345, 607_123].map(formatCount)).toEqual([
    "0.0004",
    "12",
    "1,000",
    "20,300",
    "607,000",
  ]);
  expect([1500, 60_000, 170_000, 3_600_000].map(formatSetting)).toEqual(["1.5 s", "1 min", "170 s", "1 h"]);
  expect(formatShare(0.9512)).toBe("95 %");
  expect([0, 820, 999.6, 1_284_000, 3.2e9].map(formatBytes)).toEqual([
    "0 B",
    "820 B",
    "1 kB",
    "1.28 MB",
    "3.2 GB",
  ]);
});
