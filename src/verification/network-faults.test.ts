import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broken, counts, faultedRuns, longest, THREE_BROKERS, told } from "./faulted-runs.ts";

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

describe("a request that comes late, or twice", () => {
  test("held up for longer than request.timeout.ms it is sent again, and comes all the same: known to the leader", () => {
    const late = ["delay Produce request of job by 35 s at 20 s"];
    const result = run(late, [AT_LEAST_ONCE], 70);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(longest(result, committed)).toBeGreaterThan(29);
    expect(longest(result, committed)).toBeLessThan(32);
    expect(broken(result)).toEqual([]);
    const [lost, repeated] = counts(run(late, [AT_LEAST_ONCE, NO_IDEMPOTENCE], 70), committed);
    expect(lost).toBe(0);
    expect(repeated).toBeGreaterThan(0);
  });

  test("held up for less it is what all behind it wait for", () => {
    for (const message of ["Produce request", "Produce response"]) {
      const result = run([`delay ${message} of job by 5 s at 20 s`], [AT_LEAST_ONCE, NO_IDEMPOTENCE]);
      expect(counts(result, committed)).toEqual([0, 0]);
      expect(longest(result, committed)).toBeGreaterThan(4);
      expect(longest(result, committed)).toBeLessThan(7);
      expect(broken(result)).toEqual([]);
    }
  });

  test("delivered twice it is appended twice, unless it has sequence numbers", () => {
    const twice = ["duplicate Produce request of job times 3 at 20 s"];
    expect(counts(run(twice, [AT_LEAST_ONCE]), committed)).toEqual([0, 0]);
    const result = run(twice, [AT_LEAST_ONCE, NO_IDEMPOTENCE]);
    const [lost, repeated] = counts(result, committed);
    expect(lost).toBe(0);
    expect(repeated).toBeGreaterThanOrEqual(3);
    expect(repeated).toBeLessThanOrEqual(3 * 163);
    expect(broken(result)).toEqual([]);
  });

  test.each([
    "duplicate EndTxn request times 20 at 20 s",
    "duplicate EndTxn response times 20 at 20 s",
    "duplicate WriteTxnMarkers request times 20 at 20 s",
  ])("%s: nothing happens", (fault) => {
    const result = run([fault]);
    expect(result.readers).toEqual(run(["drop Produce request at 10 h"]).readers);
    expect(broken(result)).toEqual([]);
  });

  test("an answer that comes twice is dropped; and batches that are followed one by one arrive as their closed form has it", () => {
    const result = run(["duplicate Produce response times 1000 at 20 s"]);
    const usual = run(["drop Produce request at 10 h"]);
    expect(broken(result)).toEqual([]);
    result.readers.forEach(({ latency, ...reader }, i) => {
      const { latency: expected, ...others } = usual.readers[i]!;
      expect(reader.recordsIn).toBe(others.recordsIn);
      for (const key of ["minMs", "p10Ms", "p50Ms", "meanMs", "p90Ms", "p99Ms", "maxMs"] as const)
        expect(Math.abs(latency[key]! - expected[key]!)).toBeLessThan(0.5);
    });
  });

  test.each([
    ["EndTxn request", 40],
    ["EndTxn response", 3],
    ["WriteTxnMarkers request", 5],
  ])("%s late by %d s: visible so much later, at most a time-out of 30 s, and once", (message, seconds) => {
    const result = run([`delay ${message} by ${seconds} s at 20 s`], [], 80);
    expect(counts(result, committed)).toEqual([0, 0]);
    const expected = Math.min(30, message === "EndTxn response" ? 0 : seconds);
    expect(longest(result, committed)).toBeGreaterThan(expected);
    expect(longest(result, committed)).toBeLessThan(
      expected + 2.5 + (message === "EndTxn response" ? seconds : 0),
    );
    expect(broken(result)).toEqual([]);
  });
});

describe("a link that is slow", () => {
  test.each([
    "taskmanager-1 -> broker-1",
    "broker-1 -> taskmanager-1",
    "taskmanagers <-> brokers",
    "brokers -> readers",
  ])("%s by 300 ms: so much later in each direction that is, nothing lost or repeated", (link) => {
    const slow = run([`delay ${link} by 300 ms at 20 s for 20 s`], [AT_LEAST_ONCE]);
    expect(counts(slow, uncommitted)).toEqual([0, 0]);
    expect(broken(slow)).toEqual([]);
    const most = longest(slow, uncommitted);
    expect(most).toBeGreaterThan(0.3);
    // A record's fetch, its request behind one that is under way, and the fetch of its reader: ten trips at most.
    expect(most).toBeLessThan(3);
    expect(slow.recovery.jobs[0]!.restarts).toBe(0);
  });

  test("by more than request.timeout.ms: every request is sent again, the first comes late, and is known", () => {
    const slow = ["delay taskmanagers -> brokers by 4 s at 20 s for 9 s"];
    const set = [AT_LEAST_ONCE, sinkWith("request.timeout.ms=3000")];
    const result = run(slow, set);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
    const [lost, repeated] = counts(run(slow, [...set, NO_IDEMPOTENCE]), committed);
    expect(lost).toBe(0);
    expect(repeated).toBeGreaterThan(0);
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

describe("a reader that is cut off", () => {
  test("gets what it has missed when TCP is through again, 6.2 s after; the other reader doesn't notice", () => {
    const result = run(["cut uncommitted <-> brokers at 20.3 s for 5 s"], [AT_LEAST_ONCE], 40);
    expect(counts(result, uncommitted)).toEqual([0, 0]);
    expect(longest(result, uncommitted)).toBeGreaterThan(6.1);
    expect(longest(result, uncommitted)).toBeLessThan(6.4);
    expect(longest(result, committed)).toBeLessThan(0.2);
    expect(broken(result)).toEqual([]);
  });
});

describe("a producer of the load that is cut off", () => {
  test.each(["load -> broker-1", "brokers -> producers", "load <-> brokers"])(
    "%s: its records wait in it until TCP is through again",
    (link) => {
      const result = run([`cut ${link} at 20.3 s for 5 s`], [AT_LEAST_ONCE], 40);
      expect(counts(result, committed)).toEqual([0, 0]);
      expect(longest(result, committed)).toBeGreaterThan(6.1);
      expect(longest(result, committed)).toBeLessThan(6.5);
      expect(broken(result)).toEqual([]);
    },
  );

  test("for longer than delivery.timeout.ms: it gives up what was made before, and says so", () => {
    const set = [AT_LEAST_ONCE, "producers.load.delivery.timeout.ms=31000", "producers.load.linger.ms=0"];
    const result = run(["cut load -> brokers at 20.3 s for 45 s"], set, 90);
    const [lost, repeated] = counts(result, committed);
    // Sent again 45.7 s after the cut, at 300 records a second.
    expect(lost).toBeGreaterThanOrEqual(Math.floor((45 - 31) * 300) - 3);
    expect(lost).toBeLessThanOrEqual(Math.ceil((46 - 31) * 300) + 3);
    expect(repeated).toBe(0);
    expect(result.recovery.recordsGone).toEqual([{ topic: "in", records: lost }]);
    expect(broken(result)).toEqual([]);
  });
});

describe("brokers that are cut off from each other", () => {
  const LAG = "kafka.config.replica.lag.time.max.ms=2000";

  test("acks=all and all readers wait for the follower until replica.lag.time.max.ms has passed", () => {
    const cut = ["cut broker-1 <-> broker-2 at 20.3 s for 40 s"];
    const result = run(cut, [AT_LEAST_ONCE, LAG], 70);
    expect(longest(result, uncommitted)).toBeGreaterThan(2);
    expect(longest(result, uncommitted)).toBeLessThan(3.2);
    // Two leaders of in, out and __transaction_state, each without the other: 1 + 1 + 17 partitions, 16 of the last one's.
    expect(
      told(result)
        .filter((what) => what.includes("lags"))
        .sort(),
    ).toEqual([
      "broker 1 lags: no longer in sync for 19 partitions",
      "broker 2 lags: no longer in sync for 19 partitions",
    ]);
    expect(counts(result, uncommitted)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });

  test("without a lag that short everybody waits for the end of the cut", () => {
    const result = run(["cut broker-1 <-> broker-2 at 20.3 s for 10 s"], [AT_LEAST_ONCE], 50);
    expect(longest(result, uncommitted)).toBeGreaterThan(12.5);
    expect(longest(result, uncommitted)).toBeLessThan(12.8);
  });

  test("a leader that is alone is refused by min.insync.replicas=2 until it is back, and has lost nothing", () => {
    const result = run(["cut broker-1 <-> brokers at 20.3 s for 20 s"], [LAG], 70);
    for (const reader of [committed, uncommitted]) expect(counts(result, reader)).toEqual([0, 0]);
    expect(longest(result, uncommitted)).toBeGreaterThan(25);
    expect(longest(result, uncommitted)).toBeLessThan(27);
    expect(broken(result)).toEqual([]);
  });

  test("cut off from the controller a leader is replaced, which its clients learn when it is back", () => {
    const result = run(["cut broker-1 <-> controller at 20.3 s for 20 s"], [AT_LEAST_ONCE], 70);
    const fenced = result.recovery.timeline.find(({ what }) =>
      what.startsWith("controller fences broker 1"),
    )!;
    // TCP is through 25.4 s after the cut.
    const waited = 20.3 + 25.4 - fenced.atMs / 1000;
    expect(longest(result, uncommitted)).toBeGreaterThan(waited - 0.1);
    expect(longest(result, uncommitted)).toBeLessThan(waited + 1.2);
    expect(counts(result, uncommitted)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});

test("any cuts and lost messages at any moment: exactly-once is so", () => {
  const end = fc.constantFrom("1", "2");
  const other = fc.oneof(
    end.map((n) => `taskmanager-${n}`),
    fc.constantFrom("broker-3", "controller", "readers", "load", "taskmanagers"),
  );
  const links = fc.tuple(other, end, fc.constantFrom("<->", "->")).map(([one, broker, arrow]) => `${one} ${arrow} broker-${broker}`); // biome-ignore format: one line
  const when = fc.oneof(
    fc.integer({ min: 0, max: 20_000 }).map((ms) => `at ${ms} ms`),
    fc.integer({ min: 1, max: 30 }).map((n) => `when EndTxn sent ${n}th time`),
  );
  const messages = fc.constantFrom("Produce request", "Produce response", "EndTxn request", "EndTxn response", "WriteTxnMarkers request"); // biome-ignore format: one line
  const fault = fc.oneof(
    fc.tuple(links, when, fc.integer({ min: 1, max: 400 })).map(([link, at, tenths]) => `cut ${link} ${at} for ${tenths / 10} s`), // biome-ignore format: one line
    fc.tuple(fc.constantFrom("drop", "duplicate"), messages, when).map(([verb, message, at]) => `${verb} ${message} times 2 ${at}`), // biome-ignore format: one line
    fc.tuple(messages, when, fc.integer({ min: 1, max: 400 })).map(([message, at, tenths]) => `delay ${message} by ${tenths / 10} s ${at}`), // biome-ignore format: one line
    fc.tuple(links.filter((link) => /^taskmanager|^readers/.test(link)), when, fc.integer({ min: 1, max: 40 })).map(([link, at, tenths]) => `delay ${link} by ${tenths / 10} s ${at} for 5 s`), // biome-ignore format: one line
    when.map((at) => `kill broker-1 ${at} repair 1 s`),
    when.map((at) => `fail job ${at}`),
  );
  fc.assert(
    fc.property(fc.array(fault, { minLength: 1, maxLength: 4 }), fc.nat({ max: 1000 }), (faults, seed) => {
      const result = run(faults, ["kafka.config.replica.lag.time.max.ms=3000"], 20, String(seed));
      expect(counts(result, committed)).toEqual([0, 0]);
      expect(broken(result)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
