import { expect, test } from "vitest";
import { OFFSETS, PARTITIONS, smallLineage, smallPipeline } from "./checked-pipeline.fixture.ts";
import type { CheckedJob } from "./checked-pipeline.ts";
import { PipelineChecks } from "./pipeline-checks.ts";

const [JOB, BILLING, SNAPSHOTS] = [0, 0, [30, 60, 90]];

/** A job that ends behind its third checkpoint; the reader has each partition's records below `seen`, but not number `missing`. */
function found(seen: number, missing: number, changed: Partial<CheckedJob> = {}) {
  const { lineage, routes } = smallLineage();
  const small = smallPipeline(changed);
  const checks = new PipelineChecks({ ...small, readers: small.readers.slice(0, 1) }, lineage);
  SNAPSHOTS.forEach((offset, i) => {
    for (let partition = 0; partition < PARTITIONS; partition++)
      checks.offsetInSnapshot(JOB, i + 1, partition, offset);
    checks.checkpointCompleted(JOB, i + 1, i, i, i);
  });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const route of routes) {
      const end = route.rankOf(partition, seen);
      const gap = partition === 1 ? route.rankOf(partition, missing) : end;
      // The first record of the way that is not below the offset that is missing.
      checks.delivered(BILLING, partition, route.id, 0, gap, 0, 0, 0, 0);
      checks.delivered(BILLING, partition, route.id, gap + 1, end, 0, 0, 0, 0);
    }
  }
  checks.jobEnded(JOB);
  return checks.findings(() => routes, false, 1e9).find(({ name }) => name === "ExactlyOnceOutput")!;
}

test("what a job that has ended had not committed may be missing", () => {
  const { violations, permitted } = found(SNAPSHOTS[1]!, OFFSETS);
  expect(violations).toEqual([]);
  expect(permitted.length).toBe(1);
});

test("a gap below the last checkpoint but one may not", () => {
  const { violations } = found(SNAPSHOTS[2]!, 20);
  expect(violations).toEqual([
    expect.stringMatching(
      /^reader billing lost what was committed before its job ended: in-1 .* offset 2\d, in-1 /,
    ),
  ]);
});

test("the last one's commit may not have come to every task", () => {
  expect(found(SNAPSHOTS[2]!, 70).violations).toEqual([]);
});

test.each([
  { unaligned: true },
  { concurrentCheckpoints: 2 },
  { readsOrigins: false },
  { sinks: smallPipeline().jobs[0]!.sinks.map((sink) => ({ ...sink, deliveryGuarantee: "none" as const })) },
])("it isn't asked of %o", (changed) => {
  expect(found(SNAPSHOTS[2]!, 20, changed).violations).toEqual([]);
});
