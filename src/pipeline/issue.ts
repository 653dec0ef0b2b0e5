import { printable } from "./printable.ts";

/** One thing in a pipeline file that can't be used, or (as a warning) that is used otherwise than written. */
export interface Issue {
  /** Dotted, as `--set` takes it: `jobs.enrich.config.execution.checkpointing.interval`. */
  readonly path: string;
  /** Line in the file, from 1; undefined: not written there. */
  readonly line: number | undefined;
  /** What was read, as it was written. */
  readonly received: string;
  /** What may stand there. */
  readonly wanted: string;
  /** The nearest thing that exists. */
  readonly suggestion: string | undefined;
  /** All of it on one line. */
  readonly message: string;
}

/** Where something was written. */
export interface Place {
  readonly line: number | undefined;
  /** true: by `--set`. */
  readonly set: boolean;
  /** A file that the pipeline file names; undefined: the pipeline file. */
  readonly file?: string;
}

/** What an issue says. */
export interface Finding {
  readonly place: Place;
  readonly received: string;
  readonly wanted: string;
  readonly suggestion?: string | undefined;
}

/** Where a fault of the command line stands: its number, from 1, follows. */
export const FAULT_OPTION = "faults.command-line-";

/** The keys from the root; numbers are places in a list. */
export type Path = readonly (string | number)[];

/** `jobs.enrich.sinks[0].topic`. */
export function formatPath(path: Path): string {
  const joined = path.map((step, index) => {
    if (typeof step === "number") return `[${step}]`;
    return `${index === 0 ? "" : "."}${step === "" ? '""' : step}`;
  });
  return printable(joined.join(""), 200);
}

function at(path: string, { line, set, file }: Place): string {
  if (set) return `${path} (${path.startsWith(FAULT_OPTION) ? "--fault" : "--set"})`;
  if (file !== undefined) return `${path} (${file}${line === undefined ? "" : ` line ${line}`})`;
  return line === undefined ? path : `${path} (line ${line})`;
}

/** An issue in the words every one has: `Cannot read <path> (line <n>): got <what>, wanted <what>`. */
export function issueAt(path: string, { place, received, wanted, suggestion }: Finding): Issue {
  const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
  const message = `Cannot read ${at(path, place)}: got ${received}, wanted ${wanted}${hint}`;
  return { path, line: place.line, received, wanted, suggestion, message };
}

/** A warning: `Ignored <path> (line <n>): got <what>, …`; the file is used all the same. */
export function warningAt(path: string, { place, received, wanted }: Finding): Issue {
  const message = `Note on ${at(path, place)}: got ${received}; ${wanted}`;
  return { path, line: place.line, received, wanted, suggestion: undefined, message };
}
