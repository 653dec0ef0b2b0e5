import {
  catchUpEstimateMs,
  crashesOf,
  headroomOf,
  lostAtMost,
  MOST_ROOM,
  ofReader,
  repeatedTo,
} from "./first-screen.ts";
import {
  ceilMs,
  floorMs,
  formatBriefly,
  formatCount,
  formatMs,
  formatQuantile,
  formatRoughMs,
  formatTimeBriefly,
} from "./format-figures.ts";
import type { GuessThreshold } from "./guess-threshold.ts";
import { type IntervalRange, intervalsWithin } from "./interval-range.ts";
import { guessedCandidate, jointSentences, keptDraws } from "./joint-outcomes.ts";
import { listed, type Problem, phraseOf, problemsOf } from "./judge-candidate.ts";
import { CRASHES, LONGEST_CRASH } from "./plan-review.ts";
import { pointsOf } from "./propose-setting.ts";
import { CONFIGURED, type Review } from "./review.ts";
import { type Candidate, crashOf, type ReaderFacts } from "./review-figures.ts";

/** Guesses that are named. */
const NAMED_GUESSES = 3;

/** What to do, and why, in a sentence or two. */
export function verdictOf(review: Review): string {
  const configured = review.candidates[0]!;
  const before = problemsOf(configured);
  const proposed = review.candidates.find(({ name }) => name === review.proposed);
  if (proposed === undefined) {
    return `No setting that was tried keeps every promise: with ${settingOf(configured)} ${listed(before.map(({ text }) => text))}.`;
  }
  const after = problemsOf(proposed);
  if (proposed.name === CONFIGURED) {
    return after.length === 0
      ? `Keep ${settingOf(configured)}: ${keptBy(configured)}.`
      : remedyOf(review, configured, after);
  }
  const still = after.length === 0 ? "" : ` But ${listed(after.map(({ text }) => text))}.`;
  const what =
    proposed.guarantee === configured.guarantee
      ? `Set the checkpoint interval${review.configured.job === null ? "" : ` of ${review.configured.job}`} to ${formatMs(proposed.intervalMs)} instead of ${formatMs(configured.intervalMs)}`
      : `Change to ${settingOf(proposed)}${proposed.guarantee === "at-least-once" ? ", with readers that upsert," : ""} from ${settingOf(configured)}`;
  return `${what}: as configured ${listed(before.map(({ text }) => text))}; then ${keptBy(proposed)}.${still}`;
}

/** What to do about a setting whose waits are as promised, and that something else is wrong with. */
function remedyOf({ timeouts }: Review, configured: Candidate, problems: readonly Problem[]): string {
  const { leastTimeoutMs, transactionTimeoutMs } = configured;
  const setting = settingOf(configured);
  if (
    problems.every(({ kind }) => kind !== "timeout") ||
    leastTimeoutMs === null ||
    transactionTimeoutMs === null
  ) {
    const waits = configured.readers.some(({ met }) => met) ? ` keeps every promised wait, but` : `:`;
    return `${setting[0]!.toUpperCase()}${setting.slice(1)}${waits} ${listed(problems.map(({ text }) => text))}.`;
  }
  const others = problems.filter(({ kind }) => kind !== "timeout").map(({ text }) => text);
  const found = others.length === 0 ? "" : `: as configured ${listed(others)}`;
  const tried = timeouts.find(({ timeoutMs, lost }) => timeoutMs >= leastTimeoutMs && lost === 0);
  const then =
    tried === undefined ? "" : `; with ${formatMs(tried.timeoutMs)} ${phraseOf(LONGEST_CRASH)} loses nothing`;
  return `Keep ${setting}, but raise properties.transaction.timeout.ms from ${formatMs(transactionTimeoutMs)} to ${ceilMs(leastTimeoutMs)} or more${found}${then}.`;
}

/** How sure the verdict is, in one sentence; none: nothing is guessed. */
export function confidenceOf(review: Review): string[] {
  const { kept, of } = keptDraws(review);
  if (of === 0) return [];
  const setting = settingOf(guessedCandidate(review));
  const what = `${review.guesses.length === 1 ? "One input is" : `${review.guesses.length} inputs are`} guessed`;
  return [
    `${what}: ${setting} keeps every promise in ${kept === of ? `all ${of}` : `${kept} of ${of}`} draws from their ranges.`,
  ];
}

/** The findings behind the verdict, one sentence each. */
export function findingsOf(review: Review): string[] {
  return [
    ...review.readers.flatMap((reader) => intervalSentence(review, reader)),
    ...review.readers.flatMap((reader) => isolationSentence(review, reader)),
    ...orderSentence(review),
    ...windowsSentence(review),
    lossSentence(review),
    ...timeoutSentence(review),
    outageSentence(review),
    headroomSentence(review),
  ];
}

/** What the verdict hangs on of what was guessed, one sentence each: all guesses together, then the three that matter most. */
export function guessSentences(review: Review): string[] {
  return [...jointSentences(review), ...review.thresholds.slice(0, NAMED_GUESSES).map(thresholdSentence)];
}

/** `exactly-once every 10 s` */
export function settingOf({ guarantee, intervalMs }: Candidate): string {
  return `${guarantee} every ${formatMs(intervalMs)}`;
}

function keptBy(candidate: Candidate): string {
  return [slosMet(candidate), crashKept(candidate)].filter((text) => text !== "").join("; ");
}

function slosMet({ readers }: Candidate): string {
  const judged = readers.filter(({ met }) => met !== null);
  if (judged.length === 0) {
    return readers
      .map(
        ({ reader, quantile, latencyMs }) =>
          `${reader} waits ${formatTimeBriefly(latencyMs)} at ${formatQuantile(quantile)}`,
      )
      .join(", ");
  }
  const met = judged.filter((reader) => reader.met);
  return met
    .map(
      ({ reader, quantile, latencyMs, sloMs }) =>
        `${reader} waits ${formatTimeBriefly(latencyMs)} at ${formatQuantile(quantile)} (promised: ${formatMs(sloMs!)})`,
    )
    .join(", ");
}

function crashKept(candidate: Candidate): string {
  if (lostAtMost(candidate) > 0) return "";
  const repeats = candidate.readers.filter(({ reader }) => repeatedTo(candidate, reader) > 0);
  const most = Math.max(0, ...repeats.map(({ reader }) => repeatedTo(candidate, reader)));
  if (most === 0) return "no crash loses or repeats a record";
  return `no crash loses a record, though ${listed(repeats.map(({ reader }) => reader))} may get up to ${formatCount(most)} again`;
}

/** "p99 ≤ 2 s for billing (read_committed): exactly-once needs an interval ≤ 1.8 s; at-least-once meets it at any …" */
function intervalSentence(
  review: Review,
  { reader, isolationLevel, quantile, sloMs }: ReaderFacts,
): string[] {
  if (sloMs === null) return [];
  const { intervalMs } = review.configured;
  const parts = review.guarantees.map((guarantee) => {
    const points = pointsOf(review.grid, guarantee, reader, isolationLevel);
    const range = intervalsWithin(points, sloMs);
    const candidate = review.candidates.find(
      (one) => one.guarantee === guarantee && one.intervalMs === intervalMs,
    );
    const repeated = candidate === undefined ? 0 : repeatedTo(candidate, reader);
    return {
      verb: rangeText(range, points[0]!.intervalMs, points.at(-1)!.intervalMs),
      cost:
        range.kind === "none" || repeated === 0
          ? ""
          : ` and repeats up to ${formatCount(repeated)} records after a crash (at ${formatMs(intervalMs)})`,
      guarantee,
    };
  });
  const promise = `${formatQuantile(quantile)} ≤ ${formatMs(sloMs)} for ${reader} (${isolationLevel})`;
  const [first] = parts;
  if (parts.every(({ verb, cost }) => verb === first?.verb && cost === first.cost)) {
    const all = listed(parts.map(({ guarantee }) => guarantee));
    return [
      `${promise}: ${all} alike ${first!.verb.replace(/^meets/, "meet").replace(/^needs/, "need")}${first!.cost.replace("repeats", "repeat")}.`,
    ];
  }
  return [
    `${promise}: ${parts.map(({ guarantee, verb, cost }) => `${guarantee} ${verb}${cost}`).join("; ")}.`,
  ];
}

export function rangeText(range: IntervalRange, first: number, last: number): string {
  const tried = `from ${formatMs(first)} to ${formatMs(last)}`;
  if (range.kind !== "some") return `meets it at ${range.kind === "all" ? "any" : "no"} interval ${tried}`;
  if (range.from === null) return `needs an interval ≤ ${floorMs(range.to!)}`;
  if (range.to === null) return `needs an interval ≥ ${formatRoughMs(range.from)}`;
  return `needs an interval from ${formatRoughMs(range.from)} to ${floorMs(range.to)}`;
}

/** What the other isolation level would change for a reader, at the configured setting. */
function isolationSentence(review: Review, { reader, isolationLevel, quantile }: ReaderFacts): string[] {
  const { guarantee, intervalMs } = review.configured;
  const other = isolationLevel === "read_committed" ? "read_uncommitted" : "read_committed";
  const at = (level: string) =>
    pointsOf(review.grid, guarantee, reader, level).find((point) => point.intervalMs === intervalMs)
      ?.latencyMs;
  const [here, there] = [at(isolationLevel), at(other)];
  if (!here || !there) return [];
  const [a, b] = [formatTimeBriefly(here), formatTimeBriefly(there)];
  if (a === b) return [];
  const repeats = review.candidates[0]!.readers.map((one) =>
    repeatedTo(review.candidates[0]!, one.reader),
  ).reduce((most, one) => Math.max(most, one), 0);
  const price =
    other === "read_uncommitted" && repeats > 0
      ? `, and a crash would repeat up to ${formatCount(repeats)} records to it`
      : other === "read_committed"
        ? ", and nothing would come twice"
        : "";
  return [`With ${other} ${reader} would wait ${b} instead of ${a} at ${formatQuantile(quantile)}${price}.`];
}

/** Readers that nothing is repeated to and that get an older value of a key behind a newer one all the same. */
function orderSentence({ candidates: [configured] }: Review): string[] {
  const setback = (reader: string): number =>
    Math.max(0, ...configured!.crashes.map((one) => ofReader(one, reader)?.setbackMs ?? 0));
  const found = configured!.readers.filter(
    ({ reader }) => repeatedTo(configured!, reader) === 0 && setback(reader) > 0,
  );
  if (found.length === 0) return [];
  const most = Math.max(...found.map(({ reader }) => setback(reader)));
  return [
    `Nothing is repeated to ${listed(found.map(({ reader }) => reader))}, but after a crash an older value of a key may come up to ${formatMs(most)} behind a newer one: a key's records lie in several partitions, and a transaction that is still open holds one of them up.`,
  ];
}

/** A crash repeats a window's results only where one has fired since the checkpoint, which the instants that were tried may miss. */
function windowsSentence({ candidates, haveWindows }: Review): string[] {
  const [configured] = candidates;
  if (!haveWindows || configured === undefined) return [];
  const spared = configured.readers.filter(
    ({ reader, isolationLevel }) =>
      repeatedTo(configured, reader) === 0 &&
      (configured.guarantee !== "exactly-once" || isolationLevel === "read_uncommitted"),
  );
  if (spared.length === 0) return [];
  return [
    `Nothing was repeated to ${listed(spared.map(({ reader }) => reader))} because no window had fired between the restored checkpoint and the crash; a crash that comes when one has repeats its results.`,
  ];
}

function lossSentence({ candidates, repetitions }: Review): string {
  const configured = candidates[0]!;
  const crashes = crashesOf(configured, repetitions);
  const lost = lostAtMost(configured);
  const found =
    lost === 0
      ? `As configured, no record was lost in ${crashes} crashes at the worst instant`
      : `As configured, a crash at the worst instant loses up to ${formatCount(lost)} records`;
  const { transactionTimeoutMs, intervalMs, checkpointMs, guarantee } = configured;
  if (transactionTimeoutMs === null) {
    return guarantee === "none"
      ? `${found}; with the guarantee none whatever the sink has not yet sent is lost.`
      : `${found}; at-least-once flushes before it acknowledges, so an outage of any length loses nothing that Kafka keeps.`;
  }
  const away = transactionTimeoutMs - intervalMs - (checkpointMs?.max ?? 0);
  return away <= 0
    ? `${found}; but a transaction timeout of ${formatMs(transactionTimeoutMs)} is shorter than a checkpoint interval and a checkpoint, so records are lost without any crash.`
    : `${found}; records are lost if the job is away for more than ${floorMs(away)}, since what waits for its commit is aborted after the transaction timeout of ${formatMs(transactionTimeoutMs)}.`;
}

/** What was seen of transaction timeouts, in the order of the timeouts. */
function timeoutSentence({ timeouts, sweepMs }: Review): string[] {
  if (timeouts.length === 0) return [];
  if (timeouts.every(({ lost }) => lost === 0)) {
    const tried = listed(timeouts.map(({ timeoutMs }) => formatMs(timeoutMs)));
    return [
      `When a node is lost just after a checkpoint has completed, nothing is lost with transaction timeouts of ${tried}: brokers look for what has timed out every ${formatMs(sweepMs)}.`,
    ];
  }
  const parts = timeouts.toReversed().map(({ timeoutMs, lost }, i) => {
    const timeout = i === 0 ? `a transaction timeout of ${formatMs(timeoutMs)}` : formatMs(timeoutMs);
    return `with ${timeout} ${lost === 0 ? "nothing is lost" : `up to ${formatCount(lost)} records are lost`}`;
  });
  return [`When a node is lost just after a checkpoint has completed, ${listed(parts)}.`];
}

function outageSentence({ candidates, crashedJob }: Review): string {
  const configured = candidates[0]!;
  const parts = CRASHES.map((crash) => {
    const { outageMs } = crashOf(configured, crash);
    return `${outageMs === null ? "for good" : formatTimeBriefly(outageMs)} after ${phraseOf(crash)}`;
  });
  const others = configured.otherCrashes.flatMap(({ job, outageMs }) =>
    outageMs === null ? [] : [`${job} ${formatTimeBriefly(outageMs)} after an exception`],
  );
  const job = configured.otherCrashes.length === 0 ? "the job" : crashedJob;
  const unread = configured.otherCrashes.flatMap((one) => (one.isRead ? [] : [one.job]));
  const why =
    unread.length === 0
      ? ""
      : ` Nobody reads what ${listed(unread)} ${unread.length === 1 ? "writes" : "write"}, so how long that is down is not measured here: give it a reader, or let it fail with \`sluice run --fault\`.`;
  return `As configured ${job} is down ${listed(parts)}${others.length === 0 ? "" : `; ${listed(others)}`}.${why}`;
}

function headroomSentence({ candidates }: Review): string {
  const configured = candidates[0]!;
  const room = headroomOf(configured);
  if (room.mean <= 0)
    return "The busiest task has no time left: what piles up in an outage is never worked off.";
  const estimate = catchUpEstimateMs(configured, LONGEST_CRASH);
  const caught =
    configured.caughtUpMs !== null
      ? formatTimeBriefly(configured.caughtUpMs)
      : estimate === null
        ? undefined
        : `about ${formatRoughMs(estimate)}`;
  const after =
    caught === undefined
      ? ""
      : `; what ${phraseOf(LONGEST_CRASH)} leaves behind is worked off ${caught} after the job is back`;
  return `The busiest task is busy ${formatBriefly(configured.busiestTask, 10, "%")} of the time, which leaves room for ${room.mean > MOST_ROOM ? `over ${MOST_ROOM} times the load` : `${formatBriefly(room, 0.01, "%")} more load`}${after}.`;
}

function thresholdSentence({
  key,
  what,
  guess,
  atMs,
  above,
  inRange,
  before,
  effect,
}: GuessThreshold): string {
  const range = `guessed ${guess.typical}, ${guess.low} to ${guess.high}`;
  const at = formatRoughMs(atMs);
  if (inRange && before !== undefined)
    return `Flips somewhere between ${guess.typical} and ${before} of ${what}: ${effect} (${key}: ${range}).`;
  return inRange
    ? `Flips if ${what} takes ${above ? "over" : "under"} ${at}: ${effect} (${key}: ${range}).`
    : `Holds until ${what} takes ${above ? "over" : "under"} ${at}: ${effect} (${key}: ${range}).`;
}
