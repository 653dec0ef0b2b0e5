import { type DocumentNode, describeNode, type MapNode } from "./document-node.ts";
import { nodeAt, withNodeAt } from "./document-path.ts";
import { formatPath, type Issue, issueAt, type Path, warningAt } from "./issue.ts";
import { normalise, UNKNOWN_KEY } from "./normalise.ts";
import { readYaml } from "./read-yaml.ts";
import { pipelineSchema } from "./schema.ts";

/** Gives the text of a file by the path that a pipeline file names under `key`.
 *  @throws what the caller likes when there is no such file. */
export type NamedFileReader = (path: string, key: string) => string;

const CONFIG_FILE: Path = ["flink", "config-file"];
const CONFIG: Path = ["flink", "config"];
const NAMED_AT_MOST = 5;

/** What a pipeline file and the Flink configuration it names say together. */
export interface Configured {
  readonly root: DocumentNode;
  readonly issues: readonly Issue[];
  readonly warnings: readonly Issue[];
}

/** Puts what `flink.config-file` says (Flink's `config.yaml` or `flink-conf.yaml`, as deployed) under `flink.config`,
 *  where the pipeline file's own keys win. Such a file is full of ports, folders and memory sizes, so keys that Sluice
 *  doesn't know are a note and no mistake. */
export function withFlinkConfigFile(root: DocumentNode, readFile: NamedFileReader): Configured {
  const named = nodeAt(root, CONFIG_FILE);
  if (named?.kind !== "scalar" || named.type === "null") return { root, issues: [], warnings: [] };
  const file = named.text;
  const text = readFile(file, formatPath(CONFIG_FILE));
  const config = placedIn(file, readYaml(text, file, "a Flink configuration"));
  if (config.kind !== "map") {
    const received = describeNode(config);
    const issue = issueAt(formatPath(CONFIG), {
      place: config.place,
      received,
      wanted: "Flink options by key",
    });
    return { root, issues: [issue], warnings: [] };
  }
  const wrapped = withNodeAt({ kind: "map", place: named.place, entries: [] }, CONFIG, config);
  const { root: read, issues, warnings } = normalise(wrapped, pipelineSchema);
  const unknown = issues.filter(({ received }) => received === UNKNOWN_KEY);
  return {
    root: entriesAt(read, CONFIG)
      .filter(([key]) => nodeAt(root, [...CONFIG, key]) === undefined)
      .reduce((merged, [key, node]) => withNodeAt(merged, [...CONFIG, key], node), root),
    issues: issues.filter(({ received }) => received !== UNKNOWN_KEY),
    warnings: [...warnings, ...notesOf(unknown, named)],
  };
}

function entriesAt(root: DocumentNode, path: Path): MapNode["entries"] {
  const node = nodeAt(root, path);
  return node?.kind === "map" ? node.entries : [];
}

/** The same document, each place with the name of its file. */
function placedIn(file: string, node: DocumentNode): DocumentNode {
  const place = { ...node.place, file };
  if (node.kind === "map")
    return { ...node, place, entries: node.entries.map(([key, child]) => [key, placedIn(file, child)]) };
  if (node.kind === "list") return { ...node, place, items: node.items.map((item) => placedIn(file, item)) };
  return { ...node, place };
}

/** A note on each key that looks misspelt, one on all others. */
function notesOf(unknown: readonly Issue[], { place }: DocumentNode): readonly Issue[] {
  const keyOf = ({ path }: Issue): string => path.slice(formatPath(CONFIG).length + 1);
  const misspelt = unknown.filter(({ suggestion }) => suggestion !== undefined);
  const others = unknown.filter(({ suggestion }) => suggestion === undefined).map(keyOf);
  const notes = misspelt.map((issue) =>
    warningAt(formatPath(CONFIG_FILE), {
      place,
      received: `the unknown key ${keyOf(issue)}`,
      wanted: `it has no effect; did you mean ${issue.suggestion}?`,
    }),
  );
  if (others.length === 0) return notes;
  const more = others.length > NAMED_AT_MOST ? ` and ${others.length - NAMED_AT_MOST} more` : "";
  const received = `keys that Sluice doesn't know (${others.slice(0, NAMED_AT_MOST).join(", ")}${more})`;
  return [...notes, warningAt(formatPath(CONFIG_FILE), { place, received, wanted: "they have no effect" })];
}
