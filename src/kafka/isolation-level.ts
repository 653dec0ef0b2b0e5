/** Kafka's `isolation.level` of a consumer. */
export type IsolationLevel = "read_uncommitted" | "read_committed";
