/** `npm run figures`: puts the first screen that `npm start` writes into the README, between its two markers. With `--check` it
 *  only looks whether it is there. */

import { readFileSync, writeFileSync } from "node:fs";

const readme = new URL("../README.md", import.meta.url);
const review = readFileSync(new URL("../output/orders/review.txt", import.meta.url), "utf8").trimEnd();
const block = /(<!-- figures:[^\n]*-->\n```\n).*?(\n```\n<!-- end of figures -->)/s;
const text = readFileSync(readme, "utf8");
if (!block.test(text))
  throw new Error("Cannot write README.md: found no block of figures between its markers");
const written = text.replace(block, (_, head: string, tail: string) => head + review + tail);
if (process.argv.includes("--check")) {
  if (written !== text)
    throw new Error("README.md doesn't show the figures of npm start: `npm run figures` puts them in");
} else writeFileSync(readme, written);
