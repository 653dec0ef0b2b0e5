import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { pipelineJsonSchema } from "./json-schema.ts";

test("schema/pipeline.schema.json is up to date (npm run schema writes it)", async () => {
  const text = `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../../schema/pipeline.schema.json");
});

test("the bundled pipeline fits the JSON Schema, dotted or nested, and a misspelt key doesn't", () => {
  const schema = z.fromJSONSchema(pipelineJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const orders = parse(readFileSync(new URL("../../pipelines/orders.yaml", import.meta.url), "utf8"));
  expect(schema.safeParse(orders).error).toBeUndefined();
  const { "execution.checkpointing.interval": interval, ...rest } = orders.jobs.enrich.config;
  orders.jobs.enrich.config = { ...rest, execution: { checkpointing: { interval } } };
  expect(schema.safeParse(orders).error).toBeUndefined();
  orders.jobs.enrich.config["execution.checkpointing.intervall"] = interval;
  expect(schema.safeParse(orders).success).toBe(false);
});

test("an editor shows what a key means, its default and where that comes from", () => {
  const { definitions } = pipelineJsonSchema() as {
    definitions: { flinkConfig: { properties: Record<string, { description: string }> } };
  };
  expect(definitions.flinkConfig.properties["execution.checkpointing.timeout"]).toEqual({
    description:
      "A checkpoint that takes longer is aborted. Default: 10 min [Flink 2.1 CheckpointingOptions].",
    type: ["string", "number"],
    examples: ["10 s", "500 ms", "10 min"],
  });
});
