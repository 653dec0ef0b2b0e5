import { describe, expect, test } from "vitest";
import { parsePipeline } from "../pipeline/index.ts";
import { recoveryExperiment } from "./plan-recovery.ts";
import {
  crashExperiment,
  gridExperiment,
  guessExperiment,
  planReview,
  timeoutExperiment,
} from "./plan-review.ts";
import { proposeSetting } from "./propose-setting.ts";
import { candidate, exactly, gridOf, usualLatency } from "./review.fixture.ts";

const text = `
kafka: { topics: { in: { partitions: 2 }, out: { partitions: 2 } } }
producers: { shop: { topic: in, rate: 100/s, record: 100 B } }
environment: { taskmanager.start: 10 s }
jobs:
  enrich:
    config: { parallelism.default: 2, execution.checkpointing.interval: 10 s }
    source: { topic: in }
    operators: [{ name: join, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: out }]
readers:
  billing: { topic: out, isolation.level: read_committed, slo: p99 <= 15 s }
  fraud: { topic: out, slo: p99 <= 200 ms }
`;

function plan(more = "") {
  const reading = parsePipeline(text + more, "small.yaml");
  return planReview({ file: "small.yaml", reading, set: [], seed: 1, duration: undefined, guesses: [] });
}

describe("a plan", () => {
  test("has the configured interval in the middle of others, log-spaced", () => {
    expect(plan().intervals).toEqual(["1 s", "2 s", "5 s", "10 s", "20 s", "40 s"]);
  });

  test("varies the interval of one job alone where the jobs' intervals differ", () => {
    const intervalOf = (interval: string) => {
      const second = `  load:
    config: { execution.checkpointing.interval: ${interval} }
    source: { topic: out }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: third }]
readers:`;
      const chained = text.replace("readers:", second).replace("out: {", "third: {}, out: {");
      const reading = parsePipeline(chained, "chain.yaml");
      const of = planReview({ file: "", reading, set: [], seed: 1, duration: undefined, guesses: [] });
      return gridExperiment(of).factors["interval"];
    };
    expect(intervalOf("10 s")).toMatchObject({ key: "execution.checkpointing.interval" });
    expect(intervalOf("1 min")).toMatchObject({
      key: "jobs.enrich.config.execution.checkpointing.interval",
    });
  });

  test("guesses what the file doesn't give, and that alone", () => {
    const keys = plan().guesses.map(({ key }) => key);
    expect(keys).toContain("broker.round-trip");
    expect(keys).not.toContain("taskmanager.start");
    // Nothing is written to a file system.
    expect(keys).not.toContain("storage.latency");
  });

  test("guesses a service time that isn't there, and what a person has a range for", () => {
    const open = text.replace(", service-time: 0.1 ms", "");
    const reading = parsePipeline(open, "small.yaml");
    expect(reading.warnings.map(({ message }) => message)).toEqual([
      "Note on jobs.enrich.operators[0].service-time (line 9): got nothing; Sluice guesses 100 us a record, and sluice review varies it",
    ]);
    const own = { key: "taskmanager.start", low: "5 s", typical: "20 s", high: "60 s" };
    const { guesses } = planReview({
      file: "small.yaml",
      reading,
      set: [],
      seed: 1,
      duration: undefined,
      guesses: [own],
    });
    expect(guesses.slice(0, 2)).toEqual([
      { ...own, what: "taskmanager.start", source: "--guess" },
      {
        key: "jobs.enrich.operators.join.service-time",
        what: "a record in join",
        low: "20 us",
        typical: "0.1 ms",
        high: "0.5 ms",
        source: "not in the file; range: fields copied; a look-up on disk and a document parsed",
      },
    ]);
  });

  test("tries transaction timeouts with a node lost after a checkpoint", () => {
    const setting = { guarantee: "exactly-once", interval: "10 s" };
    const { factors, points, repetitions } = timeoutExperiment(plan(), setting, [43_000, 86_000]);
    expect(points?.map(({ timeout }) => timeout)).toEqual(["43000 ms", "86000 ms"]);
    expect(repetitions).toBe(1);
    expect(factors["timeout"]).toMatchObject({
      levels: {
        "43000 ms": { "properties.transaction.timeout.ms": "43000" },
      },
    });
    const after = "lost node after completion";
    expect(points?.map(({ crash }) => crash)).toEqual([after, after]);
    expect(factors["crash"]).toMatchObject({
      levels: {
        [after]: {
          "faults.review": "lose taskmanager-1 when checkpoint completed of checkpoint 3 of enrich",
        },
      },
    });
  });

  test("loads a job that lost a node until it has caught up", () => {
    const once = candidate("as configured", "exactly-once", 10_000);
    // 33 s until the third checkpoint, 75 s of outage; 85 s to catch up, half as much again, two intervals and 10 s.
    const load = 33_000 + 75_000 + 1.5 * 85_000 + 20_000 + 10_000;
    const { factors, points, duration, series } = recoveryExperiment(plan(), [once])!;
    expect(points).toEqual([
      {
        guarantee: "exactly-once",
        interval: "10 s",
        isolation: "as configured",
        crash: "lost node",
        guess: "typical",
        load: `${Math.ceil(load / 1000) * 1000} ms`,
      },
    ]);
    expect(factors["load"]).toEqual({ levels: { [points![0]!["load"]!]: {} } });
    expect([duration, series]).toEqual(["load", "2000 ms"]);
  });

  test("loads one that can't catch up for ten minutes, and one that stays away not at all", () => {
    const once = candidate("as configured", "exactly-once", 10_000);
    const busy = { ...once, busiestTask: exactly(1000) };
    expect(recoveryExperiment(plan(), [busy])!.points![0]!["load"]).toBe("708000 ms");
    const away = { ...once, crashes: once.crashes.map((one) => ({ ...one, outageMs: null })) };
    expect(recoveryExperiment(plan(), [away])).toBeUndefined();
  });

  test("gives exactly-once what it needs where the file doesn't", () => {
    const { factors } = gridExperiment(plan());
    expect(factors["guarantee"]).toEqual({
      levels: {
        "at-least-once": { "sink.delivery-guarantee": "at-least-once" },
        "exactly-once": {
          "sink.delivery-guarantee": "exactly-once",
          "jobs.enrich.sinks[0].sink.transactional-id-prefix": "enrich-0",
          "jobs.enrich.sinks[0].properties.transaction.timeout.ms": "900000",
        },
      },
    });
  });

  test("crosses guarantee, interval and isolation, and crashes each guarantee at each interval", () => {
    const { points } = gridExperiment(plan());
    // 6 intervals: at-least-once with and without a crash, exactly-once that and, at three, with the other isolation.
    expect(points).toHaveLength(6 * 2 + 6 * 2 + 3);
    expect(crashExperiment(plan(), [{ guarantee: "exactly-once", interval: "10 s" }]).points).toHaveLength(5);
    const guesses = guessExperiment(plan(), { guarantee: "exactly-once", interval: "10 s" });
    // Typical, both ends of each, 20 draws of all, and all at their upper ends; with and without a crash.
    expect(guesses.points).toHaveLength(2 * (1 + 2 * plan().guesses.length + 20 + 1));
  });

  test("crashes the job behind the first reader in every way, and each other one by an exception", () => {
    const second = `  load:
    config: { parallelism.default: 3, execution.checkpointing.interval: 10 s }
    source: { topic: out }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: third }]
readers:
  ledger: { topic: third }`;
    const chained = text.replace("readers:", second).replace("out: {", "third: {}, out: {");
    const planOf = (file: string) =>
      planReview({
        file,
        reading: parsePipeline(chained, file),
        set: [],
        seed: 1,
        duration: undefined,
        guesses: [],
      });
    const setting = { guarantee: "exactly-once", interval: "10 s" };
    const { factors, points } = crashExperiment(planOf("chain.yaml"), [setting]);
    expect(points?.map(({ crash }) => crash)).toEqual([
      "none",
      "exception",
      "killed process",
      "lost node",
      "lost node after completion",
      "exception in enrich",
    ]);
    const moment = "when snapshot started of checkpoint 3 of";
    expect(factors["crash"]).toMatchObject({
      levels: {
        exception: { "faults.review": `fail load ${moment} load 6th time` },
        // The first two have the slots of enrich.
        "killed process": { "faults.review": `kill taskmanager-3 ${moment} load 6th time` },
        "lost node": { "faults.review": `lose taskmanager-3 ${moment} load 6th time` },
        "exception in enrich": { "faults.review": `fail enrich ${moment} enrich 4th time` },
      },
    });
  });

  test("crashes when all tasks of the job have begun the third checkpoint", () => {
    expect(gridExperiment(plan()).factors["crash"]).toMatchObject({
      levels: {
        exception: {
          "faults.review": "fail enrich when snapshot started of checkpoint 3 of enrich 4th time",
        },
      },
    });
  });
});

describe("a proposal", () => {
  const exactlyOnce = { ...plan(), guarantee: "exactly-once", guarantees: ["exactly-once", "at-least-once"] };
  const within = (sloMs: number) => {
    const readers = exactlyOnce.pipeline.readers.map((reader) =>
      reader.name === "billing"
        ? { ...reader, slo: { quantile: 0.99, bound: (sloMs * 1e6) as never } }
        : reader,
    );
    return { ...exactlyOnce, pipeline: { ...exactlyOnce.pipeline, readers } };
  };
  const grid = gridOf(usualLatency);

  test("is the configured setting as long as it keeps every promise", () => {
    expect(proposeSetting(exactlyOnce, grid)).toEqual({ guarantee: "exactly-once", interval: "10 s" });
  });

  test("is the nearest round interval that does, with some room", () => {
    expect(proposeSetting(within(5000), grid)).toEqual({ guarantee: "exactly-once", interval: "4 s" });
    expect(proposeSetting(within(2000), grid)).toEqual({ guarantee: "exactly-once", interval: "1 s" });
  });

  test("is another guarantee where no interval does", () => {
    expect(proposeSetting(within(300), grid)).toEqual({ guarantee: "at-least-once", interval: "10 s" });
  });

  test("is nothing where nothing does", () => {
    expect(
      proposeSetting(
        within(300),
        gridOf(() => exactly(1000)),
      ),
    ).toBeUndefined();
  });
});
