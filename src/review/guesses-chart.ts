import { COLORS } from "../charts/index.ts";
import { framed, type ReviewChart } from "./chart-frame.ts";
import { usesOf } from "./guess-threshold.ts";
import { guessedCandidate } from "./joint-outcomes.ts";
import type { Review } from "./review.ts";

/** How much of what is allowed each guessed input uses up over its range: under the criterion that it comes nearest to
 *  breaking. */
export function guessesChart(review: Review): ReviewChart | undefined {
  const uses = usesOf(guessedCandidate(review), review.guesses).toSorted((a, b) => b.most - a.most);
  if (uses.length === 0) return undefined;
  const rows = uses.map(({ guess, criterion, low, typical, high }) => ({
    label: guess.key,
    low: 100 * Math.min(low, typical, high),
    high: 100 * Math.max(low, typical, high),
    typical: 100 * typical,
    range: `${guess.low} to ${guess.high}`,
    over: Math.max(low, high) > 1,
    said: `${guess.key} ${guess.low}: ${percent(low)}, ${guess.typical}: ${percent(typical)}, ${guess.high}: ${percent(high)} of ${criterion}`,
    criterion,
  }));
  const y = {
    field: "label",
    type: "nominal",
    sort: rows.map(({ label }) => label),
    title: null,
    axis: { domain: false, ticks: false, labelLimit: 170 },
  };
  const most = Math.max(110, ...rows.map(({ high }) => high));
  const x = (field: string) => ({
    field,
    type: "quantitative",
    title: "of what is promised, % (nearest promise of each)",
    scale: { domain: [0, most * 1.05] },
    axis: { grid: true, tickCount: 5 },
  });
  const over = rows.filter((row) => row.over);
  const finding =
    over.length === 0
      ? `No guess breaks a promise anywhere in its range`
      : `${over.length === 1 ? "One guess" : `${over.length} of ${review.guesses.length} guesses`} can break a promise: ${over.map(({ label }) => label).join(", ")}`;
  return framed(
    "guesses",
    finding,
    `bar: the range of the guess; dot: its typical value; red line: what is allowed${uses.length < review.guesses.length ? "; others move nothing" : ""}`,
    {
      height: { step: 26 },
      width: 250,
      data: { values: rows },
      layer: [
        {
          mark: { type: "bar", height: { band: 0.5 } },
          encoding: {
            y,
            x: x("low"),
            x2: { field: "high" },
            color: {
              condition: { test: "datum.over", value: "#d55e00" },
              value: "#56b4e9",
            },
            description: { field: "said" },
          },
        },
        {
          mark: { type: "point", filled: true, size: 60, color: COLORS.ink, opacity: 1 },
          encoding: { y, x: x("typical"), description: { field: "said" } },
        },
        {
          data: { values: [{ bound: 100 }] },
          mark: { type: "rule", aria: false, color: COLORS.goal, strokeWidth: 1.5 },
          encoding: { x: x("bound") },
        },
      ],
    },
  );
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
