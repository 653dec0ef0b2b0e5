import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readEnvironmentFile } from "./environment-file.ts";
import { parsePipeline } from "./parse-pipeline.ts";

const FILE = `
name: rack
based-on: laptop
figures:
  broker.round-trip: { value: 0.8 ms, source: ping, spread: 0.7 to 1.2 ms }
not-derived:
  storage.latency: nobody measured it
`;
const PIPELINE = `
environment: { file: rack.yaml, broker.append: 2 ms }
kafka: { topics: { in: {}, out: {} } }
producers: { p: { topic: in, rate: 1/s, record: 1 B } }
jobs: { j: { source: { topic: in }, operators: [{ name: o, keyed: true, service-time: 1 us }], sinks: [{ topic: out }] } }
`;

test("the file's figures go before the preset it is based on, and what stands beside it goes before the file's", () => {
  const { environment } = parsePipeline(PIPELINE, "x", [], () => FILE).pipeline;
  expect(environment).toMatchObject({
    preset: "rack",
    brokerRoundTrip: 800_000,
    brokerAppend: 2_000_000,
    brokerRequestHandling: 50_000,
  });
});

test("what the pipeline leaves to it is known with its source, and the rest with that of the preset it is based on", () => {
  const { assumed, given } = parsePipeline(PIPELINE, "x", [], () => FILE);
  expect(assumed["broker.round-trip"]).toEqual({ value: "0.8 ms", source: "ping" });
  expect(assumed["client.wakeup"]?.value).toBe("0.12 ms");
  expect(assumed["broker.append"]).toBeUndefined();
  expect(given.has("environment.broker.round-trip")).toBe(true);
  expect(given.has("environment.client.wakeup")).toBe(false);
});

test("it is named by its file unless it says so itself, and asked for by the path that was written", () => {
  const asked: string[] = [];
  const { environment } = parsePipeline(PIPELINE, "x", [], (path) => {
    asked.push(path);
    return "based-on: kubernetes-s3\nfigures: {}";
  }).pipeline;
  expect([environment.preset, environment.brokerRoundTrip]).toEqual(["rack", 700_000]);
  expect(asked).toEqual(["rack.yaml"]);
});

test.each([
  ["a: 1", "rack.yaml a (line 1): got an unknown key, wanted a key of an environment file"],
  [
    "figures: {}",
    "rack.yaml based-on (line 1): got nothing, wanted one of kubernetes-s3, laptop, confluent-cloud",
  ],
  [
    "based-on: laptop\nfigures:\n  broker.appendd: { value: 1 ms, source: s }",
    'rack.yaml figures.broker.appendd (line 3): got an unknown key, wanted a key of an environment file; did you mean "broker.append"?',
  ],
  [
    "based-on: laptop\nfigures: { broker.append: { value: 1 parsec, source: s } }",
    'rack.yaml figures.broker.append.value (line 2): got "1 parsec", wanted a duration with its unit such as "0.3 ms"',
  ],
  [
    "based-on: laptop\nfigures: { broker.append: { value: 1 ms } }",
    "rack.yaml figures.broker.append (line 2): got a map, wanted a map with a value and its source",
  ],
  [
    "based-on: laptop\nfigures: { broker.append: 1 ms }",
    'rack.yaml figures.broker.append (line 2): got "1 ms", wanted a map',
  ],
])("%j is refused in one line", (text, problem) => {
  expect(() => readEnvironmentFile(text, "rack.yaml")).toThrow(`Cannot read ${problem}`);
});

test("a preset beside a file has no effect, and that is said", () => {
  const { pipeline, warnings } = parsePipeline(PIPELINE, "x", ["environment.preset=laptop"], () => FILE);
  expect(pipeline.environment.preset).toBe("rack");
  expect(warnings.map(({ message }) => message)).toEqual([
    'Note on environment.preset (--set): got "laptop"; environment.file is written too and wins: the file says what it is based on',
  ]);
});

test("without a command line there are no files", () => {
  expect(() => parsePipeline(PIPELINE, "x")).toThrow("other files are read by the command line only");
});

const FOLDER = join(import.meta.dirname, "..", "..", "environments");

test.each(readdirSync(FOLDER))("environments/%s names a measurement for each figure", (file) => {
  const { figures } = readEnvironmentFile(readFileSync(join(FOLDER, file), "utf8"), file);
  expect(Object.keys(figures).length).toBeGreaterThan(10);
  for (const [key, { source }] of Object.entries(figures))
    expect([key, source]).toEqual([
      key,
      expect.stringMatching(
        /micro\.json|calibration|LockSupport|estimate|as broker|half of broker|two cores|Java 17/,
      ),
    ]);
});
