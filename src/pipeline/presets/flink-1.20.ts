import type { VersionPreset } from "./version-preset.ts";

export const flink120: VersionPreset = {
  name: "flink-1.20",
  flink: ["1.20.4", "release-1.20.4 of apache/flink, the long-term release of 1.x"],
  flinkConnectorKafka: [
    "3.4.0",
    "v3.4.0 of apache/flink-connector-kafka, for Flink 1.20; brings client 3.4.0",
  ],
  kafka: ["3.9.0", "3.9.0 of apache/kafka, the last of 3.x: transactions speak protocol v1"],
};
