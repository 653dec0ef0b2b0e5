export { DeliveryLedger } from "./delivery-ledger.ts";
export { EveryTransactionCommits } from "./every-transaction-commits.ts";
export { VisibilityAfterCompletion } from "./visibility-after-completion.ts";
