import { expect, test } from "vitest";
import {
  backoffAfter,
  findsLeaderAt,
  firstRetryAfter,
  givenUpAfter,
  noticesLossAt,
} from "./client-retries.ts";

const CLIENT = {
  retries: 4,
  retryBackoff: 100,
  retryBackoffMax: 1000,
  requestTimeout: 30_000,
  deliveryTimeout: 120_000,
};

test("back-offs double up to the largest", () => {
  expect([1, 2, 3, 4, 5, 60].map((failures) => backoffAfter(failures, CLIENT))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  expect(backoffAfter(1, { retryBackoff: 500, retryBackoffMax: 300 })).toBe(300);
});

test("a client tries again when the first back-off that reaches so far is over", () => {
  expect(firstRetryAfter(1000, 1000, CLIENT)).toBe(1000);
  expect(firstRetryAfter(1000, 1001, CLIENT)).toBe(1100);
  expect(firstRetryAfter(1000, 1301, CLIENT)).toBe(1000 + 100 + 200 + 400);
  expect(firstRetryAfter(0, 3000, CLIENT)).toBe(100 + 200 + 400 + 800 + 1000 + 1000);
  expect(firstRetryAfter(0, 777, { retryBackoff: 0, retryBackoffMax: 0 })).toBe(777);
});

test("a batch that is refused each time is given up with its last retry, or with delivery.timeout.ms", () => {
  expect(givenUpAfter(CLIENT)).toBe(100 + 200 + 400 + 800);
  expect(givenUpAfter({ ...CLIENT, retries: 0 })).toBe(0);
  expect(givenUpAfter({ ...CLIENT, retries: 2_147_483_647 })).toBe(120_000);
  expect(givenUpAfter({ ...CLIENT, retryBackoff: 0 })).toBe(120_000);
});

test("another leader is found by back-off from the time on at which the loss is noticed", () => {
  const election = { how: "clean", lostAt: 1000, noticedBy: 50_000 } as const;
  expect(noticesLossAt(election, 30_000)).toBe(31_000);
  expect(noticesLossAt({ ...election, noticedBy: 1200 }, 30_000)).toBe(1200);
  expect(findsLeaderAt(1200, 1000, CLIENT)).toBe(1200);
  expect(findsLeaderAt(1200, 1301, CLIENT)).toBe(1500);
});
