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
  // A setting that nobody reads would be predicted without it.
  [caseFile({ colour: "blue" }), "got an input that is not known at input.colour, wanted a reference case"],
  [
    caseFile({ job: { guarantee: "EXACTLY_ONCE", magic: 1 } }),
    "got an input that is not known at input.job.magic, wanted a reference case",
  ],
])("%s is refused in one line", (text, problem) => {
  expect(readReferenceCase(text, "x.json")).toEqual({ ok: false, problem });
});
