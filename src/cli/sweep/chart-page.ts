/** What stands on the page of one experiment. */
export interface ChartPage {
  readonly question: string;
  readonly experiment: string;
  /** The experiment's file. */
  readonly file: string;
  readonly pictures: readonly { readonly name: string; readonly title: string; readonly svg: string }[];
  /** The table of the results as text. */
  readonly report: string;
}

/** One page that opens offline: the charts, the table behind them, and how to get them again. */
export function renderChartPage({ question, experiment, file, pictures, report }: ChartPage): string {
  const figures = pictures.map(
    ({ title, svg }) => `<figure role="img" aria-label="${escaped(title)}">${svg}</figure>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(question)}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 "Source Sans 3", system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  figure { margin: 1.5rem 0; background: #fff; border-radius: 6px; overflow-x: auto; }
  svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
  pre { overflow-x: auto; font-size: 13px; line-height: 1.35; }
  @media print { pre { white-space: pre-wrap; } figure { break-inside: avoid; } }
</style>
<h1>${escaped(question)}</h1>
${figures.join("\n")}
<h2>The figures</h2>
<pre>${escaped(report)}</pre>
<h2>Again</h2>
<pre>npx sluice sweep ${escaped(file)}
npx sluice chart ${escaped(file)} --out html
npx sluice query "select * from results" --from ${escaped(experiment)}</pre>
</html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
