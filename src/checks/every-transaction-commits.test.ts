import { expect, test } from "vitest";
import { EveryTransactionCommits } from "./every-transaction-commits.ts";

test("a commit that is refused for good is a loss, and a writer that is refused fails its task", () => {
  const check = new EveryTransactionCommits(["enrich"]);
  check.committableDropped(0, 3, 7, 12, "PRODUCER_FENCED", 5000);
  check.sinkFailed(0, 3, "INVALID_PRODUCER_EPOCH", 6000);
  expect(check.violations).toEqual([
    "job enrich: the commit of transaction 12 of checkpoint 7 was refused (PRODUCER_FENCED) at 5000 ns; its records are lost, and the job stays RUNNING",
    "job enrich: writer 3 was refused (INVALID_PRODUCER_EPOCH) at 6000 ns, which fails its task",
  ]);
});

test("a second commit of what is committed is refused without a loss", () => {
  const check = new EveryTransactionCommits(["enrich"]);
  check.transactionPrepared(12);
  check.committableDropped(0, 3, 7, 12, "PRODUCER_FENCED", 5000);
  expect(check.violations).toEqual([]);
});
