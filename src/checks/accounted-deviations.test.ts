import { describe, expect, test } from "vitest";
import { AccountedDeviations, unaccounted } from "./accounted-deviations.ts";
import { smallLineage, smallPipeline } from "./checked-pipeline.fixture.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import { PipelineChecks } from "./pipeline-checks.ts";

/** in -> enrich -> out -> copy (three times) -> copies. */
function chain(): CheckedPipeline {
  const small = smallPipeline();
  const [enrich] = small.jobs;
  const copy = {
    ...enrich!,
    name: "copy",
    source: { ...enrich!.source, topic: "out" },
    sinks: [{ ...enrich!.sinks[0]!, topic: "copies", copies: 3 }],
  };
  return { ...small, jobs: [enrich!, copy], topics: ["in", "out", "copies"] };
}

describe("what brokers have cost", () => {
  test("a reader misses what its topic has lost, and what jobs would have made of what theirs have", () => {
    const accounted = new AccountedDeviations(chain());
    accounted.add("losses", "in", 4);
    accounted.add("losses", "in", 1);
    accounted.add("losses", "copies", 2);
    accounted.add("repeats", "out", 7);
    expect(["in", "out", "copies"].map((topic) => accounted.most("losses", topic))).toEqual([5, 5, 17]);
    expect(["in", "out", "copies"].map((topic) => accounted.most("repeats", topic))).toEqual([0, 7, 21]);
  });

  test("no number is known of what a failure or an operator makes twice", () => {
    const causes = [
      "failure",
      "older state",
      "end",
      "leader lost",
      "retries exhausted",
      "sent again",
    ] as const;
    expect([...unaccounted(new Set(causes))]).toEqual(["failure", "older state", "end"]);
  });
});

describe("ExactlyOnceOutput of a run whose leader was lost with 3 acknowledged records of the output", () => {
  const [BILLING, OUT] = [0, 1];
  const found = (missing: number, isFailed: boolean) => {
    const { lineage, routes } = smallLineage();
    const pipeline = { ...smallPipeline(), readers: smallPipeline().readers.slice(0, 1) };
    const checks = new PipelineChecks(
      {
        ...pipeline,
        jobs: [
          {
            ...pipeline.jobs[0]!,
            sinks: [
              { ...pipeline.jobs[0]!.sinks[0]!, deliveryGuarantee: isFailed ? "none" : "at-least-once" },
            ],
          },
        ],
      },
      lineage,
    );
    for (let partition = 0; partition < 3; partition++) {
      for (const route of routes) {
        const end = route.rankOf(partition, 200) - (partition === 0 && route === routes[0] ? missing : 0);
        checks.delivered(BILLING, partition, route.id, 0, end, 0, 0, 0, 0);
      }
    }
    checks.recordsLost(OUT, 0, 3, "leader lost");
    if (isFailed) checks.jobStatusChanged(0, "RESTARTING");
    return checks.findings(() => routes, true, 1e9).find(({ name }) => name === "ExactlyOnceOutput")!;
  };

  test("permits a reader to miss three", () => {
    expect(found(3, false).violations).toEqual([]);
    expect(found(3, false).permitted).toEqual([expect.stringMatching(/3 lost.*; acks 0 and 1 don't wait/)]);
  });

  test("finds a fourth", () => {
    expect(found(4, false).violations).toEqual([
      expect.stringMatching(/4 lost: .*; brokers and producers account for 3 of them$/),
    ]);
  });

  test("permits it where the job has failed under no guarantee", () => {
    expect(found(4, true).violations).toEqual([]);
  });
});
