import {
  ceilMs,
  formatBusy,
  formatCount,
  formatInterval,
  formatMs,
  formatQuantile,
  formatRate,
  formatRoughMs,
  formatTime,
} from "./format-figures.ts";
import { phraseOf, problemsOf } from "./judge-candidate.ts";
import { CRASHES, type Crash, LONGEST_CRASH } from "./plan-review.ts";
import { CONFIGURED, PROPOSED, type Review } from "./review.ts";
import { type Candidate, crashOf, type Known, type OtherCrash } from "./review-figures.ts";

/** The table of the first screen, for a terminal and for the page. */
export interface FirstScreen {
  /** One a candidate. */
  readonly columns: readonly string[];
  readonly groups: readonly { readonly title: string; readonly rows: readonly ScreenRow[] }[];
}

export interface ScreenRow {
  readonly label: string;
  readonly cells: readonly ScreenCell[];
}

export interface ScreenCell {
  readonly text: string;
  /** Whether a promise is kept; undefined: there is none. */
  readonly kept?: boolean | undefined;
}

/** Lays out the candidates side by side. */
export function firstScreen(review: Review): FirstScreen {
  const { candidates, readers } = review;
  const row = (label: string, cell: (candidate: Candidate) => ScreenCell | string): ScreenRow => ({
    label,
    cells: candidates.map((candidate) => {
      const made = cell(candidate);
      return typeof made === "string" ? { text: made } : made;
    }),
  });
  const isRepeated = (reader: string): boolean =>
    candidates.some((candidate) => repeatedTo(candidate, reader) > 0);
  return {
    columns: candidates.map(({ name }) =>
      name === CONFIGURED && review.proposed === CONFIGURED && problemsOf(candidates[0]!).length === 0
        ? `${CONFIGURED} = ${PROPOSED}`
        : name,
    ),
    groups: [
      {
        title: "the setting",
        rows: [
          row("sink.delivery-guarantee", ({ guarantee }) => guarantee),
          row(
            `execution.checkpointing.interval${review.configured.job === null ? "" : ` of ${review.configured.job}`}`,
            ({ intervalMs }) => formatMs(intervalMs),
          ),
        ],
      },
      {
        title: "no fault: what readers wait and miss",
        rows: [
          ...readers.map(({ reader, isolationLevel, quantile, sloMs }, i) =>
            row(
              `${reader} (${isolationLevel}), ${formatQuantile(quantile)}${sloMs === null ? "" : ` ≤ ${formatMs(sloMs)}`}`,
              (candidate) => {
                const { latencyMs, met } = candidate.readers[i]!;
                return { text: formatTime(latencyMs), kept: met ?? undefined };
              },
            ),
          ),
          row("records lost, at most", ({ lostWithoutFault: lost }) => ({
            text: formatCount(lost),
            kept: lost === 0,
          })),
        ],
      },
      {
        title: `crash${candidates[0]!.otherCrashes.length === 0 ? "" : ` of ${review.crashedJob}`} just before a checkpoint completes`,
        rows: [
          row("records lost, at most", lostCell(review)),
          ...readers.map(({ reader }) =>
            row(`repeated to ${reader}, at most`, ({ crashes }) =>
              formatCount(mostOf(crashes, "repeated", reader)),
            ),
          ),
          ...readers
            .filter(({ reader }) => isRepeated(reader))
            .map(({ reader }) =>
              row(`a key of ${reader} goes back by, at most`, (candidate) => {
                const back = Math.max(
                  ...candidate.crashes.map((one) => ofReader(one, reader)?.setbackMs ?? 0),
                );
                return back === 0 ? "0" : formatMs(back);
              }),
            ),
          ...CRASHES.map((crash) =>
            row(`down after ${phraseOf(crash)}`, (candidate) => {
              const { outageMs } = crashOf(candidate, crash);
              return outageMs === null ? { text: "not back", kept: false } : formatTime(outageMs);
            }),
          ),
          row(`caught up, once back from ${phraseOf(LONGEST_CRASH)}`, caughtUpCell),
          row("least safe transaction.timeout.ms", ({ leastTimeoutMs, transactionTimeoutMs }) =>
            leastTimeoutMs === null || transactionTimeoutMs === null
              ? "none needed"
              : {
                  text: `${ceilMs(leastTimeoutMs)}, set ${formatMs(transactionTimeoutMs)}`,
                  kept: leastTimeoutMs <= transactionTimeoutMs,
                },
          ),
        ],
      },
      ...candidates[0]!.otherCrashes.map(({ job }) => ({
        title: `exception in ${job}, just before a checkpoint of its completes`,
        rows: [
          row("records lost, at most", (candidate) => {
            const lost = mostOf([otherCrash(candidate, job)], "lost");
            return { text: formatCount(lost), kept: lost === 0 };
          }),
          ...readers.map(({ reader }) =>
            row(`repeated to ${reader}, at most`, (candidate) =>
              formatCount(mostOf([otherCrash(candidate, job)], "repeated", reader)),
            ),
          ),
          row("down", (candidate) => {
            const { isRead, outageMs } = otherCrash(candidate, job);
            return isRead ? formatTime(outageMs) : "not measured";
          }),
        ],
      })),
      {
        title: "what it costs",
        rows: [
          row("checkpoint, mean", ({ checkpointMs }) => formatTime(checkpointMs)),
          row("busiest task", ({ busiestTask }) => formatBusy(busiestTask)),
          row("all tasks, mean", ({ meanTask }) => formatBusy(meanTask)),
          row("headroom of the busiest task", (candidate) => {
            const room = headroomOf(candidate);
            if (room.mean <= 0) return { text: "none", kept: false };
            return room.mean > MOST_ROOM
              ? `over ${MOST_ROOM} × the load`
              : `+${formatInterval(room, 0.01, "%")} load`;
          }),
          row("network between tasks", ({ taskBytesPerS }) => formatRate(taskBytesPerS, "B/s")),
          row("uploaded to checkpoint storage", ({ storageBytesPerH }) =>
            storageBytesPerH === null ? "-" : formatRate(storageBytesPerH, "B/h"),
          ),
          row("PUTs", ({ putsPerH }) => (putsPerH === null ? "-" : formatInterval(putsPerH, 1, "per h"))),
          row("transactional ids", ({ transactionalIdsPerDay }) =>
            formatInterval(transactionalIdsPerDay, 1, "per day"),
          ),
        ],
      },
    ],
  };
}

function caughtUpCell(candidate: Candidate): ScreenCell | string {
  if (candidate.caughtUpMs !== null) return formatTime(candidate.caughtUpMs);
  const caught = catchUpEstimateMs(candidate, LONGEST_CRASH);
  return caught === null ? { text: "never", kept: false } : `about ${formatRoughMs(caught)}`;
}

/** Room of which nobody needs to know more. */
export const MOST_ROOM = 10;

/** What more than today's load the busiest task can take, as a share of it. */
function headroom({ busiestTask }: Candidate): number {
  return 1000 / busiestTask.mean - 1;
}

/** The same with its interval, as wide as the busy time's at its ends. */
export function headroomOf(candidate: Candidate): Known {
  const { mean, halfWidth } = candidate.busiestTask;
  const at = (busy: number): number => 1000 / busy - 1;
  return {
    mean: headroom(candidate),
    halfWidth:
      halfWidth === null ? null : (at(Math.max(mean / 100, mean - halfWidth)) - at(mean + halfWidth)) / 2,
    max: at(candidate.busiestTask.max),
  };
}

/** About how long it takes from the end of the outage until what has piled up is worked off, ms: (a + D) / headroom, where a is the age of
 *  the restored checkpoint and D the outage. null: never. Source: a queue at the busiest task, which fills at the rate of arrivals and
 *  drains at what is left of its service rate. */
export function catchUpEstimateMs(candidate: Candidate, crash: Crash): number | null {
  const { outageMs, ageMs } = crashOf(candidate, crash);
  const room = headroom(candidate);
  if (outageMs === null || ageMs === null || room <= 0) return null;
  return (outageMs.mean + ageMs.mean) / room;
}

type Crashed = Pick<OtherCrash, "readers">;

function otherCrash({ otherCrashes }: Candidate, job: string): OtherCrash {
  return otherCrashes.find((one) => one.job === job)!;
}

/** The largest count after any of the crashes, of one reader or of all. */
function mostOf(crashes: readonly Crashed[], count: "lost" | "repeated", reader?: string): number {
  const rows = crashes.flatMap(({ readers }) => readers);
  return Math.max(
    0,
    ...rows.filter((one) => reader === undefined || one.reader === reader).map((one) => one[count]),
  );
}

/** Most records that any of the crashes repeats to a reader, those of other jobs included. */
export function repeatedTo({ crashes, otherCrashes }: Candidate, reader: string): number {
  return mostOf([...crashes, ...otherCrashes], "repeated", reader);
}

/** Most records that any of the crashes loses, of any reader, those of other jobs included. */
export function lostAtMost({ crashes, otherCrashes }: Candidate): number {
  return mostOf([...crashes, ...otherCrashes], "lost");
}

/** How many crashes the job has come back from, of all repetitions, and those of other jobs. */
export function crashesOf({ crashes, otherCrashes }: Candidate, repetitions: number): number {
  return repetitions * (crashes.filter(({ outageMs }) => outageMs !== null).length + otherCrashes.length);
}

function lostCell({ repetitions }: Review) {
  return (candidate: Candidate): ScreenCell => {
    const lost = mostOf(candidate.crashes, "lost");
    const crashes = crashesOf({ ...candidate, otherCrashes: [] }, repetitions);
    return lost === 0
      ? { text: `0 in ${crashes} crashes`, kept: true }
      : { text: formatCount(lost), kept: false };
  };
}

/** What a crash does to one reader. */
export function ofReader({ readers }: Crashed, reader: string) {
  return readers.find((one) => one.reader === reader);
}
