import { describeDefault, describeSource } from "./describe-option.ts";
import { connectorSinkOptions, connectorSourceOptions } from "./options/connector-options.ts";
import { environmentOptions } from "./options/environment-options.ts";
import { flinkOptions } from "./options/flink-options.ts";
import { brokerOptions, consumerOptions, producerOptions, topicOptions } from "./options/kafka-options.ts";
import type { Option, Options, Scope } from "./options/option.ts";
import {
  clusterOptions,
  faultOptions,
  operatorOptions,
  readerOptions,
  rootOptions,
  sessionOptions,
  sinkKeys,
  sourceKeys,
  versionOptions,
  workloadOptions,
} from "./options/pipeline-options.ts";
import type { ScalarInput } from "./values/value-type.ts";

/** One key of a pipeline file, for people: `sluice defaults` prints these. */
export interface DefaultRow {
  readonly key: string;
  readonly scope: Scope;
  /** Sections that take it, such as `kafka.topics.<topic>`. */
  readonly where: string;
  readonly type: string;
  /** As one would write it; `none`, `required`, or what decides. */
  readonly default: string;
  readonly unit: string;
  readonly source: string;
  /** false: accepted and checked, but without effect. */
  readonly modelled: boolean;
  readonly meaning: string;
  /** What may be written: the closed set, or examples. */
  readonly values: readonly string[];
}

const TABLES: readonly (readonly [where: string, table: Options])[] = [
  ["the top", rootOptions],
  ["versions", versionOptions],
  ["environment", environmentOptions],
  ["kafka", clusterOptions],
  ["kafka.config", brokerOptions],
  ["kafka.topics.<topic>", topicOptions],
  ["producers.<producer>", workloadOptions],
  ["producers.<producer>; after properties. in jobs.<job>.sinks", producerOptions],
  ["flink", sessionOptions],
  ["flink.config", flinkOptions],
  ["jobs.<job>.source", sourceKeys],
  ["jobs.<job>.operators", operatorOptions],
  ["jobs.<job>.sinks", sinkKeys],
  ["jobs.<job>.sinks", connectorSinkOptions],
  ["jobs.<job>.source", connectorSourceOptions],
  ["readers.<reader>", readerOptions],
  ["faults", faultOptions],
  ["readers.<reader>; after properties. in jobs.<job>.source", consumerOptions],
];

function whereOf(option: Option<unknown, ScalarInput>, where: string): string {
  if (option.scope === "flink" && !option.clusterWide) return "jobs.<job>.config or flink.config";
  return where;
}

/** Every key of a pipeline file with its default, its unit and where they come from, in the order of a file. */
export function listDefaults(): readonly DefaultRow[] {
  return TABLES.flatMap(([where, table]) =>
    Object.values(table).map(
      (option): DefaultRow => ({
        key: option.key,
        scope: option.scope,
        where: whereOf(option, where),
        type: option.type.name,
        default: describeDefault(option.default),
        unit: option.type.unit,
        source: describeSource(option),
        modelled: option.modelled,
        meaning: option.meaning,
        values: option.type.choices ?? option.type.examples,
      }),
    ),
  );
}
