import { expect, test } from "vitest";
import {
  CONCURRENT_TRANSACTIONS,
  INVALID_PRODUCER_EPOCH,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_TXN_STATE,
  NONE,
  PRODUCER_FENCED,
  UNKNOWN_PRODUCER_ID,
} from "../kafka/index.ts";
import { commitOutcome } from "./commit-outcome.ts";

test.each([
  [NONE, "success"],
  [CONCURRENT_TRANSACTIONS, "retryLater"],
  [PRODUCER_FENCED, "signalFailedWithKnownReason"],
  [INVALID_PRODUCER_EPOCH, "signalFailedWithKnownReason"],
  [INVALID_TXN_STATE, "signalFailedWithKnownReason"],
  [UNKNOWN_PRODUCER_ID, "signalFailedWithKnownReason"],
  [INVALID_PRODUCER_ID_MAPPING, "signalFailedWithUnknownReason"],
] as const)("error %i is %s to the committer", (error, outcome) => {
  expect(commitOutcome(error)).toBe(outcome);
});
