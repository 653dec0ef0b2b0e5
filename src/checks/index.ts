export { DeliveryLedger } from "./delivery-ledger.ts";
export { VisibilityAfterCompletion } from "./visibility-after-completion.ts";
