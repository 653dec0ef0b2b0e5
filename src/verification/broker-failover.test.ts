import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broken, counts, faultedRuns, longest, THREE_BROKERS, told } from "./faulted-runs.ts";

const run = faultedRuns(THREE_BROKERS, "broker-failover.yaml", 60);

const [committed, uncommitted] = [0, 1];
const AT_LEAST_ONCE = "sink.delivery-guarantee=at-least-once";
/** Replication takes long enough to lose something in the middle of it: 40 to 67 ms. */
const FAR_APART = ["environment.broker.replication-round-trip=40 ms", "producers.load.rate=6000/s"];

test("brokers that could fail and don't change no count, and no latency by more than the cycle of a fetch", () => {
  for (const set of [[], [AT_LEAST_ONCE]]) {
    const failing = run(["kill broker-1 at 10 h"], set, 20);
    const safe = run([], set, 20);
    expect(failing.checkpoints[0]!.completed).toBe(safe.checkpoints[0]!.completed);
    failing.readers.forEach(({ latency, latencyByLogAppendTime: _, ...reader }, i) => {
      const { latency: expected, latencyByLogAppendTime: __, ...others } = safe.readers[i]!;
      expect(reader).toEqual(others);
      // A consumer's fetches take what becomes readable in the order in which producers hand it over.
      for (const key of ["minMs", "p10Ms", "p50Ms", "meanMs", "p90Ms", "p99Ms", "maxMs"] as const)
        expect(Math.abs(latency[key]! - expected[key]!)).toBeLessThan(0.35);
    });
  }
});

describe("acks=all, three replicas, exactly-once: nothing is lost and nothing comes twice", () => {
  test.each([
    ["a broker is killed", "kill broker-1 at 31.4 s"],
    ["a broker's node vanishes", "lose broker-2 at 31.4 s"],
    ["a broker stands still for less than its session", "freeze broker-3 at 31.4 s for 5 s"],
    ["a broker stands still for longer", "freeze broker-3 at 31.4 s for 15 s"],
    ["the input's leaders move", "elect in at 31.4 s"],
    ["the output's leaders move", "elect out at 31.4 s"],
    ...[1, 2, 3].flatMap((broker) => [
      ["between EndTxn and its answer", `kill broker-${broker} when EndTxn sent of checkpoint 20`],
      ["between prepare and the markers", `kill broker-${broker} when PrepareCommit written 40th time`],
      ["between flush and completion", `kill broker-${broker} when pre-committed of checkpoint 20`],
      ["while the job restores", `kill broker-${broker} when task restored`],
    ]),
  ])("%s: %s", (_, fault) => {
    const faults = fault.includes("restored") ? ["fail job at 20 s", fault] : [fault];
    const result = run(faults);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(counts(result, uncommitted)[0]).toBe(0);
    expect(broken(result)).toEqual([]);
    if (faults.length === 1) {
      expect(result.recovery.jobs[0]!.restarts).toBe(0);
      expect(counts(result, uncommitted)[1]).toBe(0);
    }
  });

  test("two brokers within a session, then the third: the partitions wait for those that come back", () => {
    const faults = ["kill broker-1 at 31.4 s", "kill broker-2 at 35 s", "kill broker-3 at 36 s"];
    const result = run(faults, [], 90);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});

test("everybody waits until the controller has fenced a broker, 7 to 10.2 s, also for what it only followed", () => {
  const result = run(["kill broker-1 at 31.4 s repair 60 s"], [AT_LEAST_ONCE], 60);
  const fenced = result.recovery.timeline.find(({ what }) => what.startsWith("controller fences broker 1"))!;
  const outage = fenced.atMs / 1000 - 31.4;
  expect(outage).toBeGreaterThan(7);
  expect(outage).toBeLessThan(10.3);
  // Clients come back by a back-off of up to a second.
  expect(longest(result, uncommitted)).toBeGreaterThan(outage);
  expect(longest(result, uncommitted)).toBeLessThan(outage + 1.5);
  expect(told(result)).toContain("broker 1 ended");
});

test("a session of 3 s makes that 1 to 3.4 s", () => {
  const set = [AT_LEAST_ONCE, "kafka.config.broker.session.timeout.ms=3000"];
  const result = run(["kill broker-1 at 31.4 s repair 60 s"], set, 60);
  expect(longest(result, uncommitted)).toBeLessThan(4.9);
  expect(longest(result, uncommitted)).toBeGreaterThan(1);
});

test("without replicas the partition waits for its broker, and has all that it had", () => {
  const set = [
    "kafka.topics.in.replication.factor=1",
    "kafka.topics.out.replication.factor=1",
    "kafka.config.min.insync.replicas=1",
  ];
  const result = run(["kill broker-1 at 31.4 s repair 20 s"], set, 90);
  expect(counts(result, committed)).toEqual([0, 0]);
  expect(broken(result)).toEqual([]);
  expect(longest(result, uncommitted)).toBeGreaterThan(20);
  expect(longest(result, uncommitted)).toBeLessThan(23);
});

test("with as many in sync asked for as there are, acks=all is refused until the broker is back", () => {
  const set = ["kafka.config.min.insync.replicas=3"];
  const result = run(["kill broker-1 at 31.4 s repair 20 s"], set, 90);
  expect(counts(result, committed)).toEqual([0, 0]);
  expect(longest(result, uncommitted)).toBeGreaterThan(20);
});

test("what a job had on the wire when it was stopped is there before what its successor writes", () => {
  // With acks=1 a flush doesn't wait for the followers.
  const set = [
    "environment.broker.replication-round-trip=20ms",
    "producers.load.rate=3000/s",
    "producers.load.acks=1",
    "jobs.job.sinks[0].properties.acks=1",
    AT_LEAST_ONCE,
  ];
  const result = run(["rescale job to 1 at 32 ms", "kill broker-1 at 10 h"], set, 5, "832073");
  expect(counts(result, committed)).toEqual([0, 0]);
  expect(broken(result)).toEqual([]);
});

describe("what the load's own settings cost", () => {
  // A partition has 2,000 records a second; half of 40 to 67 ms of them are not on its followers.
  test("acks=1 loses what the leader alone had acknowledged, and says so", () => {
    const result = run(["kill broker-1 at 31.4 s"], [...FAR_APART, "producers.load.acks=1"]);
    const [lost, repeated] = counts(result, committed);
    expect(lost).toBeGreaterThanOrEqual(40);
    expect(lost).toBeLessThanOrEqual(67);
    expect(repeated).toBe(0);
    expect(result.recovery.recordsGone).toEqual([{ topic: "in", records: lost }]);
    expect(told(result)).toContain(`${lost} records of in-0 are gone with their leader`);
    expect(broken(result)).toEqual([]);
  });

  test("acks=all with min.insync.replicas loses none of it", () => {
    const result = run(["kill broker-1 at 31.4 s"], FAR_APART);
    expect(counts(result, committed)).toEqual([0, 0]);
  });

  test("enable.idempotence=false appends what the followers had a second time, also to who reads committed records", () => {
    const set = [...FAR_APART, "producers.load.enable.idempotence=false"];
    const result = run(["kill broker-1 at 31.4 s"], set);
    const [lost, repeated] = counts(result, committed);
    expect(lost).toBe(0);
    expect(repeated).toBeGreaterThanOrEqual(40);
    expect(repeated).toBeLessThanOrEqual(67);
    expect(broken(result)).toEqual([]);
  });

  test("retries=0 gives up what was in flight and what its new leader lacks", () => {
    const set = [...FAR_APART, "producers.load.enable.idempotence=false", "producers.load.retries=0"];
    const result = run(["kill broker-1 at 31.4 s"], set);
    const [lost, repeated] = counts(result, committed);
    expect(repeated).toBe(0);
    // Followers lack what came in the latter half of 40 to 67 ms, and what was on its way.
    expect(lost).toBeGreaterThanOrEqual(40);
    expect(lost).toBeLessThanOrEqual(70);
    expect(told(result)).toContain(`${lost} records of in-0 are given up after their last retry`);
    expect(broken(result)).toEqual([]);
  });

  test("retries=3 gives up what is refused for longer than its back-offs of 0.1, 0.2 and 0.4 s", () => {
    const set = ["kafka.config.min.insync.replicas=3", "producers.load.retries=3"];
    const result = run(["kill broker-1 at 31.4 s repair 20 s"], set, 90);
    const refused = result.recovery.timeline.find(({ what }) => what.startsWith("controller fences broker 1"))!.atMs; // biome-ignore format: one line
    const back = result.recovery.timeline.find(({ what }) => what === "broker 1 has caught up")!.atMs;
    const [lost] = counts(result, committed);
    // Three partitions of 100 records a second; all but those of the last 0.7 s, and what came since the broker was gone.
    expect(lost).toBeGreaterThan(0.3 * (back - refused - 800));
    expect(lost).toBeLessThan(0.3 * (back - 31_400));
    expect(broken(result)).toEqual([]);
  });

  test("a job that is restored from before goes over the gap and the repeats again, and sees the same", () => {
    for (const setting of ["acks=1", "enable.idempotence=false"]) {
      const set = [...FAR_APART, `producers.load.${setting}`];
      const once = run(["kill broker-1 at 31.4 s"], set);
      const again = run(["kill broker-1 at 31.4 s", "fail job at 40.1 s", "fail job at 43 s"], set);
      expect(again.recovery.jobs[0]!.restarts).toBe(2);
      expect(counts(again, committed)).toEqual(counts(once, committed));
      expect(broken(again)).toEqual([]);
    }
  });

  test("what waits for delivery.timeout.ms is given up", () => {
    const set = [
      "kafka.topics.in.replication.factor=1",
      "kafka.config.min.insync.replicas=1",
      "producers.load.delivery.timeout.ms=40000",
    ];
    const result = run(["kill broker-1 at 31.4 s repair 60 s"], set, 120);
    const [lost] = counts(result, committed);
    // 100 records a second of one partition, those of the first 20 s of 60; the last back-off is up to a second.
    expect(lost).toBeGreaterThanOrEqual(2000);
    expect(lost).toBeLessThanOrEqual(2110);
    expect(broken(result)).toEqual([]);
  });
});

describe("what a sink's settings cost", () => {
  const acks = "jobs.job.sinks[0].properties.acks";

  test("acks=1 of an at-least-once sink loses what was acknowledged, and the job doesn't know", () => {
    const set = [...FAR_APART, AT_LEAST_ONCE, `${acks}=1`];
    const result = run(["kill broker-1 at 31.4 s"], set);
    const [lost] = counts(result, committed);
    expect(lost).toBeGreaterThan(0);
    expect(result.recovery.recordsGone).toEqual([{ topic: "out", records: lost }]);
    expect(result.recovery.jobs[0]!.restarts).toBe(0);
    expect(broken(result)).toEqual([]);
  });

  describe("buffer.memory: a partition without a leader fills it", () => {
    const set = [
      "kafka.topics.out.replication.factor=1",
      "kafka.config.min.insync.replicas=1",
      // No flush waits for the partition before.
      "jobs.job.config.execution.checkpointing.interval=10 min",
      "jobs.job.sinks[0].properties.batch.size=2000",
      AT_LEAST_ONCE,
    ];
    const small = [...set, "jobs.job.sinks[0].properties.buffer.memory=8000"];
    const outage = ["kill broker-1 at 20 s repair 20 s"];

    test("and then the task thread stands still, and all partitions with it", () => {
      const roomy = run(outage, set);
      const cramped = run(outage, small);
      for (const result of [roomy, cramped]) {
        expect(counts(result, uncommitted)).toEqual([0, 0]);
        expect(result.recovery.jobs[0]!.restarts).toBe(0);
        expect(broken(result)).toEqual([]);
      }
      // Of 60 s a third is an outage: a third of its records wait, or nearly all of them.
      expect(roomy.readers[uncommitted]!.latency.p75Ms!).toBeLessThan(200);
      expect(cramped.readers[uncommitted]!.latency.p75Ms!).toBeGreaterThan(2000);
      expect(roomy.readers[uncommitted]!.latency.p90Ms!).toBeGreaterThan(1000);
    });

    test("for longer than max.block.ms the task fails, and what it had not written is read again", () => {
      const result = run(outage, [...small, "jobs.job.sinks[0].properties.max.block.ms=5000"], 70);
      expect(result.recovery.jobs[0]!.restarts).toBeGreaterThanOrEqual(1);
      expect(counts(result, uncommitted)[0]).toBe(0);
      expect(broken(result)).toEqual([]);
      const failed = result.recovery.timeline.find(({ what }) => what.includes("Kafka send failed"))!;
      // Behind the load, whose own leaders are away for up to 10.3 s.
      expect(failed.atMs).toBeGreaterThan(25_000);
      expect(failed.atMs).toBeLessThan(40_000);
    });
  });

  test("buffer.memory of the load: a partition without a leader fills it, and all of the load waits", () => {
    const set = ["kafka.topics.in.replication.factor=1", "kafka.config.min.insync.replicas=1", AT_LEAST_ONCE];
    const outage = ["kill broker-1 at 20 s repair 20 s"];
    const roomy = run(outage, set);
    const cramped = run(outage, [...set, "producers.load.buffer.memory=20000"]);
    for (const result of [roomy, cramped]) {
      expect(counts(result, uncommitted)).toEqual([0, 0]);
      expect(result.recovery.recordsGone).toEqual([]);
      expect(result.recovery.jobs[0]!.restarts).toBe(0);
      expect(broken(result)).toEqual([]);
    }
    // Of 60 s a third is an outage: a third of its records wait, or nearly all of them.
    expect(roomy.readers[uncommitted]!.latency.p75Ms!).toBeLessThan(200);
    expect(cramped.readers[uncommitted]!.latency.p75Ms!).toBeGreaterThan(2000);
  });

  test("retries=0 fails the task with the leader, retries enough for its back-off don't", () => {
    const retries = "jobs.job.sinks[0].properties.retries";
    const set = [...FAR_APART, AT_LEAST_ONCE, "jobs.job.sinks[0].properties.enable.idempotence=false"];
    const none = run(["kill broker-1 at 31.4 s"], [...set, `${retries}=0`]);
    expect(told(none).some((what) => what.includes("given up after their last retry"))).toBe(true);
    expect(none.recovery.jobs[0]!.restarts).toBeGreaterThanOrEqual(1);
    expect(counts(none, committed)[0]).toBe(0);
    expect(broken(none)).toEqual([]);
    expect(run(["kill broker-1 at 31.4 s"], [...set, `${retries}=5`]).recovery.jobs[0]!.restarts).toBe(0);
  });

  test("a batch that is given up fails the task, and the job produces it again", () => {
    const set = [
      "kafka.topics.out.replication.factor=1",
      "jobs.job.sinks[0].properties.delivery.timeout.ms=31000",
      AT_LEAST_ONCE,
    ];
    const result = run(["kill broker-1 at 31.4 s repair 40 s"], set, 120);
    expect(result.recovery.jobs[0]!.restarts).toBeGreaterThanOrEqual(1);
    expect(counts(result, committed)[0]).toBe(0);
    expect(broken(result)).toEqual([]);
  });
});

test("the same seed gives the same bytes through a broker's failure, and another seed others", () => {
  const fault = ["kill broker-1 at 31.4 s"];
  const first = run(fault);
  expect(JSON.stringify(run(fault))).toBe(JSON.stringify(first));
  expect(run(fault, [], 60, "2").outcomeFingerprint).not.toBe(first.outcomeFingerprint);
});

test("any broker faults at any moment: acks=all and exactly-once lose nothing, repeat nothing to read_committed", () => {
  const broker = fc.integer({ min: 1, max: 3 });
  const seconds = fc.integer({ min: 1, max: 120 }).map((tenths) => `${tenths / 10} s`);
  const moments = ["EndTxn sent", "PrepareCommit written", "CompleteCommit written", "pre-committed"];
  const when = fc.oneof(
    fc.integer({ min: 0, max: 20_000 }).map((ms) => `at ${ms} ms`),
    fc
      .tuple(fc.constantFrom(...moments), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 20 }))
      .map(([moment, n, ms]) => `when ${moment} ${n}th time plus ${ms} ms`),
  );
  const fault = fc.oneof(
    fc.tuple(broker, when, seconds).map(([n, at, repair]) => `kill broker-${n} ${at} repair ${repair}`),
    fc.tuple(broker, when, seconds).map(([n, at, repair]) => `lose broker-${n} ${at} repair ${repair}`),
    fc.tuple(broker, when, seconds).map(([n, at, length]) => `freeze broker-${n} ${at} for ${length}`),
    fc.tuple(fc.constantFrom("in", "out"), when).map(([topic, at]) => `elect ${topic} ${at}`),
    when.map((at) => `fail job ${at}`),
  );
  const settings = fc.subarray([
    "environment.broker.replication-round-trip=40 ms",
    "sink.transaction-naming-strategy=POOLING",
    "kafka.topics.in.replication.factor=2",
  ]);
  fc.assert(
    fc.property(
      fc.array(fault, { minLength: 1, maxLength: 4 }),
      settings,
      fc.nat({ max: 1000 }),
      (faults, set, seed) => {
        const result = run(faults, set, 20, String(seed));
        expect(counts(result, committed)).toEqual([0, 0]);
        expect(broken(result)).toEqual([]);
      },
    ),
    { numRuns: 25 },
  );
});

describe("what a new leader of __transaction_state loads", () => {
  const kill = ["kill broker-1 at 31.4 s repair 60 s"];
  const log = (size: string): string => `environment.broker.transaction-log=${size}`;

  test("nearly nothing in a fresh cluster; a hundred megabytes of each partition hold up commits for their time", () => {
    const fresh = run(kill, [log("0 b")], 90);
    const large = run(kill, [log("100 mb")], 90);
    const more = longest(large, committed) - longest(fresh, committed);
    // The 17 partitions of broker 1 come to broker 2, a second each: those of the two writers are somewhere among them. A
    // transaction that waited for its commit holds back the one behind it.
    expect(more).toBeGreaterThan(1);
    expect(more).toBeLessThan(17 * 1.05 + 1.2);
    for (const result of [fresh, large]) {
      expect(counts(result, committed)).toEqual([0, 0]);
      expect(broken(result)).toEqual([]);
    }
  });

  test("a sink without transactions doesn't notice", () => {
    const latencies = [log("0 b"), log("100 mb")].map((size) => run(kill, [AT_LEAST_ONCE, size], 60).readers[uncommitted]!.latency); // biome-ignore format: one line
    expect(latencies[1]).toEqual(latencies[0]);
  });

  test("an election while it loads finds everything that was decided", () => {
    const faults = [...kill, "kill broker-2 at 41 s repair 20 s", "elect out at 42 s"];
    const result = run(faults, [log("100 mb")], 120);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});

describe("a slow disk", () => {
  // One partition, led by broker 1, at five records a second: requests never queue.
  const set = (replicas: number): string[] => [
    AT_LEAST_ONCE,
    "environment.broker.append=1 ms",
    "environment.broker.replication-round-trip=1 ms",
    "execution.buffer-timeout.interval=0 ms",
    "producers.load.rate=5/s",
    `kafka.config.min.insync.replicas=${Math.min(2, replicas)}`,
    ...["in", "out"].flatMap((topic) => [
      `kafka.topics.${topic}.partitions=1`,
      `kafka.topics.${topic}.replication.factor=${replicas}`,
    ]),
  ];

  test.each([
    ["of the leader: each of the two topics' appends takes 100 ms longer", "broker-1", 1, 2 * 100],
    ["of the leader, with followers: no more", "broker-1", 3, 2 * 100],
    // A parked fetch takes its cycle of 102 ms instead of 2; some find one under way.
    ["of a follower: the high watermark stays behind by a cycle of its fetch", "broker-3", 3, 2 * 100],
  ])("%s", (_, broker, replicas, expected) => {
    const usual = run([], set(replicas), 40);
    const slow = run([`slow-disk ${broker} by 101 at 10 s for 20 s`], set(replicas), 40);
    const more = (longest(slow, uncommitted) - longest(usual, uncommitted)) * 1000;
    const found = replicas > 1 && broker !== "broker-1" ? 2 * 102 * (2 / 3) : 0;
    expect(more).toBeGreaterThan(expected - 1);
    expect(more).toBeLessThan(expected + found + 1);
    expect(slow.readers[uncommitted]!.latency.minMs).toBe(usual.readers[uncommitted]!.latency.minMs);
    expect(counts(slow, uncommitted)).toEqual([0, 0]);
    expect(broken(slow)).toEqual([]);
  });

  test("of a broker that is killed meanwhile: exactly-once is so", () => {
    const result = run(["slow-disk broker-1 by 2000 at 20 s for 20 s", "kill broker-1 at 25.3 s"], FAR_APART);
    expect(counts(result, committed)).toEqual([0, 0]);
    expect(broken(result)).toEqual([]);
  });
});
