import type { DocumentNode } from "./document-node.ts";
import { nodeAt } from "./document-path.ts";
import { formatPath, type Path } from "./issue.ts";
import { connectorOptions, sinkOptions, sourceOptions } from "./options/connector-options.ts";
import { environmentOptions } from "./options/environment-options.ts";
import { flinkOptions } from "./options/flink-options.ts";
import { brokerOptions, consumerOptions, producerOptions } from "./options/kafka-options.ts";
import type { Option } from "./options/option.ts";
import { pipelineSchema } from "./schema.ts";
import { kindOf, type SchemaKind } from "./schema-walk.ts";
import type { ScalarInput } from "./values/value-type.ts";

/** The places of a bare key in this document, grouped by the kind of thing it belongs to: all sinks are one group.
 *  More than one group: the key is ambiguous. */
export function keyPaths(root: DocumentNode, key: string): readonly (readonly Path[])[] {
  const jobs = namesAt(root, "jobs").map((name): Path => ["jobs", name]);
  const groups: (readonly Path[])[] = [];
  const add = (has: object, paths: readonly Path[]) => {
    if (Object.hasOwn(has, key) && paths.length > 0) groups.push(paths.map((path) => [...path, key]));
  };
  add(environmentOptions, [["environment"]]);
  const flink: Option<unknown, ScalarInput> | undefined = Object.hasOwn(flinkOptions, key)
    ? flinkOptions[key as keyof typeof flinkOptions]
    : undefined;
  add(flinkOptions, flink?.clusterWide ? [["flink", "config"]] : jobs.map((path) => [...path, "config"]));
  add(brokerOptions, [["kafka", "config"]]);
  add(
    sinkOptions,
    jobs.flatMap((path) => itemsAt(root, [...path, "sinks"])),
  );
  add(
    sourceOptions,
    jobs.map((path) => [...path, "source"]),
  );
  add(
    producerOptions,
    namesAt(root, "producers").map((name) => ["producers", name]),
  );
  add(
    consumerOptions,
    namesAt(root, "readers").map((name) => ["readers", name]),
  );
  return groups;
}

function namesAt(root: DocumentNode, section: string): readonly string[] {
  const node = nodeAt(root, [section]);
  return node?.kind === "map" ? node.entries.map(([name]) => name) : [];
}

/** The places of a list's items. */
function itemsAt(root: DocumentNode, path: Path): readonly Path[] {
  const node = nodeAt(root, path);
  return node?.kind === "list" ? node.items.map((_, i): Path => [...path, i]) : [];
}

/** Everything that `--set` takes for this document. */
export function pathsOf(root: DocumentNode): readonly string[] {
  const bare = [environmentOptions, flinkOptions, brokerOptions, connectorOptions].flatMap((table) =>
    Object.keys(table),
  );
  return [...bare, ...leaves(root, kindOf(pipelineSchema), []).map(formatPath)];
}

/** Everything that is written in this document. */
export function writtenPaths(root: DocumentNode): readonly string[] {
  return leaves(root, kindOf(pipelineSchema), [])
    .filter((path) => nodeAt(root, path) !== undefined)
    .map(formatPath);
}

function leaves(node: DocumentNode | undefined, kind: SchemaKind, path: Path): readonly Path[] {
  switch (kind.type) {
    case "leaf":
      return [path];
    case "array":
      return node?.kind === "list"
        ? node.items.flatMap((item, index) => leaves(item, kindOf(kind.element), [...path, index]))
        : [];
    case "record":
      return node?.kind === "map"
        ? node.entries.flatMap(([name, child]) => leaves(child, kindOf(kind.value), [...path, name]))
        : [];
    case "object":
      return Object.entries(kind.shape).flatMap(([key, schema]) =>
        leaves(node?.kind === "map" ? nodeAt(node, [key]) : undefined, kindOf(schema), [...path, key]),
      );
  }
}
