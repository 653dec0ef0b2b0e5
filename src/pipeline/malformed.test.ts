import { readFileSync } from "node:fs";
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { parse, stringify } from "yaml";
import { ConfigError } from "./config-error.ts";
import { listDefaults } from "./defaults.ts";
import { parsePipeline, resolvePipeline } from "./parse-pipeline.ts";
import { REPLACED_NAMES } from "./replaced-names.ts";
import type { PipelineInput } from "./schema.ts";
import { SMALL } from "./small-pipeline.fixture.ts";

const ORDERS = readFileSync(new URL("../../pipelines/orders.yaml", import.meta.url), "utf8");
// The short one more often: it breaks in the same ways, faster.
const TEXTS = [SMALL, SMALL, SMALL, ORDERS.replaceAll(/#.*$/gm, "")];
const DATA = TEXTS.map((text): unknown => parse(text));

const ISSUE = /^Cannot read .+: got .+, wanted .+$/;
const WARNING = /^Note on .+: got .+; .+$/;
const OUR_SLIPS = /undefined|\[object| {4}at |\.ts:/;

/** What is wrong with messages: more than one line, another grammar, something of our own inside. */
function badMessages(messages: readonly { readonly message: string }[], grammar: RegExp): readonly string[] {
  return messages
    .map(({ message }) => message)
    .filter(
      (message) =>
        !grammar.test(message) || OUR_SLIPS.test(message) || hasControls(message) || message.length > 1200,
    );
}

function hasControls(message: string): boolean {
  return [...message].some(
    (character) => character < " " || character === "\u2028" || character === "\u2029",
  );
}

/** Either a pipeline of finite numbers, or a ConfigError. Anything else fails the property. */
function checkOutcome(attempt: () => ReturnType<typeof parsePipeline>): void {
  try {
    const { pipeline, warnings } = attempt();
    expect(badMessages(warnings, WARNING)).toEqual([]);
    if (!hasFiniteNumbers(pipeline))
      throw new Error("Cannot simulate: the pipeline has a number that isn't finite");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    expect(badMessages(error.issues, ISSUE)).toEqual([]);
  }
}

function hasFiniteNumbers(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(hasFiniteNumbers);
}

// What our own slips would look like in a message must not come from the input.
const harmless = (text: string) => !/undefined|object| at|\.ts/.test(text);
const someText = fc
  .oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "binary", maxLength: 8 }))
  .filter(harmless);
const knownKey = fc.constantFrom(
  ...listDefaults().flatMap(({ key }) => [key, `properties.${key}`]),
  ...REPLACED_NAMES.map(({ name }) => name),
  ...["kafka", "topics", "jobs", "flink", "config", "producers", "readers", "sinks", "operators", "source"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "<<", "..", "a.b", ""],
);
const someKey = fc.oneof(
  knownKey,
  someText,
  fc.tuple(knownKey, fc.nat(30)).map(([key, at]) => key.slice(0, at) + key.slice(at + 1)),
);
const someScalar = fc.oneof(
  someText,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(
    "10 parsecs",
    "-5 s",
    "1e9/s",
    "exactly-once",
    "none",
    "0",
    "-1",
    "9".repeat(40),
    "1e99",
    ".5",
    "10 s",
    "p99 <= 1 s",
  ),
  fc.constantFrom(...listDefaults().flatMap(({ values }) => values)),
);
const someValue = fc.oneof(
  { weight: 4, arbitrary: someScalar },
  { weight: 1, arbitrary: fc.array(someScalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(someKey, someScalar, { maxKeys: 3, noNullPrototype: true }) },
);

type Edit = {
  readonly at: number;
  readonly kind: "delete" | "rename" | "retype" | "add" | "copy";
  readonly key: string;
  readonly value: unknown;
};
const someEdit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(200),
  kind: fc.constantFrom("delete", "rename", "retype", "add", "copy"),
  key: someKey,
  value: someValue,
});

type Holder = { readonly owner: Record<string, unknown>; readonly key: string };

function holders(value: unknown): Holder[] {
  if (typeof value !== "object" || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => [{ owner, key }, ...holders(owner[key])]);
}

/** Edits plain data in place: the file of someone who wrote in a hurry. */
function edited(data: unknown, edits: readonly Edit[]): unknown {
  const root = structuredClone(data);
  for (const { at, kind, key, value } of edits) {
    const places = holders(root);
    const place = places[at % places.length];
    if (place === undefined) continue;
    const { owner, key: old } = place;
    const current = owner[old];
    // An array's own length isn't data.
    if (key === "length" && (Array.isArray(owner) || Array.isArray(current))) continue;
    if (kind === "retype") owner[old] = value;
    else if (kind === "add" && typeof current === "object" && current !== null)
      Object.assign(current, { [key]: value });
    else if (kind === "add" || kind === "copy")
      Object.defineProperty(owner, key, {
        value: current,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else if (Array.isArray(owner)) owner.splice(Number(old), 1);
    else {
      delete owner[old];
      if (kind === "rename")
        Object.defineProperty(owner, key, {
          value: current,
          enumerable: true,
          configurable: true,
          writable: true,
        });
    }
  }
  return root;
}

describe("a malformed pipeline is answered with a ConfigError, one line an issue", () => {
  test.prop([fc.constantFrom(...DATA), fc.array(someEdit, { minLength: 1, maxLength: 4 })], {
    numRuns: 4000,
  })("values and keys deleted, renamed, retyped, added", (data, edits) => {
    checkOutcome(() => parsePipeline(JSON.stringify(edited(data, edits), null, 1), "shop.yaml"));
  });

  test.prop(
    [
      fc.constantFrom(...TEXTS),
      fc.array(fc.record({ at: fc.nat(4000), cut: fc.nat(6), put: someText }), {
        minLength: 1,
        maxLength: 4,
      }),
    ],
    {
      numRuns: 2500,
    },
  )("characters cut and put", (text, cuts) => {
    const broken = cuts.reduce(
      (now, { at, cut, put }) => now.slice(0, at % now.length) + put + now.slice((at % now.length) + cut),
      text,
    );
    checkOutcome(() => parsePipeline(broken, "shop.yaml"));
  });

  test.prop(
    [
      fc.oneof(
        someText,
        fc.string({ maxLength: 200 }).filter(harmless),
        someValue.map((value) => stringify(value)),
      ),
    ],
    { numRuns: 3500 },
  )("any text", (text) => {
    checkOutcome(() => parsePipeline(text, "shop.yaml"));
  });

  test.prop(
    [
      fc.array(
        fc.oneof(
          someText,
          fc.tuple(someKey, someScalar).map(([key, value]) => `${key}=${value}`),
        ),
        { maxLength: 3 },
      ),
    ],
    {
      numRuns: 500,
    },
  )("any --set", (assignments) => {
    checkOutcome(() => parsePipeline(SMALL, "shop.yaml", assignments));
  });

  const anything = fc.anything({
    key: someKey,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    values: [someScalar, fc.constant(Symbol("s")), fc.constant(() => 0)],
  });
  test.prop([anything, someEdit], { numRuns: 1000 })("anything from a module", (value, edit) => {
    checkOutcome(() => resolvePipeline(value as PipelineInput));
    checkOutcome(() => resolvePipeline(edited(DATA[0], [{ ...edit, value }]) as PipelineInput));
  });

  test.each([
    ["nested a hundred thousand deep", "[".repeat(100_000)],
    ["nested a hundred deep", `${"a: {".repeat(100)}${"}".repeat(100)}`],
    ["an anchor inside itself", "a: &x { b: *x }"],
    [
      "anchors that multiply",
      `a: &a [1,1,1,1,1,1,1,1,1,1]\n${[..."bcdefgh"].map((name, index) => `${name}: &${name} [${`*${"abcdefgh"[index]},`.repeat(10)}]`).join("\n")}`,
    ],
    ["too long", "#".repeat(2_000_000)],
    ["two documents", `${SMALL}---\n${SMALL}`],
    ["a key that is a list", "? [a, b]\n: c"],
    ["a tag", "kafka: !!js/function 1"],
  ])("%s", (_name, text) => {
    expect(() => parsePipeline(text, "shop.yaml")).toThrow(ConfigError);
    checkOutcome(() => parsePipeline(text, "shop.yaml"));
  });
});
