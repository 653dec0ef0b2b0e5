import { posix } from "node:path";
import {
  type ArrowFunctionExpression,
  type Function as FunctionNode,
  type PropertyKey,
  parseSync,
  Visitor,
  type VisitorObject,
} from "oxc-parser";

/** One file of `src/`: its path from the repository's root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface FolderRule {
  /** Folders it may import, through their `index.ts`. */
  readonly folders: readonly string[];
  /** Folders of which it may import types alone. */
  readonly types?: readonly string[];
  /** Packages it may import; tests are free to use others. */
  readonly packages?: readonly string[];
}

const MODELS = ["kafka", "flink", "connectors"];

/** The architecture: which folder of `src/` may import which. Nothing may import `verification`. */
export const IMPORT_TABLE: Readonly<Record<string, FolderRule>> = {
  engine: { folders: [], packages: ["seedrandom"] },
  records: { folders: ["engine"] },
  stats: { folders: [] },
  kafka: { folders: ["engine", "records"] },
  flink: { folders: ["engine", "records"] },
  connectors: { folders: ["engine", "records", "kafka", "flink"] },
  faults: { folders: ["engine"] },
  pipeline: {
    folders: ["engine", "records", "faults", ...MODELS],
    packages: ["yaml", "zod", "mathjs"],
  },
  metrics: { folders: ["engine", "records", "stats"], types: MODELS },
  checks: { folders: ["engine", "records"], types: MODELS },
  experiment: {
    folders: ["engine", "stats", "faults", "pipeline", "metrics", "checks"],
    packages: ["fast-check", "mathjs"],
  },
  charts: { folders: ["stats", "experiment"], packages: ["vega", "vega-lite", "@resvg/resvg-js"] },
  review: { folders: ["engine", "stats", "pipeline", "experiment", "charts"] },
  fidelity: { folders: ["stats", "pipeline", "metrics", "experiment"], packages: ["zod"] },
  interop: { folders: ["pipeline", "metrics", "experiment"], packages: ["zod"] },
  cli: {
    folders: [
      "engine",
      "records",
      "stats",
      ...MODELS,
      "faults",
      "pipeline",
      "metrics",
      "checks",
      "experiment",
      "charts",
      "review",
      "fidelity",
      "interop",
    ],
    packages: ["@duckdb/node-api", "cli-progress", "cli-table3", "commander", "picocolors", "piscina"],
  },
};

/** Files outside `cli/` that may touch Node, the wall clock or async: they load a package only when it is needed. */
const EDGE_FILES: readonly string[] = [
  "src/experiment/formula.ts",
  "src/experiment/schedule-search.ts",
  "src/charts/font-metrics.ts",
  "src/charts/render-chart.ts",
];

const BANNED_WORDS = new Set(["util", "utils", "helper", "helpers", "common", "manager", "misc"]);
const BANNED_GLOBALS = new Set([
  "Date",
  "globalThis",
  "Promise",
  "performance",
  "process",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

/** Every breach of the import table and of the naming and determinism rules, one line each, in the order of the files. */
export function findViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(checkFile);
}

function checkFile(file: SourceFile): string[] {
  const violations: string[] = [];
  const { program, module, errors } = parseSync(file.path, file.text);
  const report = (start: number, problem: string): void => {
    violations.push(`${file.path}:${file.text.slice(0, start).split("\n").length} ${problem}`);
  };
  for (const error of errors) report(error.labels[0]?.start ?? 0, `does not parse: ${error.message}`);

  checkName(file.path, (problem) => report(0, problem));
  const place = placeOf(file.path);
  if (place.folder !== "" && place.folder !== "verification" && !Object.hasOwn(IMPORT_TABLE, place.folder)) {
    report(0, `stands in src/${place.folder}/, which the import table does not name`);
    return violations;
  }

  const checkImport = (start: number, specifier: string, typesOnly: boolean): void => {
    const problem = importProblem(place, specifier, typesOnly);
    if (problem !== undefined) report(start, problem);
  };
  for (const declaration of module.staticImports) {
    const { entries } = declaration;
    const typesOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    checkImport(declaration.start, declaration.moduleRequest.value, typesOnly);
  }
  for (const declaration of module.staticExports) {
    for (const entry of declaration.entries) {
      if (entry.moduleRequest) checkImport(entry.start, entry.moduleRequest.value, entry.isType);
      if (entry.exportName.kind === "Default" || entry.exportName.name === "default")
        report(entry.start, "has a default export");
    }
  }
  new Visitor({
    TSImportType: (node) => checkImport(node.start, node.source.value, true),
    ImportExpression: (node) => {
      const specifier = node.source;
      if (specifier.type === "Literal" && typeof specifier.value === "string") {
        checkImport(node.start, specifier.value, false);
      } else if (!place.edge) report(node.start, "imports a module whose name is not written out");
    },
    TSEnumDeclaration: (node) => report(node.start, "declares an enum"),
  }).visit(program);

  if (!place.edge) {
    new Visitor(determinismVisitor(report)).visit(program);
    new Visitor(costVisitor(report)).visit(program);
  }
  return violations;
}

/** What would let the wall clock, chance or a hidden scheduler into a run. */
function determinismVisitor(report: (start: number, problem: string) => void): VisitorObject {
  // Names of properties and members are not the globals of the same name. A parent is visited before its children.
  const memberNames = new Set<unknown>();
  const noteKey = (node: { readonly key: PropertyKey; readonly computed?: boolean }): void => {
    if (node.computed !== true) memberNames.add(node.key);
  };
  const checkFunction = (node: FunctionNode | ArrowFunctionExpression): void => {
    if (node.async) report(node.start, "uses async");
    if (node.generator) report(node.start, "uses a generator");
  };
  return {
    Identifier: (node) => {
      if (BANNED_GLOBALS.has(node.name) && !memberNames.has(node)) report(node.start, `uses ${node.name}`);
    },
    MemberExpression: (node) => {
      if (node.computed) return;
      memberNames.add(node.property);
      const ofMath = node.object.type === "Identifier" && node.object.name === "Math";
      if (ofMath && node.property.name === "random") report(node.start, "uses Math.random");
    },
    Property: noteKey,
    MethodDefinition: noteKey,
    PropertyDefinition: noteKey,
    TSPropertySignature: noteKey,
    TSMethodSignature: noteKey,
    AwaitExpression: (node) => report(node.start, "uses await"),
    FunctionDeclaration: checkFunction,
    FunctionExpression: checkFunction,
    ArrowFunctionExpression: checkFunction,
  };
}

/** What costs more than it looks like (docs/performance.md): functions that V8 makes old at once, so that a world they reach lives
 *  until a full collection, and private getters, each a call into the runtime. */
function costVisitor(report: (start: number, problem: string) => void): VisitorObject {
  return {
    AssignmentExpression: ({ start, left, right }) => {
      const isFunction = right.type === "ArrowFunctionExpression" || right.type === "FunctionExpression";
      if (isFunction && left.type === "MemberExpression")
        report(start, "assigns a function to a property as it is written, wanted a constant in between");
    },
    ObjectExpression: ({ properties }) => {
      for (const one of properties)
        if (one.type === "Property" && one.kind !== "init")
          report(one.start, "makes a getter, wanted a method");
    },
    MethodDefinition: ({ start, kind, key }) => {
      if (kind === "get" && key.type === "PrivateIdentifier")
        report(start, "has a private getter, wanted a method");
    },
  };
}

interface Place {
  readonly path: string;
  /** Folder directly below `src/`; empty for a file of `src/` itself, the public entry. */
  readonly folder: string;
  readonly isTest: boolean;
  /** May use Node, the wall clock and async. */
  readonly edge: boolean;
}

function placeOf(path: string): Place {
  const parts = path.split("/");
  const folder = parts.length > 2 ? (parts[1] ?? "") : "";
  const isTest = folder === "verification" || /\.(test|properties|fixture)\.ts$/.test(path);
  return { path, folder, isTest, edge: isTest || folder === "cli" || EDGE_FILES.includes(path) };
}

function importProblem(place: Place, specifier: string, typesOnly: boolean): string | undefined {
  if (specifier.startsWith(".")) return folderProblem(place, specifier, typesOnly);
  if (specifier.startsWith("node:")) {
    return place.edge ? undefined : `imports ${specifier}, which only cli/ and tests may`;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const allowed = place.isTest || (IMPORT_TABLE[place.folder]?.packages ?? []).includes(name);
  return allowed ? undefined : `imports the package ${name}, which its folder may not`;
}

function folderProblem(place: Place, specifier: string, typesOnly: boolean): string | undefined {
  const target = posix.join(posix.dirname(place.path), specifier);
  if (!target.startsWith("src/")) {
    return place.edge ? undefined : `imports ${target}, which lies outside src/`;
  }
  const { folder } = placeOf(target);
  if (folder === place.folder) return undefined;
  if (folder === "verification") return "imports verification/, which nobody may";
  if (place.folder !== "verification" && place.folder !== "") {
    const rule = IMPORT_TABLE[place.folder];
    const asTypes = rule?.types?.includes(folder) ?? false;
    if (asTypes && !typesOnly) return `imports values of ${folder}/, of which it may import types alone`;
    if (!asTypes && !rule?.folders.includes(folder)) return `imports ${folder}/, which its folder may not`;
  }
  if (target !== `src/${folder}/index.ts`) return `imports ${target}, wanted src/${folder}/index.ts`;
  return undefined;
}

function checkName(path: string, report: (problem: string) => void): void {
  for (const part of path.split("/")) {
    const banned = part.split(/[.-]/).find((word) => BANNED_WORDS.has(word));
    if (banned !== undefined) report(`has "${banned}" in its name, which says nothing of what is inside`);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(part)) {
      report(`has the name "${part}", wanted kebab-case`);
    }
  }
}
