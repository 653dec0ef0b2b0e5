import { ConfigError } from "./config-error.ts";
import { type DocumentNode, NOWHERE } from "./document-node.ts";
import { formatPath, issueAt, type Path } from "./issue.ts";

const MAX_DEPTH = 32;

/** Reads what a TypeScript module hands in; a key whose value is undefined counts as not written.
 *  @throws ConfigError for what no file could hold: a function, a symbol, a circle. */
export function readValue(value: unknown, path: Path = []): DocumentNode {
  if (path.length > MAX_DEPTH) refuse(path, "values nested too deep", `at most ${MAX_DEPTH} levels`);
  const place = NOWHERE;
  switch (typeof value) {
    case "string":
      return { kind: "scalar", place, type: "string", text: value.trim() };
    case "number":
    case "bigint":
      return { kind: "scalar", place, type: "number", text: String(value) };
    case "boolean":
      return { kind: "scalar", place, type: "boolean", text: String(value) };
    case "undefined":
      return { kind: "scalar", place, type: "null", text: "" };
    case "object":
      break;
    default:
      return refuse(path, `a ${typeof value}`, "plain data");
  }
  if (value === null) return { kind: "scalar", place, type: "null", text: "" };
  if (Array.isArray(value)) {
    return {
      kind: "list",
      place,
      items: value.map((item: unknown, index) => readValue(item, [...path, index])),
    };
  }
  const entries = Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([key, child]) => [key, readValue(child, [...path, key])] as const);
  return { kind: "map", place, entries };
}

function refuse(path: Path, received: string, wanted: string): never {
  const name = path.length === 0 ? "the pipeline" : formatPath(path);
  throw new ConfigError([issueAt(name, { place: NOWHERE, received, wanted })]);
}
