import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../command-line.ts";
import { PLAIN, type Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { drawCharts } from "./chart-command.ts";
import { compareResults } from "./compare-command.ts";
import { queryResults } from "./query-command.ts";
import { ask, literal, openDatabase } from "./result-database.ts";
import { type SweepArguments, sweepExperiments } from "./sweep-command.ts";
import { runTask } from "./sweep-worker.ts";
import { openWorkerPool, type WorkerPool } from "./worker-pool.ts";

const PIPELINE = `versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 2 }, out: { partitions: 2 } } }
producers: { load: { topic: in, rate: 97/s, record: 100 B, keys: 1000, arrivals: poisson } }
jobs:
  job:
    config: { parallelism.default: 2, execution.checkpointing.interval: 1 s }
    source: { topic: in }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks:
      - topic: out
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: job
        properties.transaction.timeout.ms: 600000
readers: { committed: { topic: out, isolation.level: read_committed } }
`;

const DEFINITION = `{
  question: "What does the interval do?",
  pipeline: "pipeline.yaml",
  factors: {
    interval: { key: "execution.checkpointing.interval", values: ["500 ms", "1 s", "2 s"] },
    guarantee: { key: "sink.delivery-guarantee", values: ["at-least-once", "exactly-once"] },
  },
  repetitions: 3,
  duration: "20 * interval",
  metrics: ["latency_p99_ms"],
  charts: [],
}`;

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-"));
  writeFileSync(join(folder, "pipeline.yaml"), PIPELINE);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function experimentFile(name: string, definition: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `export const experiment = ${definition};\n`);
  return file;
}

/** Runs tasks on the thread of the test, which costs no start. */
const inline: WorkerPool = { workers: 1, run: (task) => runTask(task), close: async () => {} };

/** Finishes six at a time, the last one first. */
const backwards: WorkerPool = {
  ...inline,
  workers: 3,
  run: async (task) => {
    const line = await runTask(task);
    await new Promise((resolve) => setTimeout(resolve, 30 - 3 * task.repetition));
    return line;
  },
};

function recordedTerminal() {
  const lines = { out: "", err: [] as string[] };
  const terminal: Terminal = {
    print: (text) => {
      lines.out += text;
    },
    warn: (line) => void lines.err.push(line),
    columns: Number.POSITIVE_INFINITY,
    colors: PLAIN,
  };
  return { lines, terminal };
}

async function sweep(file: string, typed: SweepArguments, pool?: WorkerPool) {
  const { lines, terminal } = recordedTerminal();
  const openPool = pool === undefined ? openWorkerPool : async () => pool;
  const code = await sweepExperiments([file], typed, terminal, openPool);
  return { code, ...lines };
}

/** Every file of a results folder, but for the wall times. */
function bytesOf(out: string): Record<string, string> {
  const names = readdirSync(out).filter((name) => name !== "timing.json");
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), "base64")]));
}

describe("a sweep", () => {
  let file = "";
  let whole: Record<string, string> = {};

  beforeAll(async () => {
    file = experimentFile("whole", DEFINITION);
    const { code, out } = await sweep(file, { out: join(folder, "whole") }, inline);
    expect(code).toBe(0);
    expect(out).toContain("What does the interval do?");
    whole = bytesOf(join(folder, "whole"));
  });

  test("leaves these files and no others", () => {
    expect(Object.keys(whole).sort()).toEqual([
      "checkpoints.parquet",
      "histograms.parquet",
      "manifest.json",
      "report.txt",
      "results.csv",
      "results.parquet",
      "series.parquet",
      "timeline.parquet",
    ]);
  });

  test("has one row a point and repetition, its seed the same at every point", async () => {
    const database = await openDatabase();
    const table = literal(join(folder, "whole", "results.parquet"));
    const { columns, rows } = await ask(
      database,
      `select point, interval_ms, guarantee, repetition, seed, status, reader from ${table}`,
    );
    database.closeSync();
    expect(columns[1]).toBe("interval_ms");
    const expected = [500, 1000, 2000].flatMap((interval, i) =>
      ["at-least-once", "exactly-once"].flatMap((guarantee, g) =>
        [0, 1, 2].map((r) => [2 * i + g, interval, guarantee, r, String(r + 1), "ok", "committed"]),
      ),
    );
    expect(rows).toEqual(expected);
  });

  test("says in its tables what the data say of themselves", async () => {
    const database = await openDatabase();
    const table = (name: string): string => literal(join(folder, "whole", `${name}.parquet`));
    const { rows } = await ask(
      database,
      `select bool_and(abs(h.records - r.records_measured) < 0.01), bool_and(c.completed = r.checkpoints_completed)
       from ${table("results")} r
       join (select point, repetition, sum(records) as records from ${table("histograms")} group by all) h
         using (point, repetition)
       join (select point, repetition, count(completed_at_ms) as completed from ${table("checkpoints")} group by all) c
         using (point, repetition)`,
    );
    database.closeSync();
    expect(rows).toEqual([[true, true]]);
  });

  test("gives the same bytes with one worker and with three", async () => {
    for (const workers of ["1", "3"]) {
      await sweep(file, { out: join(folder, workers), workers });
      expect(bytesOf(join(folder, workers)), workers).toEqual(whole);
    }
  });

  test("that was killed goes on where it stopped, to the same bytes", async () => {
    const out = join(folder, "killed");
    const journal = join(out, ".journal.jsonl");
    const launcher = join(import.meta.dirname, "../launcher.js");
    const child = spawn(process.execPath, [launcher, "sweep", file, "--out", out, "--workers", "1"], {
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
    const lines = (): number =>
      existsSync(journal) ? readFileSync(journal, "utf8").split("\n").length - 1 : 0;
    while (lines() < 4) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    // What a power failure may leave: half a line.
    const before = lines();
    writeFileSync(journal, readFileSync(journal, "utf8").concat('{"point":5,"repe'));
    expect(existsSync(join(out, "manifest.json"))).toBe(false);
    const { err } = await sweep(file, { out }, inline);
    expect(err).toContain(`Going on behind ${before - 1} runs of an interrupted sweep`);
    expect(bytesOf(out)).toEqual(whole);
  });

  test("is queried in SQL", async () => {
    const { lines, terminal } = recordedTerminal();
    const sql = "select interval_ms, count(*) as runs from results group by all order by all";
    await queryResults(sql, { from: join(folder, "whole"), json: true }, terminal);
    expect(JSON.parse(lines.out)).toEqual([500, 1000, 2000].map((interval_ms) => ({ interval_ms, runs: 6 })));
    const table = recordedTerminal();
    await queryResults(
      "select 1 / 3 as third, 123456789 as whole, null as no",
      { from: join(folder, "whole") },
      table.terminal,
    );
    expect(table.lines.out).toMatch(/\n0\.333333 {2}123456789 +-\n$/);
    const wrong = queryResults("selec 1", { from: join(folder, "whole") }, terminal);
    await expect(wrong).rejects.toThrow(
      /^Cannot answer the query: Parser Error: syntax error at or near "selec"/,
    );
  });

  test("is compared with another, repetition by repetition of the same seed", async () => {
    // Fetches that take 10 ms longer: every latency grows, whatever chance does to both.
    const slower = experimentFile(
      "slower",
      DEFINITION.replace("repetitions:", 'set: { "broker.round-trip": "10 ms" }, repetitions:'),
    );
    await sweep(slower, { out: join(folder, "slower") }, inline);
    const { lines, terminal } = recordedTerminal();
    await compareResults(join(folder, "whole"), join(folder, "slower"), {}, terminal);
    expect(lines.out).toContain("6 of 6 differences are known not to be 0");
    const same = recordedTerminal();
    await compareResults(join(folder, "whole"), join(folder, "whole"), {}, same.terminal);
    expect(same.lines.out).toContain("0 of 6 differences");
    expect(same.lines.out.split("\n").filter((line) => line.endsWith("none"))).toHaveLength(6);
  });

  test("is not run again while nothing has changed", async () => {
    const out = join(folder, "whole");
    const { err } = await sweep(file, { out });
    expect(err.at(-1)).toBe(`${out} holds the results of this experiment already; --again runs it anew`);
  });
});

test("a point that can't be run is a row with its reason and the command to see it; the others go on", async () => {
  const file = experimentFile(
    "bad",
    DEFINITION.replace('"500 ms", "1 s", "2 s"', '"1 s"').replace(
      "factors: {",
      `factors: { timeout: { key: "properties.transaction.timeout.ms", values: ["10 min", "1 h"] },`,
    ),
  );
  const out = join(folder, "bad");
  const { code, err } = await sweep(file, { out }, inline);
  expect(code).toBe(2);
  const database = await openDatabase();
  const { rows } = await ask(
    database,
    `select point, status, count(*), any_value(reason), any_value(replay) from ${literal(join(out, "results.parquet"))}
     group by point, status order by point`,
  );
  database.closeSync();
  expect(rows.map((row) => row.slice(0, 3))).toEqual([
    [0, "ok", 3],
    [1, "ok", 3],
    [2, "ok", 3],
    [3, "bad config", 3],
  ]);
  const [, , , reason, replay] = rows[3]!;
  expect(reason).toMatch(/^Cannot read .*transaction\.timeout\.ms.*: got .*, wanted /);
  expect(replay).toMatch(/^npx sluice run \S+pipeline\.yaml --seed \d --for '20 s' --set/);
  expect(err.some((line) => line.startsWith("Point 3, repetition 0, bad config: Cannot read"))).toBe(true);
});

describe("replay", () => {
  const replay = async (path: string, ...options: string[]) => {
    const { lines, terminal } = recordedTerminal();
    const code = await runCommandLine(["replay", path, ...options], terminal);
    return { code, ...lines };
  };

  beforeAll(async () => {
    const definition = DEFINITION.replace("repetitions: 3", 'repetitions: 2, series: "5 s"')
      .replace('"500 ms", "1 s", "2 s"', '"500 ms", "1 s"')
      .replace(
        "factors: {",
        `set: { "faults.kill": "kill taskmanager-1 at 5 s repair 1 s" }, factors: { timeout: { key: "properties.transaction.timeout.ms", values: ["10 min", "1 h"] },`,
      );
    await sweep(experimentFile("again", definition), { out: join(folder, "again") }, inline);
  });

  test("runs every row of a sweep's results again, out of its manifest: the same to the last bit", async () => {
    // Whatever the file holds by now.
    writeFileSync(join(folder, "pipeline.yaml"), "something: else");
    const { code, out, err } = await replay(join(folder, "again"));
    writeFileSync(join(folder, "pipeline.yaml"), PIPELINE);
    expect([code, err]).toEqual([0, []]);
    const told = out.trimEnd().split("\n");
    expect(told.length).toBe(16);
    expect(told[0]).toMatch(
      /^point 0, timeout 10 min, interval 500 ms, guarantee at-least-once, repetition 0, seed 1: the same again, outcomes [0-9a-f]{16}$/,
    );
    expect(told.filter((line) => line.includes(": the same again, bad config: Cannot read")).length).toBe(4);
  });

  test("one point, one repetition", async () => {
    const { code, out } = await replay(join(folder, "again"), "--point", "3", "--repetition", "1");
    expect(code).toBe(0);
    expect(out).toMatch(/^point 3, .*, repetition 1, seed 2: the same again, outcomes [0-9a-f]{16}\n$/);
  });

  test("names the first outcome that differs", async () => {
    const file = join(folder, "again", "manifest.json");
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replaceAll("faults.kill=kill taskmanager-1 at 5 s", "faults.kill=kill taskmanager-1 at 5.2 s"),
    );
    const { code, out } = await replay(join(folder, "again"), "--point", "0");
    writeFileSync(file, text);
    expect(code).toBe(1);
    expect(out.split("\n")[0]).toMatch(
      /^point 0, .*, repetition 0, seed 1: another result; first timeline\[\d+\]\.\w+: it was \S+, and is \S+$/,
    );
  });

  test.each([
    [
      ["--point", "99"],
      /^Cannot replay \S+again: got no run of point 99, wanted a point from 0 to 7 and a repetition that it has$/,
    ],
    [["--point", "x"], /^Cannot read --point: got "x", wanted a whole number from 0 on$/],
  ])("a mistake is one line: %j", async (options, line) => {
    const { code, err } = await replay(join(folder, "again"), ...options);
    expect([code, err.length]).toEqual([2, 1]);
    expect(err[0]).toMatch(line);
  });
});

test("a refusal that the experiment expects is an answer: no warning, and all is well", async () => {
  const file = experimentFile(
    "expected",
    DEFINITION.replace('"500 ms", "1 s", "2 s"', '"1 s"')
      .replace(
        "factors: {",
        'expected: ["bad config"], set: { "properties.transaction.timeout.ms": "1 h" }, factors: {',
      )
      .replace("charts:", 'series: "5 s", charts:'),
  );
  const out = join(folder, "expected");
  const { code, err } = await sweep(file, { out }, inline);
  expect(code).toBe(0);
  expect(err.join("\n")).not.toContain("bad config");
  const database = await openDatabase();
  const table = (name: string): string => literal(join(out, `${name}.parquet`));
  const { rows } = await ask(
    database,
    `select status, count(*) from ${table("results")} group by 1 order by 1`,
  );
  const series = await ask(
    database,
    `select count(*) from ${table("series")} where subject = 'committed' and measure = 'latency_max_ms'`,
  );
  database.closeSync();
  expect(rows).toEqual([
    ["bad config", 3],
    ["ok", 3],
  ]);
  // 20 s of load, of the first repetition alone.
  expect(series.rows).toEqual([[4]]);
});

test("another pipeline takes the place of the experiment's own", async () => {
  const file = experimentFile("lent", DEFINITION.replace('"500 ms", "1 s", "2 s"', '"1 s"'));
  const other = join(folder, "other.yaml");
  writeFileSync(other, PIPELINE.replaceAll("committed:", "theirs:"));
  const out = join(folder, "lent");
  await sweep(file, { out, pipeline: other }, inline);
  const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
  expect(manifest.pipelineFile).toMatch(/other\.yaml$/);
  expect(readFileSync(join(out, "report.txt"), "utf8")).toContain("theirs");
});

test("repetitions go on until the mean is known as precisely as wanted", async () => {
  const file = experimentFile(
    "sequential",
    DEFINITION.replace(
      "repetitions: 3",
      'repetitions: { atLeast: 3, atMost: 9, metric: "latency_p99_ms", relative: 0.0001 }',
    ).replace('"500 ms", "1 s", "2 s"', '"1 s"'),
  );
  const one = join(folder, "sequential-1");
  const two = join(folder, "sequential-2");
  await sweep(file, { out: one }, inline);
  await sweep(file, { out: two }, backwards);
  expect(bytesOf(one)).toEqual(bytesOf(two));
  const database = await openDatabase();
  const { rows } = await ask(
    database,
    `select point, count(*) from ${literal(join(one, "results.parquet"))} group by point order by point`,
  );
  database.closeSync();
  // A hundredth of a percent is out of reach: 3, then 5, 8 and the most.
  expect(rows).toEqual([
    [0, 9],
    [1, 9],
  ]);
});

describe("the charts of a sweep", () => {
  const chart = `{
    name: "p99",
    draw: (results) => ({
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      title: { text: ["p99 of", results.summaries.length + " points"] },
      data: { values: results.summaries.map((row) => ({ x: row.factors.interval, y: row.metrics.latency_p99_ms.mean })) },
      mark: "point",
      encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
    }),
  }`;

  test("are written in the wanted formats, titles on standard output", async () => {
    const file = experimentFile("drawn", DEFINITION.replace("charts: []", `charts: [${chart}]`));
    const out = join(folder, "drawn");
    await sweep(file, { out }, inline);
    const { lines, terminal } = recordedTerminal();
    await drawCharts([file], { out: ["svg", "png", "html", "json"], from: out }, terminal);
    expect(lines.out).toBe("p99 of 6 points\n");
    const names = readdirSync(join(out, "charts")).filter((name) => !name.startsWith("."));
    expect(names.sort()).toEqual(["index.html", "p99.json", "p99.png", "p99.svg"]);
    const page = readFileSync(join(out, "charts", "index.html"), "utf8");
    expect(page).toContain("<h1>What does the interval do?</h1>");
    expect(page).not.toMatch(/src="|href="http/);
  });

  test("need results, and never replace somebody's file", async () => {
    const file = experimentFile("undrawn", DEFINITION.replace("charts: []", `charts: [${chart}]`));
    const { terminal } = recordedTerminal();
    const draw = (out: string, from: string) => drawCharts([file], { out: [out], from }, terminal);
    await expect(draw("svg", join(folder, "nowhere"))).rejects.toThrow(
      /^Cannot read the results of .*nowhere: got no /,
    );
    await expect(draw("gif", join(folder, "whole"))).rejects.toThrow(
      'Cannot read --out: got "gif", wanted one of svg',
    );
    const out = join(folder, "undrawn");
    await sweep(file, { out }, inline);
    mkdirSync(join(out, "charts"));
    writeFileSync(join(out, "charts", "p99.json"), "mine");
    await expect(draw("json", out)).rejects.toThrow("a file that Sluice has not written is there");
    expect(readFileSync(join(out, "charts", "p99.json"), "utf8")).toBe("mine");
  });
});

describe("a mistake is one line, and nothing is touched", () => {
  test.each([
    [
      "no-question",
      DEFINITION.replace('question: "What does the interval do?",', ""),
      "Cannot read question: got nothing, wanted text",
    ],
    [
      "metric",
      DEFINITION.replace("latency_p99_ms", "p99"),
      'Cannot read metrics[0]: got "p99", wanted one of latency_min_ms',
    ],
    [
      "formula",
      DEFINITION.replace("20 * interval", "20 * intervall"),
      'Cannot read duration: got "20 * intervall" (Undefined symbol intervall), wanted a formula',
    ],
    [
      "length",
      DEFINITION.replace("20 * interval", "3 m"),
      'Cannot read duration: got "3 m", wanted a time such as "10 min"',
    ],
    [
      "code",
      DEFINITION.replace("20 * interval", "import({}, {})"),
      'Cannot read duration: got "import({}, {})" (import is not allowed in a formula)',
    ],
    [
      "name",
      DEFINITION.replace("interval: {", '"the-interval": {'),
      "Cannot read factors.the-interval: got this name",
    ],
    [
      "column",
      DEFINITION.replace("guarantee: {", "isolationLevel: {"),
      "Cannot read factors: got one whose column is isolation_level",
    ],
    ["pipeline", DEFINITION.replace("pipeline.yaml", "none.yaml"), "none.yaml: there is no such file"],
  ])("%s", async (name, definition, message) => {
    const file = experimentFile(name, definition);
    const out = join(folder, name);
    const error: unknown = await sweep(file, { out }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    const { lines } = error as UsageError;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(message);
    expect(existsSync(out)).toBe(false);
  });

  test("a folder that holds somebody's file of the same name", async () => {
    const out = mkdtempSync(join(folder, "theirs-"));
    writeFileSync(join(out, "results.csv"), "mine");
    const file = experimentFile("theirs", DEFINITION);
    await expect(sweep(file, { out })).rejects.toThrow(
      `Cannot write ${join(out, "results.csv")}: a file that Sluice has not written is there, wanted another --out`,
    );
    expect(readdirSync(out)).toEqual(["results.csv"]);
    expect(readFileSync(join(out, "results.csv"), "utf8")).toBe("mine");
  });
});
