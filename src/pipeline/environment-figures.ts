import { invariant } from "../engine/index.ts";
import { type EnvironmentFigure, readEnvironmentFile } from "./environment-file.ts";
import { environmentPreset } from "./presets/environment-presets.ts";

/** Every figure of the place that an environment file describes: its own, and its preset's where it has none.
 *  @throws ConfigError with everything that is wrong with the file. */
export function environmentFigures(text: string, path: string): Readonly<Record<string, EnvironmentFigure>> {
  const { basedOn, figures } = readEnvironmentFile(text, path);
  const preset = environmentPreset(basedOn);
  invariant(preset !== undefined, "the file's reader has checked what it is based on");
  const known = Object.entries(preset.figures).map(
    ([key, [value, source]]) => [key, { value, source }] as const,
  );
  return { ...Object.fromEntries(known), ...figures };
}
