import { expect, test } from "vitest";
import { TransactionsAtFault } from "./transactions-at-fault.ts";

test("the last of those that were open at the first fault counts, and none that began later", () => {
  const transactions = new TransactionsAtFault();
  expect(transactions.openFor).toBeNaN();
  for (const transaction of [1, 2, 3]) transactions.transactionBegan(transaction);
  transactions.transactionCompleted(1, 50);
  transactions.faultInjected("kill taskmanager-1", 100);
  transactions.transactionBegan(4);
  transactions.transactionAborted(3, 170);
  expect(transactions.openFor).toBeNaN();
  transactions.faultInjected("kill taskmanager-2", 180);
  transactions.transactionCompleted(2, 200);
  expect(transactions.openFor).toBe(100);
  transactions.transactionAborted(4, 900);
  expect(transactions.openFor).toBe(100);
});

test("nobody is held up when none was open", () => {
  const transactions = new TransactionsAtFault();
  transactions.faultInjected("kill taskmanager-1", 100);
  expect(transactions.openFor).toBe(0);
});
