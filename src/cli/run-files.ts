import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileProblem } from "./file-problem.ts";
import { makeFolder } from "./make-folder.ts";
import { UsageError } from "./usage-error.ts";

/** The file by which a set of results is known as Sluice's, and what stands in it. */
export interface ResultMark {
  readonly file: string;
  readonly text: string;
}

export const RUN_MARK: ResultMark = { file: "run.json", text: '"outcomeFingerprint"' };

/** The texts of files, by name. */
export type RunFiles = Readonly<Record<string, string>>;

/** Makes the folder, before the run, so that no run is lost to a folder that cannot be written.
 *  @throws UsageError when it cannot be made, or holds files of these names that are not Sluice's. */
export function prepareFolder(folder: string, names: readonly string[], mark: ResultMark = RUN_MARK): void {
  attempt(folder, () => makeFolder(folder));
  const result = join(folder, mark.file);
  const isOurs = attempt(
    result,
    () => existsSync(result) && readFileSync(result, "utf8").includes(mark.text),
  );
  const foreign = isOurs ? [] : names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (foreign.length > 0) {
    throw new UsageError(
      foreign.map(
        (path) => `Cannot write ${path}: a file that Sluice has not written is there, wanted another --out`,
      ),
    );
  }
}

/** Writes all files or, as long as none is replaced, none: each is written beside its place and then moved there.
 *  @throws UsageError when one cannot be written. */
export function writeRunFiles(folder: string, files: RunFiles): void {
  const moves = Object.entries(files).map(([name, text]) => {
    return { text, path: join(folder, name), temporary: join(folder, `.${name}.${process.pid}.tmp`) };
  });
  try {
    for (const { path, temporary, text } of moves) attempt(path, () => writeFileSync(temporary, text));
    for (const { path, temporary } of moves) attempt(path, () => renameSync(temporary, path));
  } finally {
    for (const { temporary } of moves) rmSync(temporary, { force: true });
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
