import picocolors from "picocolors";
import { expect, test } from "vitest";
import { listResultRows } from "./result-rows.ts";
import { renderResultTable } from "./result-table.ts";
import { readerResult, runResult } from "./run-result.fixture.ts";
import { PLAIN } from "./terminal.ts";

const fraud = readerResult({ reader: "fraud", isolationLevel: "read_uncommitted" });
const slo = { quantile: 0.99, boundMs: 15_000, measuredMs: 20_000, met: false };
const rows = listResultRows([
  runResult("at-least-once", [readerResult({ slo: { ...slo, measuredMs: 99, met: true } }), fraud]),
  runResult("exactly-once", [readerResult({ slo, p99Ms: 20_000, recordsLost: 12 }), fraud]),
]);

test("a wide terminal and a file get one line a row", () => {
  expect(renderResultTable(rows, Number.POSITIVE_INFINITY, PLAIN)).toMatchInlineSnapshot(`
    "sink.delivery-  reader   isolation.level       p50      p90      p99     max  checkpoint  checkpoint    records    visible  lost  dupli-  SLO
    guarantee                                                                            p50         max         in                    cated
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    at-least-once   billing  read_committed    50.0 ms  90.0 ms  99.0 ms  100 ms     20.0 ms     32.0 ms  3,000,000  3,000,000     0       0  p99 <= 15 s met
    at-least-once   fraud    read_uncommitted  50.0 ms  90.0 ms  99.0 ms  100 ms     20.0 ms     32.0 ms  3,000,000  3,000,000     0       0  -
    exactly-once    billing  read_committed    50.0 ms  90.0 ms   20.0 s  100 ms     20.0 ms     32.0 ms  3,000,000  3,000,000    12       0  p99 <= 15 s missed
    exactly-once    fraud    read_uncommitted  50.0 ms  90.0 ms  99.0 ms  100 ms     20.0 ms     32.0 ms  3,000,000  3,000,000     0       0  -
    "
  `);
});

test("a terminal of 80 characters gets two lines a row", () => {
  const table = renderResultTable(rows, 80, PLAIN);
  expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(table).toMatchInlineSnapshot(`
    "guarantee, reader,        p50     p99 checkpoint        in       lost SLO
    isolation.level           p90     max   p50, max   visible duplicated
    ────────────────────────────────────────────────────────────────────────────
    at-least-once billing 50.0 ms 99.0 ms    20.0 ms 3,000,000          0 met
    read_committed        90.0 ms  100 ms    32.0 ms 3,000,000          0
    at-least-once fraud   50.0 ms 99.0 ms    20.0 ms 3,000,000          0 -
    read_uncommitted      90.0 ms  100 ms    32.0 ms 3,000,000          0
    exactly-once billing  50.0 ms  20.0 s    20.0 ms 3,000,000         12 missed
    read_committed        90.0 ms  100 ms    32.0 ms 3,000,000          0
    exactly-once fraud    50.0 ms 99.0 ms    20.0 ms 3,000,000          0 -
    read_uncommitted      90.0 ms  100 ms    32.0 ms 3,000,000          0
    "
  `);
});

test("colours change no character", () => {
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
  const colored = renderResultTable(rows, 80, picocolors.createColors(true));
  expect(colored).toMatch(escapes);
  const plain = colored.replaceAll(escapes, "").replaceAll(/ +$/gm, "");
  expect(plain).toBe(renderResultTable(rows, 80, PLAIN));
});
