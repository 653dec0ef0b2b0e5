import { z } from "zod";

/** What a schema is made of, seen through `.optional()`. */
export type SchemaKind =
  | { readonly type: "object"; readonly shape: Readonly<Record<string, z.core.$ZodType>> }
  | { readonly type: "record"; readonly value: z.core.$ZodType }
  | { readonly type: "array"; readonly element: z.core.$ZodType }
  | { readonly type: "leaf" };

export function kindOf(schema: z.core.$ZodType): SchemaKind {
  if (schema instanceof z.ZodOptional) return kindOf(schema.unwrap());
  if (schema instanceof z.ZodObject) return { type: "object", shape: schema.shape };
  if (schema instanceof z.ZodRecord) return { type: "record", value: schema.valueType };
  if (schema instanceof z.ZodArray) return { type: "array", element: schema.element };
  return { type: "leaf" };
}

export function isContainer(schema: z.core.$ZodType): boolean {
  return kindOf(schema).type !== "leaf";
}

/** The schema's title, such as `a Flink option`. */
export function titleOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodOptional) return titleOf(schema.unwrap());
  return z.globalRegistry.get(schema)?.title ?? "a known key";
}

/** The schema at a path; undefined: the path leads nowhere. */
export function schemaAt(
  root: z.core.$ZodType,
  path: readonly (string | number)[],
): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = root;
  for (const step of path) {
    const kind: SchemaKind = schema === undefined ? { type: "leaf" } : kindOf(schema);
    if (kind.type === "object") schema = Object.hasOwn(kind.shape, step) ? kind.shape[step] : undefined;
    else if (kind.type === "record") schema = kind.value;
    else if (kind.type === "array") schema = kind.element;
    else return undefined;
  }
  return schema;
}
