/** `npm run figures`: puts the first screen that `npm start` writes into the README, between its two markers. With `--check` it
 *  only looks whether it is there. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";

const readme = new URL("../README.md", import.meta.url);
const screen = new URL("../output/orders/review.txt", import.meta.url);
const block = /(<!-- figures:[^\n]*-->\n```\n).*?(\n```\n<!-- end of figures -->)/s;
const text = readFileSync(readme, "utf8");

const problem = problemOf();
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
}

function problemOf(): string | undefined {
  if (!existsSync(screen))
    return "Cannot read output/orders/review.txt: got no such file, wanted `npm start` first";
  if (!block.test(text)) return "Cannot read README.md: got no block of figures between its markers";
  const review = readFileSync(screen, "utf8").trimEnd();
  const written = text.replace(block, (_, head: string, tail: string) => head + review + tail);
  if (!process.argv.includes("--check")) writeFileSync(readme, written);
  else if (written !== text)
    return "Cannot pass README.md: got other figures than those of `npm start`, wanted `npm run figures`, which puts them in";
  return undefined;
}
