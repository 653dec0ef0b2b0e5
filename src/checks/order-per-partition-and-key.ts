import type { CheckedPipeline } from "./checked-pipeline.ts";
import { seconds, Violations } from "./violations.ts";

/** More routes than a pipeline has. */
const ROUTES = 2 ** 24;

/** **OrderPerPartitionAndKey.** Records of one source partition that take one way through a job (those of one key do) are first
 *  seen in a partition of its topic in the order in which they were made. Asked of topics whose jobs read what producers write, or
 *  topics into which each way leads to one partition; Kafka promises nothing across the partitions that another job reads. */
export class OrderPerPartitionAndKey {
  readonly #pipeline: CheckedPipeline;
  readonly #found: Violations[];
  /** Per reader: records that came late. */
  readonly #late: Float64Array;
  readonly #isAsked: readonly boolean[];
  /** Per reader and topic partition: end of the ranks seen, at origin partition * ROUTES + route. */
  readonly #ends: Map<number, { end: number }>[][];

  constructor(pipeline: CheckedPipeline) {
    this.#pipeline = pipeline;
    this.#found = pipeline.readers.map(() => new Violations());
    this.#late = new Float64Array(pipeline.readers.length);
    this.#ends = pipeline.readers.map(() => []);
    this.#isAsked = pipeline.readers.map(({ topic }) => arrivesInOrder(topic, pipeline));
  }

  /** @param again how many of the records the reader had seen before, from whichever partition. */
  delivered(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    topicPartition: number,
    again: number,
  ): void {
    if (!this.#isAsked[reader]) return;
    const partitions = this.#ends[reader]!;
    while (partitions.length <= topicPartition) partitions.push(new Map());
    const ends = partitions[topicPartition]!;
    const key = originPartition * ROUTES + route;
    const seen = ends.get(key);
    const end = seen?.end ?? 0;
    if (seen === undefined) ends.set(key, { end: to });
    else if (to > end) seen.end = to;
    if (from >= end) return;
    const late = Math.min(to, end) - from - again;
    if (late > 0) this.#cameLate(reader, originPartition, from, to, first, topicPartition, late, end);
  }

  #cameLate(
    reader: number,
    originPartition: number,
    from: number,
    to: number,
    first: number,
    topicPartition: number,
    late: number,
    end: number,
  ): void {
    this.#late[reader]! += late;
    const { name, topic } = this.#pipeline.readers[reader]!;
    this.#found[reader]!.add(
      () =>
        `reader ${name} first got ${late} of ranks ${from} to ${to - 1} of origin partition ${originPartition} from ` +
        `${topic}-${topicPartition} at ${seconds(first)}, behind rank ${end - 1}`,
    );
  }

  /** @param excuse why a reader may see records out of order. */
  findings(excuse: (reader: number) => string | undefined): {
    readonly violations: readonly string[];
    readonly permitted: readonly string[];
  } {
    const violations: string[] = [];
    const permitted: string[] = [];
    this.#found.forEach(({ list }, reader) => {
      if (list.length === 0) return;
      const since = excuse(reader);
      if (since === undefined) violations.push(...list);
      else permitted.push(`${this.#late[reader]} records came late, the first: ${list[0]}; ${since}`);
    });
    return { violations, permitted };
  }
}

/** Whether records that take one way come to a topic in the order in which they were made.
 *  @param below topics that are looked at already. */
function arrivesInOrder(topic: string, pipeline: CheckedPipeline, below: readonly string[] = []): boolean {
  const { jobs } = pipeline;
  const writers = jobs.filter(({ sinks }) => sinks.some((sink) => sink.topic === topic));
  const isOrdered = ({ readsOrigins, source }: CheckedPipeline["jobs"][number]): boolean =>
    readsOrigins ||
    (!below.includes(source.topic) &&
      arrivesInOrder(source.topic, pipeline, [...below, topic]) &&
      jobs.every(({ sinks }) => sinks.every((sink) => sink.topic !== source.topic || sink.keepsWays)));
  return writers.length > 0 && writers.every(isOrdered);
}
