import { expect, test } from "vitest";
import { smallPipeline } from "./checked-pipeline.fixture.ts";
import { EveryTransactionCommits } from "./every-transaction-commits.ts";
import { TransactionHistory } from "./transaction-history.ts";

function check(faults = false) {
  const pipeline = smallPipeline();
  const history = new TransactionHistory();
  const planned = { ...pipeline.planned, faults };
  return { history, commits: new EveryTransactionCommits({ ...pipeline, planned }, history) };
}

test("a transaction that timed out before its commit is told as what it is, with the setting to change", () => {
  const { history, commits } = check();
  history.transactionBegan(12, 3, 2.1e9);
  history.written(0, 3, "out", 12, 400);
  history.transactionAborted(12, 9.5e9);
  history.preCommitted(0, 3, 7, 12, 10e9);
  commits.committableDropped(0, 3, 7, 12, "PRODUCER_FENCED", 10.2e9);
  expect(commits.violations).toEqual([
    "job enrich: the commit of transaction 12 of checkpoint 7 was refused (PRODUCER_FENCED) at 10.2 s: its 400 records are " +
      "lost, the checkpoint is completed and the job stays RUNNING. It was open from 2.1 s on, longer than " +
      "properties.transaction.timeout.ms (3 s), so Kafka aborted it at 9.5 s. Set properties.transaction.timeout.ms well above " +
      "checkpoint interval (10 s), checkpoint duration and the longest restart together, and " +
      "transaction.max.timeout.ms at least as high. No process and no checkpoint has failed: the input paused. A record written " +
      "into the aborted transaction would have been refused, and the job restarted without a loss",
  ]);
});

test("a refusal for another reason is no time-out", () => {
  const { history, commits } = check();
  history.transactionBegan(12, 3, 8e9);
  history.written(0, 3, "out", 12, 400);
  history.transactionAborted(12, 9.5e9);
  commits.committableDropped(0, 3, 7, 12, "INVALID_TXN_STATE", 10.2e9);
  expect(commits.violations[0]).toMatch(/its 400 records are lost.*; it had been aborted at 9.5 s$/);
});

test("a second commit of what is committed is refused without a loss", () => {
  const { history, commits } = check();
  history.transactionPrepared(12, 4000);
  commits.committableDropped(0, 3, 7, 12, "PRODUCER_FENCED", 5000);
  expect(commits.violations).toEqual([]);
});

test("a writer that is refused is a violation where nothing was to fail, and else counted", () => {
  const quiet = check().commits;
  quiet.sinkFailed(0, 3, "INVALID_PRODUCER_EPOCH", 6e9);
  const sentence = "job enrich: writer 3 was refused (INVALID_PRODUCER_EPOCH) at 6 s, which fails its task";
  expect([quiet.violations, quiet.permitted]).toEqual([[sentence], []]);
  const faulty = check(true).commits;
  faulty.sinkFailed(0, 3, "INVALID_PRODUCER_EPOCH", 6e9);
  expect([faulty.violations, faulty.permitted]).toEqual([
    [],
    [`${sentence}; it is restored and nothing is lost`],
  ]);
});
