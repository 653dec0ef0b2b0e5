import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runTask } from "../sweep/sweep-worker.ts";
import type { WorkerPool } from "../sweep/worker-pool.ts";
import { PLAIN, type Terminal } from "../terminal.ts";
import { judgeClaims } from "./claims-command.ts";
import type { JudgedClaim } from "./claims-page.ts";

const PIPELINE = `versions: { flink: 2.1.1 }
environment: { preset: laptop }
kafka: { topics: { in: { partitions: 1 }, out: { partitions: 1 } } }
producers: { load: { topic: in, rate: 100/s, record: 100 B } }
jobs:
  job:
    config: { parallelism.default: 1, execution.checkpointing.interval: 1 s }
    source: { topic: in }
    operators: [{ name: map, keyed: true, service-time: 0.1 ms }]
    sinks: [{ topic: out, sink.delivery-guarantee: exactly-once, sink.transactional-id-prefix: job, properties.transaction.timeout.ms: 600000 }]
readers: { committed: { topic: out, isolation.level: read_committed } }
`;

const CLAIM = `export const claim = {
  number: "iv",
  advice: "Visibility has nothing to do with the interval | ever",
  judge: ({ mean }) => {
    const p99 = (interval) => mean({ reader: "committed", interval }, "latency_p99_ms");
    const grows = p99(2000) / p99(1000);
    return {
      verdict: grows < 1.1 ? "true" : grows > 1.5 ? "false" : "depends",
      why: "twice the interval makes it " + grows.toFixed(1) + " times as long",
      flips: "below a second",
    };
  },
  onYours: ["npx sluice run PIPELINE"],
};
`;

const EXPERIMENT = `export const experiment = {
  question: "What does the interval do?",
  pipeline: "pipeline.yaml",
  factors: { interval: { key: "execution.checkpointing.interval", values: ["1 s", "2 s"] } },
  repetitions: 1,
  duration: "20 s",
  metrics: ["latency_p99_ms"],
  charts: [],
};
`;

let folder = "";
const home = process.cwd();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-"));
  writeFileSync(join(folder, "pipeline.yaml"), PIPELINE);
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

let tasks = 0;
const inline: WorkerPool = {
  workers: 1,
  run: (task) => {
    tasks++;
    return runTask(task);
  },
  close: async () => {},
};

async function judge(files: readonly string[], typed: Partial<Parameters<typeof judgeClaims>[1]> = {}) {
  const printed: string[] = [];
  const warned: string[] = [];
  const terminal: Terminal = {
    print: (text) => void printed.push(text),
    warn: (line) => void warned.push(line),
    columns: Number.POSITIVE_INFINITY,
    colors: PLAIN,
  };
  tasks = 0;
  const code = await judgeClaims(files, typed, terminal, async () => inline);
  return { code, printed: printed.join(""), warned, tasks };
}

test("a claim is simulated, judged by its figures, and put on the page; its results are used again", async () => {
  writeFileSync("04-claim.mjs", CLAIM + EXPERIMENT);
  const first = await judge(["04-claim.mjs"], { json: true });
  const [judged, ...others]: JudgedClaim[] = JSON.parse(first.printed);
  expect([first.code, first.tasks, others]).toEqual([0, 2, []]);
  expect(judged).toEqual({
    number: "iv",
    advice: "Visibility has nothing to do with the interval | ever",
    verdict: "false",
    why: "twice the interval makes it 2.0 times as long",
    flips: "below a second",
    file: "04-claim.mjs",
    charts: [],
    onYours: ["npx sluice run PIPELINE"],
  });
  const page = readFileSync("docs/claims.md", "utf8").split("\n");
  expect(page).toContain(
    "| [iv](#claim-iv) | Visibility has nothing to do with the interval \\| ever | **false** | twice the interval makes it 2.0 times as long |",
  );
  expect(page).toContain("**False.** Twice the interval makes it 2.0 times as long.");
  expect(page).toContain("Judged by [`04-claim.mjs`](../04-claim.mjs). On your own pipeline:");
  const second = await judge(["04-claim.mjs"]);
  expect([second.code, second.tasks]).toEqual([0, 0]);
  expect(second.printed).toContain("\n(iv) false: twice the interval makes it 2.0 times as long\n");
  expect(readFileSync("docs/claims.md", "utf8").split("\n")).toEqual(page);
  expect((await judge(["04-claim.mjs"], { again: true })).tasks).toBe(2);
});

test("a claim is judged on a pipeline of one's own, into a folder of its own", async () => {
  writeFileSync("04-claim.mjs", CLAIM + EXPERIMENT);
  writeFileSync("mine.yaml", PIPELINE.replace("rate: 100/s", "rate: 50/s"));
  const { code, tasks: run, warned } = await judge(["04-claim.mjs"], { pipeline: "mine.yaml" });
  expect([code, run]).toEqual([0, 2]);
  expect(existsSync("docs/claims.md")).toBe(false);
  const page = readFileSync("output/claims-mine/claims.md", "utf8").split("\n");
  expect(page).toContain("The figures are those of `mine.yaml`.");
  expect(page).toContain("npx sluice run mine.yaml");
  expect(warned).toEqual(["Written: output/claims-mine/claims.md, output/claims-mine/charts/claims"]);
});

test.each([
  [
    "no reader",
    PIPELINE.replace("committed: {", "ledger: {"),
    "",
    "got no reader committed, which it names",
    0,
  ],
  [
    "no job",
    PIPELINE,
    'set: { "jobs.other.config.parallelism.default": "1" },',
    'Cannot read jobs.other.config.parallelism.default (--set): got an unknown key, wanted a path in the pipeline file or a key that it may hold; did you mean "jobs.job.config.parallelism.default"?',
    2,
  ],
])(
  "a claim that a pipeline has %s for is left out, and said to be",
  async (_what, pipeline, set, why, runs) => {
    writeFileSync("04-claim.mjs", CLAIM + EXPERIMENT.replace("repetitions:", `${set} repetitions:`));
    writeFileSync("mine.yaml", pipeline);
    const { code, tasks: run, warned } = await judge(["04-claim.mjs"], { pipeline: "mine.yaml" });
    expect([code, run, warned]).toEqual([2, runs, [`Claim iv can't be judged on mine.yaml: ${why}`]]);
    expect(existsSync("output/claims-mine")).toBe(false);
  },
);

test("a claim about names needs no experiment, and has a table", async () => {
  const table =
    '{ verdict: "depends", shade: "half true", why: "one is", flips: "never", table: { head: ["a"], rows: [["1"]] } }';
  writeFileSync(
    "1.mjs",
    `export const claim = { number: "i", advice: "Names", judge: () => (${table}), onYours: [] };`,
  );
  const { code, tasks: run } = await judge(["1.mjs"]);
  expect([code, run]).toEqual([0, 0]);
  expect(readFileSync("docs/claims.md", "utf8")).toContain(
    "**Depends (half true).** One is.\n\n| a |\n| --- |\n| 1 |\n\nComes out otherwise: never.\n",
  );
});

test.each([
  ["no claim", EXPERIMENT, "Cannot read claim: got nothing, wanted an object (x.mjs)"],
  [
    "a number",
    CLAIM.replace('"iv"', "4"),
    'Cannot read claim.number: got 4, wanted a Roman number such as "iv" (x.mjs)',
  ],
  [
    "a point that isn't there",
    CLAIM.replace("p99(2000)", "p99(3000)") + EXPERIMENT,
    'Cannot read the results of x: got 0 points and readers with {"reader":"committed","interval":3000}, wanted one (x.mjs)',
  ],
])("%s is one line", async (_what, text, message) => {
  writeFileSync("x.mjs", text);
  await expect(judge(["x.mjs"])).rejects.toThrow(message);
  expect(existsSync("docs/claims.md")).toBe(false);
});

test("a page that somebody else wrote stays, before anything is simulated", async () => {
  writeFileSync("04-claim.mjs", CLAIM + EXPERIMENT);
  mkdirSync("docs");
  writeFileSync("docs/claims.md", "# Mine\n");
  await expect(judge(["04-claim.mjs"])).rejects.toThrow(
    "Cannot write docs/claims.md: a file that Sluice has not written is there, wanted another --out",
  );
  expect(readFileSync("docs/claims.md", "utf8")).toBe("# Mine\n");
});
