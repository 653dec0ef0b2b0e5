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

/** A preset's figures by key of `environment:`, as written, and where each comes from. */
export function presetFigures(
  preset: string,
): Readonly<Record<string, { readonly value: string; readonly source: string }>> {
  const figures = Object.entries(environmentPreset(preset)?.figures ?? {});
  return Object.fromEntries(figures.map(([key, [value, source]]) => [key, { value, source }]));
}

/** Names of all presets, the default first. */
export function presetNames(): string[] {
  return ENVIRONMENT_PRESETS.map(({ name }) => name);
}
