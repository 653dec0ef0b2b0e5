import { expect, test } from "vitest";
import { ProcessFreeze } from "./process-freeze.ts";

test("what comes to a process that stands still happens when it goes on, in the order in which it came", () => {
  const freeze = new ProcessFreeze();
  const done: string[] = [];
  const come = (what: string) => {
    if (!freeze.defers(() => come(what))) done.push(what);
  };
  come("before");
  freeze.begin();
  come("timer");
  come("mail");
  expect(done).toEqual(["before"]);
  freeze.end();
  come("after");
  expect(done).toEqual(["before", "timer", "mail", "after"]);
});

test("what comes back frozen from a thaw waits for the next one", () => {
  const freeze = new ProcessFreeze();
  const done: string[] = [];
  freeze.begin();
  freeze.defers(() => freeze.begin());
  freeze.defers(() => {
    if (!freeze.defers(() => done.push("late"))) done.push("at once");
  });
  freeze.end();
  expect(done).toEqual([]);
  freeze.end();
  expect(done).toEqual(["late"]);
});
