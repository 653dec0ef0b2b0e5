/** `npm run questions`: writes docs/questions.md and its charts from the results of `npm run experiments`. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { renderSvg, titleOf } from "../src/charts/index.ts";
import { loadExperiment } from "../src/cli/sweep/load-experiment.ts";
import { type AnsweredQuestion, namesOf, renderQuestionsPage } from "../src/cli/sweep/questions-page.ts";
import { readManifest, readResults, resultFolderOf } from "../src/cli/sweep/read-results.ts";

const docs = import.meta.dirname;
const experiments = resolve(docs, "../experiments");
const pictures = resolve(docs, "charts/questions");

rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });
const questions: AnsweredQuestion[] = [];
for (const file of readdirSync(experiments).sort()) {
  if (!file.endsWith(".ts")) continue;
  const name = basename(file, ".ts");
  const path = relative(".", resolve(experiments, file));
  const folder = resultFolderOf(path);
  const { experiment, firstPoint } = await loadExperiment(path);
  const results = await readResults(folder, readManifest(folder));
  const charts: { finding: string; picture: string }[] = [];
  for (const chart of experiment.charts) {
    const spec = chart.draw(results);
    const picture = `charts/questions/${name}-${chart.name}.svg`;
    writeFileSync(resolve(docs, picture), `${await renderSvg(spec)}\n`);
    charts.push({ finding: titleOf(spec), picture });
  }
  questions.push({
    question: experiment.question,
    file: `../experiments/${file}`,
    charts,
    names: namesOf(
      experiment,
      readFileSync(path, "utf8"),
      (firstPoint?.readers ?? []).map((reader) => reader.name),
    ),
  });
}
writeFileSync(resolve(docs, "questions.md"), renderQuestionsPage(questions));
