import { expect, test } from "vitest";
import { caseFile } from "./reference-case.fixture.ts";
import { readReferenceCase } from "./reference-case.ts";

test("a case is named by its file unless it says so itself", () => {
  const named = readReferenceCase(caseFile(), "other.json");
  const unnamed = readReferenceCase(caseFile({}, { name: undefined }), "other.json");
  expect([named, unnamed].map((reading) => reading.ok && reading.value.name)).toEqual(["short", "other"]);
});

test.each([
  ["{", "got text that isn't JSON, wanted a reference case"],
  ["{}", "got Invalid input: expected object, received undefined at input, wanted a reference case"],
  [
    caseFile({ rate: "fast" }),
    "got Invalid input: expected number, received string at input.rate, wanted a reference case",
  ],
])("%s is refused in one line", (text, problem) => {
  expect(readReferenceCase(text, "x.json")).toEqual({ ok: false, problem });
});

test("inputs that nobody reads are named, so that they can be told", () => {
  const reading = readReferenceCase(
    caseFile({
      colour: "blue",
      job: { guarantee: "EXACTLY_ONCE", magic: 1 },
      load: { pause: 3 },
      chain: { depth: 2 },
      faults: [
        { at: 3, kill: "tm0" },
        { at: 4, kill: "tm1", why: "no reason" },
      ],
    }),
    "x.json",
  );
  expect(reading.ok && reading.value.unknown).toEqual([
    "input.colour",
    "input.job.magic",
    "input.load.pause",
    "input.chain.depth",
    "input.faults[1].why",
  ]);
});

test("figures of which there are none may be null, NaN or left out", () => {
  const isolation = { produced: 1, duplicates: 0, lost: 0, steady_latency_ms: null };
  const checkpoints = { duration_ms: { p50: "NaN" }, trigger_gap_ms: null };
  const measured = { read_committed: isolation, read_uncommitted: null, checkpoints };
  const reading = readReferenceCase(caseFile({}, { measured, phases: null, fault: null }), "x.json");
  expect(reading).toMatchObject({ ok: true, value: { phases: {}, measured: { checkpoints: {} } } });
  expect(reading.ok && reading.value.measured.read_uncommitted).toBeUndefined();
  expect(reading.ok && reading.value.measured.checkpoints?.duration_ms?.p50).toBeUndefined();
});
