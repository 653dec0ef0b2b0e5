import { expect, test } from "vitest";
import { measuredAndSimulated } from "./measured-and-simulated.ts";
import { renderSvg } from "./render-chart.ts";

const LINE = {
  series: "read_committed",
  measured: [
    { x: 31, ms: 500 },
    { x: 32, ms: 14_000 },
  ],
  simulated: [{ x: 31, ms: 520 }],
};

test("measured are dots, simulated are lines, and the moment has its label", async () => {
  const warnings: string[] = [];
  const svg = await renderSvg(
    measuredAndSimulated({
      finding: "A finding",
      shown: "p50",
      x: { title: "seconds", percent: false },
      yTitle: "latency",
      lines: [LINE],
      moment: { x: 31.9, label: "fault" },
    }),
    (message) => warnings.push(message),
  );
  expect(warnings).toEqual([]);
  expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(2);
  expect(svg.match(/aria-roledescription="line mark"/g)).toHaveLength(1);
  expect(
    [...svg.matchAll(/>(fault|read_committed|A finding|20 s|500 ms)</g)].map(([, text]) => text),
  ).toEqual(expect.arrayContaining(["fault", "read_committed", "A finding", "20 s", "500 ms"]));
});
