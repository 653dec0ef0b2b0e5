import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parsePipeline, readEnvironmentFile } from "../pipeline/index.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { formatEnvironmentFile } from "./environment-yaml.ts";
import { readRestAnswer } from "./flink-rest.ts";

const FIXTURES = join(import.meta.dirname, "../../reference/rest");

function calibrateFiles(files: Readonly<Record<string, string>>): Calibration {
  return calibrate(
    Object.entries(files).map(([file, text]) => {
      const reading = readRestAnswer(text, file);
      if (!reading.ok) throw new Error(reading.problem);
      return reading.answer;
    }),
  );
}

function fixtures(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(FIXTURES, name), "utf8")]));
}

/** Each figure's value and spread. */
function short(figures: Calibration["figures"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(figures).map(([key, { value, spread }]) => [key, `${value} (${spread})`]),
  );
}

test("what a real cluster answered: four subtasks of one checkpoint, a history of 26", () => {
  const { figures, observed, notDerived } = calibrateFiles(fixtures(...readdirSync(FIXTURES)));
  expect(short(figures)).toEqual({
    // 0, 1, 0 and 0 ms.
    "snapshot.sync": "0.25 ms (0 to 1 ms, n 4)",
    // The two sources' state of 295 bytes goes along with the acknowledgement.
    "snapshot.async": "0 ms (0 to 0 ms, n 2)",
    "storage.latency": "3.5 ms (2 to 5 ms, n 2)",
    // There: 2 and 4 ms. Back: 5 - 2, 10 - 4 - 1, 9 - 3 - 2 - 2 and 12 - 3 - 5 ms.
    "flink.rpc": "3.33 ms (2 to 5 ms, n 6)",
  });
  expect(short(observed)).toEqual({
    "trigger-to-ack": "14.2 ms (7 to 25 ms, n 26)",
    "state-size": "1136658 B (6658 to 1136658 B)",
    // 113 bytes for each of 1,000 new keys a second.
    "state-growth": "103000 B/s (1580 to 113000 B/s from one to the next)",
  });
  expect(Object.keys(notDerived)).toEqual([
    "storage.bandwidth",
    "service-time of Source: source",
    "service-time of stateful -> sink: Writer -> sink: Committer",
    "service-time of vertex-0-metrics.json",
    "service-time of vertex-1-metrics.json",
    "restart-delay",
    "restore-time",
    "taskmanager.start",
    "broker.round-trip",
  ]);
});

interface Subtask {
  readonly bytes: number;
  readonly async: number;
  readonly startDelay?: number;
  readonly end?: number;
  readonly aborted?: boolean;
}

function subtasksAnswer(...subtasks: readonly Subtask[]): string {
  return JSON.stringify({
    id: 7,
    subtasks: [
      ...subtasks.map(
        ({ bytes, async: asynchronous, startDelay = 0, end = asynchronous, aborted = false }, index) => ({
          className: "completed",
          index,
          end_to_end_duration: end,
          state_size: bytes,
          checkpoint: { sync: 0, async: asynchronous },
          alignment: { duration: 0 },
          start_delay: startDelay,
          aborted,
        }),
      ),
      { className: "pending", index: 99, status: "pending_or_failed" },
    ],
  });
}

const MB = 1024 ** 2;

test("snapshots of different size tell what a byte costs and what a file", () => {
  const answer = subtasksAnswer(
    { bytes: 100, async: 2 },
    // 30 ms a file besides the 2 ms, 10 ms a megabyte.
    { bytes: 10 * MB, async: 132 },
    { bytes: 20 * MB, async: 232 },
    { bytes: 40 * MB, async: 432 },
    // What was aborted is no snapshot.
    { bytes: 80 * MB, async: 1, aborted: true },
  );
  const { figures } = calibrateFiles({ "subtasks.json": answer });
  expect(figures["storage.bandwidth"]?.value).toBe("100 mb/s");
  expect(figures["storage.latency"]?.value).toBe("30 ms");
  expect(figures["snapshot.async"]?.value).toBe("2 ms");
});

test("a single vertex doesn't tell a call from a barrier's way", () => {
  const { figures, notDerived } = calibrateFiles({ "a.json": subtasksAnswer({ bytes: 1, async: 1 }) });
  expect(figures["flink.rpc"]).toBeUndefined();
  expect(notDerived["flink.rpc"]).toMatch(/^needs the subtasks of two vertices/);
});

test("calls are what other times leave, there and back", () => {
  const { figures } = calibrateFiles({
    "source.json": subtasksAnswer({ bytes: 1, async: 1, startDelay: 4, end: 11 }),
    "sink.json": subtasksAnswer({ bytes: 1, async: 2, startDelay: 9, end: 15 }),
  });
  // There 4 (the source); back 11 - 4 - 1 and 15 - 9 - 2.
  expect(figures["flink.rpc"]).toMatchObject({ value: "4.67 ms", spread: "4 to 6 ms, n 3" });
});

test("service time is busy time over records in, of subtasks that were busy", () => {
  const metrics = [
    { id: "0.busyTimeMsPerSecond", value: "500.0" },
    { id: "0.numRecordsInPerSecond", value: "1000.0" },
    { id: "1.busyTimeMsPerSecond", value: "0.0" },
    { id: "1.numRecordsInPerSecond", value: "1000.0" },
  ];
  const { observed } = calibrateFiles({ "vertex.json": JSON.stringify(metrics) });
  expect(short(observed)).toEqual({ "service-time of vertex.json": "0.5 ms (0.5 to 0.5 ms, n 1)" });
});

test("a job that restarted tells how long that took, and its restore how long until a checkpoint", () => {
  const checkpoint = (id: number, at: number) => ({
    id,
    status: "COMPLETED",
    trigger_timestamp: at,
    end_to_end_duration: 300,
    checkpointed_size: 1,
    state_size: 1,
  });
  const { observed } = calibrateFiles({
    "job.json": JSON.stringify({
      jid: "a",
      name: "j",
      timestamps: { RESTARTING: 5000, RUNNING: 6010 },
      vertices: [{ name: "map", metrics: { "read-records": 4000, "accumulated-busy-time": 1000 } }],
    }),
    "checkpoints.json": JSON.stringify({
      counts: { completed: 3, failed: 0 },
      latest: { restored: { restore_timestamp: 6020 } },
      history: [checkpoint(3, 8000), checkpoint(2, 7000), checkpoint(1, 4000)],
    }),
  });
  expect(observed["restart-delay"]?.value).toBe("1010 ms");
  expect(observed["restore-time"]?.value).toBe("1280 ms");
  expect(observed["service-time of map"]).toMatchObject({ value: "0.25 ms", spread: "none, a mean" });
});

test("the environment file is read again, and its figures hold", () => {
  const calibration = calibrateFiles(fixtures(...readdirSync(FIXTURES)));
  const text = formatEnvironmentFile(calibration, { name: "my cluster", basedOn: "laptop" });
  expect(readEnvironmentFile(text, "x.yaml")).toMatchObject({
    name: "my cluster",
    basedOn: "laptop",
    figures: { "storage.latency": { value: "3.5 ms" } },
  });
  const pipeline = `
    environment: { file: x.yaml }
    kafka: { topics: { in: {}, out: {} } }
    producers: { p: { topic: in, rate: 1/s, record: 1 B } }
    jobs:
      j:
        source: { topic: in }
        operators: [{ name: o, keyed: true, service-time: 1 us }]
        sinks: [{ topic: out }]
  `;
  const { environment } = parsePipeline(pipeline, "x", [], () => text).pipeline;
  expect(environment).toMatchObject({ preset: "my cluster", flinkRpc: 3_330_000, brokerRoundTrip: 100_000 });
});

const WANTED =
  "wanted what Flink's REST API answers to /jobs/ID, /jobs/ID/checkpoints, its details and subtasks, or …/metrics?get=…";

test.each([
  ["not json", "got text that isn't JSON"],
  ["7", "got a bare value"],
  ["{}", "got something else"],
  ['{"errors": ["Not found."]}', "got an error that Flink answered"],
  ['[{"name": "x"}]', "got Invalid input: expected string, received undefined at 0.id"],
  [
    '{"counts": {}, "history": []}',
    "got Invalid input: expected number, received undefined at counts.completed",
  ],
])("%s is refused in one line", (text, problem) => {
  expect(readRestAnswer(text, "x.json")).toEqual({ ok: false, problem: `${problem}, ${WANTED}` });
});

test("answers of no use are told apart from files that are none", () => {
  const others = readdirSync(FIXTURES).flatMap((file) => {
    const reading = readRestAnswer(readFileSync(join(FIXTURES, file), "utf8"), file);
    return reading.ok && reading.answer.kind === "other" ? [`${file}: ${reading.answer.what}`] : [];
  });
  expect(others).toEqual([
    "config.json: the configuration of the dashboard",
    "exceptions.json: a history of exceptions",
    "job-checkpoints-config.json: the configuration of checkpoints",
    "job-config.json: the configuration of a job",
    "job-metrics-list.json: names of metrics without values",
    "job-plan.json: a plan",
    "jobs-overview.json: an overview of jobs",
    "overview.json: an overview of the cluster",
    "taskmanagers.json: a list of TaskManagers",
    "vertex-0-metrics-list.json: names of metrics without values",
    "vertex-1-metrics-list.json: names of metrics without values",
  ]);
});
