import { expect, test } from "vitest";
import { renderLatencyTable } from "./latency-table.ts";
import { readerResult, runResult } from "./run-result.fixture.ts";
import { PLAIN } from "./terminal.ts";

const billing = readerResult({ p99Ms: 20_000 });
const fraud = readerResult({ reader: "fraud", isolationLevel: "read_uncommitted" });
const quick = { ...fraud.latency, p50Ms: 4.2, p99Ms: 8.04 };

test("three ways to measure a latency stand side by side, within 80 characters", () => {
  const runs = [
    runResult("exactly-once", [billing, { ...fraud, latencyByMarker: quick }]),
    runResult("at-least-once", [{ ...fraud, latencyByMarker: { ...quick, p50Ms: null, p99Ms: null } }]),
  ];
  expect(renderLatencyTable(runs, PLAIN)).toMatchInlineSnapshot(`
    "p50 and p99 of the latency  as the reader     by Log-  by latency
    by who measures it                sees it  AppendTime      marker
    ─────────────────────────────────────────────────────────────────
    exactly-once billing              50.0 ms     50.0 ms         off
    read_committed                     20.0 s     99.0 ms
    exactly-once fraud                50.0 ms     50.0 ms     4.20 ms
    read_uncommitted                  99.0 ms     99.0 ms     8.04 ms
    at-least-once fraud               50.0 ms     50.0 ms           -
    read_uncommitted                  99.0 ms     99.0 ms           -
    "
  `);
});
