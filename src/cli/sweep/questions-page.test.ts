import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { checkExperiment } from "../../experiment/index.ts";
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
  expect(page.split("\n").slice(11)).toEqual([
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
  const names = namesOf({
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
  });
  expect(names).toEqual(["producers.shop", "jobs.enrich.operators.join", "taskmanager-1", "enrich/join[0]"]);
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
