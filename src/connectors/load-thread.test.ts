import { expect, test } from "vitest";
import { LoadThread } from "./load-thread.ts";

test("a thread that was never blocked hands over what is made at once", () => {
  const thread = new LoadThread();
  expect([thread.madeBy(7), thread.handsOverAt(7), thread.foreseenTo]).toEqual([7, 7, 0]);
});

test("one that stands still from 100 to 200 and then goes on at a pace of 3 is up to date at 250", () => {
  const thread = new LoadThread();
  thread.block(100);
  expect([thread.madeBy(150), thread.handsOverAt(100), thread.handsOverAt(101)]).toEqual([
    100,
    100,
    Number.POSITIVE_INFINITY,
  ]);
  expect([thread.blockedSince(99), thread.blockedSince(150)]).toEqual([undefined, 100]);
  thread.goOn(200, 3);
  expect([150, 200, 210, 249, 250, 251].map((time) => thread.madeBy(time))).toEqual([
    100, 100, 130, 247, 250, 251,
  ]);
  expect([100, 101, 103, 250, 251].map((made) => thread.handsOverAt(made))).toEqual([
    100, 201, 201, 250, 251,
  ]);
  expect(thread.blockedSince(200)).toBeUndefined();
});

test("what is handed over by a time was made by then, and nothing else", () => {
  const thread = new LoadThread();
  thread.block(100);
  thread.goOn(200, 1);
  thread.block(230);
  thread.goOn(300, 7);
  for (let made = 0; made < 400; made++) {
    const at = thread.handsOverAt(made);
    expect(thread.madeBy(at)).toBeGreaterThanOrEqual(made);
    expect(at === 0 ? -1 : thread.madeBy(at - 1)).toBeLessThan(made);
  }
});

test("what was foreseen is forgotten; one that is up to date goes on anyway", () => {
  const thread = new LoadThread();
  thread.block(100);
  thread.goOn(200, 3);
  thread.forgetFrom(200);
  expect(thread.handsOverAt(101)).toBe(Number.POSITIVE_INFINITY);
  thread.forgetFrom(50);
  thread.goOn(300, 3);
  expect([thread.handsOverAt(101), thread.foreseenTo]).toEqual([101, 0]);
});
