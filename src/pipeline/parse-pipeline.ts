import { checkPipeline } from "./check-pipeline.ts";
import { CheckContext } from "./checks/check-context.ts";
import { ConfigError } from "./config-error.ts";
import type { DocumentNode } from "./document-node.ts";
import type { Issue, Path } from "./issue.ts";
import { normalise } from "./normalise.ts";
import type { Pipeline } from "./pipeline.ts";
import { readValue } from "./read-value.ts";
import { readYaml } from "./read-yaml.ts";
import { resolve } from "./resolve.ts";
import { reviewOptions } from "./review-options.ts";
import { type PipelineInput, pipelineSchema } from "./schema.ts";
import { setKeys } from "./set-keys.ts";
import { validate } from "./validate.ts";

/** A pipeline that can be run, and what in its file has no effect or isn't what it seems. */
export interface PipelineReading {
  readonly pipeline: Pipeline;
  readonly warnings: readonly Issue[];
}

/** Reads a pipeline file. `fileName` names the pipeline unless the file does, and stands in messages about the whole text;
 *  `assignments` are `KEY=VALUE`, as `--set` takes them.
 *  @throws ConfigError with everything that is wrong, in the order of the file. */
export function parsePipeline(
  text: string,
  fileName: string,
  assignments: readonly string[] = [],
): PipelineReading {
  return resolveDocument(readYaml(text, fileName), fileName, assignments);
}

/** The same for a pipeline written as a TypeScript module.
 *  @throws ConfigError with everything that is wrong. */
export function resolvePipeline(
  input: PipelineInput,
  fileName = "pipeline",
  assignments: readonly string[] = [],
): PipelineReading {
  return resolveDocument(readValue(input), fileName, assignments);
}

function resolveDocument(
  document: DocumentNode,
  fileName: string,
  assignments: readonly string[],
): PipelineReading {
  const { root: normalised, issues, warnings, meant } = normalise(document, pipelineSchema);
  const { root, issues: unset } = setKeys(normalised, assignments);
  const review = reviewOptions(root, pipelineSchema);
  const validated = validate(root);
  const found = [...issues, ...unset, ...review.issues, ...validated.issues];
  const noted = [...warnings, ...review.warnings];
  const broken: readonly Path[] = [...validated.broken, ...meant];
  if (validated.parsed !== undefined) {
    const pipeline = resolve(validated.parsed, fileName);
    const context = new CheckContext(pipeline, validated.parsed, root, broken);
    checkPipeline(context);
    found.push(...context.issues);
    noted.push(...context.warnings);
    if (found.length === 0) return { pipeline, warnings: inOrder(noted) };
  }
  throw new ConfigError(inOrder(found));
}

/** By line; what has none comes last. */
function inOrder(issues: readonly Issue[]): readonly Issue[] {
  const line = (issue: Issue): number => issue.line ?? Number.POSITIVE_INFINITY;
  return issues.toSorted((a, b) => (line(a) === line(b) ? 0 : line(a) - line(b)));
}
