export type { CheckedPipeline } from "./checked-pipeline.ts";
export type { DeliveryLedger, SeenOffsets } from "./delivery-ledger.ts";
export { PipelineChecks } from "./pipeline-checks.ts";
export type { Finding } from "./violations.ts";
