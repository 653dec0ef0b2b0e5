/** `npm run figures`: puts the table that `npm start` writes into the README, between its two markers. */

import { readFileSync, writeFileSync } from "node:fs";

const readme = new URL("../README.md", import.meta.url);
const run = readFileSync(new URL("../output/orders/run.txt", import.meta.url), "utf8").trimEnd();
const block = /(<!-- figures:[^\n]*-->\n```\n).*?(\n```\n<!-- end of figures -->)/s;
const text = readFileSync(readme, "utf8");
if (!block.test(text))
  throw new Error("Cannot write README.md: found no block of figures between its markers");
writeFileSync(
  readme,
  text.replace(block, (_, head: string, tail: string) => head + run + tail),
);
