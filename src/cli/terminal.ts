import picocolors from "picocolors";

/** Where the commands write, and what can be shown there. */
export interface Terminal {
  /** To standard output, as given. */
  readonly print: (text: string) => void;
  /** One line to standard error. */
  readonly warn: (line: string) => void;
  /** Characters a line of standard output holds; infinite when it is no terminal. */
  readonly columns: number;
  /** Whether standard error is a terminal, where a line can be drawn anew; default: no. */
  readonly live?: boolean;
  readonly colors: Colors;
}

export type Colors = Pick<ReturnType<typeof picocolors.createColors>, "bold" | "dim" | "green" | "red">;

/** For files and pipes. */
export const PLAIN: Colors = picocolors.createColors(false);

/** The terminal of this process. Colours only on a terminal, and never when `NO_COLOR` is set. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const noColor = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  const colorful = stdout.isTTY && !noColor && env["TERM"] !== "dumb";
  return {
    print: (text) => void stdout.write(text),
    warn: (line) => void stderr.write(`${line}\n`),
    columns: stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY,
    live: stderr.isTTY && env["TERM"] !== "dumb",
    colors: colorful ? picocolors.createColors(true) : PLAIN,
  };
}
