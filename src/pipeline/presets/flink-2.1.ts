import type { VersionPreset } from "./version-preset.ts";

export const flink21: VersionPreset = {
  name: "flink-2.1",
  flink: ["2.1.1", "release-2.1.1 of apache/flink"],
  flinkConnectorKafka: [
    "4.0.1",
    "v4.0.1 of apache/flink-connector-kafka, for Flink 2.x; brings client 3.9.1, so linger.ms is 0 and transactions speak protocol v1",
  ],
  kafka: ["4.1.0", "4.1.0 of apache/kafka"],
};
