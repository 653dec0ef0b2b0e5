import { z } from "zod";
import { sinkOptions, sourceOptions } from "./options/connector-options.ts";
import { environmentOptions } from "./options/environment-options.ts";
import { flinkOptions } from "./options/flink-options.ts";
import { brokerOptions, consumerOptions, producerOptions, topicOptions } from "./options/kafka-options.ts";
import type { Option, Options } from "./options/option.ts";
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
import type { ScalarInput, ValueType } from "./values/value-type.ts";

type Leaf<O> =
  O extends Option<infer Value, infer Input extends ScalarInput, infer Required>
    ? Required extends true
      ? z.ZodType<Value, Input>
      : z.ZodOptional<z.ZodType<Value, Input>>
    : never;

type Shape<O extends Options> = { -readonly [Key in keyof O]: Leaf<O[Key]> };

const optionOfLeaf = new WeakMap<z.core.$ZodType, Option<unknown, ScalarInput>>();

/** The option a leaf of the schema stands for. */
export function optionOf(schema: z.core.$ZodType): Option<unknown, ScalarInput> | undefined {
  return optionOfLeaf.get(schema);
}

function leaf<Value, Input extends ScalarInput>(type: ValueType<Value, Input>): z.ZodType<Value, Input> {
  const scalar = z.union([z.string(), z.number(), z.boolean()], { error: () => type.wanted });
  return scalar.transform((input, context) => {
    const reading = type.read(String(input));
    if (reading.ok) return reading.value;
    context.addIssue({ code: "custom", message: reading.wanted });
    return z.NEVER;
  }) as unknown as z.ZodType<Value, Input>;
}

function shape<const O extends Options>(table: O): Shape<O> {
  const leaves = Object.entries(table).map(([key, option]) => {
    const required = leaf(option.type);
    const schema = option.required ? required : required.optional();
    optionOfLeaf.set(schema, option);
    return [key, schema] as const;
  });
  return Object.fromEntries(leaves) as unknown as Shape<O>;
}

/** A map of known keys; `title` names one of them in messages. */
function section<const S extends z.ZodRawShape>(title: string, keys: S) {
  return z.strictObject(keys, { error: () => "a map of keys" }).meta({ title });
}

function named<Value extends z.ZodType>(title: string, value: Value) {
  return z.record(z.string(), value, { error: () => `a map of ${title} by name` }).meta({ title });
}

const flinkConfig = section("a Flink option", shape(flinkOptions)).meta({
  title: "a Flink option",
  id: "flinkConfig",
});

const inputs = z
  .array(leaf(operatorOptions.name.type), { error: () => "a list of names" })
  .min(1, { error: () => "at least one name" })
  .meta({ description: "The operators that it reads, or source; without it the one before it." });

const job = section("a key of a job", {
  config: flinkConfig.optional(),
  source: section("a key of a Kafka source", { ...shape(sourceKeys), ...shape(sourceOptions) }),
  operators: z
    .array(section("a key of an operator", { ...shape(operatorOptions), inputs: inputs.optional() }), {
      error: () => "a list of operators",
    })
    .min(1, { error: () => "at least one operator" }),
  sinks: z
    .array(section("a key of a Kafka sink", { ...shape(sinkKeys), ...shape(sinkOptions) }), {
      error: () => "a list of sinks",
    })
    .min(1, { error: () => "at least one sink" }),
});

/** A pipeline file, dotted keys joined. */
export const pipelineSchema = section("a section of a pipeline file", {
  ...shape(rootOptions),
  versions: section("one of flink, flink-connector-kafka and kafka", shape(versionOptions)).optional(),
  environment: section("a key of the environment", shape(environmentOptions)).optional(),
  kafka: section("a key of the Kafka cluster", {
    ...shape(clusterOptions),
    config: section("a Kafka broker option", shape(brokerOptions)).optional(),
    topics: named("topics", section("a Kafka topic option", shape(topicOptions))),
  }),
  producers: named(
    "producers",
    section("a key of a producer", { ...shape(workloadOptions), ...shape(producerOptions) }),
  ),
  flink: section("a key of the Flink cluster", {
    ...shape(sessionOptions),
    config: flinkConfig.optional(),
  }).optional(),
  jobs: named("jobs", job),
  readers: named(
    "readers",
    section("a key of a reader", { ...shape(readerOptions), ...shape(consumerOptions) }),
  ).optional(),
  faults: named("faults", shape(faultOptions)["<fault>"]).optional(),
});

/** What a TypeScript module hands in: the file's shape, before defaults and units. */
export type PipelineInput = z.input<typeof pipelineSchema>;

/** A pipeline file read, before defaults. */
export type ParsedPipeline = z.output<typeof pipelineSchema>;
