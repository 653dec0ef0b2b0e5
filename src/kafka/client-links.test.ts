import { describe, expect, test } from "vitest";
import { ALL, ClientLinks } from "./client-links.ts";

const SECOND = 1e9;
const FIRST = { kind: "taskmanager", client: 0, job: 0 } as const;
const SECOND_PROCESS = { kind: "taskmanager", client: 1, job: 0 } as const;
const both = { requests: true, responses: true };

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
