import { COLORS } from "../charts/index.ts";
import { framed, type ReviewChart } from "./chart-frame.ts";
import { ALL_AT_THEIR_UPPER_ENDS } from "./joint-guesses.ts";
import { drawsOf, guessedCandidate, jointFigures, keptDraws, useOf } from "./joint-outcomes.ts";
import { listed } from "./judge-candidate.ts";
import type { Review } from "./review.ts";

const KEPT = "#56b4e9";
const BROKEN = "#d55e00";

/** What each draw of all guesses uses up of each promise. */
export function jointChart(review: Review): ReviewChart | undefined {
  const draws = drawsOf(review);
  const figures = jointFigures(guessedCandidate(review)).filter(({ most }) => most !== null);
  const typical = review.guesses[0]?.ends.typical;
  if (draws.length === 0 || figures.length === 0 || typical === undefined) return undefined;
  const outcomes = [
    ...draws.map((outcome) => ({ kind: "draw", outcome })),
    ...review.together
      .filter(({ name }) => name === ALL_AT_THEIR_UPPER_ENDS)
      .map((outcome) => ({ kind: "upper", outcome })),
    { kind: "typical", outcome: { name: "typical", ...typical } },
  ];
  const rows = figures.flatMap((figure) =>
    outcomes.flatMap(({ kind, outcome }) => {
      const use = useOf(figure, outcome);
      const value = figure.of(outcome);
      if (use === null || value === null) return [];
      const said = `${outcome.name}: ${figure.name} ${figure.format(value)}, promised ${figure.promise}`;
      return [{ figure: figure.name, kind, use: 100 * use, over: use > 1, said }];
    }),
  );
  const most = Math.max(110, ...rows.map(({ use }) => use));
  // What goes far beyond the promise would press the rest together.
  const isFar = most > 400;
  const least = Math.min(...rows.map(({ use }) => use));
  const scale = isFar
    ? { type: "log", domain: [Math.max(0.1, least * 0.8), most * 1.2], nice: false }
    : { domain: [0, most * 1.05] };
  const x = {
    field: "use",
    type: "quantitative",
    title: `of what is promised, %${isFar ? " (logarithmic)" : ""}`,
    scale,
    axis: { grid: true, ...(isFar ? { values: [1, 10, 100, 1000, 10_000] } : { tickCount: 5 }) },
  };
  const y = {
    field: "figure",
    type: "nominal",
    sort: figures.map(({ name }) => name),
    title: null,
    axis: { domain: false, ticks: false, labelLimit: 200 },
  };
  const ofKind = (kind: string) => ({ transform: [{ filter: { field: "kind", equal: kind } }] });
  const description = { field: "said" };
  return framed(
    "guesses-together",
    findingOf(review),
    "tick: a draw of all guesses; dot: all typical; ring: all at their upper ends; red line: what is allowed",
    {
      height: { step: 34 },
      width: 230,
      data: { values: rows },
      layer: [
        {
          data: { values: [{ use: 100 }] },
          mark: { type: "rule", aria: false, color: COLORS.goal, strokeWidth: 1.5 },
          encoding: { x },
        },
        {
          ...ofKind("draw"),
          mark: { type: "tick", thickness: 2, size: 18, opacity: 1 },
          encoding: {
            x,
            y,
            color: { condition: { test: "datum.over", value: BROKEN }, value: KEPT },
            description,
          },
        },
        {
          ...ofKind("typical"),
          mark: { type: "point", filled: true, size: 60, color: COLORS.ink, opacity: 1 },
          encoding: { x, y, description },
        },
        {
          ...ofKind("upper"),
          mark: { type: "point", filled: false, size: 90, strokeWidth: 2, color: COLORS.ink, opacity: 1 },
          encoding: { x, y, description },
        },
      ],
    },
  );
}

function findingOf(review: Review): string {
  const { kept, of } = keptDraws(review);
  if (kept === of) return `All guesses drawn together: every promise is kept in all ${of} draws`;
  const broken = jointFigures(guessedCandidate(review)).filter((figure) =>
    drawsOf(review).some((draw) => (useOf(figure, draw) ?? 0) > 1),
  );
  const what = broken.length === 0 ? "" : `; broken: ${listed(broken.map(({ name }) => name))}`;
  return `All guesses drawn together: ${kept} of ${of} draws keep every promise${what}`;
}
