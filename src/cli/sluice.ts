import { runCommandLine } from "./command-line.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { fileProblem } from "./file-problem.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal();

// A reader that has seen enough (`sluice defaults | head`) closes the pipe: that is no error of anybody's.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  terminal.warn(`Cannot write to standard output: ${fileProblem(error) ?? error.message}`);
  process.exit(EXIT_CODES.badInput);
});

process.exitCode = await runCommandLine(process.argv.slice(2), terminal);
