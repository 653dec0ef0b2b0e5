import { describe, expect, test } from "vitest";
import { type HighAvailability, successionOf, survivesStandstill } from "./leader-election.ts";

const S = 1e9;
const SETTINGS = { leaseDuration: 15 * S, renewDeadline: 15 * S, retryPeriod: 5 * S, sessionTimeout: 60 * S };

describe("kubernetes: a lease of 15 s, renewed and tried for every 5 s", () => {
  const lease: HighAvailability = { ...SETTINGS, type: "kubernetes" };
  test.each([
    // The lease runs from its last renewal: up to 5 s before the loss.
    { since: 0, until: 0, startsAt: 100, leadsAt: 115 },
    { since: 0.8, until: 0, startsAt: 100, leadsAt: 111 },
    { since: 0.8, until: 0.5, startsAt: 105, leadsAt: 113.5 },
    // Who comes late finds it free.
    { since: 0.8, until: 0.5, startsAt: 125, leadsAt: 125 },
  ])(
    "renewed $since of a period before, tried $until after: $leadsAt s",
    ({ since, until, startsAt, leadsAt }) => {
      const { leadsAt: at } = successionOf(lease, 100 * S, startsAt * S, since, until);
      expect(at).toBe(leadsAt * S);
    },
  );
});

describe("zookeeper: a session of 60 s, with a ping after a third of it", () => {
  const session: HighAvailability = { ...SETTINGS, type: "zookeeper" };
  test.each([
    { since: 0, startsAt: 100, expiresAt: 160, leadsAt: 160 },
    { since: 0.75, startsAt: 100, expiresAt: 145, leadsAt: 145 },
    { since: 0.75, startsAt: 170, expiresAt: 145, leadsAt: 170 },
  ])("$since of the time between two pings after one: free at $expiresAt s", (row) => {
    const { expiresAt, leadsAt } = successionOf(session, 100 * S, row.startsAt * S, row.since, 0.5);
    expect([expiresAt, leadsAt]).toEqual([row.expiresAt * S, row.leadsAt * S]);
  });
});

test.each([
  { type: "NONE", stood: 1000, since: 0.9, leads: true },
  { type: "kubernetes", stood: 15, since: 0, leads: true },
  { type: "kubernetes", stood: 11, since: 0.8, leads: true },
  { type: "kubernetes", stood: 12, since: 0.8, leads: false },
  // Two thirds of a session of 60 s, of which up to a third had passed in silence.
  { type: "zookeeper", stood: 39, since: 0, leads: true },
  { type: "zookeeper", stood: 40, since: 0, leads: false },
  { type: "zookeeper", stood: 25, since: 0.75, leads: false },
] as const)(
  "$type: who stood still for $stood s, $since of a period after a word, still leads: $leads",
  (row) => {
    expect(survivesStandstill({ ...SETTINGS, type: row.type }, row.stood * S, row.since)).toBe(row.leads);
  },
);
