import type { LatencySamples, SourceReaderMetrics, TaskMetrics } from "../../flink/index.ts";
import type { JobSubtask, TaskAttempt } from "./job-subtask.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

/** How far a source is behind: `pendingRecords`, Flink's gauge, are the records that it may read and has not taken; the lag of its
 *  consumer group counts offsets from the committed ones to the log's end, so that open and aborted transactions and markers
 *  count, too. */
export interface SourceLag {
  readonly reader: SourceReaderMetrics;
  /** null: nothing is committed. */
  readonly consumerGroupLag: number | null;
}

/** The attempt of each subtask of a job; undefined: it has none. */
type Attempts = readonly (TaskAttempt | undefined)[];

/** What the gauges and counters of each vertex's subtasks show now; null: no attempt is there.
 *  @param initialisationTimes ns, by subtask: how long its attempt took to initialise. */
export function gaugesOf(
  attempts: Attempts,
  subtasks: readonly JobSubtask[],
  vertices: number,
  initialisationTimes: readonly (number | undefined)[],
  { sim, events }: JobSurroundings,
): readonly (readonly (TaskMetrics | null)[])[] {
  const ofVertices: (TaskMetrics | null)[][] = Array.from({ length: vertices }, () => []);
  subtasks.forEach(({ vertex }, subtask) => {
    const { task, sinks } = attempts[subtask] ?? { task: -1, sinks: [] };
    const metrics = (events.sources[task] ?? events.operators[task])?.metrics(sim.now);
    const initializationTime = (initialisationTimes[subtask] ?? 0) / 1e6;
    const ofSinks = sinks.map(({ sink, topic }) => ({ topic: topic.name, ...sink.metrics }));
    ofVertices[vertex]!.push(
      metrics === undefined
        ? null
        : { ...metrics, initializationTime, ...(ofSinks.length > 0 && { sinks: ofSinks }) },
    );
  });
  return ofVertices;
}

/** What the operators of all tasks have kept of latency markers. */
export function latenciesOf(attempts: Attempts, { events }: JobSurroundings): readonly LatencySamples[] {
  return attempts.flatMap((attempt) => events.operators[attempt?.task ?? -1]?.latencies ?? []);
}

/** How far each source subtask is behind now; null: it has no attempt. */
export function lagsOf(
  attempts: Attempts,
  subtasks: readonly JobSubtask[],
  { sim: { now }, events }: JobSurroundings,
): readonly (SourceLag | null)[] {
  return subtasks.flatMap(({ vertex }, subtask) => {
    if (vertex !== 0) return [];
    const source = events.sources[attempts[subtask]?.task ?? -1];
    if (source === undefined) return [null];
    return [{ reader: source.readerMetrics(now), consumerGroupLag: source.feed.consumerGroupLag(now) }];
  });
}
