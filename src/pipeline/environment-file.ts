import { ConfigError } from "./config-error.ts";
import { type DocumentNode, describeNode, type MapNode } from "./document-node.ts";
import { formatPath, type Issue, issueAt, type Path } from "./issue.ts";
import { nearest } from "./nearest.ts";
import { environmentOptions, PRESETS } from "./options/environment-options.ts";
import type { Option } from "./options/option.ts";
import { readYaml } from "./read-yaml.ts";
import type { ScalarInput } from "./values/value-type.ts";

/** A description of one place, read from a file: what `environment: { file: … }` stands for. */
export interface EnvironmentFile {
  readonly name: string;
  /** Preset whose figures hold for the keys that the file doesn't have. */
  readonly basedOn: string;
  /** What is written for a key of `environment:`, and where the number comes from. */
  readonly figures: Readonly<Record<string, EnvironmentFigure>>;
}

export interface EnvironmentFigure {
  /** readable as the key's type. */
  readonly value: string;
  readonly source: string;
}

const FIGURES: Readonly<Record<string, Option<unknown, ScalarInput>>> = Object.fromEntries(
  Object.entries(environmentOptions).filter(([key]) => key !== "preset" && key !== "file"),
);
const ABOUT = ["name", "describes", "based-on", "observed", "not-derived"];

/** Reads an environment file: `based-on`, and under `figures` a value with its source for each key. A `spread`
 *  may stand beside them; `observed` (of the job that was measured) and `not-derived` are for people.
 *  @throws ConfigError with everything that is wrong, in the order of the file. */
export function readEnvironmentFile(text: string, path: string): EnvironmentFile {
  const reader = new EnvironmentFileReader(path);
  const result = reader.read(readYaml(text, path, "an environment"));
  if (reader.issues.length > 0) throw new ConfigError(reader.issues);
  return result;
}

class EnvironmentFileReader {
  readonly issues: Issue[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  read(root: DocumentNode): EnvironmentFile {
    const entries = this.#map([], root)?.entries ?? [];
    const about = (key: string): string | undefined => {
      const node = entries.find(([name]) => name === key)?.[1];
      return node?.kind === "scalar" && node.type !== "null" ? node.text : undefined;
    };
    for (const [key, node] of entries) {
      if (key !== "figures" && !ABOUT.includes(key)) this.#unknown([key], node, [...ABOUT, "figures"]);
    }
    const basedOn = about("based-on");
    if (basedOn === undefined || !PRESETS.includes(basedOn)) {
      const node = entries.find(([key]) => key === "based-on")?.[1];
      this.#refuse(["based-on"], node ?? root, describeNode(node), `one of ${PRESETS.join(", ")}`);
    }
    const figures = entries.find(([key]) => key === "figures")?.[1];
    if (figures === undefined)
      this.#refuse(["figures"], root, "nothing", "a map of values with their sources");
    return {
      name: about("name") ?? baseName(this.#path),
      basedOn: basedOn ?? "",
      figures: figures === undefined ? {} : this.#figures(figures),
    };
  }

  #figures(root: DocumentNode): Record<string, EnvironmentFigure> {
    const found: Record<string, EnvironmentFigure> = {};
    for (const [key, node] of this.#map(["figures"], root)?.entries ?? []) {
      const here: Path = ["figures", key];
      const option = FIGURES[key];
      if (option === undefined) this.#unknown(here, node, Object.keys(FIGURES));
      else {
        const figure = this.#figure(here, node, option);
        if (figure !== undefined) found[key] = figure;
      }
    }
    return found;
  }

  #figure(
    here: Path,
    node: DocumentNode,
    option: Option<unknown, ScalarInput>,
  ): EnvironmentFigure | undefined {
    const entries = this.#map(here, node)?.entries;
    if (entries === undefined) return undefined;
    const known = ["value", "source", "spread"];
    const texts = new Map<string, string>();
    for (const [key, child] of entries) {
      if (!known.includes(key)) this.#unknown([...here, key], child, known);
      else if (child.kind === "scalar") texts.set(key, child.text);
    }
    const value = texts.get("value");
    const source = texts.get("source");
    if (value === undefined || source === undefined || source === "") {
      this.#refuse(here, node, describeNode(node), "a map with a value and its source");
      return undefined;
    }
    const reading = option.type.read(value);
    if (!reading.ok) {
      this.#refuse([...here, "value"], node, `"${value}"`, reading.wanted);
      return undefined;
    }
    return { value, source };
  }

  #map(here: Path, node: DocumentNode): MapNode | undefined {
    if (node.kind === "map") return node;
    this.#refuse(here, node, describeNode(node), "a map");
    return undefined;
  }

  #unknown(here: Path, node: DocumentNode, known: readonly string[]): void {
    this.#refuse(
      here,
      node,
      "an unknown key",
      "a key of an environment file",
      nearest(String(here.at(-1)), known),
    );
  }

  #refuse(
    here: Path,
    { place }: DocumentNode,
    received: string,
    wanted: string,
    suggestion: string | undefined = undefined,
  ): void {
    const name = here.length === 0 ? this.#path : `${this.#path} ${formatPath(here)}`;
    this.issues.push(issueAt(name, { place, received, wanted, suggestion }));
  }
}

function baseName(path: string): string {
  const last = path.split(/[/\\]/).at(-1) ?? path;
  return last.replace(/\.ya?ml$/i, "");
}
