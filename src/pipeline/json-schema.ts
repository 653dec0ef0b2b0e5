import { z } from "zod";
import { describeOption } from "./describe-option.ts";
import { optionOf, pipelineSchema } from "./schema.ts";

/** The JSON Schema of a pipeline file, for editors: completes keys and shows what each means. It is the more lenient
 *  of the two, since it can't join nested keys or compare values; the parser decides. */
export function pipelineJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(pipelineSchema, {
    io: "input",
    target: "draft-7",
    override: ({ zodSchema, jsonSchema }) => {
      describeLeaf(zodSchema, jsonSchema);
      allowNestedKeys(jsonSchema);
    },
  });
  return { $schema, ...schema, title: "A pipeline that Sluice simulates" };
}

function describeLeaf(zodSchema: z.core.$ZodType, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const option = optionOf(zodSchema);
  if (option === undefined) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  const { jsonTypes, choices, examples } = option.type;
  const [type, ...others] = jsonTypes;
  jsonSchema.description = describeOption(option);
  // A fault may be a map of its words, too.
  if (option.type.name === "fault") jsonSchema.type = ["string", "object"] as never;
  else if (choices !== undefined && type === "string")
    jsonSchema.anyOf = [{ enum: [...choices] }, { type: "string" }];
  else
    Object.assign(jsonSchema, { type: others.length === 0 ? type : [...jsonTypes], examples: [...examples] });
}

/** `execution: { checkpointing: { interval: 10 s } }` is as good as the dotted key. */
function allowNestedKeys(jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const keys = Object.keys(jsonSchema.properties ?? {});
  if (keys.some((key) => key.includes("."))) jsonSchema.additionalProperties = { type: "object" };
}
