import { expect, test } from "vitest";
import { formatBriefly, formatInterval, formatRate, formatRoughMs, formatTime } from "./format-figures.ts";

const known = (mean: number, halfWidth: number | null) => ({ mean, halfWidth, max: mean });

test.each([
  [formatTime(known(10_421, 38)), "10.4 ± 0.1 s"],
  [formatTime(known(129.2, 4.1)), "129 ± 4 ms"],
  [formatTime(known(71_200, 9700)), "70 ± 10 s"],
  [formatTime(known(600_000, 0)), "10 min"],
  [formatTime(known(126, null)), "126 ms"],
  [formatTime(null), "-"],
  [formatInterval(known(41_472, 0), 1, "per day"), "41,500 per day"],
  [formatInterval(known(41_472, 3000), 1, "per day"), "41,000 ± 3,000 per day"],
  [formatInterval(known(528, 0.3), 10, "%"), "52.8 ± 0.1 %"],
  [formatInterval(known(500, 0), 10, "%"), "50 %"],
  [formatInterval(known(500, null), 10, "%"), "50 %"],
  [formatRate(known(4_163_000, 20_000), "B/s"), "4.16 ± 0.02 MB/s"],
  [formatRate(known(9.8e9, 4e9), "B/h"), "10 ± 4 GB/h"],
  [formatRate(known(12, 0), "B/s"), "12 B/s"],
  [formatInterval(known(103.04, 0.0041), 10, "%"), "10.3 ± 0.1 %"],
  [formatBriefly(known(528, 2), 10, "%"), "52.8 %"],
  [formatBriefly(known(5, 7), 10, "%"), "about 0.5 %"],
  [formatRoughMs(56_123), "56 s"],
  [formatRoughMs(135_000), "2 min 20 s"],
])("%s is written %s", (text, wanted) => {
  expect(text).toBe(wanted);
});
