import type { z } from "zod";
import { type DocumentNode, describeNode, type ScalarNode } from "./document-node.ts";
import { nodeAt } from "./document-path.ts";
import { formatPath, type Issue, issueAt, type Path, warningAt } from "./issue.ts";
import type { Option } from "./options/option.ts";
import { versionOptions } from "./options/pipeline-options.ts";
import { versionPreset } from "./presets/version-presets.ts";
import { REPLACED_BACKENDS } from "./replaced-names.ts";
import { optionOf } from "./schema.ts";
import { kindOf } from "./schema-walk.ts";
import type { ScalarInput } from "./values/value-type.ts";
import { compareVersions } from "./values/version.ts";

interface Review {
  readonly flink: string;
  readonly issues: Issue[];
  readonly warnings: Issue[];
}

/** Looks at every option that is written: does this release of Flink have it, does it belong there, and (as a warning)
 *  does the model know it. */
export function reviewOptions(
  root: DocumentNode,
  schema: z.core.$ZodType,
): { readonly issues: readonly Issue[]; readonly warnings: readonly Issue[] } {
  const review: Review = { flink: flinkRelease(root), issues: [], warnings: [] };
  visit(root, schema, [], review);
  return review;
}

function flinkRelease(root: DocumentNode): string {
  const { type, default: latest } = versionOptions.flink;
  const written = (key: string): string | undefined => {
    const node = nodeAt(root, ["versions", key]);
    return node?.kind === "scalar" ? node.text : undefined;
  };
  const release = written("flink");
  const reading = release === undefined ? undefined : type.read(release);
  if (reading?.ok) return reading.value;
  return versionPreset(written("preset") ?? "")?.flink[0] ?? String(latest);
}

function visit(node: DocumentNode, schema: z.core.$ZodType, path: Path, review: Review): void {
  const kind = kindOf(schema);
  if (kind.type === "array" && node.kind === "list") {
    node.items.forEach((item, index) => {
      visit(item, kind.element, [...path, index], review);
    });
  } else if (node.kind === "map" && (kind.type === "object" || kind.type === "record")) {
    for (const [key, child] of node.entries) {
      const below = kind.type === "record" ? kind.value : kind.shape[key];
      if (below !== undefined) visit(child, below, [...path, key], review);
    }
  } else if (node.kind === "scalar" && kind.type === "leaf") {
    const option = optionOf(schema);
    if (option !== undefined) look(node, option, path, review);
  }
}

function look(
  node: ScalarNode,
  option: Option<unknown, ScalarInput>,
  path: Path,
  { flink, issues, warnings }: Review,
): void {
  const here = formatPath(path);
  const { place } = node;
  const refuse = (received: string, wanted: string) =>
    issues.push(issueAt(here, { place, received, wanted }));
  const warn = (wanted: string) =>
    warnings.push(warningAt(here, { place, received: describeNode(node), wanted }));

  if (option.removed !== undefined && compareVersions(flink, option.removed.release) >= 0) {
    refuse(`a key that Flink ${option.removed.release} removed`, option.removed.answer);
    return;
  }
  if (option.since !== undefined && compareVersions(flink, option.since) < 0) {
    refuse(`a key that came with Flink ${option.since}`, `a key of Flink ${flink}`);
    return;
  }
  if (option.clusterWide && path[0] === "jobs") {
    refuse("an option of Flink's processes", "it under flink.config: a job can't change it");
    return;
  }
  const backend = option.key === "state.backend.type" ? node.text.toLowerCase() : "";
  if (Object.hasOwn(REPLACED_BACKENDS, backend)) {
    const answer = REPLACED_BACKENDS[backend] ?? "";
    if (compareVersions(flink, "2.0") >= 0) {
      refuse(describeNode(node), answer);
      return;
    }
    warn(`Flink ${flink} still reads it, Flink 2.x wants ${answer}`);
  }
  if (!option.modelled && option.type.read(node.text).ok) {
    warn(`Sluice knows ${option.key} but does not model it yet, so it has no effect`);
  }
}
