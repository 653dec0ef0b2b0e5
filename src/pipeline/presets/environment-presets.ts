import { confluentCloud } from "./confluent-cloud.ts";
import type { EnvironmentPreset } from "./environment-preset.ts";
import { kubernetesS3 } from "./kubernetes-s3.ts";
import { laptop } from "./laptop.ts";

/** Environments by name. */
export const ENVIRONMENT_PRESETS: readonly [EnvironmentPreset, ...EnvironmentPreset[]] = [
  kubernetesS3,
  laptop,
  confluentCloud,
];

/** The preset of that name. */
export function environmentPreset(name: string): EnvironmentPreset | undefined {
  return ENVIRONMENT_PRESETS.find((preset) => preset.name === name);
}

/** A preset's figure for a key of `environment:`, as written, and where it comes from. */
export function environmentFigure(
  preset: string,
  key: string,
): { readonly value: string; readonly source: string } | undefined {
  const figure = environmentPreset(preset)?.figures[key];
  return figure === undefined ? undefined : { value: figure[0], source: figure[1] };
}

/** Names of all presets, the default first. */
export function presetNames(): string[] {
  return ENVIRONMENT_PRESETS.map(({ name }) => name);
}
