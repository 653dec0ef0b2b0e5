import { describe, expect, test } from "vitest";
import { type RunResult, runPipeline } from "../experiment/index.ts";
import { parsePipeline } from "../pipeline/index.ts";
import { broken } from "./faulted-runs.ts";
import { SECOND } from "./scenario.ts";
import { WINDOW_SUMS } from "./window-sums.ts";

/** Of each of four partitions: the last record is of 15.8 s. */
const STOP = 4000;

/** Sums over a topic that is read up to an offset. */
const TEXT = WINDOW_SUMS.replace(
  "execution.checkpointing.interval: 1 s",
  "execution.checkpointing.interval: 1 s, restart-strategy.type: fixed-delay, restart-strategy.fixed-delay.attempts: 9",
).replace(
  "watermark: bounded-out-of-orderness 2 s",
  `watermark: bounded-out-of-orderness 2 s, scan.bounded.mode: specific-offsets, scan.bounded.specific-offsets: "${stops(STOP, STOP, STOP, STOP)}"`,
);

function stops(...offsets: readonly number[]): string {
  return offsets.map((offset, partition) => `partition:${partition},offset:${offset}`).join(";");
}

function run(assignments: readonly string[] = [], options = {}): RunResult {
  const { pipeline, warnings } = parsePipeline(TEXT, "bounded-windows.yaml", assignments);
  expect(warnings).toEqual([]);
  return runPipeline(pipeline, { seed: "1", duration: 24 * SECOND, ...options });
}

const visible = ({ readers }: RunResult) => readers.map(({ recordsVisible }) => recordsVisible);
const timeOf = ({ recovery }: RunResult, what: string): number =>
  recovery.timeline.find((event) => event.what === what)!.atMs;

/** Windows up to 20 s, each with all 50 keys. */
const RESULTS = [4 * 50, 4 * 50];
const FIRED = { fired: 8, recordsFired: 4 * STOP, results: 4 * 50, lateRecordsDropped: 0 };
const MODE = "execution.checkpointing.mode=AT_LEAST_ONCE";

describe("a job with windows whose source is bounded", () => {
  test("fires all that are open at the end of its input, before its last checkpoint", () => {
    const result = run();
    expect(broken(result)).toEqual([]);
    expect(result.windows![0]).toMatchObject(FIRED);
    expect(result.readers.map(({ recordsIn }) => recordsIn)).toEqual(RESULTS);
    expect(visible(result)).toEqual(RESULTS);
    expect(result.recovery.jobs[0]!.status).toBe("FINISHED");
    // No record ever moves the watermark to the end of the last window.
    expect(timeOf(result, "its input has ended")).toBeGreaterThan(15_790);
    expect(timeOf(result, "FINISHED")).toBeLessThan(17_000);
  });

  test("isn't held up by splits that are read up to their ends", () => {
    // One task reads all: of partition 1 nothing behind 4 s, of partition 3 nothing at all.
    const offsets = `jobs.sum.source.scan.bounded.specific-offsets=${stops(STOP, 1000, STOP, 0)}`;
    const result = run([offsets, "parallelism.default=1"]);
    expect(broken(result)).toEqual([]);
    expect(result.windows![0]!.recordsFired).toBe(2 * STOP + 1000);
    // Out-of-orderness, an interval of the watermarks, and what the way takes.
    expect(result.readers[1]!.latency.maxMs).toBeGreaterThan(2000);
    expect(result.readers[1]!.latency.maxMs).toBeLessThan(2400);
  });

  test("leaves the last windows open where its source is idle when the data ends", () => {
    // Nobody makes a record from 10 s to 14 s. The last ones come at once behind that, before the watermarks' timers go off.
    const at = 2536;
    const ends = `jobs.sum.source.scan.bounded.specific-offsets=${stops(at, at, at, at)}`;
    const pause = "producers.load.pauses=10 s for 4 s";
    const idle = run([ends, pause, "jobs.sum.source.scan.watermark.idle-timeout=1 s"]);
    expect(broken(idle)).toEqual([]);
    expect(idle.windows![0]).toMatchObject({
      fired: 2,
      recordsFired: 5 * 1013,
      recordsLeftOpen: 4 * at - 5 * 1013,
    });
    expect(idle.recovery.jobs[0]!.status).toBe("FINISHED");
    const never = run([ends, pause]);
    expect(broken(never)).toEqual([]);
    expect(never.windows![0]).toMatchObject({
      recordsFired: 4 * at,
      lateRecordsDropped: 0,
      recordsLeftOpen: 0,
    });
  });

  test.each([
    ["sink.delivery-guarantee=none"],
    ["sink.delivery-guarantee=at-least-once"],
    [MODE],
    ["execution.checkpointing.unaligned.enabled=true"],
    ["execution.buffer-timeout.interval=0"],
    ["flink.taskmanagers=2"],
    ["jobs.sum.operators.window.parallelism=3"],
    // A source subtask without partitions ends at once: it holds no watermark up, and needs no idle time-out.
    ["parallelism.default=5"],
  ])("with %s, too", (assignment) => {
    const result = run([assignment]);
    expect(broken(result)).toEqual([]);
    expect(result.windows![0]).toMatchObject({ recordsFired: 4 * STOP, results: 200 });
    expect(visible(result)).toEqual(RESULTS);
    expect(result.recovery.jobs[0]!.status).toBe("FINISHED");
  });

  test.each([{ spans: "one-record" }, { polls: "eager" }])(
    "is the same to a slow reference: %o",
    (options) => {
      const reference = run([], options);
      expect(broken(reference)).toEqual([]);
      expect(reference.windows![0]).toMatchObject(FIRED);
      expect(visible(reference)).toEqual(RESULTS);
      const difference = timeOf(reference, "FINISHED") - timeOf(run(), "FINISHED");
      expect(Math.abs(difference)).toBeLessThan(5);
    },
  );
});

describe("a failure", () => {
  const end = timeOf(run(), "its input has ended");

  test.each([
    ["before a window is fired", `fail sum/window at 12 s`, [], 0],
    ["of a source, when another has finished", "fail sum/source[1] at 14 s", ["parallelism.default=5"], 0],
    ["before the end of the input", `fail sum/window at ${Math.floor(end) - 20} ms`, [], 0],
    // The last two windows are still open in the last checkpoint: whoever reads uncommitted results sees them twice.
    [
      "behind the last windows, before the last checkpoint",
      `fail sum/window at ${Math.floor(end) + 2} ms`,
      [],
      100,
    ],
    ["in which a process is lost", "kill taskmanager-1 at 9.2 s", [], 0],
  ])("%s: every window is fired with all its records", (_, fault, assignments, repeats) => {
    const result = run([...assignments, `faults.one=${fault}`]);
    expect(broken(result)).toEqual([]);
    const { restarts, status } = result.recovery.jobs[0]!;
    expect(restarts).toBeGreaterThan(0);
    expect(status).toBe("FINISHED");
    expect(result.windows![0]!.lateRecordsDropped).toBe(0);
    expect(visible(result)).toEqual(RESULTS);
    expect(result.readers.map(({ recordsDuplicated }) => recordsDuplicated)).toEqual([0, repeats]);
  });
});
