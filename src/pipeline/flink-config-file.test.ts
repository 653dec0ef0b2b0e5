import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { parsePipeline } from "./parse-pipeline.ts";

const PIPELINE = `
flink: { config-file: conf/config.yaml, config: { heartbeat.interval: 3 s } }
kafka: { topics: { in: {}, out: {} } }
producers: { p: { topic: in, rate: 1/s, record: 1 B } }
jobs: { j: { config: { parallelism.default: 2 }, source: { topic: in }, operators: [{ name: o, keyed: true, service-time: 1 us }], sinks: [{ topic: out }] } }
`;

function parsed(config: string, assignments: readonly string[] = []) {
  return parsePipeline(PIPELINE, "x", assignments, () => config);
}

function problems(config: string): readonly string[] {
  try {
    parsed(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ message }) => message);
    throw error;
  }
}

test("Flink's config.yaml, nested or flat, lies under what the pipeline file and --set say", () => {
  const nested = `
execution:
  checkpointing: { interval: 7 s, mode: AT_LEAST_ONCE }
heartbeat: { interval: 20 s, timeout: 45 s }
parallelism.default: 5
`;
  const { pipeline, warnings } = parsed(nested, ["execution.checkpointing.interval=9 s"]);
  const [job] = pipeline.jobs;
  expect(job?.checkpointing).toMatchObject({ interval: 9e9, mode: "at-least-once" });
  expect(job?.operators[0]?.parallelism).toBe(2);
  expect(pipeline.flink).toMatchObject({ heartbeatInterval: 3e9, heartbeatTimeout: 45e9 });
  expect(warnings).toEqual([]);
});

test("the file is asked for by the path and under the key it was written at", () => {
  const asked: string[][] = [];
  parsePipeline(PIPELINE, "x", [], (...question) => {
    asked.push(question);
    return "parallelism.default: 1";
  });
  expect(asked).toEqual([["conf/config.yaml", "flink.config-file"]]);
});

test("what Sluice has never heard of is one note, what looks misspelt one of its own, an old name is read", () => {
  const { pipeline, warnings } = parsed(`
rest.port: 8081
jobmanager.rpc.address: localhost
env: { java: { opts: { all: "-Xmx1g" } } }
execution.checkpointing.intervall: 1 s
state.backend: rocksdb
`);
  expect(pipeline.jobs[0]?.state.backend).toBe("rocksdb");
  expect(warnings.map(({ message }) => message)).toEqual([
    "Note on flink.config-file (line 2): got the unknown key execution.checkpointing.intervall; it has no effect; did you mean execution.checkpointing.interval?",
    "Note on flink.config-file (line 2): got keys that Sluice doesn't know (rest.port, jobmanager.rpc.address, env.java); they have no effect",
    "Note on flink.config.state.backend (conf/config.yaml line 6): got an old name; Flink reads it as state.backend.type",
  ]);
});

test("a value that can't be used is named by its own file and line", () => {
  expect(problems("# deployed\nexecution.checkpointing.interval: 10 parsecs\n")).toEqual([
    'Cannot read flink.config.execution.checkpointing.interval (conf/config.yaml line 2): got "10 parsecs", wanted a duration such as "10 s"',
  ]);
  expect(problems("- a list\n")).toEqual([
    "Cannot read flink.config (conf/config.yaml line 1): got a list of 1, wanted Flink options by key",
  ]);
  expect(problems("")).toEqual([
    "Cannot read conf/config.yaml: got an empty file, wanted a Flink configuration",
  ]);
});

test("without files at hand it is refused, not left out", () => {
  expect(() => parsePipeline(PIPELINE, "x")).toThrow(
    'Cannot read flink.config-file: got "conf/config.yaml", wanted nothing: other files are read by the command line only',
  );
});
