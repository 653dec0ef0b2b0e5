import type { Route } from "../records/index.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import type { DeliveryLedger, EndOfTopic, SeenOffsets } from "./delivery-ledger.ts";
import type { Deviation } from "./excuses.ts";
import type { Finding } from "./violations.ts";

/** Stretches of offsets that a sentence names. */
const MOST_NAMED = 4;

/** Why a deviation is permitted, and of how many records at most. */
export interface Permission {
  readonly since: string;
  readonly most: number;
  /** What it doesn't explain, of these; undefined: it explains all. */
  readonly beyondIt?: (offsets: readonly SeenOffsets[]) => readonly SeenOffsets[];
}

/** **ExactlyOnceOutput.** Once everything is drained, each reader has seen every record that was made for it, and each once:
 *  which offsets of which source partition were lost or seen more often is known exactly. What the delivery guarantee, the
 *  isolation level and the faults of the run permit is counted, not flagged; where what permits it is told of with a number of
 *  records (those that a leader had and its successor had not, those that a producer gave up or sent again), no more than these; and where a job's end permits it, nothing that the job had
 *  committed. */
export function exactlyOnceOutput(
  pipeline: CheckedPipeline,
  ledger: DeliveryLedger,
  routesOf: (topic: string) => readonly Route[],
  excuse: (deviation: Deviation, reader: number) => Permission | undefined,
  endOf?: EndOfTopic,
): Finding {
  const violations: string[] = [];
  const permitted: string[] = [];
  const tell = (reader: number, deviation: Deviation, records: number, sentence: string): void => {
    const permission = excuse(deviation, reader);
    if (permission === undefined) violations.push(sentence);
    else if (records <= permission.most) permitted.push(`${sentence}; ${permission.since}`);
    else violations.push(`${sentence}; brokers and producers account for ${permission.most} of them`);
  };
  pipeline.readers.forEach(({ name, topic, deduplicates }, reader) => {
    const routes = routesOf(topic);
    const losses = ledger.losses(reader, routes, (originPartition) => endOf?.(topic, originPartition));
    const lost = count(losses);
    if (lost > 0) {
      const made = lost + ledger.visible(reader);
      const sentence = `reader ${name} saw ${made - lost} of ${made} records; ${lost} lost: ${named(losses, pipeline)}`;
      tell(reader, "losses", lost, sentence);
      const committed = excuse("losses", reader)?.beyondIt?.(losses) ?? [];
      if (committed.length > 0)
        violations.push(
          `reader ${name} lost what was committed before its job ended: ${named(committed, pipeline)}`,
        );
    }
    const repeats = ledger.duplicated(reader);
    if (repeats === 0 || deduplicates) return;
    const offsets = named(ledger.duplicates(reader, routes), pipeline);
    tell(reader, "repeats", repeats, `reader ${name} saw ${repeats} records again: ${offsets}`);
  });
  return { name: "ExactlyOnceOutput", violations, permitted };
}

function count(offsets: readonly SeenOffsets[]): number {
  return offsets.reduce((sum, { records }) => sum + records, 0);
}

function named(offsets: readonly SeenOffsets[], { origins }: CheckedPipeline): string {
  const words = offsets
    .slice(0, MOST_NAMED)
    .map(({ originPartition, route, first, last, records, times }) => {
      const { topic, partition } = origins[originPartition]!;
      const which = records === 1 ? `offset ${first}` : `${records} from offset ${first} to ${last}`;
      return `${topic}-${partition} (${route}) ${which}${times > 2 ? ` ${times} times` : ""}`;
    });
  const left = offsets.length - words.length;
  return `${words.join(", ")}${left > 0 ? `, and ${left} stretches more` : ""}`;
}
