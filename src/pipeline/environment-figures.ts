import { type EnvironmentFigure, readEnvironmentFile } from "./environment-file.ts";
import { presetFigures } from "./presets/environment-presets.ts";

/** Every figure of the place that an environment file describes: its own, and its preset's where it has none.
 *  @throws ConfigError with everything that is wrong with the file. */
export function environmentFigures(text: string, path: string): Readonly<Record<string, EnvironmentFigure>> {
  const { basedOn, figures } = readEnvironmentFile(text, path);
  return { ...presetFigures(basedOn), ...figures };
}
