import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { checkExperiment, expandPoints, loadFormulas } from "../../experiment/index.ts";
import { loadPipeline } from "../load-pipeline.ts";
import { namesOf, renderQuestionsPage } from "./questions-page.ts";

const docs = resolve(import.meta.dirname, "../../../docs");
const experiments = resolve(docs, "../experiments");

test("a question, its answer, its chart, and the command for another pipeline", () => {
  const page = renderQuestionsPage([
    {
      question: "Does it rain?",
      file: "../experiments/01-rain.ts",
      charts: [{ finding: "Yes, 3 mm", picture: "charts/questions/01-rain-bars.svg" }],
      names: ["producers.shop", "taskmanager-1"],
    },
  ]);
  expect(page.split("\n").slice(14)).toEqual([
    "1. [Does it rain?](#q1) Yes, 3 mm.",
    "",
    '<a id="q1"></a>',
    "",
    "## Does it rain?",
    "",
    "Yes, 3 mm.",
    "",
    "![Yes, 3 mm](charts/questions/01-rain-bars.svg)",
    "",
    "[`experiments/01-rain.ts`](../experiments/01-rain.ts) names `producers.shop`, `taskmanager-1`. On your own pipeline:",
    "",
    "```sh",
    "npx sluice sweep experiments/01-rain.ts --pipeline mine.yaml",
    "```",
    "",
  ]);
});

test("names of the pipeline's own that an experiment uses, each once", () => {
  const experiment = {
    set: { "producers.shop.rate": "300/s", "sink.delivery-guarantee": "none" },
    factors: {
      service: { key: "jobs.enrich.operators.join.service-time", values: ["1 ms"] },
      death: {
        levels: {
          a: { "faults.death": "kill taskmanager-1 at 3 s", "jobs.enrich.operators.join.state": "0 b/key" },
          b: { "faults.death": "fail enrich/join[0] at 3 s" },
        },
      },
    },
  };
  expect(namesOf(experiment, 'where: { reader: "fraud" }', ["billing", "fraud"])).toEqual([
    "producers.shop",
    "jobs.enrich.operators.join",
    "taskmanager-1",
    "enrich/join[0]",
    "readers.fraud",
  ]);
});

test("docs/questions.md has every experiment, with an answer and charts that exist", async () => {
  const page = readFileSync(resolve(docs, "questions.md"), "utf8");
  const files = readdirSync(experiments).filter((name) => name.endsWith(".ts"));
  expect(page.match(/^## /gm)).toHaveLength(files.length);
  for (const file of files) {
    const module: { experiment: unknown } = await import(resolve(experiments, file));
    const { question, charts } = checkExperiment(module.experiment);
    const section = page.split("\n## ").find((one) => one.startsWith(`${question}\n`));
    expect(section, `\`npm run experiments\` and \`npm run questions\` write its entry`).toContain(
      `npx sluice sweep experiments/${file} --pipeline`,
    );
    for (const { name } of charts) {
      const picture = `charts/questions/${file.replace(/\.ts$/, "")}-${name}.svg`;
      expect(section).toMatch(new RegExp(`!\\[[^\\]]{20,}\\]\\(${picture}\\)`));
      expect(existsSync(resolve(docs, picture)), picture).toBe(true);
    }
  }
});

const MINE = `
kafka:
  brokers: 3
  topics: { clicks: { partitions: 6, replication.factor: 3 }, sessions: { partitions: 6, replication.factor: 3 } }
producers: { shop: { topic: clicks, rate: 3000/s, record: 1 kb, keys: 1e5 } }
flink: { taskmanagers: 3 }
jobs:
  enrich:
    config: { parallelism.default: 3, execution.checkpointing.interval: 60 s, execution.checkpointing.dir: "s3://cp" }
    source: { topic: clicks, watermark: bounded-out-of-orderness 5 s }
    operators: [{ name: join, keyed: true, state: 1 kb/key, service-time: 0.2 ms }]
    sinks: [{ topic: sessions, sink.delivery-guarantee: exactly-once, sink.transactional-id-prefix: s, properties.transaction.timeout.ms: 10 min }]
readers:
  billing: { topic: sessions, isolation.level: read_committed }
  fraud: { topic: sessions }
`;

test("each experiment reads a pipeline of another shape that has the names it lists", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-questions-"));
  const mine = join(folder, "mine.yaml");
  const backfill = join(folder, "backfill.yaml");
  writeFileSync(mine, MINE);
  writeFileSync(backfill, MINE.replace("enrich:", "backfill:"));
  try {
    const [ofMine, ofBackfill] = [await loadPipeline(mine), await loadPipeline(backfill)];
    const formulas = await loadFormulas();
    const refused: string[] = [];
    for (const file of readdirSync(experiments).filter((name) => name.endsWith(".ts"))) {
      const module: { experiment: unknown } = await import(resolve(experiments, file));
      const experiment = checkExperiment(module.experiment);
      // A job that ends is another job.
      const isBackfill = file.startsWith("25");
      const load = isBackfill ? ofBackfill : ofMine;
      for (const { assignments, number } of expandPoints(experiment, formulas)) {
        try {
          load(assignments);
        } catch (error) {
          if (!experiment.expected?.includes("bad config"))
            refused.push(`${file} ${number}: ${String(error)}`);
        }
      }
      const known =
        /^(producers\.shop|jobs\.enrich(\.operators\.join)?|taskmanager-\d|enrich(\/join\[\d\])?|readers\.(billing|fraud))$/;
      const source = readFileSync(join(experiments, file), "utf8");
      // The jobs in a row are its question.
      if (!file.startsWith("23"))
        for (const name of namesOf(experiment, source, ["billing", "fraud"]))
          expect(isBackfill ? name.replace("backfill", "enrich") : name, file).toMatch(known);
    }
    expect(refused).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
