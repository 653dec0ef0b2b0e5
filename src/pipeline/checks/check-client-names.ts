import { isReservedLinkEnd } from "../values/fault.ts";
import type { CheckContext } from "./check-context.ts";

/** Faults call readers and producers by their names: each name stands for one of them, and for nothing else. */
export function checkClientNames(context: CheckContext): void {
  const { producers, readers } = context.pipeline;
  for (const [section, clients] of [
    ["producers", producers],
    ["readers", readers],
  ] as const) {
    for (const { name } of clients) {
      if (!isReservedLinkEnd(name)) continue;
      context.report({
        path: [section, name],
        wanted: `another name: in faults "${name}" stands for something else`,
      });
    }
  }
  for (const { name } of readers) {
    if (!producers.some((producer) => producer.name === name)) continue;
    context.report({
      path: ["readers", name],
      because: [["producers", name]],
      wanted: "a name that no producer has: faults call both by theirs",
    });
  }
}
