import { type DocumentNode, describeNode, NOWHERE } from "./document-node.ts";
import type { Path, Place } from "./issue.ts";

/** The node at a path, or undefined. */
export function nodeAt(root: DocumentNode, path: Path): DocumentNode | undefined {
  let node: DocumentNode | undefined = root;
  for (const step of path) node = node === undefined ? undefined : child(node, step);
  return node;
}

function child(node: DocumentNode, step: string | number): DocumentNode | undefined {
  if (node.kind === "map") return node.entries.find(([key]) => key === step)?.[1];
  return node.kind === "list" && typeof step === "number" ? node.items[step] : undefined;
}

/** Where the node at a path was written, or else the last thing on the way to it. */
export function placeOf(root: DocumentNode, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const place = nodeAt(root, path.slice(0, length))?.place;
    if (place !== undefined) return place;
  }
  return NOWHERE;
}

/** What was read at a path, for messages. */
export function receivedAt(root: DocumentNode, path: Path): string {
  return describeNode(nodeAt(root, path));
}

/** The same document with another node at a path; maps on the way are made where they are missing. */
export function withNodeAt(root: DocumentNode, path: Path, node: DocumentNode): DocumentNode {
  const [step, ...rest] = path;
  if (step === undefined) return node;
  if (root.kind === "list" && typeof step === "number") {
    return {
      ...root,
      items: root.items.map((item, index) => (index === step ? withNodeAt(item, rest, node) : item)),
    };
  }
  const empty: DocumentNode = { kind: "map", place: node.place, entries: [] };
  const map = root.kind === "map" ? root : empty;
  const key = String(step);
  const below = withNodeAt(child(map, key) ?? empty, rest, node);
  const others = map.entries.filter(([name]) => name !== key);
  const isNew = others.length === map.entries.length;
  const entries = isNew
    ? [...map.entries, [key, below] as const]
    : map.entries.map((entry) => (entry[0] === key ? ([key, below] as const) : entry));
  return { ...map, entries };
}
