import { describe, expect, test } from "vitest";
import { ALL, ClientLinks } from "./client-links.ts";

const SECOND = 1e9;
const FIRST = { kind: "taskmanager", client: 0, job: 0 } as const;
const SECOND_PROCESS = { kind: "taskmanager", client: 1, job: 0 } as const;
const both = { requests: true, responses: true };

describe("a link that is slow", () => {
  const slow = { kind: "taskmanager", client: 0, broker: 1, from: 10, until: 20, by: 5 } as const;

  test("delays what is sent meanwhile, and what comes behind it comes no sooner", () => {
    const links = new ClientLinks();
    links.delay({ ...slow, requests: true, responses: false });
    const passes = (at: number): number => links.requestPassesAt(FIRST, 1, at);
    expect([9, 10, 19, 20, 24, 25, 30].map(passes)).toEqual([9, 15, 24, 25, 25, 25, 30]);
    expect(links.responsePassesAt(FIRST, 1, 12)).toBe(12);
    expect(links.requestPassesAt(FIRST, 0, 12)).toBe(12);
    expect(links.requestPassesAt(SECOND_PROCESS, 1, 12)).toBe(12);
    expect([9, 10, 24, 25].map((at) => links.isTroubled(FIRST, 1, at))).toEqual([false, true, true, false]);
  });

  test("in both directions: a question and its answer take both, and what has come through by a time is its inverse", () => {
    const links = new ClientLinks();
    links.delay({ ...slow, ...both });
    const times = Array.from({ length: 50 }, (_, i) => i);
    for (const now of times) {
      const passed = times.filter((at) => links.cutUntil(FIRST, 1, at) <= now);
      const latest = links.latestPassedBy(FIRST, 1, now);
      // Of what is sent when the delay begins nothing has come through yet.
      expect(latest === 10 || latest === passed.at(-1)).toBe(true);
    }
    expect(links.cutUntil(FIRST, 1, 12)).toBe(22);
    expect(links.latestPassedBy(FIRST, 1, 22)).toBe(12);
  });
});

describe("a message that a fault picks", () => {
  test("is so many times one of its kind and its job", () => {
    const links = new ClientLinks();
    links.duplicateNext("Produce request", 3, 2);
    links.delayNext("EndTxn response", ALL, 7);
    expect(links.isDuplicated("Produce request", 2)).toBe(false);
    expect(links.isLost("Produce request", 3)).toBe(false);
    expect([1, 2, 3].map(() => links.isDuplicated("Produce request", 3))).toEqual([true, true, false]);
    expect([1, 2].map(() => links.delayOf("EndTxn response", 5))).toEqual([7, 0]);
  });
});

describe("a cut", () => {
  test("lasts until TCP sends again: 0.2, 0.6, 1.4, 3, 6.2 s after what was lost first", () => {
    const links = new ClientLinks();
    const until = (seconds: number): number =>
      links.cut({ kind: "taskmanager", client: ALL, broker: ALL, ...both, from: 0 }, seconds * SECOND).until /
      SECOND;
    expect([0.1, 0.5, 1, 2, 5].map(until)).toEqual([0.2, 0.6, 1.4, 3, 6.2]);
  });

  test("longer than request.timeout.ms: clients connect anew, and send again what nobody has acknowledged", () => {
    const links = new ClientLinks();
    const cut = links.cut({ kind: "taskmanager", client: ALL, broker: ALL, ...both, from: 0 }, 40.5 * SECOND);
    expect(cut).toMatchObject({ until: 41 * SECOND, timedOut: true });
  });

  test("lies between those that it names, in the directions that it names", () => {
    const links = new ClientLinks();
    links.cut(
      { kind: "taskmanager", client: 0, broker: 2, requests: true, responses: false, from: 10 * SECOND },
      2 * SECOND,
    );
    expect(links.requestPassesAt(FIRST, 2, 11 * SECOND)).toBe(13 * SECOND);
    expect(links.requestPassesAt(FIRST, 1, 11 * SECOND)).toBe(11 * SECOND);
    expect(links.requestPassesAt(SECOND_PROCESS, 2, 11 * SECOND)).toBe(11 * SECOND);
    expect(links.requestPassesAt(undefined, 2, 11 * SECOND)).toBe(11 * SECOND);
    expect(links.requestPassesAt(FIRST, 2, 9 * SECOND)).toBe(9 * SECOND);
    expect(links.responsePassesAt(FIRST, 2, 11 * SECOND)).toBe(11 * SECOND);
    expect(links.latestPassedBy(FIRST, 2, 12 * SECOND)).toBe(10 * SECOND);
    expect(links.latestPassedBy(FIRST, 2, 14 * SECOND)).toBe(14 * SECOND);
  });
});

test("a message is lost once, of the job that was named or of any", () => {
  const links = new ClientLinks();
  links.loseNext("EndTxn request", 1);
  links.loseNext("Produce response", ALL);
  expect(links.isLost("EndTxn request", 0)).toBe(false);
  expect(links.isLost("EndTxn request", 1)).toBe(true);
  expect(links.isLost("EndTxn request", 1)).toBe(false);
  expect(links.isLost("Produce request", 0)).toBe(false);
  expect(links.isLost("Produce response", 5)).toBe(true);
});
