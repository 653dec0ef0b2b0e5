import { checkPipeline } from "./check-pipeline.ts";
import { CheckContext } from "./checks/check-context.ts";
import { ConfigError } from "./config-error.ts";
import { type DocumentNode, NOWHERE } from "./document-node.ts";
import { type EnvironmentFigure, readEnvironmentFile } from "./environment-file.ts";
import { type NamedFileReader, withFlinkConfigFile } from "./flink-config-file.ts";
import { type Issue, issueAt, type Path } from "./issue.ts";
import { writtenPaths } from "./key-paths.ts";
import { normalise } from "./normalise.ts";
import type { Pipeline } from "./pipeline.ts";
import { presetFigures } from "./presets/environment-presets.ts";
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
  /** Paths of what was written or set, `environment.…` of a file's figures among them; all else is a default. */
  readonly given: ReadonlySet<string>;
  /** Figures of the environment that the pipeline leaves to its environment file or preset, by key, each with its source. */
  readonly assumed: Readonly<Record<string, EnvironmentFigure>>;
}

/** Reads a pipeline file. `fileName` names the pipeline unless the file does, and stands in messages about the whole text;
 *  `assignments` are `KEY=VALUE`, as `--set` takes them; `readFile` gives the text of the files that
 *  `environment.file` and `flink.config-file` name.
 *  @throws ConfigError with everything that is wrong, in the order of the file. */
export function parsePipeline(
  text: string,
  fileName: string,
  assignments: readonly string[] = [],
  readFile: NamedFileReader = noFiles,
): PipelineReading {
  return resolveDocument(readYaml(text, fileName), fileName, assignments, readFile);
}

/** The same for a pipeline written as a TypeScript module.
 *  @throws ConfigError with everything that is wrong. */
export function resolvePipeline(
  input: PipelineInput,
  fileName = "pipeline",
  assignments: readonly string[] = [],
  readFile: NamedFileReader = noFiles,
): PipelineReading {
  return resolveDocument(readValue(input), fileName, assignments, readFile);
}

function noFiles(path: string, key: string): never {
  const received = `"${path}"`;
  const wanted = "nothing: other files are read by the command line only";
  throw new ConfigError([issueAt(key, { place: NOWHERE, received, wanted })]);
}

function resolveDocument(
  document: DocumentNode,
  fileName: string,
  assignments: readonly string[],
  readFile: NamedFileReader,
): PipelineReading {
  const { root: normalised, issues, warnings, meant } = normalise(document, pipelineSchema);
  const { root: set, issues: unset } = setKeys(normalised, assignments);
  const { root, ...configured } = withFlinkConfigFile(set, readFile);
  const review = reviewOptions(root, pipelineSchema);
  const validated = validate(root);
  const found = [...issues, ...unset, ...configured.issues, ...review.issues, ...validated.issues];
  const noted = [...warnings, ...configured.warnings, ...review.warnings];
  const broken: readonly Path[] = [...validated.broken, ...meant];
  if (validated.parsed !== undefined) {
    const file = validated.parsed.environment?.file;
    const place =
      file === undefined ? undefined : readEnvironmentFile(readFile(file, "environment.file"), file);
    const pipeline = resolve(validated.parsed, fileName, place);
    const context = new CheckContext(pipeline, validated.parsed, root, broken);
    checkPipeline(context);
    found.push(...context.issues);
    noted.push(...context.warnings);
    if (found.length === 0) {
      const figures = Object.keys(place?.figures ?? {}).map((key) => `environment.${key}`);
      const written = new Set(writtenPaths(root));
      const preset = place?.basedOn ?? pipeline.environment.preset;
      const known = Object.entries({ ...presetFigures(preset), ...place?.figures });
      const assumed = Object.fromEntries(known.filter(([key]) => !written.has(`environment.${key}`)));
      return { pipeline, warnings: inOrder(noted), given: new Set([...written, ...figures]), assumed };
    }
  }
  throw new ConfigError(inOrder(found));
}

/** By line; what has none comes last. */
function inOrder(issues: readonly Issue[]): readonly Issue[] {
  const line = (issue: Issue): number => issue.line ?? Number.POSITIVE_INFINITY;
  return issues.toSorted((a, b) => (line(a) === line(b) ? 0 : line(a) - line(b)));
}
