import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runTask } from "../sweep/sweep-worker.ts";
import { PLAIN, type Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { type ReviewArguments, reviewPipelineFile } from "./review-command.ts";

const PIPELINE = `
environment: { preset: laptop, taskmanager.start: 1 s }
kafka: { topics: { in: { partitions: 1 }, out: { partitions: 1 } } }
producers: { shop: { topic: in, rate: 200/s, record: 100 B } } # <shop> & co.
flink: { config: { heartbeat.interval: 500, heartbeat.timeout: 2 s } }
jobs:
  enrich:
    config: { execution.checkpointing.interval: 400 ms }
    source: { topic: in }
    operators: [{ name: join, keyed: true, service-time: 0.5 ms }]
    sinks: [{ topic: out, sink.delivery-guarantee: exactly-once, sink.transactional-id-prefix: e, properties.transaction.timeout.ms: 60000 }]
readers:
  billing: { topic: out, isolation.level: read_committed, slo: p99 <= 300 ms }
  fraud: { topic: out, slo: p99 <= 2 s }
`;

let folder: string;
const here = process.cwd();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-review-"));
  process.chdir(folder);
  writeFileSync("small.yaml", PIPELINE);
});

afterAll(() => {
  process.chdir(here);
  rmSync(folder, { recursive: true });
});

async function review(more: Partial<ReviewArguments> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    print: (text) => void out.push(text),
    warn: (line) => void err.push(line),
    columns: Number.POSITIVE_INFINITY,
    colors: PLAIN,
  };
  const typed: ReviewArguments = { seed: "1", for: "2 s", ...more };
  const openPool = async () => ({ workers: 1, run: runTask, close: async () => {} });
  const code = await reviewPipelineFile("small.yaml", typed, terminal, openPool);
  return { code, out: out.join(""), err };
}

function written(): Record<string, string> {
  const names = ["review.html", "review.json", "review.txt"];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join("output/small", name), "utf8")]));
}

describe("a review", () => {
  test("changes the interval for a promise that the configured one breaks, and says the same everywhere, byte for byte", async () => {
    const { code, out, err } = await review();
    expect(code, err.join("\n")).toBe(0);
    const files = written();
    expect(out).toBe(files["review.txt"]);
    expect(out).toMatch(
      /^Set the checkpoint interval to \d+ ms instead of 400 ms: as configured billing waits 4\d\d ms at p99 instead of 300 ms; then billing waits/,
    );
    expect(out).toMatch(
      /exactly-once needs an interval ≤ [12]\d\d ms; at-least-once meets it at any interval from 40 ms to 1\.6 s/,
    );
    const { sluiceReview, command, candidates, throughCrash } = JSON.parse(files["review.json"]!);
    expect([sluiceReview, command]).toEqual([1, "npx sluice review small.yaml --seed 1 --for '2 s'"]);
    expect(candidates.map(({ name }: { name: string }) => name)).toEqual([
      "as configured",
      "proposed",
      "at-least-once with upsert",
    ]);
    // Heartbeats of 2 s, and 1 s until another process is there.
    expect(throughCrash.phases.map(({ phase }: { phase: string }) => phase)).toEqual([
      "until noticed",
      "restart",
      "restore",
      "catch-up",
    ]);
    expect(throughCrash.phases[0].to - throughCrash.phases[0].from).toBeGreaterThan(1500);
    for (const { caughtUpMs } of candidates) expect(caughtUpMs.mean).toBeGreaterThan(100);

    expect(out).toMatch(
      /When a node is lost just after a checkpoint has completed, nothing is lost with transaction timeouts of [\d.]+ s and \d+ s: brokers look for what has timed out every 10 s\./,
    );
    const page = files["review.html"]!;
    expect(page).toContain("&lt;shop&gt; &amp; co.");
    expect(page).toContain("npx sluice review small.yaml --seed 1 --for '2 s'");
    // It opens offline: no address but the names of XML.
    expect(page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, "")).not.toMatch(/https?:|<link|src=|@import|url\(/);
    expect(page.match(/<title>/g)!.length).toBeGreaterThan(20);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    // What a mark says of itself has no more digits than the tables.
    expect(page.match(/(?:aria-label="|<title>)[^"<]*\d\.\d{4,}/g) ?? []).toEqual([]);

    const again = await review({ again: true });
    expect(again.out).toBe(out);
    expect(written()).toEqual(files);

    const there = await review({ json: true });
    expect(there.out).toBe(files["review.json"]);
    expect(there.err.at(-1)).toMatch(/^Results were there\. Written: output\/small\/review\.html, /);
    expect(written()).toEqual(files);
  }, 240_000);
});

describe("a mistake is one line", () => {
  test.each([
    [{ seed: "x" }, 'Cannot read --seed: got "x", wanted a whole number from 0 to 9007199254740991'],
    [{ for: "10" }, 'Cannot read --for: got "10", wanted a duration such as "10 min"'],
    [{ set: ["a"] }, 'Cannot read --set: got "a", wanted KEY=VALUE'],
    [{ workers: "0" }, 'Cannot read --workers: got "0", wanted a whole number from 1 to 1024'],
    [
      { guess: ["taskmanager.start=9 s..5 s..20 s"] },
      'Cannot read --guess: got "taskmanager.start=9 s..5 s..20 s", wanted KEY=LOW..TYPICAL..HIGH with rising durations, such as "taskmanager.start=5 s..20 s..60 s"',
    ],
    [{ out: "" }, 'Cannot read --out: got "", wanted a folder'],
  ])("%j", async (typed, line) => {
    await expect(review(typed)).rejects.toThrow(new UsageError([line]));
  });

  test("a page of somebody else is left alone", async () => {
    mkdirSync("taken");
    writeFileSync("taken/review.html", "mine");
    await expect(review({ out: "taken" })).rejects.toThrow(
      "Cannot write taken/review.html: a file that Sluice has not written is there, wanted another --out",
    );
    expect(readdirSync("taken")).toEqual(["review.html"]);
  });
});
