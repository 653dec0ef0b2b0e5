import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { ConfigError } from "./config-error.ts";
import type { DocumentNode } from "./document-node.ts";
import { formatPath, type Issue, issueAt, type Path, type Place } from "./issue.ts";
import { printable } from "./printable.ts";

const MAX_CHARACTERS = 1_000_000;
const MAX_NODES = 50_000;
const MAX_DEPTH = 32;
const MAX_ISSUES = 20;

/** Reads YAML 1.2 text, anchors included; `wanted` says what the file is.
 *  @throws ConfigError when it isn't YAML, is empty, or has a key twice. */
export function readYaml(text: string, fileName: string, wanted = "a pipeline"): DocumentNode {
  if (text.length > MAX_CHARACTERS) {
    refuse(fileName, undefined, `${text.length} characters`, `a file of at most ${MAX_CHARACTERS}`);
  }
  const lines = new LineCounter();
  const document = parsed(text, fileName, lines);
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new ConfigError(
      faults.slice(0, MAX_ISSUES).map((fault) =>
        issueAt(printable(fileName, 200), {
          place: { line: lines.linePos(fault.pos[0]).line, set: false },
          received: "text that isn't YAML",
          wanted: `YAML (${printable(fault.message, 200)})`,
        }),
      ),
    );
  }
  if (document.contents === null) refuse(fileName, undefined, "an empty file", wanted);
  const reader = new NodeReader(document, lines, fileName);
  const root = reader.node(document.contents, [], undefined);
  if (reader.issues.length > 0) throw new ConfigError(reader.issues.slice(0, MAX_ISSUES));
  return root;
}

function refuse(path: string, line: number | undefined, received: string, wanted: string): never {
  throw new ConfigError([issueAt(printable(path, 200), { place: { line, set: false }, received, wanted })]);
}

function parsed(text: string, fileName: string, lineCounter: LineCounter): Document {
  try {
    // Keys written twice are found by NodeReader, which knows their path.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: "error" });
  } catch (error) {
    // The parser recurses: brackets nested by the thousand end in a RangeError.
    if (!(error instanceof RangeError)) throw error;
    return refuse(fileName, undefined, "text nested too deep", `at most ${MAX_DEPTH} levels`);
  }
}

class NodeReader {
  readonly issues: Issue[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #fileName: string;
  #nodes = 0;

  constructor(document: Document, lines: LineCounter, fileName: string) {
    this.#document = document;
    this.#lines = lines;
    this.#fileName = fileName;
  }

  /** `line` is that of the key, where there is one. */
  node(value: unknown, path: Path, line: number | undefined): DocumentNode {
    const place: Place = { line: line ?? this.#lineOf(value), set: false };
    if (++this.#nodes > MAX_NODES) refuse(this.#fileName, line, "too many values", `at most ${MAX_NODES}`);
    if (path.length > MAX_DEPTH)
      refuse(formatPath(path), line, "text nested too deep", `at most ${MAX_DEPTH} levels`);
    if (isAlias(value)) return this.node(value.resolve(this.#document), path, place.line);
    if (isMap(value)) return { kind: "map", place, entries: this.#entries(value, path) };
    if (isSeq(value)) {
      return {
        kind: "list",
        place,
        items: value.items.map((item, index) => this.node(item, [...path, index], undefined)),
      };
    }
    if (isScalar(value)) return scalarNode(value.value, value.source, place);
    return { kind: "scalar", place, type: "null", text: "" };
  }

  #entries(map: YAMLMap, path: Path): (readonly [string, DocumentNode])[] {
    const firstLines = new Map<string, number | undefined>();
    return map.items.flatMap(({ key, value }) => {
      const line = this.#lineOf(key);
      if (
        !isScalar(key) ||
        key.value === null ||
        typeof key.value === "object" ||
        String(key.source ?? key.value) === ""
      ) {
        const received = isScalar(key) ? "an empty key" : "a key that isn't a plain word";
        this.issues.push(
          issueAt(this.#name(path), { place: { line, set: false }, received, wanted: "a plain key" }),
        );
        return [];
      }
      const name = typeof key.value === "string" ? key.value : String(key.source ?? key.value);
      const here = [...path, name];
      if (firstLines.has(name)) {
        const received = `the key a second time, after line ${firstLines.get(name) ?? "?"}`;
        this.issues.push(
          issueAt(formatPath(here), { place: { line, set: false }, received, wanted: "it once" }),
        );
        return [];
      }
      firstLines.set(name, line);
      return [[name, this.node(value, here, line)] as const];
    });
  }

  #name(path: Path): string {
    return path.length === 0 ? printable(this.#fileName, 200) : formatPath(path);
  }

  #lineOf(value: unknown): number | undefined {
    const hasRange = isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);
    const start = hasRange ? value.range?.[0] : undefined;
    return start === undefined ? undefined : this.#lines.linePos(start).line;
  }
}

function scalarNode(value: unknown, source: string | undefined, place: Place): DocumentNode {
  if (value === null || value === undefined) return { kind: "scalar", place, type: "null", text: "" };
  if (typeof value === "number" || typeof value === "bigint") {
    return { kind: "scalar", place, type: "number", text: (source ?? String(value)).trim() };
  }
  if (typeof value === "boolean") return { kind: "scalar", place, type: "boolean", text: String(value) };
  return {
    kind: "scalar",
    place,
    type: "string",
    text: typeof value === "string" ? value.trim() : String(source),
  };
}
