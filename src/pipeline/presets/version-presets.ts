import { flink120 } from "./flink-1.20.ts";
import { flink21 } from "./flink-2.1.ts";
import { flink22 } from "./flink-2.2.ts";
import type { VersionPreset } from "./version-preset.ts";

/** Triples of releases by name, the default first. */
export const VERSION_PRESETS: readonly [VersionPreset, ...VersionPreset[]] = [flink21, flink22, flink120];

/** The triple of that name. */
export function versionPreset(name: string): VersionPreset | undefined {
  return VERSION_PRESETS.find((preset) => preset.name === name);
}
