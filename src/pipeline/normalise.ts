import type { z } from "zod";
import type { DocumentNode, MapNode } from "./document-node.ts";
import { formatPath, type Issue, issueAt, type Path, warningAt } from "./issue.ts";
import { nearest } from "./nearest.ts";
import { currentKeys, describeStatus, REPLACED_NAMES, replacedName } from "./replaced-names.ts";
import { optionOf } from "./schema.ts";
import { isContainer, kindOf, titleOf } from "./schema-walk.ts";
import { isName, NAME_WANTED } from "./values/word.ts";

/** What an issue says of a key that nothing is known of. */
export const UNKNOWN_KEY = "an unknown key";

/** A document whose maps hold the schema's keys only, each once. */
export interface Normalised {
  readonly root: DocumentNode;
  readonly issues: readonly Issue[];
  readonly warnings: readonly Issue[];
  /** Paths that a misspelt key was meant for: what is missing there has been reported. */
  readonly meant: readonly Path[];
}

/** Joins nested keys with dots wherever the schema has the joined key, as Flink reads its files; renames what Flink
 *  still reads under an old name; reports every other key. */
export function normalise(root: DocumentNode, schema: z.core.$ZodType): Normalised {
  const normaliser = new Normaliser();
  return { root: normaliser.node(root, schema, []), ...normaliser };
}

class Normaliser {
  readonly issues: Issue[] = [];
  readonly warnings: Issue[] = [];
  readonly meant: Path[] = [];

  node(node: DocumentNode, schema: z.core.$ZodType, path: Path): DocumentNode {
    const kind = kindOf(schema);
    if (kind.type === "leaf")
      return node.kind === "map" && optionOf(schema)?.type.name === "fault" ? inWords(node) : node;
    if (kind.type === "array") {
      if (node.kind !== "list") return node;
      return {
        ...node,
        items: node.items.map((item, index) => this.node(item, kind.element, [...path, index])),
      };
    }
    if (node.kind === "scalar" && node.type === "null")
      return { kind: "map", place: node.place, entries: [] };
    if (node.kind !== "map") return node;
    return kind.type === "record"
      ? this.#named(node, kind.value, path)
      : this.#section(node, kind.shape, schema, path);
  }

  #named(node: MapNode, value: z.core.$ZodType, path: Path): MapNode {
    const names = new Set<string>();
    const entries = node.entries.filter(([name, { place }]) => {
      const [received, wanted] = isName(name)
        ? ["the name a second time", "it once"]
        : ["this name", NAME_WANTED];
      if (isName(name) && !names.has(name)) return names.add(name);
      this.issues.push(issueAt(formatPath([...path, name]), { place, received, wanted }));
      return false;
    });
    return {
      ...node,
      entries: entries.map(([name, child]) => [name, this.node(child, value, [...path, name])] as const),
    };
  }

  #section(node: MapNode, shape: Shape, schema: z.core.$ZodType, path: Path): MapNode {
    const found = new Map<string, DocumentNode>();
    const old: [key: string, node: DocumentNode][] = [];
    this.#collect(node, "", { shape, schema, path, found, old });
    for (const [key, child] of old) this.#rename(key, child, { shape, schema, path, found, old });
    const entries = [...found].map(([key, child]) => {
      const below = shape[key];
      return [key, below === undefined ? child : this.node(child, below, [...path, key])] as const;
    });
    return { ...node, entries };
  }

  #collect(node: MapNode, prefix: string, section: Section): void {
    for (const [last, child] of node.entries) {
      const key = prefix + last;
      if (Object.hasOwn(section.shape, key)) this.#place(key, child, section);
      else if (child.kind === "map" && child.entries.length > 0 && leadsOn(key, section)) {
        this.#collect(child, `${key}.`, section);
      } else this.#other(key, child, section);
    }
  }

  #place(key: string, child: DocumentNode, section: Section): void {
    const { found, shape, path } = section;
    const earlier = found.get(key);
    const below = shape[key];
    if (earlier === undefined) found.set(key, child);
    else if (earlier.kind === "map" && child.kind === "map" && below !== undefined && isContainer(below)) {
      found.set(key, { ...earlier, entries: [...earlier.entries, ...child.entries] });
    } else {
      const received = `the key a second time, after line ${earlier.place.line ?? "?"}`;
      this.issues.push(
        issueAt(formatPath([...path, key]), { place: child.place, received, wanted: "it once" }),
      );
    }
  }

  /** A key that the section doesn't have as it stands. */
  #other(key: string, child: DocumentNode, section: Section): void {
    const { shape, path } = section;
    const replaced = replacedName(key) ?? replacedName(formatPath([...path, key]));
    if (
      replaced?.status === "alias" &&
      currentKeys(replaced, key).some((current) => Object.hasOwn(shape, current))
    ) {
      section.old.push([key, child]);
      return;
    }
    const head = replaced === undefined ? containerOf(key, section) : undefined;
    if (head !== undefined) {
      const rest = key.slice(head.length + 1);
      this.#place(head, { kind: "map", place: child.place, entries: [[rest, child]] }, section);
      return;
    }
    this.issues.push(this.#unknown(key, child, section, replaced));
  }

  #unknown(
    key: string,
    child: DocumentNode,
    section: Section,
    replaced: ReturnType<typeof replacedName>,
  ): Issue {
    const { shape, schema, path } = section;
    const here = formatPath([...path, key]);
    if (replaced !== undefined) {
      return issueAt(here, {
        place: child.place,
        received: describeStatus(replaced),
        wanted: replaced.answer,
      });
    }
    const suggestion = nearest(key, Object.keys(shape));
    if (suggestion !== undefined) this.meant.push([...path, suggestion]);
    return issueAt(here, {
      place: child.place,
      received: UNKNOWN_KEY,
      wanted: titleOf(schema),
      suggestion,
    });
  }

  /** What Flink still reads under an old name: only where the current one isn't written. */
  #rename(key: string, child: DocumentNode, { shape, path, found }: Section): void {
    const replaced = replacedName(key);
    if (replaced === undefined) return;
    const place = child.place;
    for (const current of currentKeys(replaced, key).filter((name) => Object.hasOwn(shape, name))) {
      const overruled = found.has(current);
      if (!overruled) found.set(current, child);
      const note = `Flink reads it as ${current}${overruled ? ", which is written too and wins" : ""}`;
      this.warnings.push(
        warningAt(formatPath([...path, key]), { place, received: "an old name", wanted: note }),
      );
    }
  }
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

interface Section {
  readonly shape: Shape;
  readonly schema: z.core.$ZodType;
  readonly path: Path;
  readonly found: Map<string, DocumentNode>;
  readonly old: [key: string, node: DocumentNode][];
}

/** Whether something is known below a key that is no key itself, as `execution` in a nested Flink file. */
function leadsOn(key: string, { shape, path }: Section): boolean {
  const prefix = `${key}.`;
  const full = formatPath([...path, prefix]);
  return (
    Object.keys(shape).some((known) => known.startsWith(prefix)) ||
    REPLACED_NAMES.some(({ name }) => name.startsWith(prefix) || name.startsWith(full))
  );
}

/** The section in front of a dotted key, `kafka` of `kafka.brokers`. */
function containerOf(key: string, { shape }: Section): string | undefined {
  return Object.keys(shape).find((known) => {
    const below = shape[known];
    return key.startsWith(`${known}.`) && below !== undefined && kindOf(below).type === "object";
  });
}

/** `{ kill: taskmanager-1, at: 30 s }` as `kill taskmanager-1 at 30 s`. */
function inWords(node: MapNode): DocumentNode {
  const words: string[] = [];
  for (const [key, child] of node.entries) {
    if (child.kind !== "scalar") return node;
    words.push(key, child.text);
  }
  return { kind: "scalar", place: node.place, type: "string", text: words.join(" ") };
}
