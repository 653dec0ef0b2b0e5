import { describe, expect, test } from "vitest";
import type { RunResult } from "../experiment/index.ts";
import { broken, counts, faultedRuns, THREE_BROKERS } from "./faulted-runs.ts";

const run = faultedRuns(THREE_BROKERS, "upsert-kafka.yaml", 25);

const VIEWS = ["readers.committed.deduplicate=upsert", "readers.uncommitted.deduplicate=upsert"];
const UPSERT_KAFKA = [...VIEWS, "jobs.job.sinks[0].connector=upsert-kafka"];
const AT_LEAST_ONCE = "sink.delivery-guarantee=at-least-once";
const [committed, uncommitted] = [0, 1];
const CRASHES = ["kill taskmanager-1 at 12.3 s", "kill broker-1 at 12.3 s"];
const NEVER_BACK = { twice: 0, late: 0, setbacks: 0, deepestMs: 0, longestMs: 0 };

function view({ readers }: RunResult, reader: number) {
  return readers[reader]!.upsertView!;
}

describe("exactly-once, to a reader of committed records", () => {
  test.each(CRASHES)("by key a key never goes back in time: %s", (crash) => {
    for (const faults of [[], [crash]]) {
      const result = run(faults, UPSERT_KAFKA);
      expect(view(result, committed)).toEqual(NEVER_BACK);
      expect(counts(result, committed)).toEqual([0, 0]);
      expect(broken(result)).toEqual([]);
    }
  });

  test.each(CRASHES)(
    "over sticky partitions it does, also without a crash, for as long as a partition is held up: %s",
    (crash) => {
      const calm = view(run([], VIEWS), committed);
      const struck = view(run([crash], VIEWS), committed);
      expect([calm.twice, struck.twice]).toEqual([0, 0]);
      // A commit that is later in one partition than in another holds back what the next transaction wrote there: an interval.
      expect(calm.late).toBeGreaterThan(0);
      expect(calm.deepestMs).toBeLessThan(1000);
      // Behind a crash by what the partition was held up for.
      expect(struck.late).toBeGreaterThan(calm.late);
      expect(struck.deepestMs).toBeGreaterThan(4000);
    },
  );
});

describe("at-least-once", () => {
  test("a key goes back by what a restored job sends again, by key too, and no further than the checkpoint before", () => {
    const result = run([CRASHES[0]!], [...UPSERT_KAFKA, AT_LEAST_ONCE]);
    const { twice, late, setbacks, deepestMs } = view(result, uncommitted);
    expect(twice).toBe(counts(result, uncommitted)[1]);
    expect(twice).toBeGreaterThan(0);
    // Three partitions of the input, two subtasks, three partitions of the output: each of these goes back once.
    expect([late, setbacks]).toEqual([0, 18]);
    expect(deepestMs).toBeLessThan(1000);
    expect(broken(result)).toEqual([]);
  });

  test("by key a broker's failure sets no key back, over sticky partitions it does", () => {
    const faults = [CRASHES[1]!];
    expect(view(run(faults, [...UPSERT_KAFKA, AT_LEAST_ONCE]), uncommitted)).toEqual(NEVER_BACK);
    expect(view(run(faults, [...VIEWS, AT_LEAST_ONCE]), uncommitted).late).toBeGreaterThan(0);
  });

  test("a reader that de-duplicates by key drops exactly what comes twice", () => {
    const set = UPSERT_KAFKA.map((one) => one.replace("deduplicate=upsert", "deduplicate=by-key"));
    const result = run([CRASHES[0]!], [...set, AT_LEAST_ONCE]);
    const all = run([CRASHES[0]!], [...UPSERT_KAFKA, AT_LEAST_ONCE]);
    expect(view(result, uncommitted).twice).toBe(counts(all, uncommitted)[1]);
    expect(counts(result, uncommitted)).toEqual([0, 0]);
  });
});

test("a job that reads what another wrote by key gets all of it once, in order by key", () => {
  const next = `
  next:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: out, properties.isolation.level: read_committed }
    operators: [{ name: count, keyed: true, service-time: 0.02 ms }]
    sinks: [{ topic: last, connector: upsert-kafka }]
`;
  const text = THREE_BROKERS.replace(
    "\nreaders:",
    `${next}\nreaders:\n  last: { topic: last, deduplicate: upsert }`,
  )
    .replace("\n    out:", "\n    last: { partitions: 4, replication.factor: 3 }\n    out:")
    .replace("taskmanagers: 2", "taskmanagers: 4");
  const chained = faultedRuns(text, "chained.yaml", 15)([], ["jobs.job.sinks[0].connector=upsert-kafka"]);
  expect(view(chained, 0)).toEqual(NEVER_BACK);
  expect(counts(chained, 0)).toEqual([0, 0]);
  expect(broken(chained)).toEqual([]);
});

describe("sink.buffer-flush", () => {
  const flush = (rows: number, interval: string): string[] => [
    ...UPSERT_KAFKA,
    `jobs.job.sinks[0].sink.buffer-flush.max-rows=${rows}`,
    `jobs.job.sinks[0].sink.buffer-flush.interval=${interval}`,
  ];
  const meanOf = (result: RunResult): number => result.readers[uncommitted]!.latency.meanMs!;

  test("without max-rows in reach, rows wait for the checkpoint, half an interval on average", () => {
    for (const guarantee of ["at-least-once", "none"]) {
      const set = [...flush(1e6, "10 s"), `sink.delivery-guarantee=${guarantee}`];
      const result = run([], set);
      // A checkpoint each second; records come in network buffers of up to 100 ms.
      expect(meanOf(result)).toBeGreaterThan(490);
      expect(meanOf(result)).toBeLessThan(515);
      expect(counts(result, uncommitted)).toEqual([0, 0]);
      expect(broken(result)).toEqual([]);
    }
  });

  test("its interval holds rows back for half of it on average", () => {
    // 350 ms before each checkpoint the timer begins anew: intervals of 350, 350 and 300 ms.
    const result = run([], [...flush(1e6, "350 ms"), AT_LEAST_ONCE]);
    const mean = (350 ** 2 + 350 ** 2 + 300 ** 2) / 2 / 1000;
    expect(meanOf(result)).toBeGreaterThan(mean - 10);
    expect(meanOf(result)).toBeLessThan(mean + 60);
  });

  test.each(["exactly-once", "at-least-once"])(
    "what is held back when a process dies is made again: %s",
    (guarantee) => {
      const result = run([CRASHES[0]!], [...flush(1000, "400 ms"), `sink.delivery-guarantee=${guarantee}`]);
      expect(counts(result, committed)[0]).toBe(0);
      if (guarantee === "exactly-once") expect(view(result, committed)).toEqual(NEVER_BACK);
      expect(broken(result)).toEqual([]);
    },
  );
});
