import type { Calibration, DerivedFigure } from "./calibrate.ts";

/** What stands at the top of an environment file. */
export interface EnvironmentTitle {
  readonly name: string;
  /** Preset whose figures hold for what wasn't derived. */
  readonly basedOn: string;
}

/** An environment file: what was derived, with its source and spread; what belongs to the job that ran; what is missing. */
export function formatEnvironmentFile(
  { figures, observed, notDerived }: Calibration,
  title: EnvironmentTitle,
): string {
  const lines = [
    `name: ${JSON.stringify(title.name)}`,
    `based-on: ${title.basedOn} # holds for every key that isn't below`,
    ...section("figures", figures),
    "# Of the job that ran, not of the place: a pipeline file says these.",
    ...section("observed", observed),
    "# Why the rest is missing.",
    "not-derived:",
    ...Object.entries(notDerived).map(([key, why]) => `  ${quoted(key)}: ${JSON.stringify(why)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function section(name: string, figures: Readonly<Record<string, DerivedFigure>>): string[] {
  const entries = Object.entries(figures);
  if (entries.length === 0) return [`${name}: {}`];
  return [
    `${name}:`,
    ...entries.flatMap(([key, { value, source, spread }]) => [
      `  ${quoted(key)}:`,
      `    value: ${value}`,
      `    source: ${JSON.stringify(source)}`,
      `    spread: ${JSON.stringify(spread)}`,
    ]),
  ];
}

function quoted(key: string): string {
  return /^[a-z.-]+$/.test(key) ? key : JSON.stringify(key);
}
