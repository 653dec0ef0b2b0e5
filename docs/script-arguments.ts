import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { Terminal } from "../src/cli/terminal.ts";

/** What `npm run laws`, `published` and `mutants` are given behind `--`; whatever can't be read is one line and exit code 2. */
export class ScriptArguments {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  read<const Options extends ParseArgsOptionsConfig>(options: Options) {
    try {
      return parseArgs({ options }).values;
    } catch (error) {
      return this.refuse(`Cannot read the command line: ${(error as Error).message}`);
    }
  }

  /** Of `all`, those that `--only` names, with commas between, in its order; without it all. */
  chosen<Item>(
    only: string | undefined,
    all: readonly Item[],
    nameOf: (item: Item) => string,
  ): readonly Item[] {
    if (only === undefined) return all;
    return only.split(",").map((typed) => {
      const name = typed.trim().toLowerCase();
      const item = all.find((one) => nameOf(one).toLowerCase() === name);
      if (item !== undefined) return item;
      const names = all.map(nameOf).join(", ");
      return this.refuse(`Cannot run --only: got "${typed}", wanted some of ${names}, with commas between`);
    });
  }

  /** `--effort`, a share of the observations; 1 without it. */
  effort(typed: string | undefined): number {
    const effort = Number(typed ?? 1);
    if (effort > 0 && effort <= 1) return effort;
    return this.refuse(`Cannot run --effort: got "${typed}", wanted a share above 0 and up to 1`);
  }

  refuse(line: string): never {
    this.#terminal.warn(line);
    return process.exit(2);
  }
}
