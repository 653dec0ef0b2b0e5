import { ConstantOrigin, LaneTable, Lineage } from "../records/index.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";

/** Partitions of the source topic, key groups, and records of each partition. */
export const PARTITIONS = 3;
export const GROUPS = 8;
export const OFFSETS = 200;

/** Topic `in` of three partitions, 200 records each, on their ways to two subtasks by key: routes 0 and 1. */
export function smallLineage() {
  const lineage = new Lineage();
  const origin = new ConstantOrigin(PARTITIONS, { numerator: 600, denominator: 1 }, 1e9);
  lineage.addOrigin(origin, LaneTable.of(PARTITIONS, 100, { kind: "cycle" }, GROUPS, 1));
  const routes = [lineage.route(0, 0, 5), lineage.route(0, 5, GROUPS)] as const;
  return { lineage, routes };
}

/** One job that reads `in` and writes `out` exactly once, one source subtask and two keyed ones behind it; reader 0 is
 *  read_committed, reader 1 is not. */
export function smallPipeline(changed: Partial<CheckedPipeline["jobs"][number]> = {}): CheckedPipeline {
  return {
    jobs: [
      {
        name: "enrich",
        interval: 10e9,
        mode: "exactly-once",
        unaligned: false,
        isBounded: false,
        checkpointsAfterTasksFinish: true,
        source: { topic: "in", isolationLevel: "read_uncommitted" },
        readsOrigins: true,
        sinks: [
          {
            topic: "out",
            deliveryGuarantee: "exactly-once",
            transactionTimeout: 3e9,
            copies: 1,
            keepsWays: false,
          },
        ],
        sourceParallelism: 1,
        vertices: [{ parallelism: 2, writes: ["out"] }],
        isLine: true,
        ...changed,
      },
    ],
    readers: [
      { name: "billing", topic: "out", isolationLevel: "read_committed", deduplicates: false },
      { name: "fraud", topic: "out", isolationLevel: "read_uncommitted", deduplicates: false },
    ],
    origins: Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: "in", partition })),
    topics: ["in", "out"],
    sweepInterval: 10e9,
    planned: { faults: false, olderState: false, uncleanElection: false, brokers: false },
  };
}
