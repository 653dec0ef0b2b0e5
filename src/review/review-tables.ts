import { formatCount, formatMs, formatRoughMs, formatTime } from "./format-figures.ts";
import { ALL_AT_THEIR_UPPER_ENDS } from "./joint-guesses.ts";
import {
  drawsOf,
  guessedCandidate,
  isKept,
  type JointFigure,
  jointFigures,
  medianOf,
  rangeOf,
} from "./joint-outcomes.ts";
import { CRASHES } from "./plan-review.ts";
import type { Review } from "./review.ts";
import { crashOf, type Outcome } from "./review-figures.ts";

/** A table of texts. */
export interface ReviewTable {
  readonly columns: readonly { readonly header: string; readonly align: "left" | "right" }[];
  readonly rows: readonly (readonly string[])[];
}

const left = (header: string) => ({ header, align: "left" as const });
const right = (header: string) => ({ header, align: "right" as const });

/** The tables behind the charts, by the chart's name, and `guesses-given`: the guesses with their sources. */
export function reviewTables(review: Review): ReadonlyMap<string, ReviewTable> {
  const tables = new Map<string, ReviewTable>();
  for (const { reader } of review.readers) tables.set(`waits-of-${reader}`, waitsOf(review, reader));
  tables.set("repeats", repeatsTable(review));
  tables.set("outages", outagesTable(review));
  tables.set("through-a-crash", throughCrashTable(review));
  tables.set("guesses", guessOutcomes(review));
  tables.set("guesses-together", jointTable(review));
  tables.set("guesses-given", {
    columns: [left("key"), left("what it is"), right("low"), right("typical"), right("high"), left("source")],
    rows: review.guesses.map(({ key, what, low, typical, high, source }) => [
      key,
      what,
      low,
      typical,
      high,
      source,
    ]),
  });
  return tables;
}

function waitsOf({ grid }: Review, reader: string): ReviewTable {
  return {
    columns: [left("guarantee"), left("isolation.level"), right("interval"), right("latency")],
    rows: grid
      .filter((point) => point.reader === reader)
      .map(({ guarantee, isolationLevel, intervalMs, latencyMs }) => [
        guarantee,
        isolationLevel,
        formatMs(intervalMs),
        formatTime(latencyMs),
      ]),
  };
}

function repeatsTable({ repeats }: Review): ReviewTable {
  return {
    columns: [left("guarantee"), left("reader"), right("interval"), right("repeated, at most")],
    rows: repeats.map(({ guarantee, reader, intervalMs, repeated }) => [
      guarantee,
      reader,
      formatMs(intervalMs),
      formatCount(repeated),
    ]),
  };
}

function outagesTable({ candidates }: Review): ReviewTable {
  return {
    columns: [
      left("setting"),
      left("crash"),
      right("until noticed"),
      right("restart"),
      right("restore"),
      right("outage"),
      right("age of the checkpoint"),
    ],
    rows: candidates.flatMap((candidate) =>
      CRASHES.map((crash) => {
        const { phases, outageMs, ageMs } = crashOf(candidate, crash);
        return [
          candidate.name,
          crash,
          formatTime(phases.noticedMs),
          formatTime(phases.restartMs),
          formatTime(phases.restoreMs),
          formatTime(outageMs),
          formatTime(ageMs),
        ];
      }),
    ),
  };
}

function throughCrashTable({ throughCrash }: Review): ReviewTable {
  const phases = throughCrash?.phases ?? [];
  const crash = phases[0]?.from ?? 0;
  const longest = (from: number, to: number): string => {
    const ours = (throughCrash?.rows ?? []).filter(({ at }) => at >= from && at < to);
    return ours.length === 0 ? "-" : formatRoughMs(1000 * Math.max(...ours.map(({ latency }) => latency)));
  };
  const span = ({ from, to }: (typeof phases)[number]) =>
    [(from - crash) / 1000, (to - crash) / 1000] as const;
  return {
    columns: [
      left("phase"),
      right("begins after"),
      right("takes"),
      right("longest wait of what is created then"),
    ],
    rows: phases.map((one) => [
      one.phase,
      formatRoughMs(one.from - crash),
      formatRoughMs(one.to - one.from),
      longest(...span(one)),
    ]),
  };
}

function guessOutcomes({ guesses, readers }: Review): ReviewTable {
  return {
    columns: [
      left("guess"),
      right("value"),
      ...readers.map(({ reader }) => right(reader)),
      right("outage, lost node"),
      right("busiest task"),
    ],
    rows: guesses.flatMap((guess) =>
      (["low", "typical", "high"] as const).map((end) => {
        const outcome = guess.ends[end];
        const text = (ms: number | null | undefined): string => (ms == null ? "-" : formatRoughMs(ms));
        return [
          guess.key,
          guess[end],
          ...readers.map(({ reader }) => text(outcome.latencyMs[reader])),
          text(outcome.outageMs),
          `${Number((outcome.busiestTask / 10).toPrecision(2))} %`,
        ];
      }),
    ),
  };
}

function jointTable(review: Review): ReviewTable {
  const draws = drawsOf(review);
  const typical = review.guesses[0]?.ends.typical;
  const upper = review.together.find(({ name }) => name === ALL_AT_THEIR_UPPER_ENDS);
  const text = ({ of, format }: JointFigure, outcome: Outcome | undefined): string => {
    const value = outcome === undefined ? null : of(outcome);
    return value === null ? "-" : format(value);
  };
  return {
    columns: [
      left("figure"),
      right("typical"),
      right(`in ${draws.length} draws`),
      right("median, 95 % interval"),
      right(ALL_AT_THEIR_UPPER_ENDS),
      right("promised"),
      right("kept"),
    ],
    rows: jointFigures(guessedCandidate(review)).map((figure) => [
      figure.name,
      text(figure, typical),
      rangeOf(figure, draws),
      medianOf(figure, draws),
      text(figure, upper),
      figure.promise,
      figure.most === null
        ? "-"
        : `${draws.filter((draw) => isKept(figure, draw)).length} of ${draws.length}`,
    ]),
  };
}
