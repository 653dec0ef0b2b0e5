import { read, type ValueType, wanted } from "./value-type.ts";

/** Compares dotted release numbers, so 4.10 is after 4.9; negative: `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = Number(left[index] ?? 0) - Number(right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const RELEASE = /^(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)(?:-\d{1,3}\.\d{1,3})?$/;

/** A release such as `2.1.1`; a connector's `-2.0` for the Flink it was built with is dropped. */
export function version(
  what: string,
  example: string,
  supported: (release: string) => boolean,
): ValueType<string, string | number> {
  return {
    name: "version",
    unit: "release",
    wanted: what,
    examples: [example],
    jsonTypes: ["string", "number"],
    read(input) {
      const release = RELEASE.exec(input)?.[1];
      return release !== undefined && supported(release) ? read(release) : wanted(what);
    },
  };
}
