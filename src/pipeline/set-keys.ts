import type { DocumentNode, MapNode, ScalarNode } from "./document-node.ts";
import { withNodeAt } from "./document-path.ts";
import { formatPath, type Issue, issueAt, type Path } from "./issue.ts";
import { keyPaths, pathsOf } from "./key-paths.ts";
import { nearest } from "./nearest.ts";
import { printable } from "./printable.ts";
import { currentKeys, describeStatus, replacedName } from "./replaced-names.ts";
import { optionOf, pipelineSchema } from "./schema.ts";
import { kindOf, type SchemaKind } from "./schema-walk.ts";
import { isName } from "./values/word.ts";

/** Applies `KEY=VALUE` assignments to a normalised document. KEY is a path in the file
 *  (`producers.shop.rate`, `jobs.enrich.sinks[0].topic`), or a key of Flink, of the connector, of the brokers or of the
 *  environment that is then set wherever it belongs. An assignment that leads nowhere is an issue naming the nearest. */
export function setKeys(
  root: DocumentNode,
  assignments: readonly string[],
): { readonly root: DocumentNode; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  let result = root;
  for (const assignment of assignments) {
    const { targets, node, issue } = resolveAssignment(result, assignment);
    if (issue !== undefined) issues.push(issue);
    for (const target of targets) result = withNodeAt(result, target, node);
  }
  return { root: result, issues };
}

interface Assignment {
  readonly targets: readonly Path[];
  readonly node: ScalarNode;
  readonly issue?: Issue;
}

const SET = { line: undefined, set: true };

function resolveAssignment(root: DocumentNode, assignment: string): Assignment {
  const split = assignment.indexOf("=");
  const key = (split < 0 ? assignment : assignment.slice(0, split)).trim();
  const text = split < 0 ? "" : assignment.slice(split + 1).trim();
  const node: ScalarNode = { kind: "scalar", place: SET, type: text === "" ? "null" : "string", text };
  const fail = (received: string, wanted: string, suggestion?: string): Assignment => {
    const name = printable(key, 200) || "--set";
    return { targets: [], node, issue: issueAt(name, { place: SET, received, wanted, suggestion }) };
  };
  if (split < 0 || key === "")
    return fail(`"${printable(assignment)}"`, 'KEY=VALUE such as "producers.shop.rate=500/s"');

  const exact = findPath(root, kindOf(pipelineSchema), key, []);
  if (exact !== undefined) return { targets: [exact], node };
  const replaced = replacedName(key);
  if (replaced !== undefined && replaced.status !== "alias")
    return fail(describeStatus(replaced), replaced.answer);
  const keys = replaced === undefined ? [key] : currentKeys(replaced, key);
  const places = keys.flatMap((each) => keyPaths(root, each));
  if (places.length === 1) return { targets: places[0] ?? [], node };
  if (places.length > 1 && replaced !== undefined) return { targets: places.flat(), node };
  if (places.length > 1) {
    const examples = places.map((paths) => formatPath(paths[0] ?? [])).filter((path) => path !== "");
    return fail(
      "a key of several things",
      `one of them, such as ${examples.map((path) => `"${path}"`).join(" or ")}`,
    );
  }
  const paths = pathsOf(root);
  const suggestion = paths.find((path) => path.startsWith(`${key}.`)) ?? nearest(key, paths);
  return fail("an unknown key", "a path in the pipeline file or a key that it may hold", suggestion);
}

/** The path of a leaf that `key` spells out in full, through names that exist. */
function findPath(
  node: DocumentNode | undefined,
  kind: SchemaKind,
  key: string,
  path: Path,
): Path | undefined {
  switch (kind.type) {
    case "leaf":
      return undefined;
    case "array":
      return findItem(node, kindOf(kind.element), key, path);
    case "record":
      // A fault has a name and no keys, so it may be set without having been there.
      if (kindOf(kind.value).type === "leaf") return isName(key) ? [...path, key] : undefined;
      return firstOf(entriesOf(node), key, ([name, child], rest) =>
        findPath(child, kindOf(kind.value), rest, [...path, name]),
      );
    case "object": {
      const below = kind.shape[key];
      if (Object.hasOwn(kind.shape, key) && below !== undefined && optionOf(below) !== undefined)
        return [...path, key];
      const entries = Object.entries(kind.shape).map(([name, schema]) => [name, schema] as const);
      return firstOf(entries, key, ([name, schema], rest) => {
        const child = entriesOf(node).find(([known]) => known === name)?.[1];
        return findPath(child, kindOf(schema), rest, [...path, name]);
      });
    }
  }
}

function entriesOf(node: DocumentNode | undefined): MapNode["entries"] {
  return node?.kind === "map" ? node.entries : [];
}

/** What `next` finds behind the first entry whose name begins the key. */
function firstOf<Entry extends readonly [name: string, ...unknown[]]>(
  entries: readonly Entry[],
  key: string,
  next: (entry: Entry, rest: string) => Path | undefined,
): Path | undefined {
  for (const entry of entries) {
    const name = entry[0];
    const after = key[name.length];
    if (!key.startsWith(name) || (after !== "." && after !== "[")) continue;
    const found = next(entry, after === "." ? key.slice(name.length + 1) : key.slice(name.length));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `[0].topic`, `0.topic`, or an operator by its name. */
function findItem(
  node: DocumentNode | undefined,
  element: SchemaKind,
  key: string,
  path: Path,
): Path | undefined {
  const items = node?.kind === "list" ? node.items : [];
  const [, only] = /^\[?(\d{1,4})\]?$/.exec(key) ?? [];
  if (only !== undefined && element.type === "leaf" && items[Number(only)] !== undefined)
    return [...path, Number(only)];
  const [, index, rest = ""] = /^\[?(\d{1,4})\]?\.(.+)$/.exec(key) ?? [];
  if (index !== undefined && items[Number(index)] !== undefined) {
    return findPath(items[Number(index)], element, rest, [...path, Number(index)]);
  }
  for (const [position, item] of items.entries()) {
    const name = entriesOf(item).find(([known]) => known === "name")?.[1];
    if (name?.kind !== "scalar" || !key.startsWith(`${name.text}.`)) continue;
    return findPath(item, element, key.slice(name.text.length + 1), [...path, position]);
  }
  return undefined;
}
