import { commitEveryMinuteRows, steadyLatencyRows } from "./cost-of-exactly-once.ts";
import { bufferTimeoutRows } from "./low-latency-gears.ts";
import type { NotSimulated, PublishedRow } from "./published-row.ts";
import { stragglerRows } from "./stragglers.ts";
import { checkpointFrequencyRows, commitCycleRows } from "./throughput.ts";
import { workerFailureRows } from "./worker-failure.ts";

/** Rows that come from the same simulations. */
interface RowGroup {
  readonly ids: readonly string[];
  /** @param effort share of the simulations that more of would make more precise, 0 < effort <= 1. */
  readonly run: (effort: number) => readonly PublishedRow[];
}

const GROUPS: readonly RowGroup[] = [
  { ids: ["V4", "V5", "V7"], run: workerFailureRows },
  { ids: ["V6"], run: steadyLatencyRows },
  { ids: ["V10"], run: stragglerRows },
  { ids: ["V12"], run: commitEveryMinuteRows },
  { ids: ["V14"], run: commitCycleRows },
  { ids: ["V17"], run: bufferTimeoutRows },
  { ids: ["V28"], run: checkpointFrequencyRows },
];

/** Of what is simulated, in the order of their numbers. */
export const PUBLISHED_IDS: readonly string[] = GROUPS.flatMap(({ ids }) => ids).toSorted(
  (a, b) => numberOf(a) - numberOf(b),
);

/** The rows of some ids, in the order of their numbers. */
export function publishedRows(ids: readonly string[], effort: number): PublishedRow[] {
  return GROUPS.filter((group) => group.ids.some((id) => ids.includes(id)))
    .flatMap(({ run }) => run(effort))
    .filter(({ id }) => ids.includes(id))
    .toSorted((a, b) => numberOf(a.id) - numberOf(b.id));
}

function numberOf(id: string): number {
  return Number(id.slice(1));
}

export const NOT_SIMULATED: readonly NotSimulated[] = [
  { id: "V5", why: "11,520 duplicates: the age of the checkpoint is read off them, so they test nothing" },
  { id: "V6", why: "Kafka Streams: not modelled" },
  {
    id: "V13",
    why: "3 % lost to transactions of 100 ms: its one figure says what a transaction costs, and law L27 holds the rest",
  },
  { id: "V17", why: "windows with their watermarks, and by how much a job that is 100 % busy is overloaded" },
  { id: "V22", why: "snapshots that stop all tasks at once: Flink has none" },
  { id: "V26", why: "rescaling with RocksDB" },
  { id: "V27", why: "buffer debloating" },
];
