import type { CheckpointResult, LatencySummary, ReaderResult, RunResult } from "../experiment/index.ts";
import type { Pipeline } from "../pipeline/index.ts";

/** Only what the reports look at; a whole pipeline would hide it. */
function configWith(deliveryGuarantee: string): Pipeline {
  return {
    name: "orders",
    jobs: [
      {
        name: "enrich",
        sinks: [{ topic: "enriched", deliveryGuarantee }],
        checkpointing: { interval: 10e9 },
      },
    ],
  } as unknown as Pipeline;
}

const statistics = {} as unknown as CheckpointResult["statistics"];

const BASE_LATENCY: LatencySummary = {
  count: 1000,
  minMs: 1,
  meanMs: 50,
  p10Ms: 10,
  p25Ms: 25,
  p50Ms: 50,
  p75Ms: 75,
  p90Ms: 90,
  p99Ms: 99,
  maxMs: 100,
};

export function readerResult(
  changes: Partial<ReaderResult> & { readonly p99Ms?: number | null } = {},
): ReaderResult {
  const { p99Ms = BASE_LATENCY.p99Ms, ...others } = changes;
  return {
    reader: "billing",
    topic: "enriched",
    isolationLevel: "read_committed",
    latency: { ...BASE_LATENCY, p99Ms },
    latencyByLogAppendTime: BASE_LATENCY,
    latencyByMarker: "off",
    recordsIn: 3_000_000,
    recordsVisible: 3_000_000,
    recordsLost: 0,
    recordsWaiting: 0,
    recordsDuplicated: 0,
    losses: [],
    duplicates: [],
    upsertView: null,
    slo: null,
    ...others,
  };
}

export function runResult(guarantee: string, readers: readonly ReaderResult[]): RunResult {
  return {
    pipeline: "orders",
    seed: "1",
    deliveryGuarantees: { enrich: guarantee },
    simulatedSeconds: 300,
    warmUpSeconds: 30,
    spans: "curves",
    polls: "lazy",
    stopReason: "reached-end",
    events: 300_000,
    eventsPerSimulatedSecond: 1000,
    outcomeFingerprint: "0123456789abcdef",
    readers,
    checkpoints: [
      {
        job: "enrich",
        triggered: 30,
        completed: 30,
        failed: 0,
        durationMs: { ...BASE_LATENCY, p50Ms: 20.04, maxMs: 31.96 },
        statistics,
      },
    ],
    transactions: {
      initProducerId: 120,
      newTransactionalIds: 124,
      newTransactionalIdsPerDay: 35_712,
      findCoordinator: 4,
      addPartitionsToTxn: 480,
      endTxn: 120,
      concurrentTransactions: 0,
      writeTxnMarkers: 360,
      stateLogWrites: 840,
      committed: 120,
      aborted: 0,
      timedOut: 0,
    },
    storage: { checkpoints: 30, puts: 270, putBytes: 6_000_000_000, deletes: 29 },
    tasks: [],
    latencyMarkers: [{ job: "enrich", histograms: "off" }],
    sources: [],
    recovery: { jobs: [], readers: [], recordsGone: [], timeline: [] },
    checks: [],
    config: configWith(guarantee),
  };
}
