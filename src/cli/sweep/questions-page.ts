import type { Experiment } from "../../experiment/index.ts";

/** A question with its answer, as the page has it. */
export interface AnsweredQuestion {
  readonly question: string;
  /** The experiment's file, from the page's folder. */
  readonly file: string;
  readonly charts: readonly {
    /** What its title says. */
    readonly finding: string;
    /** SVG, from the page's folder. */
    readonly picture: string;
  }[];
  readonly names: readonly string[];
}

const PAGE_MARK = "<!-- Written by `npm run questions`; what is changed by hand is lost. -->";

/** The page of questions and answers, as Markdown. Ends with a newline. */
export function renderQuestionsPage(questions: readonly AnsweredQuestion[]): string {
  return [
    PAGE_MARK,
    "",
    "# What a design review asks, answered by simulation",
    "",
    "Each answer is computed from the results that its chart shows: the title of the chart, word by word. The figures are those of",
    "the pipeline that the experiment names, in an environment with plausible round trips and an object store. `npm run experiments`",
    "sweeps and draws all of them, `npm run questions` writes this page from what it left.",
    "",
    "With `--pipeline` an experiment asks the same of yours. Where it names a job, an operator, a producer or a reader that yours calls",
    "otherwise, copy the file and change the names: it is short.",
    "",
    "One question that reviews ask has no answer here: what `commit.interval.ms` does to Kafka Streams under exactly-once. Sluice models",
    "Flink's checkpoints and its Kafka connector; Streams commits per thread and task, with changelog topics, which is another engine.",
    "",
    ...questions.map(
      ({ question, charts }, i) => `${i + 1}. [${question}](#q${i + 1}) ${charts[0]!.finding}.`,
    ),
    "",
    ...questions.flatMap((one, i) => sectionOf(one, i + 1)),
  ].join("\n");
}

function sectionOf({ question, file, charts, names }: AnsweredQuestion, number: number): string[] {
  const sweep = file.replace(/^(\.\.\/)+/, "");
  return [
    `<a id="q${number}"></a>`,
    "",
    `## ${question}`,
    "",
    ...charts.flatMap(({ finding, picture }) => [`${finding}.`, "", `![${finding}](${picture})`, ""]),
    `[\`${sweep}\`](${file})${names.length === 0 ? "" : ` names ${names.map((name) => `\`${name}\``).join(", ")}`}. On your own pipeline:`,
    "",
    "```sh",
    `npx sluice sweep ${sweep} --pipeline mine.yaml`,
    "```",
    "",
  ];
}

/** What of a pipeline's own names an experiment sets, lets fail or looks at, such as `jobs.enrich.operators.join` and `readers.billing`.
 *  @param source the experiment's file, whose charts name readers. @param readers those of its pipeline. */
export function namesOf(
  { set, factors }: Pick<Experiment, "set" | "factors">,
  source: string,
  readers: readonly string[],
): string[] {
  const settings = Object.values(factors).flatMap((factor): (readonly [string, unknown])[] =>
    "values" in factor
      ? factor.values.map((value) => [factor.key, String(value)] as const)
      : Object.values(factor.levels).flatMap((level) => Object.entries(level)),
  );
  const names = [...Object.entries(set ?? {}), ...settings].flatMap(([key, value]) => {
    const owned = /^(jobs\.[^.]+\.operators\.[^.]+|jobs\.[^.]+|producers\.[^.]+)\./.exec(key)?.[1];
    const hit = key.startsWith("faults.")
      ? /^(?:fail|kill|lose|freeze) (\S+)/.exec(String(value))?.[1]
      : undefined;
    return [owned, hit].filter((name) => name !== undefined);
  });
  const seen = readers.filter((reader) => source.includes(`"${reader}"`)).map((name) => `readers.${name}`);
  return [...new Set([...names, ...seen])];
}
