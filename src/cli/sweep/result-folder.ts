import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileProblem } from "../file-problem.ts";
import { makeFolder } from "../make-folder.ts";
import { UsageError } from "../usage-error.ts";
import { isJournal } from "./journal.ts";

/** Stands in every manifest, and tells a sweep's folder from others. */
export const MANIFEST_MARK = '"sluiceSweep": 1';
const JOURNAL = ".journal.jsonl";
const LOCK = ".lock";

const NAMES = [
  "checkpoints.parquet",
  "histograms.parquet",
  "manifest.json",
  "report.txt",
  "results.csv",
  "results.parquet",
  "timeline.parquet",
  "series.parquet",
  "timing.json",
];

/** The folder of one sweep, held until it is released: no other process sweeps into it meanwhile. */
export class ResultFolder {
  readonly path: string;

  /** Makes the folder and holds it.
   *  @throws UsageError when it can't be made, holds files of these names that Sluice has not written, or is held by another. */
  constructor(path: string) {
    this.path = path;
    attempt(path, () => makeFolder(path));
    const isOurs = this.#manifest()?.includes(MANIFEST_MARK) || isJournal(this.journal);
    const foreign = isOurs ? [] : NAMES.map((name) => join(path, name)).filter((file) => existsSync(file));
    if (foreign.length > 0) {
      throw new UsageError(
        foreign.map(
          (file) => `Cannot write ${file}: a file that Sluice has not written is there, wanted another --out`,
        ),
      );
    }
    this.#lock();
  }

  get journal(): string {
    return join(this.path, JOURNAL);
  }

  /** Whether it holds the results of a finished sweep of this digest. */
  holds(digest: string): boolean {
    const manifest = this.#manifest();
    return (
      manifest?.includes(MANIFEST_MARK) === true &&
      manifest.includes(`"digest": "${digest}"`) &&
      NAMES.every((name) => existsSync(join(this.path, name)))
    );
  }

  /** Writes texts under other names; they take their places with `move`. */
  prepare(texts: Readonly<Record<string, string>>): (readonly [temporary: string, name: string])[] {
    return Object.entries(texts).map(([name, text]) => {
      const temporary = join(this.path, `.${name}.tmp`);
      attempt(temporary, () => writeFileSync(temporary, text));
      return [temporary, name] as const;
    });
  }

  /** Moves files into their places. The old manifest goes first and the new one comes last, so half a set of results is never
   *  taken for a whole. */
  move(files: readonly (readonly [temporary: string, name: string])[]): void {
    rmSync(join(this.path, "manifest.json"), { force: true });
    const inOrder = files.toSorted(
      ([, a], [, b]) => Number(a === "manifest.json") - Number(b === "manifest.json"),
    );
    for (const [temporary, name] of inOrder) {
      attempt(name, () => renameSync(temporary, join(this.path, name)));
    }
  }

  release(): void {
    rmSync(join(this.path, LOCK), { force: true });
  }

  #manifest(): string | undefined {
    const file = join(this.path, "manifest.json");
    return attempt(file, () => (existsSync(file) ? readFileSync(file, "utf8") : undefined));
  }

  #lock(): void {
    const file = join(this.path, LOCK);
    const holder = attempt(file, () => (existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined));
    if (holder !== undefined && holder !== process.pid && isAlive(holder)) {
      throw new UsageError([
        `Cannot write ${this.path}: process ${holder} is sweeping into it (${file} says so)`,
      ]);
    }
    attempt(file, () => writeFileSync(file, String(process.pid)));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function attempt<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    throw new UsageError([`Cannot write ${path}: ${problem}`]);
  }
}
