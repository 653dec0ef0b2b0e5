export { Channel, type ChannelKinds, type ChannelSettings } from "./channel.ts";
export { CheckpointDriver, type CheckpointKinds } from "./checkpoint-driver.ts";
export type { CheckpointResponder, SnapshotCost } from "./checkpoint-responder.ts";
export { BufferRecycler } from "./network-buffer.ts";
export type { FlinkObserver } from "./observations.ts";
export { type ChainedSink, OperatorTask, type OperatorTaskKinds, type ServiceDraw } from "./operator-task.ts";
export type { RestartStrategySettings } from "./restart-strategy.ts";
export { ALL_ROUTES, type Chunk, type SourceFeed } from "./source-feed.ts";
export { SourceTask, type SourceTaskKinds } from "./source-task.ts";
