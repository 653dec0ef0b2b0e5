import { describe, expect, test } from "vitest";
import { FAILURE_PHASES, GUARANTEE_COLORS, PHASES, SERIES_COLORS, seriesScales } from "./theme.ts";

/** CIE L* of a colour: what is left of it in grey. Source: IEC 61966-2-1 (sRGB), CIE 15:2004. */
function lightness(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  return luminance > 216 / 24_389 ? 116 * Math.cbrt(luminance) - 16 : (luminance * 24_389) / 27;
}

const pairsOf = (colors: readonly string[]) =>
  colors.flatMap((one, i) => colors.slice(i + 1).map((other) => [one, other] as const));
const neighboursOf = (colors: readonly string[]) =>
  colors.slice(1).map((color, i) => [colors[i]!, color] as const);

const onceAndAtLeastOnce = ["exactly-once", "at-least-once"].map((one) => GUARANTEE_COLORS[one]!);

describe("in grey", () => {
  test("the lightness of black, white and the middle is 0, 100 and 53.2", () => {
    expect(["#000000", "#ffffff", "#7f7f7f"].map((one) => Number(lightness(one).toFixed(1)))).toEqual([
      0, 100, 53.2,
    ]);
  });

  test.each([
    ["exactly-once and at-least-once", pairsOf(onceAndAtLeastOnce), 20],
    ["all guarantees", pairsOf(Object.values(GUARANTEE_COLORS)), 12],
    ["series that bars show", pairsOf(SERIES_COLORS.slice(0, 3)), 12],
    ["phases of a recovery that follow each other", neighboursOf(Object.values(FAILURE_PHASES)), 12],
    [
      "phases of a checkpoint that follow each other",
      [...neighboursOf(Object.values(PHASES).slice(0, 5)), ...neighboursOf(Object.values(PHASES).slice(5))],
      12,
    ],
  ])("%s differ in lightness", (_, pairs, least) => {
    for (const [one, other] of pairs) {
      const apart = Math.abs(lightness(one) - lightness(other));
      expect(apart, `${one} and ${other}`).toBeGreaterThanOrEqual(least);
    }
  });

  test("nothing else has the colour of a guarantee", () => {
    const others = [...SERIES_COLORS, ...Object.values(PHASES), ...Object.values(FAILURE_PHASES)];
    for (const color of Object.values(GUARANTEE_COLORS)) expect(others).not.toContain(color);
  });
});

describe("series", () => {
  test("are told apart by their guarantees' colours, each with its own shape and dash", () => {
    const { color, shape, dash } = seriesScales(
      ["busy", "idle", "written at once"],
      ["exactly-once", "exactly-once", "at-least-once"],
    );
    expect(color.domain).toEqual(["busy", "idle", "written at once"]);
    expect(color.range).toEqual([
      GUARANTEE_COLORS["exactly-once"],
      GUARANTEE_COLORS["exactly-once"],
      GUARANTEE_COLORS["at-least-once"],
    ]);
    expect(new Set(shape.range).size).toBe(3);
    expect(new Set(dash.range.map(String)).size).toBe(3);
  });

  test("of one guarantee have other colours", () => {
    const { color } = seriesScales(["hashmap", "rocksdb"], ["exactly-once", "exactly-once"]);
    expect(color.range).toEqual(SERIES_COLORS.slice(0, 2));
  });

  test("that are called as guarantees have their colours", () => {
    expect(seriesScales(["none", "exactly-once"]).color.range).toEqual([
      GUARANTEE_COLORS["none"],
      GUARANTEE_COLORS["exactly-once"],
    ]);
  });
});
