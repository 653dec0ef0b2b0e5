import type { SourcedValue } from "./environment-preset.ts";

/** Releases that belong together. What they decide (the client's linger.ms, the protocol of transactions, which keys
 *  exist) is derived from the releases, not listed here. */
export interface VersionPreset {
  readonly name: string;
  readonly flink: SourcedValue;
  readonly flinkConnectorKafka: SourcedValue;
  readonly kafka: SourcedValue;
}
