import { describe, expect, test } from "vitest";
import { firstScreen } from "./first-screen.ts";
import { guessThresholds } from "./guess-threshold.ts";
import { candidate, exactly, gridOf, REVIEW, START, usualLatency } from "./review.fixture.ts";
import type { Review } from "./review.ts";
import { confidenceOf, findingsOf, guessSentences, verdictOf } from "./sentences.ts";

const [configured, upsert] = REVIEW.candidates as [
  (typeof REVIEW.candidates)[number],
  (typeof REVIEW.candidates)[number],
];

/** The fixture with billing promised another bound. */
function promised(sloMs: number, more: Partial<Review> = {}): Review {
  const readers = REVIEW.readers.map((one) => (one.reader === "billing" ? { ...one, sloMs } : one));
  const candidates = (more.candidates ?? REVIEW.candidates).map((one) => ({
    ...one,
    readers: one.readers.map((reader) =>
      reader.reader === "billing" ? { ...reader, sloMs, met: reader.latencyMs!.mean <= sloMs } : reader,
    ),
  }));
  return { ...REVIEW, ...more, readers, candidates };
}

describe("the sentence on intervals", () => {
  test("names the longest that keeps the promise, from the line between two points", () => {
    expect(findingsOf(promised(2000))[0]).toBe(
      "p99 ≤ 2 s for billing (read_committed): exactly-once needs an interval ≤ 1.5 s; at-least-once meets it at any interval from 1 s to 50 s and repeats up to 100,000 records after a crash (at 10 s).",
    );
    expect(findingsOf(REVIEW)[0]).toContain("exactly-once needs an interval ≤ 14 s;");
  });

  test("follows the figures", () => {
    const slower = gridOf((guarantee, level, interval) => {
      const { mean } = usualLatency(guarantee, level, interval);
      return exactly(mean + (level === "read_committed" && guarantee === "exactly-once" ? 4500 : 0));
    });
    expect(findingsOf({ ...REVIEW, grid: slower })[0]).toContain("exactly-once needs an interval ≤ 10 s;");
    const unsure = gridOf((...place) => ({ ...usualLatency(...place), halfWidth: 3000 }));
    expect(findingsOf({ ...REVIEW, grid: unsure })[0]).toContain("exactly-once needs an interval ≤ 11 s;");
    const never = gridOf(() => exactly(20_000));
    expect(findingsOf({ ...REVIEW, grid: never })[0]).toBe(
      "p99 ≤ 15 s for billing (read_committed): exactly-once and at-least-once alike meet it at no interval from 1 s to 50 s.",
    );
  });

  test("knows promises that need a longer interval", () => {
    const grid = gridOf((_, __, interval) => exactly(interval < 5000 ? 240 : 100));
    expect(findingsOf({ ...REVIEW, grid })[1]).toContain("need an interval ≥ 2.9 s");
  });
});

test("what isn't repeated may be out of order all the same", () => {
  const crashes = configured.crashes.map((one) => ({
    ...one,
    readers: one.readers.map((reader) => ({ ...reader, setbackMs: 20_600 })),
  }));
  const findings = findingsOf({ ...REVIEW, candidates: [{ ...configured, crashes }, upsert] });
  expect(findings.filter((one) => one.startsWith("Nothing"))).toEqual([
    "Nothing is repeated to billing, but after a crash an older value of a key may come up to 20.6 s behind a newer one: a key's records lie in several partitions, and a transaction that is still open holds one of them up.",
  ]);
  expect(findingsOf(REVIEW).some((one) => one.startsWith("Nothing"))).toBe(false);
});

describe("the verdict", () => {
  test("keeps what keeps every promise", () => {
    expect(verdictOf(REVIEW)).toBe(
      "Keep exactly-once every 10 s: billing waits 10.5 s at p99 (promised: 15 s), fraud waits 100 ms at p99 (promised: 200 ms); no crash loses a record, though fraud may get up to 100,000 again.",
    );
  });

  test("changes the interval where that is enough", () => {
    const proposal = candidate("proposed", "exactly-once", 1000);
    const review = promised(2000, { candidates: [configured, proposal, upsert], proposed: "proposed" });
    expect(verdictOf(review)).toBe(
      "Set the checkpoint interval to 1 s instead of 10 s: as configured billing waits 10.5 s at p99 instead of 2 s; then billing waits 1.5 s at p99 (promised: 2 s), fraud waits 100 ms at p99 (promised: 200 ms); no crash loses a record, though fraud may get up to 10,000 again.",
    );
  });

  test("changes the guarantee where no interval is", () => {
    const review = promised(300, { proposed: "at-least-once with upsert" });
    expect(verdictOf(review)).toMatch(
      /^Change to at-least-once every 10 s, with readers that upsert, from exactly-once every 10 s: as configured billing waits 10.5 s at p99 instead of 300 ms; then .* billing and fraud may get up to 100,000 again\.$/,
    );
  });

  test("says when nothing helps, and what is wrong", () => {
    const lossy = {
      ...configured,
      crashes: configured.crashes.map((one) => ({
        ...one,
        readers: one.readers.map((reader) => ({ ...reader, lost: one.crash === "lost node" ? 20_300 : 0 })),
      })),
    };
    expect(verdictOf({ ...REVIEW, candidates: [lossy, upsert], proposed: null })).toBe(
      "No setting that was tried keeps every promise: with exactly-once every 10 s a lost node loses up to 20,300 records for billing.",
    );
  });

  test("names what to change where the waits are as promised and records are lost", () => {
    const short = { ...configured, transactionTimeoutMs: 60_000 };
    expect(verdictOf({ ...REVIEW, candidates: [short] })).toBe(
      "Keep exactly-once every 10 s, but raise properties.transaction.timeout.ms from 60 s to 86 s or more; with 86 s a lost node loses nothing.",
    );
    const lossy = { ...short, lostWithoutFault: 213 };
    expect(verdictOf({ ...REVIEW, candidates: [lossy], timeouts: [] })).toBe(
      "Keep exactly-once every 10 s, but raise properties.transaction.timeout.ms from 60 s to 86 s or more: as configured up to 213 records are lost although nothing fails.",
    );
    expect(verdictOf({ ...REVIEW, candidates: [{ ...configured, lostWithoutFault: 213 }] })).toBe(
      "Exactly-once every 10 s keeps every promised wait, but up to 213 records are lost although nothing fails.",
    );
    const [column] = firstScreen({ ...REVIEW, candidates: [lossy] }).columns;
    expect([column, firstScreen(REVIEW).columns[0]]).toEqual(["as configured", "as configured = proposed"]);
  });

  test("says why a job stays away", () => {
    const crashes = configured.crashes.map((one) =>
      one.crash === "exception" ? one : { ...one, outageMs: null },
    );
    const standalone = { ...configured, crashes, isStandalone: true };
    expect(verdictOf({ ...REVIEW, candidates: [standalone] })).toBe(
      "Exactly-once every 10 s keeps every promised wait, but the job isn't back after a killed process and a lost node, since nothing replaces a process (flink.resource-provider: standalone).",
    );
    expect(verdictOf({ ...REVIEW, candidates: [{ ...standalone, isStandalone: false }] })).toMatch(
      /after a killed process and a lost node\.$/,
    );
  });

  test("says what readers wait that nothing is promised to", () => {
    const readers = configured.readers.map((one) => ({ ...one, sloMs: null, met: null }));
    expect(verdictOf({ ...REVIEW, candidates: [{ ...configured, readers }] })).toBe(
      "Keep exactly-once every 10 s: billing waits 10.5 s at p99, fraud waits 100 ms at p99; no crash loses a record, though fraud may get up to 100,000 again.",
    );
  });
});

test("losses and outages in sentences", () => {
  const [loss, timeouts, outage, room] = findingsOf(REVIEW).slice(-4);
  expect(loss).toBe(
    "As configured, no record was lost in 9 crashes at the worst instant; records are lost if the job is away for more than 9 min 40 s, since what waits for its commit is aborted after the transaction timeout of 10 min.",
  );
  expect(timeouts).toBe(
    "When a node is lost just after a checkpoint has completed, with a transaction timeout of 86 s nothing is lost and with 43 s up to 20,300 records are lost.",
  );
  const lossy = REVIEW.timeouts.map((one) => ({ ...one, lost: 5 }));
  expect(findingsOf({ ...REVIEW, timeouts: lossy }).at(-3)).toBe(
    "When a node is lost just after a checkpoint has completed, with a transaction timeout of 86 s up to 5 records are lost and with 43 s up to 5 records are lost.",
  );
  expect(outage).toBe(
    "As configured the job is down 2 s after an exception, 28 s after a killed process and 75 s after a lost node.",
  );
  expect(room).toBe(
    "The busiest task is busy 50 % of the time, which leaves room for 100 % more load; what a lost node leaves behind is worked off 86 s after the job is back.",
  );
});

test("where windows fire, a reader that was spared is told why", () => {
  const spared: Review = {
    ...REVIEW,
    haveWindows: true,
    candidates: REVIEW.candidates.map((one) => ({
      ...one,
      crashes: one.crashes.map((crash) => ({
        ...crash,
        readers: crash.readers.map((reader) => ({ ...reader, repeated: 0 })),
      })),
    })),
  };
  const sentence =
    "Nothing was repeated to fraud because no window had fired between the restored checkpoint and the crash; a crash that comes when one has repeats its results.";
  expect(findingsOf(spared)).toContain(sentence);
  expect(findingsOf({ ...spared, haveWindows: false })).not.toContain(sentence);
  expect(findingsOf({ ...REVIEW, haveWindows: true })).not.toContain(sentence);
});

test("another job's crash has its rows, its sentence and its say in the verdict", () => {
  const readers = (lost: number) => [
    { reader: "billing", lost, repeated: 0, setbackMs: 0 },
    { reader: "fraud", lost: 0, repeated: 900_000, setbackMs: 0 },
  ];
  const withCrash = (lost: number): Review => ({
    ...REVIEW,
    candidates: REVIEW.candidates.map((one) => ({
      ...one,
      otherCrashes: [{ job: "load", isRead: true, outageMs: exactly(3000), readers: readers(lost) }],
    })),
  });
  const group = firstScreen(withCrash(0)).groups.find(({ title }) => title.startsWith("exception in"))!;
  expect([group.title, ...group.rows.map(({ label, cells }) => `${label}: ${cells[0]!.text}`)]).toEqual([
    "exception in load, just before a checkpoint of its completes",
    "records lost, at most: 0",
    "repeated to billing, at most: 0",
    "repeated to fraud, at most: 900,000",
    "down: 3 s",
  ]);
  const own = firstScreen(withCrash(0)).groups.find(({ title }) => title.startsWith("crash of enrich"))!;
  expect(own.rows.find(({ label }) => label === "repeated to fraud, at most")!.cells[0]!.text).toBe(
    "100,000",
  );
  const findings = findingsOf(withCrash(0));
  expect(findings).toContain(
    "As configured enrich is down 2 s after an exception, 28 s after a killed process and 75 s after a lost node; load 3 s after an exception.",
  );
  expect(findings.some((one) => one.startsWith("As configured, no record was lost in 12 crashes"))).toBe(
    true,
  );
  const unread: Review = {
    ...REVIEW,
    candidates: REVIEW.candidates.map((one) => ({
      ...one,
      otherCrashes: [{ job: "load", isRead: false, outageMs: null, readers: readers(0) }],
    })),
  };
  expect(findingsOf(unread)).toContain(
    "As configured enrich is down 2 s after an exception, 28 s after a killed process and 75 s after a lost node. Nobody reads what load writes, so how long that is down is not measured here: give it a reader, or let it fail with `sluice run --fault`.",
  );
  expect(verdictOf(withCrash(0))).toContain("fraud may get up to 900,000 again");
  expect(verdictOf(withCrash(7))).toContain("an exception in load loses up to 7 records for billing");
});

test("how sure the verdict is depends on the draws", () => {
  expect(confidenceOf(REVIEW)).toEqual([
    "One input is guessed: exactly-once every 10 s keeps every promise in 1 of 2 draws from their ranges.",
  ]);
  const kept = REVIEW.together.filter(({ name }) => name !== "draw 2");
  expect(confidenceOf({ ...REVIEW, guesses: [START, START], together: kept })).toEqual([
    "2 inputs are guessed: exactly-once every 10 s keeps every promise in all 1 draws from their ranges.",
  ]);
  expect(confidenceOf({ ...REVIEW, together: [] })).toEqual([]);
});

describe("guesses", () => {
  const sentences = (timeoutMs: number): string[] => {
    const one = { ...configured, transactionTimeoutMs: timeoutMs };
    return guessSentences({ ...REVIEW, together: [], thresholds: guessThresholds(one, [START]) });
  };

  test("flip within their range", () => {
    expect(sentences(100_000)).toEqual([
      "Flips if the start of a new TaskManager takes over 40 s: a lost node loses records, the transaction timeout being 100 s (taskmanager.start: guessed 25 s, 5 s to 90 s).",
    ]);
  });

  test("flip somewhere in it where the end is far beyond", () => {
    const { low, typical, high } = START.ends;
    const far = { ...START, ends: { low, typical, high: { ...high, leastTimeoutMs: 400_000 } } };
    const one = { ...configured, transactionTimeoutMs: 100_000 };
    expect(guessSentences({ ...REVIEW, together: [], thresholds: guessThresholds(one, [far]) })).toEqual([
      "Flips somewhere between 25 s and 90 s of the start of a new TaskManager: a lost node loses records, the transaction timeout being 100 s (taskmanager.start: guessed 25 s, 5 s to 90 s).",
    ]);
  });

  test("hold beyond it", () => {
    expect(sentences(600_000)).toEqual([
      "Holds until the start of a new TaskManager takes over 9 min: a lost node loses records, the transaction timeout being 10 min (taskmanager.start: guessed 25 s, 5 s to 90 s).",
    ]);
  });

  test("all together are counted by what they keep, and the rest in ranges", () => {
    expect(guessSentences(REVIEW)).toEqual([
      "All guesses at once, 2 draws from their ranges: every promise is kept in 1; billing waits 11 s at p99, fraud waits 100 ms to 250 ms at p99 (too much in 1), after a lost node the job is down 55 s to 90 s.",
    ]);
    const kept = REVIEW.together.filter(({ name }) => name !== "draw 2");
    expect(guessSentences({ ...REVIEW, together: kept })).toEqual([
      "All guesses at once, 1 draws from their ranges: every promise is kept in all of them; billing waits 11 s at p99, fraud waits 100 ms at p99, after a lost node the job is down 55 s.",
    ]);
    const away = REVIEW.together.map((one) => ({ ...one, outageMs: null, leastTimeoutMs: null }));
    expect(guessSentences({ ...REVIEW, together: away })[0]).toMatch(
      /every promise is kept in 0; .*, after a lost node the job is down for good\.$/,
    );
  });

  test("without effect are left out", () => {
    const { typical } = START.ends;
    const idle = {
      ...START,
      ends: { low: { ...typical, value: 5e9 }, typical, high: { ...typical, value: 90e9 } },
    };
    expect(guessThresholds(configured, [idle])).toEqual([]);
  });
});
