import { expect, test } from "vitest";
import { printExplanation } from "./explain-command.ts";
import { PLAIN } from "./terminal.ts";

function explain(key: string): string {
  let printed = "";
  const print = (text: string): void => {
    printed += text;
  };
  printExplanation(key, { print, warn: () => {}, columns: 80, colors: PLAIN });
  return printed;
}

test("a key is explained with its unit, default and source", () => {
  expect(explain("heartbeat.timeout").split("\n").slice(0, 1)).toEqual(["heartbeat.timeout (flink.config)"]);
});

test("the beginning of keys is answered with those keys", () => {
  expect(() => explain("heartbeat")).toThrow(
    /^Cannot explain heartbeat: got the beginning of keys, wanted one of (heartbeat\.[a-z.-]+(, )?)+$/,
  );
  expect(() => explain("execution.checkpointing")).toThrow(
    / \(\d+ in all: sluice defaults execution\.checkpointing\.\)$/,
  );
});

test("no key at all is said to be none", () => {
  expect(() => explain(" ")).toThrow('Cannot explain: got "", wanted a key of a pipeline file');
});
