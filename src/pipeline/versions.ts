import type { Versions } from "./pipeline.ts";
import { compareVersions } from "./values/version.ts";

/** The Kafka client a connector brings.
 *  Source: `kafka.version` in the pom of each tag of apache/flink-connector-kafka. */
const CLIENT_OF_CONNECTOR: Readonly<Record<string, string>> = {
  "3.2.0": "3.4.0",
  "3.3.0": "3.4.0",
  "3.4.0": "3.4.0",
  "4.0.0": "3.9.0",
  "4.0.1": "3.9.1",
  "5.0.0": "4.2.0",
};

/** Connector releases whose client is known, oldest first. */
export const CONNECTORS = Object.keys(CLIENT_OF_CONNECTOR);

export function knowsConnector(release: string): boolean {
  return Object.hasOwn(CLIENT_OF_CONNECTOR, release);
}

/** Flink 1.20 (LTS) and 2.x up to what was read for the defaults. */
export function knowsFlink(release: string): boolean {
  return (
    compareVersions(release, "1.20") >= 0 &&
    compareVersions(release, "2.4") < 0 &&
    !/^1\.2[1-9]/.test(release)
  );
}

export function knowsKafka(release: string): boolean {
  return compareVersions(release, "3.0") >= 0 && compareVersions(release, "5.0") < 0;
}

/** Version of the transaction protocol between this client and these brokers: 2 where both know it (KIP-890), as
 *  transaction.version of a cluster that was created with Kafka 4.0 or later says. */
export function transactionVersion({ kafka, kafkaClients }: Versions): 1 | 2 {
  return compareVersions(kafka, "4.0") >= 0 && compareVersions(kafkaClients, "4.0") >= 0 ? 2 : 1;
}

/** Fills in what wasn't said: the connector that goes with the Flink, the client the connector brings. */
export function completeVersions(given: {
  readonly flink: string;
  readonly flinkConnectorKafka: string | undefined;
  readonly kafka: string;
}): Versions {
  const connector =
    given.flinkConnectorKafka ?? (compareVersions(given.flink, "2.0") < 0 ? "3.4.0" : "4.0.1");
  return {
    flink: given.flink,
    flinkConnectorKafka: connector,
    kafka: given.kafka,
    kafkaClients: CLIENT_OF_CONNECTOR[connector] ?? "3.9.1",
  };
}
