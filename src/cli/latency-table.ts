import type { LatencySummary, RunResult } from "../experiment/index.ts";
import { formatDuration } from "./format-quantity.ts";
import { type Column, renderPlainTable } from "./plain-table.ts";
import { guaranteeOf } from "./result-rows.ts";
import type { Colors } from "./terminal.ts";

interface Row {
  readonly who: string;
  readonly seen: LatencySummary;
  readonly appended: LatencySummary;
  readonly marked: LatencySummary | "off";
}

const COLUMNS: readonly Column<Row>[] = [
  { header: "p50 and p99 of the latency\nby who measures it", align: "left", cell: ({ who }) => who },
  { header: "as the reader\nsees it", align: "right", cell: ({ seen }) => describe(seen) },
  { header: "by Log-\nAppendTime", align: "right", cell: ({ appended }) => describe(appended) },
  { header: "by latency\nmarker", align: "right", cell: ({ marked }) => describe(marked) },
];

/** What dashboards show beside what each reader waits: two lines a reader, p50 and p99. Ends with a newline. */
export function renderLatencyTable(runs: readonly RunResult[], colors: Colors): string {
  const rows = runs.flatMap((run) =>
    run.readers.map(
      (reader): Row => ({
        who: `${guaranteeOf(run, reader.topic)} ${reader.reader}\n${reader.isolationLevel}`,
        seen: reader.latency,
        appended: reader.latencyByLogAppendTime,
        marked: reader.latencyByMarker,
      }),
    ),
  );
  return `${renderPlainTable(rows, COLUMNS, 2, colors).join("\n")}\n`;
}

function describe(latency: LatencySummary | "off"): string {
  if (latency === "off") return "off";
  return `${formatDuration(latency.p50Ms)}\n${formatDuration(latency.p99Ms)}`;
}
