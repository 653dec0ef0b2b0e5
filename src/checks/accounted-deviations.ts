import type { CheckedPipeline } from "./checked-pipeline.ts";
import type { Cause } from "./excuses.ts";

/** Causes that are told of with the number of records they cost: a loss or a repeat that nothing else excuses may be no larger. */
const ACCOUNTED: ReadonlySet<Cause> = new Set([
  "unclean election",
  "leader lost",
  "delivery timeout",
  "retries exhausted",
  "sent again",
]);

/** The causes that permit any number of records. */
export function unaccounted(causes: ReadonlySet<Cause>): ReadonlySet<Cause> {
  return new Set([...causes].filter((cause) => !ACCOUNTED.has(cause)));
}

/** How many records the brokers' failures have cost each topic, and with it the readers behind it: what a leader had appended
 *  and its successor didn't have, what a producer gave up, what came into a log a second time. */
export class AccountedDeviations {
  readonly #pipeline: CheckedPipeline;
  readonly #records: Readonly<Record<"losses" | "repeats", Map<string, number>>> = {
    losses: new Map(),
    repeats: new Map(),
  };

  constructor(pipeline: CheckedPipeline) {
    this.#pipeline = pipeline;
  }

  add(deviation: "losses" | "repeats", topic: string, records: number): void {
    const ofTopic = this.#records[deviation];
    ofTopic.set(topic, (ofTopic.get(topic) ?? 0) + records);
  }

  /** Most records of `topic` that a reader of it may miss, or have again, for that: its own, and those that jobs make of what
   *  they read. `passed`: topics on the way here. */
  most(deviation: "losses" | "repeats", topic: string, passed: readonly string[] = []): number {
    if (passed.includes(topic)) return 0;
    let most = this.#records[deviation].get(topic) ?? 0;
    for (const { source, sinks } of this.#pipeline.jobs) {
      for (const sink of sinks) {
        if (sink.topic !== topic) continue;
        const above = this.most(deviation, source.topic, [...passed, topic]);
        if (above > 0) most += sink.copies * above;
      }
    }
    return most;
  }
}
