import { Command, CommanderError, Option } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { quoted } from "../experiment/index.ts";
import { ConfigError, presetNames } from "../pipeline/index.ts";
import { type CalibrateArguments, calibrateEnvironment } from "./calibrate-command.ts";
import { type CheckArguments, checkPipelineFile } from "./check-command.ts";
import { type ClaimsArguments, judgeClaims } from "./claims/claims-command.ts";
import { type DefaultsArguments, printDefaults } from "./defaults-command.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { printExplanation } from "./explain-command.ts";
import { compareWithReference, type FidelityArguments } from "./fidelity-command.ts";
import { replayResults } from "./replay-command.ts";
import { type ReviewArguments, reviewPipelineFile } from "./review/review-command.ts";
import { type RunArguments, runPipelineFile } from "./run-command.ts";
import { type ChartArguments, drawCharts } from "./sweep/chart-command.ts";
import { type CompareArguments, compareResults } from "./sweep/compare-command.ts";
import { type QueryArguments, queryResults } from "./sweep/query-command.ts";
import type { ReplayArguments } from "./sweep/replay-sweep.ts";
import { type SweepArguments, sweepExperiments } from "./sweep/sweep-command.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { writeFidelityPage } from "./write-fidelity-page.ts";

/** Reads the arguments, does what they ask and says how it went. Never throws and never ends the process itself. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_CODES.fine;
  const program = describeCommands(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    return reportError(error, argv, terminal);
  }
}

function describeCommands(terminal: Terminal, done: (code: ExitCode) => void): Command {
  const program = new Command("sluice")
    .description(manifest.description)
    .version(manifest.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: terminal.print,
      writeErr: (text) => terminal.warn(text.trimEnd()),
      outputError: (text, write) => write(usageLine(text)),
    });

  program
    .command("run")
    .description("simulate a pipeline file and print what each of its readers sees")
    .argument(
      "<pipeline>",
      "pipeline file: YAML, or a TypeScript or JavaScript module that exports `pipeline`",
    )
    .option("--seed <number>", "seed of every random draw, a whole number", "1")
    .option(
      "--for <duration>",
      "simulated time (default: 30 checkpoint intervals, 2 min at least), for example 10 min",
    )
    .option(
      "--set <key=value>",
      "set a key of the pipeline file before it is read; may be repeated",
      (value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value],
    )
    .option(
      "--fault <words>",
      'let something fail, such as "kill taskmanager-1 at 30 s"; may be repeated',
      (value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value],
    )
    .option(
      "--each-guarantee",
      "run with sink.delivery-guarantee none, at-least-once and exactly-once",
      false,
    )
    .option(
      "--repetitions <count>",
      "runs, each with the next seed; from 2 on quantiles have confidence intervals",
      "1",
    )
    .option("--json", "print the result as JSON on standard output, and nothing else there")
    .option("--out <folder>", "where run.json, run.txt and timing.json go (default: output/<pipeline>)")
    .addOption(
      new Option("--spans <how>", "unit that moves; one-record is the slower reference")
        .choices(["curves", "one-record"])
        .default("curves"),
    )
    .addOption(
      new Option("--polls <how>", "how consumers poll; eager makes each poll an event, the slower reference")
        .choices(["lazy", "eager"])
        .default("lazy"),
    )
    .action(async (file: string, options: RunArguments) =>
      done(await runPipelineFile(file, options, terminal)),
    );

  program
    .command("review")
    .description("which delivery guarantee and which checkpoint interval: a design review of a pipeline file")
    .argument("<pipeline>", "pipeline file, as for run")
    .option("--seed <number>", "seed of the first repetition, a whole number", "1")
    .option("--for <duration>", "least simulated time of each run without a crash", "30 s")
    .option(
      "--set <key=value>",
      "set a key of the pipeline file before it is read; may be repeated",
      (value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value],
    )
    .option(
      "--guess <key=low..typical..high>",
      "vary a duration over a range, such as taskmanager.start=5 s..20 s..60 s; may be repeated",
      (value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value],
    )
    .option("--json", "print the review as JSON on standard output, and nothing else there")
    .option("--workers <number>", "worker threads (default: one a core)")
    .option("--again", "run it even if its results are there")
    .option("--out <folder>", "where review.html, review.json and review.txt go (default: output/<pipeline>)")
    .action(async (file: string, options: ReviewArguments) =>
      done(await reviewPipelineFile(file, options, terminal)),
    );

  program
    .command("check")
    .description("search for the faults that break what a pipeline promises, and shrink them to the fewest")
    .argument("<pipeline>", "pipeline file, as for run")
    .option("--runs <number>", "fault schedules to draw", "1000")
    .option("--for <duration>", "simulated time of each", "60 s")
    .option("--seed <number>", "what the schedules are drawn from, a whole number", "1")
    .option(
      "--set <key=value>",
      "set a key of the pipeline file before it is read; may be repeated",
      (value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value],
    )
    .action(async (file: string, options: CheckArguments) =>
      done(await checkPipelineFile(file, options, terminal)),
    );

  program
    .command("replay")
    .description("run again what results were made from, and say whether that gives the same")
    .argument("<file>", "run.json of sluice run, or the folder it is in, or that of a sweep's results")
    .option("--point <number>", "of a sweep: this point alone")
    .option("--repetition <number>", "of a sweep: this repetition alone")
    .action(async (file: string, options: ReplayArguments) =>
      done(await replayResults(file, options, terminal)),
    );

  program
    .command("sweep")
    .description(
      "run every point of an experiment on all cores, and go on where an interrupted sweep stopped",
    )
    .argument(
      "<experiment...>",
      "modules that export `experiment`, such as experiments/01-interval-for-slo.ts",
    )
    .option("--list", "list all points and run none")
    .option("--workers <number>", "worker threads (default: one a core)")
    .option("--again", "run it even if its results are there")
    .option("--out <folder>", "where the results go (default: output/<experiment>)")
    .option(
      "--pipeline <file>",
      "your pipeline in place of the experiment's (results: output/<experiment>-<pipeline>)",
    )
    .action(async (files: readonly string[], options: SweepArguments) =>
      done(await sweepExperiments(files, options, terminal)),
    );

  program
    .command("chart")
    .description("draw the charts of an experiment from the results of its sweep")
    .argument("<experiment...>", "modules that export `experiment`")
    .option(
      "--out <format>",
      "svg, png, html (one page) or json (Vega-Lite); may be repeated (default: svg)",
      (value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value],
    )
    .option("--from <folder>", "where the results are (default: output/<experiment>)")
    .action(async (files: readonly string[], { out = ["svg"], from }: Partial<ChartArguments>) =>
      done(await drawCharts(files, { out, ...(from === undefined ? {} : { from }) }, terminal)),
    );

  program
    .command("claims")
    .description("judge common advice by simulation, and write the page of the verdicts")
    .argument(
      "[claim...]",
      "numbers of claims (5), or modules that export `claim` (default: all that come with Sluice)",
    )
    .option("--workers <number>", "worker threads (default: one a core)")
    .option("--again", "simulate it even if the results are there")
    .option("--pipeline <file>", "your pipeline in place of the claims' own, if it has the names they use")
    .option(
      "--out <folder>",
      "where claims.md and its charts go (default: docs, or output/claims-<pipeline> with --pipeline)",
    )
    .option("--json", "print the verdicts as JSON on standard output, and nothing else there")
    .action(async (files: readonly string[], options: ClaimsArguments) =>
      done(await judgeClaims(files, options, terminal)),
    );

  program
    .command("query")
    .description(
      "answer SQL over results, histograms, checkpoints, timeline and series of the sweeps below output/",
    )
    .argument(
      "<sql>",
      'for example "select interval_ms, avg(latency_p99_ms) from results group by 1 order by 1"',
    )
    .option("--from <experiment>", "the results of one experiment alone: its file, name or folder")
    .option("--json", "print JSON on standard output, and nothing else there")
    .action(async (sql: string, options: QueryArguments) => done(await queryResults(sql, options, terminal)));

  program
    .command("compare")
    .description("compare two sweeps point by point, repetitions of the same seed paired")
    .argument("<a>", "experiment file, name or results folder")
    .argument("<b>", "the other")
    .option(
      "--metric <column>",
      "a metric of the results (default: those of the experiment); may be repeated",
      (value, earlier: readonly string[] | undefined) => [...(earlier ?? []), value],
    )
    .action(async (a: string, b: string, options: CompareArguments) =>
      done(await compareResults(a, b, options, terminal)),
    );

  program
    .command("defaults")
    .description("list every default with its unit and its source")
    .argument("[filter]", "only keys that contain this text")
    .option("--json", "print JSON on standard output, and nothing else there")
    .action((filter: string | undefined, options: DefaultsArguments) => {
      printDefaults(filter, options, terminal);
    });

  program
    .command("explain")
    .description("explain one key of a pipeline file: meaning, unit, default, source")
    .argument("<key>", "for example execution.checkpointing.interval")
    .action((key: string) => printExplanation(key, terminal));

  program
    .command("calibrate")
    .description("write an environment file from what Flink's REST API answered about a job of yours")
    .argument(
      "<files...>",
      "answers as JSON: /jobs/ID, …/checkpoints, …/details/N, …/subtasks/ID, …/metrics?get=…",
    )
    .option("--name <name>", "name of the environment", "measured")
    .addOption(
      new Option("--based-on <preset>", "preset for what the answers don't tell")
        .choices(presetNames())
        .default("kubernetes-s3"),
    )
    .option("--out <file>", "where it goes (default: standard output)")
    .action((files: readonly string[], options: CalibrateArguments) =>
      done(calibrateEnvironment(files, options, terminal)),
    );

  program
    .command("fidelity")
    .description("hold the simulator against measured runs of a real Kafka and a real Flink")
    .option("--cases <folder>", "folder of reference cases (default: those that come with Sluice)")
    .option("--seed <number>", "seed of every random draw, a whole number", "1")
    .option("--json", "print JSON on standard output, and nothing else there")
    .option("--page <file>", "write a page with charts, what is off and why, and what moves the outcome most")
    .action(async (options: FidelityArguments) =>
      done(
        options.page === undefined
          ? compareWithReference(options, terminal)
          : await writeFidelityPage(options, options.page, terminal),
      ),
    );

  return program;
}

function usageLine(text: string): string {
  const problem = text.replace(/^error: /, "").trim();
  return `Cannot read the command line: ${problem.replaceAll(/\s+/g, " ")}; see sluice --help`;
}

function reportError(error: unknown, argv: readonly string[], terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has already written its message, or the help that was asked for.
    return error.exitCode === 0 ? EXIT_CODES.fine : EXIT_CODES.badInput;
  }
  if (error instanceof UsageError) {
    for (const line of error.lines) terminal.warn(line);
    return EXIT_CODES.badInput;
  }
  if (error instanceof ConfigError) {
    for (const issue of error.issues) terminal.warn(issue.message);
    return EXIT_CODES.badInput;
  }
  terminal.warn(error instanceof Error ? (error.stack ?? error.message) : String(error));
  terminal.warn(
    `This is a bug in Sluice ${manifest.version}. Please report it with the lines above, the pipeline file and the command: ` +
      ["sluice", ...argv].map(quoted).join(" "),
  );
  return EXIT_CODES.bug;
}
