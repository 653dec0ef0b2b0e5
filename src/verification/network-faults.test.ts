import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broken, counts, faultedRuns, longest, THREE_BROKERS } from "./faulted-runs.ts";

const run = faultedRuns(THREE_BROKERS, "network-faults.yaml", 60);

const [committed, uncommitted] = [0, 1];
const sinkWith = (setting: string): string => `jobs.job.sinks[0].properties.${setting}`;
const AT_LEAST_ONCE = "sink.delivery-guarantee=at-least-once";
const NO_IDEMPOTENCE = sinkWith("enable.idempotence=false");

describe("a response that is lost: its producer sends again after request.timeout.ms", () => {
  test("what enable.idempotence does: the broker knows the batch", () => {
    const result = run(["drop Produce response of job at 20 s"], [AT_LEAST_ONCE], 70);
    expect(counts(result, committed)).toEqual([0, 0]);
    // The flush of the next checkpoint waits for it, and with it the writer.
    expect(longest(result, committed)).toBeGreaterThan(29);
    expect(longest(result, committed)).toBeLessThan(31);
    expect(broken(result)).toEqual([]);
  });

  test("what it is there for: without it one request's records are there twice", () => {
    const result = run(["drop Produce response of job at 20 s"], [AT_LEAST_ONCE, NO_IDEMPOTENCE], 70);
    const [lost, repeated] = counts(result, committed);
    expect(lost).toBe(0);
    expect(repeated).toBeGreaterThan(0);
    expect(repeated).toBeLessThanOrEqual(163); // batch.size
    expect(result.recovery.jobs[0]!.restarts).toBe(0);
    expect(broken(result)).toEqual([]);
  });

  test("what it doesn't do: a job that is restored writes its records again, with or without it", () => {
    for (const set of [[AT_LEAST_ONCE], [AT_LEAST_ONCE, NO_IDEMPOTENCE]]) {
      const result = run(["fail job at 20.4 s", "cut taskmanager-1 <-> broker-1 at 50 s for 1 s"], set);
      expect(counts(result, committed)[1]).toBeGreaterThan(30);
    }
  });

  test("a request that is lost instead is there once; without idempotence later ones pass it", () => {
    for (const set of [[AT_LEAST_ONCE], [AT_LEAST_ONCE, NO_IDEMPOTENCE]]) {
      const result = run(["drop Produce request of job at 20 s"], set, 70);
      expect(counts(result, committed)).toEqual([0, 0]);
      expect(broken(result)).toEqual([]);
      const { permitted } = result.checks.find(({ name }) => name === "OrderPerPartitionAndKey")!;
      expect(permitted.length > 0).toBe(set.length > 1);
    }
  });
});

describe("a commit whose way is bad", () => {
  test.each([
    "drop EndTxn request at 20 s",
    "drop EndTxn response at 20 s",
    "drop WriteTxnMarkers request at 20 s",
  ])("%s: visible a time-out of 30 s later, once", (fault) => {
    const result = run([fault], [], 70);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(longest(result, committed)).toBeGreaterThan(30);
    expect(longest(result, committed)).toBeLessThan(32);
    expect(broken(result)).toEqual([]);
    expect(result.recovery.jobs[0]!.restarts).toBe(0);
  });

  test("max.block.ms over: a retry of the writer's own producer fails the task, and its restore commits", () => {
    const result = run(["drop EndTxn request of job at 20 s"], [sinkWith("max.block.ms=10000")], 70);
    expect(result.recovery.jobs[0]!.restarts).toBe(1);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(longest(result, committed)).toBeGreaterThan(10);
    expect(longest(result, committed)).toBeLessThan(15);
    expect(broken(result)).toEqual([]);
  });
});

describe("a link that is cut", () => {
  test.each([
    "taskmanager-1 <-> broker-1",
    "taskmanagers <-> brokers",
    "taskmanager-1 -> broker-2",
    "broker-3 -> taskmanager-2",
  ])("%s for 5 s: TCP is through again after 6.2 s, and nothing is lost or repeated", (link) => {
    const result = run([`cut ${link} at 20.3 s for 5 s`]);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(counts(result, uncommitted)).toEqual([0, 0]);
    expect(longest(result, uncommitted)).toBeGreaterThan(5);
    expect(longest(result, uncommitted)).toBeLessThan(7.6);
    expect(broken(result)).toEqual([]);
    expect(result.recovery.jobs[0]!.restarts).toBe(0);
  });

  test("for longer than request.timeout.ms, what was on its way is sent again", () => {
    const cut = ["cut brokers -> taskmanagers at 20.35 s for 40 s"];
    const set = [AT_LEAST_ONCE, "environment.broker.replication-round-trip=200 ms"];
    expect(counts(run(cut, set, 90), committed)).toEqual([0, 0]);
    const [lost, repeated] = counts(run(cut, [...set, NO_IDEMPOTENCE], 90), committed);
    expect(lost).toBe(0);
    expect(repeated).toBeGreaterThan(0);
  });
});

test("any cuts and lost messages at any moment: exactly-once is so", () => {
  const end = fc.constantFrom("1", "2");
  const links = fc.tuple(end, end, fc.constantFrom("<->", "->")).map(([tm, broker, arrow]) => `taskmanager-${tm} ${arrow} broker-${broker}`); // biome-ignore format: one line
  const when = fc.oneof(
    fc.integer({ min: 0, max: 20_000 }).map((ms) => `at ${ms} ms`),
    fc.integer({ min: 1, max: 30 }).map((n) => `when EndTxn sent ${n}th time`),
  );
  const messages = fc.constantFrom("Produce request", "Produce response", "EndTxn request", "EndTxn response", "WriteTxnMarkers request"); // biome-ignore format: one line
  const fault = fc.oneof(
    fc.tuple(links, when, fc.integer({ min: 1, max: 400 })).map(([link, at, tenths]) => `cut ${link} ${at} for ${tenths / 10} s`), // biome-ignore format: one line
    fc.tuple(messages, when).map(([message, at]) => `drop ${message} ${at}`),
    when.map((at) => `kill broker-1 ${at} repair 1 s`),
    when.map((at) => `fail job ${at}`),
  );
  fc.assert(
    fc.property(fc.array(fault, { minLength: 1, maxLength: 4 }), fc.nat({ max: 1000 }), (faults, seed) => {
      const result = run(faults, [], 20, String(seed));
      expect(counts(result, committed)).toEqual([0, 0]);
      expect(broken(result)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});
