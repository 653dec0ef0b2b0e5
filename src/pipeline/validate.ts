import type { z } from "zod";
import { type DocumentNode, NOWHERE } from "./document-node.ts";
import { placeOf, receivedAt, withNodeAt } from "./document-path.ts";
import { formatPath, type Issue, issueAt, type Path } from "./issue.ts";
import { optionOf, type ParsedPipeline, pipelineSchema } from "./schema.ts";
import { schemaAt } from "./schema-walk.ts";

/** A document against the schema. */
export interface Validated {
  /** undefined: too broken to look further. */
  readonly parsed: ParsedPipeline | undefined;
  readonly issues: readonly Issue[];
  /** Values that an example stands in for, so that the rest can be checked. */
  readonly broken: readonly Path[];
}

/** Reads every value of a normalised document; what can't be read is reported, all of it. */
export function validate(root: DocumentNode): Validated {
  const first = pipelineSchema.safeParse(plainValue(root));
  if (first.success) return { parsed: first.data, issues: [], broken: [] };
  const paths = first.error.issues.map((issue) =>
    issue.path.map((step) => (typeof step === "number" ? step : String(step))),
  );
  const issues = first.error.issues.map((issue, index) => issueOf(issue, paths[index] ?? [], root));
  const repaired = paths.reduce(withExample, root);
  const second = pipelineSchema.safeParse(plainValue(repaired));
  return { parsed: second.success ? second.data : undefined, issues, broken: paths };
}

function issueOf(issue: z.core.$ZodIssue, path: Path, root: DocumentNode): Issue {
  const name = path.length === 0 ? "the pipeline" : formatPath(path);
  return issueAt(name, {
    place: placeOf(root, path),
    received: receivedAt(root, path),
    wanted: issue.message,
  });
}

function withExample(root: DocumentNode, path: Path): DocumentNode {
  const schema = schemaAt(pipelineSchema, path);
  const example = schema === undefined ? undefined : optionOf(schema)?.type.examples[0];
  if (example === undefined) return root;
  return withNodeAt(root, path, { kind: "scalar", place: NOWHERE, type: "string", text: example });
}

function plainValue(node: DocumentNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.type === "null" ? null : node.text;
    case "list":
      return node.items.map(plainValue);
    case "map":
      return Object.fromEntries(node.entries.map(([key, child]) => [key, plainValue(child)]));
  }
}
