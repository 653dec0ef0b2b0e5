import type { Place } from "./issue.ts";
import { printable } from "./printable.ts";

/** A pipeline file as written, with the line of everything: what YAML text and TypeScript modules have in common. */
export type DocumentNode = ScalarNode | MapNode | ListNode;

export interface ScalarNode {
  readonly kind: "scalar";
  readonly place: Place;
  readonly type: "string" | "number" | "boolean" | "null";
  /** as written, so that release 2.10 doesn't become 2.1. */
  readonly text: string;
}

export interface MapNode {
  readonly kind: "map";
  readonly place: Place;
  /** In the order of the file; a key written twice is there twice. */
  readonly entries: readonly (readonly [key: string, value: DocumentNode])[];
}

export interface ListNode {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly DocumentNode[];
}

export const NOWHERE: Place = { line: undefined, set: false };

/** What was read, for messages. */
export function describeNode(node: DocumentNode | undefined): string {
  switch (node?.kind) {
    case undefined:
      return "nothing";
    case "map":
      return node.entries.length === 0 ? "an empty map" : "a map";
    case "list":
      return node.items.length === 0 ? "an empty list" : `a list of ${node.items.length}`;
    case "scalar":
      if (node.type === "null") return "nothing";
      return node.type === "string" ? `"${printable(node.text)}"` : printable(node.text);
  }
}
