import { ExperimentError, type PointSummary, type SweepResults } from "../experiment/index.ts";
import { formatMs } from "./format-quantity.ts";
import { FAILURE_PHASES } from "./theme.ts";

/** A stretch of a recovery, ms of the virtual clock. */
export interface FailurePhase {
  readonly phase: string;
  readonly from: number;
  readonly to: number;
}

/** The phases of a point's first outage, in the first repetition: of the job that failed, then the reader's catch-up.
 *  @throws ExperimentError when nothing failed. */
export function failurePhases(
  results: SweepResults,
  { point, factors, reader }: PointSummary,
): readonly FailurePhase[] {
  const all = results.timeline.filter((entry) => entry.point === point && entry.checkpoint === 0);
  const phases = Object.keys(FAILURE_PHASES).flatMap((phase): FailurePhase[] => {
    const wanted = phase === "catch-up" ? reader : "job";
    const found = all.find((entry) => entry.phase === phase && entry.participant === wanted);
    return found === undefined ? [] : [{ phase, from: found.fromMs, to: found.toMs }];
  });
  if (phases.length > 0) return phases;
  throw new ExperimentError(
    `the results of ${results.experiment}`,
    `got no failure with ${JSON.stringify(factors)}`,
    "one",
  );
}

/** Bands behind a chart over the time since the crash, s, each phase in the legend with its length. */
export function phaseBands(phases: readonly FailurePhase[], height: number): object {
  const crash = phases[0]!.from;
  const label = ({ phase, from, to }: FailurePhase): string => `${phase} ${formatMs(to - from)}`;
  return {
    data: {
      values: phases.map((one) => ({
        phase: label(one),
        from: (one.from - crash) / 1000,
        to: (one.to - crash) / 1000,
      })),
    },
    mark: { type: "rect", opacity: 0.45 },
    encoding: {
      x: { field: "from", type: "quantitative" },
      x2: { field: "to" },
      y: { value: 0 },
      y2: { value: height },
      description: { field: "phase" },
      fill: {
        field: "phase",
        type: "nominal",
        title: null,
        sort: phases.map(label),
        scale: {
          domain: phases.map(label),
          range: phases.map(({ phase }) => FAILURE_PHASES[phase]),
        },
        legend: { symbolType: "square", symbolOpacity: 0.45, symbolStrokeWidth: 0 },
      },
    },
  };
}
