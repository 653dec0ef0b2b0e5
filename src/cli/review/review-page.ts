import {
  confidenceOf,
  findingsOf,
  firstScreen,
  guessSentences,
  type Review,
  type ReviewTable,
  reviewTables,
  verdictOf,
} from "../../review/index.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page-style.ts";

/** What stands on the page beside the review's own figures. */
export interface ReviewPage {
  readonly review: Review;
  readonly version: string;
  /** Gives the same page again. */
  readonly command: string;
  readonly pipelineFile: string;
  readonly pipelineText: string;
  /** Folder of the results behind it. */
  readonly results: string;
  readonly pictures: readonly Picture[];
  /** Name of the environment's file or preset. */
  readonly environment: string;
  readonly assumptions: readonly Assumption[];
}

export interface Picture {
  readonly name: string;
  readonly finding: string;
  readonly shown: string;
  readonly svg: string;
}

/** A figure of the physical world that the pipeline leaves to its environment's file or preset. */
export interface Assumption {
  readonly key: string;
  readonly value: string;
  readonly meaning: string;
  readonly source: string;
}

/** One page that opens offline and prints: verdict, first screen, findings, charts with the tables behind them, what was assumed,
 *  the pipeline file, and the command that gives it again. Nothing on it depends on the machine. */
export function renderReviewPage(page: ReviewPage): string {
  const { review, version, command, pipelineFile, pipelineText, results, pictures, assumptions } = page;
  const guesses = guessSentences(review);
  const tables = reviewTables(review);
  const names = review.pipeline;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Design review of ${escaped(names)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<p class="kind">Design review of <b>${escaped(names)}</b>: which delivery guarantee, which checkpoint interval?</p>
<h1>${typeset(verdictOf(review))}</h1>
${confidenceOf(review)
  .map((line) => `<p class="kind">${typeset(line)}</p>`)
  .join("")}
</header>
<main>
${screenOf(review)}
<section>
<h2>Findings</h2>
<ul>${findingsOf(review).map(item).join("")}</ul>
</section>
<section>
<h2>What the verdict hangs on</h2>
<p>The file doesn't say these. They were drawn from a range each, all together, and varied one at a time.</p>
<ul>${(guesses.length === 0 ? ["Nothing that the file leaves open changes what is said above."] : guesses).map(item).join("")}</ul>
${review.together.length === 0 ? "" : tableOf(tables.get("guesses-together")!)}
</section>
<section class="charts">
${pictures.map((picture) => figureOf(picture, tables.get(picture.name))).join("\n")}
</section>
<section>
<h2>What was assumed</h2>
<details><summary>Guessed inputs and their ranges</summary>
${tableOf(tables.get("guesses-given")!)}
</details>
<details><summary>The rest of the physical world, from ${escaped(page.environment)}</summary>
${tableOf({
  columns: [
    { header: "key", align: "left" },
    { header: "value", align: "left" },
    { header: "meaning", align: "left" },
    { header: "source", align: "left" },
  ],
  rows: assumptions.map(({ key, value, meaning, source }) => [key, value, meaning, source]),
})}
</details>
<details><summary>How it was simulated</summary>
<ul>${methodOf(review).map(item).join("")}</ul>
</details>
</section>
<section>
<h2>The pipeline</h2>
<details><summary>${escaped(pipelineFile)}</summary>
<pre>${escaped(pipelineText.trimEnd())}</pre>
</details>
</section>
<section>
<h2>Again</h2>
<pre>${escaped(command)}</pre>
<p>gives these same bytes with Sluice ${escaped(version)}, seed ${review.seed}. The runs behind them:</p>
<pre>npx sluice query "select * from results" --from ${escaped(results)}</pre>
</section>
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function screenOf(review: Review): string {
  const { columns, groups } = firstScreen(review);
  const head = columns.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
  const body = groups.map(({ title, rows }) => {
    const lines = rows.map(({ label, cells }) => {
      const values = cells.map(({ text, kept }) => {
        const mark =
          kept === undefined ? "" : kept ? ' <span class="mark">✓</span>' : ' <span class="mark">✗</span>';
        const kind = kept === undefined ? "" : kept ? ' class="kept"' : ' class="broken"';
        return `<td${kind}>${escaped(text)}${mark}</td>`;
      });
      return `<tr><th scope="row">${escaped(label)}</th>${values.join("")}</tr>`;
    });
    return `<tbody><tr class="group"><th colspan="${columns.length + 1}" scope="rowgroup">${escaped(title)}</th></tr>${lines.join("\n")}</tbody>`;
  });
  return `<div class="scroll"><table class="screen">
<thead><tr><td></td>${head}</tr></thead>
${body.join("\n")}
</table></div>`;
}

function figureOf({ name, finding, shown, svg }: Picture, table: ReviewTable | undefined): string {
  const behind =
    table === undefined ? "" : `<details><summary>The figures</summary>${tableOf(table)}</details>`;
  const title = `<figcaption><b>${typeset(finding)}</b><br><small>${escaped(shown)}</small></figcaption>`;
  return `<figure id="${escaped(name)}">${title}${withTooltips(svg)}${behind}</figure>`;
}

/** What a mark says of itself becomes its tooltip, without a script. Texts have the page's font. */
function withTooltips(svg: string): string {
  return svg
    .replaceAll(/ font-family="[^"]*"/g, "")
    .replaceAll(
      /<path (aria-label="([^"]*)" role="graphics-symbol"[^>]*)\/>/g,
      "<path $1><title>$2</title></path>",
    );
}

function tableOf({ columns, rows }: ReviewTable): string {
  const align = (i: number): string => (columns[i]!.align === "right" ? ' class="number"' : "");
  const head = columns.map(({ header }, i) => `<th scope="col"${align(i)}>${escaped(header)}</th>`).join("");
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell, i) => `<td${align(i)}>${escaped(cell)}</td>`).join("")}</tr>`,
  );
  return `<div class="scroll"><table class="behind"><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

function methodOf({ repetitions, seed, configured, guarantees, grid }: Review): string[] {
  const intervals = new Set(grid.map(({ intervalMs }) => intervalMs)).size;
  return [
    `Each of ${guarantees.join(" and ")} at ${intervals} intervals around ${configured.interval}${configured.job === null ? "" : ` (of ${configured.job}; the other jobs keep theirs)`}, with and without an exception, for exactly-once also with the isolation level that each reader doesn't have; ${repetitions} repetitions with the seeds ${seed} to ${seed + repetitions - 1}, the same at every point, so that differences are paired.`,
    "What is compared closely also with a killed TaskManager and a lost node. Each crash comes when every task has begun its snapshot: a checkpoint is about to complete, and what came since the one before it is lost or repeated.",
    "Each guessed input at both ends of its range, alone, and all of them together, without a crash and with a lost node; one repetition each, with the seed of the typical one. Together they are drawn independently, log-uniformly on either side of the typical value, as a Latin hypercube.",
    "Means have a 95 % interval over the repetitions (Student's t) and no more digits than are known; counts after a crash are the largest that were seen, which a longer search may exceed.",
    "Between two simulated intervals a latency is taken to lie on a line.",
    "How long it takes to catch up is seen with a lost node, under load until no reader waits a quarter longer than ever before the crash; after ten minutes it is computed instead (about …): (outage + age of the checkpoint) / headroom of the busiest task.",
  ];
}

function item(sentence: string): string {
  return `<li>${typeset(sentence)}</li>`;
}

/** Prose that isn't broken between a number and its unit, nor within a setting's name. */
function typeset(text: string): string {
  return escaped(text)
    .replaceAll(/(?<=[\d≤≥±]|\bmin) (?=\d|(?:ms|us|s|min|%)(?!\w))/g, "\u00a0")
    .replaceAll(/(?:at-least|exactly)-once/g, "<span>$&</span>");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
