import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { smallPipeline } from "./checked-pipeline.fixture.ts";
import { type Cause, EXCUSES, excuseOf, excuseOfReader } from "./excuses.ts";

const FAILURE: ReadonlySet<Cause> = new Set(["failure"]);
const NOTHING: ReadonlySet<Cause> = new Set();

describe("a failure permits", () => {
  test.each([
    ["none", "read_committed", "losses repeats reordering"],
    ["none", "read_uncommitted", "losses repeats reordering"],
    ["at-least-once", "read_committed", "repeats reordering"],
    ["at-least-once", "read_uncommitted", "repeats reordering"],
    ["exactly-once", "read_uncommitted", "repeats reordering"],
    ["exactly-once", "read_committed", ""],
  ] as const)("%s to %s: %s", (guarantee, isolationLevel, permitted) => {
    const permits = (causes: ReadonlySet<Cause>): string =>
      (["losses", "repeats", "reordering"] as const)
        .filter((deviation) => excuseOf(deviation, guarantee, isolationLevel, causes) !== undefined)
        .join(" ");
    expect(permits(FAILURE)).toBe(permitted);
    expect(permits(NOTHING)).toBe("");
  });
});

test("a failure of a job that doesn't align permits repeats of what exactly-once has committed, and no loss", () => {
  const causes: ReadonlySet<Cause> = new Set(["failure", "failure without alignment"]);
  const excused = (["losses", "repeats", "reordering"] as const).filter(
    (deviation) => excuseOf(deviation, "exactly-once", "read_committed", causes) !== undefined,
  );
  expect(excused).toEqual(["repeats", "reordering"]);
});

test("each excuse is one of its kind", () => {
  const rows = EXCUSES.map(({ since: _, ...row }) => JSON.stringify(row));
  expect(new Set(rows).size).toBe(rows.length);
});

test("what a job upstream repeats, a reader further down may see", () => {
  const pipeline = smallPipeline();
  const [job] = pipeline.jobs;
  const upstream = {
    ...job!,
    name: "clean",
    source: { topic: "raw", isolationLevel: "read_uncommitted" as const },
    sinks: [{ ...job!.sinks[0]!, topic: "in", deliveryGuarantee: "at-least-once" as const }],
  };
  const chain = { ...pipeline, jobs: [job!, upstream] };
  const [billing] = pipeline.readers;
  const excuse = (causes: readonly ReadonlySet<Cause>[]): string | undefined =>
    excuseOfReader("repeats", billing!, chain, (number) => causes[number]!);
  expect(excuse([FAILURE, NOTHING])).toBe(undefined);
  expect(excuse([NOTHING, FAILURE])).toBe("a restored source reads again what had been written");
});

test("docs/checks.md lists the excuses as they are", () => {
  const docs = readFileSync(new URL("../../docs/checks.md", import.meta.url), "utf8");
  const rows = EXCUSES.map(
    ({ guarantee, isolationLevel, cause, permits, since }) =>
      `| ${guarantee} | ${isolationLevel} | ${cause} | ${permits} | ${since} |`,
  );
  expect(docs.split("\n").filter((line) => /^\| (?!delivery)\w/.test(line))).toEqual(rows);
});
