import { expect, test } from "vitest";
import { bundledClaims, claimFile } from "./load-claim.ts";

test.each([
  ["5", "05-no-wait-for-the-commit.ts"],
  ["05", "05-no-wait-for-the-commit.ts"],
  ["21-names", "21-names.ts"],
])("claim %s is the file %s", (typed, name) => {
  expect(claimFile(typed)).toBe(bundledClaims().find((file) => file.endsWith(`/${name}`)));
});

test("what is no claim of Sluice's stays as it was typed", () => {
  expect(["99", "mine/claim.ts", "names"].map(claimFile)).toEqual(["99", "mine/claim.ts", "names"]);
});
