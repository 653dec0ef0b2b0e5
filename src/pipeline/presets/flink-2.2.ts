import type { VersionPreset } from "./version-preset.ts";

export const flink22: VersionPreset = {
  name: "flink-2.2",
  flink: ["2.2.1", "release-2.2.1 of apache/flink"],
  flinkConnectorKafka: [
    "5.0.0",
    "v5.0.0 of apache/flink-connector-kafka, for Flink 2.1 and later; brings client 4.2.0, so linger.ms is 5 and transactions speak protocol v2",
  ],
  kafka: ["4.2.0", "4.2.0 of apache/kafka"],
};
