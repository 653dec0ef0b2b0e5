export { EagerLoad } from "./eager-load.ts";
export { type DeliveryGuarantee, KafkaSink, type KafkaSinkState } from "./kafka-sink.ts";
export { LogFeed, type SplitLog } from "./log-feed.ts";
export type { ConnectorObserver } from "./observations.ts";
export { OriginFeed, type OriginSplit, publishDelay } from "./origin-feed.ts";
export { OriginLog } from "./origin-log.ts";
export { rescaledSinkState } from "./rescaled-sink-state.ts";
