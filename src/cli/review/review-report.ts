import {
  confidenceOf,
  type FirstScreen,
  findingsOf,
  firstScreen,
  guessSentences,
  type Review,
  type ScreenCell,
  verdictOf,
} from "../../review/index.ts";
import { type Column, renderPlainTable } from "../plain-table.ts";
import { type Colors, PLAIN } from "../terminal.ts";

/** The first screen as text: verdict, table, findings, and what they hang on. Nothing in it depends on the machine. Ends with a
 *  newline. @param columns characters a line holds. */
export function renderReviewReport(review: Review, columns: number, colors: Colors): string {
  const bullets = (sentences: readonly string[]): string[] =>
    sentences.flatMap((sentence) => folded(sentence, columns, "- ", "  "));
  const guesses = guessSentences(review);
  return [
    ...folded(verdictOf(review), columns, "", "").map((line) => colors.bold(line)),
    ...confidenceOf(review).flatMap((line) => folded(line, columns, "", "")),
    "",
    ...tableOf(firstScreen(review), columns, colors),
    "",
    ...bullets(findingsOf(review)),
    "",
    colors.bold("What is guessed"),
    ...bullets(
      guesses.length === 0 ? ["Nothing that the file leaves open changes what is said above."] : guesses,
    ),
    "",
    `pipeline ${review.pipeline}, seed ${review.seed}, ${review.repetitions} repetitions, 95 % intervals; counts after a crash are the largest seen`,
    "",
  ].join("\n");
}

interface Line {
  readonly label: string;
  readonly cells: readonly ScreenCell[] | undefined;
}

function tableOf(screen: FirstScreen, columns: number, colors: Colors): string[] {
  const lines: Line[] = screen.groups.flatMap(({ title, rows }) => [
    { label: title, cells: undefined },
    ...rows.map(({ label, cells }) => ({ label: `  ${label}`, cells })),
  ]);
  const wide = renderPlainTable(lines, wideColumns(screen), 2, PLAIN);
  if (Math.max(...wide.map((line) => line.length)) <= columns)
    return renderPlainTable(lines, wideColumns(screen), 2, colors);
  // The label goes on a line of its own.
  return renderPlainTable(
    lines.flatMap((line): Line[] =>
      line.cells === undefined
        ? [line]
        : [
            { label: line.label, cells: undefined },
            { ...line, label: "" },
          ],
    ),
    wideColumns(screen).map((column, i) => (i === 0 ? { ...column, cell: narrowLabel(columns) } : column)),
    1,
    colors,
  );
}

function wideColumns({ columns }: FirstScreen): Column<Line>[] {
  return [
    {
      header: "",
      align: "left",
      cell: ({ label, cells }, { bold }) => (cells === undefined ? bold(label) : label),
    },
    ...columns.map(
      (header, i): Column<Line> => ({
        header: header.replace(" with ", "\nwith ").replace(" = ", "\n= "),
        align: "right",
        cell: ({ cells }, colors) => (cells === undefined ? "" : cellText(cells[i]!, colors)),
      }),
    ),
  ];
}

function cellText({ text, kept }: ScreenCell, { green, red }: Colors): string {
  if (kept === undefined) return text;
  return kept ? green(`${text} ✓`) : red(`${text} ✗`);
}

function narrowLabel(columns: number): Column<Line>["cell"] {
  return ({ label, cells }, { bold }) => {
    const cut = label.length > columns ? `${label.slice(0, columns - 1)}…` : label;
    return cells === undefined && !label.startsWith(" ") ? bold(cut) : cut;
  };
}

/** Lines of at most `columns` characters, broken between words, but not between a number and its unit. */
function folded(text: string, columns: number, first: string, next: string): string[] {
  if (!Number.isFinite(columns)) return [first + text];
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(/(?<!\d) | (?!(?:ms|s|min|%)(?!\w))/)) {
    const isStart = line === first || line === next;
    if (!isStart && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = next + word;
    } else line += isStart ? word : ` ${word}`;
  }
  return [...lines, line];
}
