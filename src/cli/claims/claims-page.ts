import type { Claim, Judgement } from "../../experiment/index.ts";

/** A claim with its verdict, as the page and `--json` have it. */
export interface JudgedClaim extends Judgement {
  readonly number: Claim["number"];
  readonly advice: string;
  /** The claim's file, from the working directory. */
  readonly file: string;
  /** SVG files beside the page. */
  readonly charts: readonly string[];
  readonly onYours: readonly string[];
}

export const PAGE_MARK = "<!-- Written by `sluice claims`; what is changed by hand is lost. -->";

/** The page that people pass on, as Markdown: all verdicts in a table, then each claim with its chart. Ends with a newline.
 *  @param root path from the page's folder to the one the claims' files are named from.
 *  @param pipeline what they were judged on, where it isn't their own. */
export function renderClaimsPage(claims: readonly JudgedClaim[], root: string, pipeline?: string): string {
  const count = (verdict: Judgement["verdict"]): number =>
    claims.filter((claim) => claim.verdict === verdict).length;
  return [
    PAGE_MARK,
    "",
    "# Common advice about exactly-once, judged by simulation",
    "",
    `${claims.length} pieces of advice on delivery guarantees and checkpoints in Kafka–Flink pipelines. Each is simulated, and its`,
    `verdict computed from the outcome: ${count("true")} true, ${count("false")} false, ${count("depends")} that depend on a setting.`,
    ...(pipeline === undefined
      ? [
          "`npm run claims` simulates them anew and writes this page. The figures are those of the pipeline that each experiment names,",
          "in an environment with plausible round trips and an object store; the commands at the end of each show yours, and",
          "`npx sluice claims --pipeline mine.yaml` judges all on a pipeline that has the names they use.",
        ]
      : [`The figures are those of \`${pipeline}\`.`]),
    "",
    "| | advice | verdict | why |",
    "|---|---|---|---|",
    ...claims.map(
      (claim) =>
        `| [${claim.number}](#${anchorOf(claim)}) | ${cell(claim.advice)} | **${verdictText(claim)}** | ${cell(claim.why)} |`,
    ),
    "",
    ...claims.flatMap((claim) => sectionOf(claim, root)),
  ].join("\n");
}

/** `depends (half true)`. */
export function verdictText({ verdict, shade }: Pick<Judgement, "verdict" | "shade">): string {
  return shade === undefined ? verdict : `${verdict} (${shade})`;
}

function sectionOf(claim: JudgedClaim, root: string): string[] {
  const { table } = claim;
  return [
    `<a id="${anchorOf(claim)}"></a>`,
    "",
    `## (${claim.number}) ${claim.advice}`,
    "",
    `**${sentence(verdictText(claim))}** ${sentence(claim.why)}`,
    "",
    ...claim.charts.flatMap((chart) => [`![${cell(claim.why)}](${chart})`, ""]),
    ...(table === undefined
      ? []
      : [row(table.head), row(table.head.map(() => "---")), ...table.rows.map((cells) => row(cells)), ""]),
    `Comes out otherwise: ${sentence(claim.flips, false)}`,
    "",
    `Judged by [\`${claim.file}\`](${root}${claim.file}). On your own pipeline:`,
    "",
    "```sh",
    ...claim.onYours,
    "```",
    "",
  ];
}

function anchorOf({ number }: Pick<JudgedClaim, "number">): string {
  return `claim-${number}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(" | ")} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function sentence(text: string, capital = true): string {
  return `${capital ? text[0]!.toUpperCase() : text[0]!}${text.slice(1)}.`;
}
