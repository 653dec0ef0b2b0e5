import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Builds C++ programs of `cpp/` into a folder.
 *  @returns the path of each, or null when there is no g++. @throws Error when a program doesn't compile. */
export function buildReferences(programs: Iterable<string>, folder: string): Map<string, string> | null {
  try {
    execFileSync("g++", ["--version"], { stdio: "ignore" });
  } catch {
    return null;
  }
  const built = new Map<string, string>();
  for (const program of programs) {
    const source = join(import.meta.dirname, "cpp", `${program}.cpp`);
    const target = join(folder, program);
    execFileSync("g++", ["-O2", "-std=c++17", "-o", target, source], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    built.set(program, target);
  }
  return built;
}
