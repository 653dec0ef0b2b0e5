export { IntervalLedger } from "./interval-ledger.ts";
export { firstKeyGroup } from "./key-groups.ts";
export { KeyCensus, KeyPopulation, type KeySource } from "./key-population.ts";
export { type KeyDistribution, LaneTable } from "./lane-table.ts";
export { Lineage } from "./lineage.ts";
export { ConstantOrigin, type Origin, PoissonOrigin, type Rate } from "./origin.ts";
export { Outbox } from "./outbox.ts";
export type { Route } from "./route.ts";
export { SpanList } from "./span-list.ts";
