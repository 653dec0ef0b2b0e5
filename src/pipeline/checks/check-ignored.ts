import { hitsBrokers } from "../../faults/index.ts";
import type { Path } from "../issue.ts";
import type { CheckContext } from "./check-context.ts";

type Section = "producers" | "readers" | "source" | "sink";

/** Keys that some model reads, but not in this section, and what it does instead. Whoever models one removes its line. */
export const IGNORED_HERE: readonly (readonly [section: Section, key: string, instead: string])[] = [
  ["producers", "batch.size", "the load's batches are one mean delay"],
  ["producers", "max.request.size", "the load's batches are one mean delay"],
  ["producers", "buffer.memory", "it fills where brokers fail, and no fault of the file hits them"],
  ["producers", "max.block.ms", "what send refuses then, the load hands over again"],
  ["sink", "properties.buffer.memory", "it fills where brokers fail, and no fault of the file hits them"],
  [
    "sink",
    "properties.max.request.size",
    "requests are filled where brokers fail, and no fault of the file hits them",
  ],
  ["readers", "max.poll.records", "a reader takes what a fetch brought at once"],
];

/** What of it is read after all where brokers fail: a backlog goes out in batches, which take memory. */
const READ_WHEN_BROKERS_FAIL: readonly string[] = [
  "batch.size",
  "buffer.memory",
  "properties.buffer.memory",
  "properties.max.request.size",
];

/** Notes on what is set where no model reads it. */
export function checkIgnored(context: CheckContext): void {
  const { producers, readers, jobs, faults } = context.pipeline;
  const brokersFail = faults.some(({ action }) => hitsBrokers(action));
  const places: Readonly<Record<Section, readonly Path[]>> = {
    producers: producers.map(({ name }) => ["producers", name]),
    readers: readers.map(({ name }) => ["readers", name]),
    source: jobs.map(({ name }) => ["jobs", name, "source"]),
    sink: jobs.flatMap(({ name, sinks }) => sinks.map((_, i) => ["jobs", name, "sinks", i])),
  };
  for (const [section, key, instead] of IGNORED_HERE) {
    if (brokersFail && READ_WHEN_BROKERS_FAIL.includes(key)) continue;
    for (const place of places[section]) {
      const path = [...place, key];
      if (!context.isWritten(path)) continue;
      context.warn({
        path,
        wanted: `Sluice knows ${key} but does not model it here yet, so it has no effect: ${instead}`,
      });
    }
  }
}
