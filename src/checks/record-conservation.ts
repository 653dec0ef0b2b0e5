import type { ConnectorObserver } from "../connectors/index.ts";
import type { FlinkObserver } from "../flink/index.ts";
import type { KafkaObserver } from "../kafka/index.ts";
import type { Route } from "../records/index.ts";
import type { CheckedPipeline } from "./checked-pipeline.ts";
import type { DeliveryLedger, EndOfTopic } from "./delivery-ledger.ts";

/** **RecordConservation.** Nothing comes from nothing: over all attempts, replays included, a sink writes no more records than
 *  its operator has processed (or its windows have given), a log takes no more than were written to it less those that died in a producer, and no reader
 *  sees a record that was never made. Without a failure, and drained, the counts are the same all the way. */
export class RecordConservation
  implements
    Required<Pick<FlinkObserver, "applied" | "windowFired">>,
    Pick<ConnectorObserver, "written" | "unsentDropped">,
    Pick<KafkaObserver, "appended">
{
  readonly #pipeline: CheckedPipeline;
  readonly #vertexOf: readonly Int32Array[];
  /** Per job and vertex behind the source. */
  readonly #applied: readonly Float64Array[];
  /** Per topic, by number. */
  readonly #written: Float64Array;
  readonly #dropped: Float64Array;
  readonly #appended: Float64Array;
  /** Those that a log no longer has, and that it took a second time from its producer. */
  readonly #lost: Float64Array;
  readonly #repeated: Float64Array;

  constructor(pipeline: CheckedPipeline) {
    this.#pipeline = pipeline;
    this.#vertexOf = pipeline.jobs.map(({ sourceParallelism, vertices }) =>
      Int32Array.from([
        ...Array.from({ length: sourceParallelism }, () => -1),
        ...vertices.flatMap(({ parallelism }, vertex) => Array.from({ length: parallelism }, () => vertex)),
      ]),
    );
    this.#applied = pipeline.jobs.map(({ vertices }) => new Float64Array(vertices.length));
    this.#written = new Float64Array(pipeline.topics.length);
    this.#dropped = new Float64Array(pipeline.topics.length);
    this.#appended = new Float64Array(pipeline.topics.length);
    this.#lost = new Float64Array(pipeline.topics.length);
    this.#repeated = new Float64Array(pipeline.topics.length);
  }

  applied(
    job: number,
    subtask: number,
    _task: number,
    _originPartition: number,
    _route: number,
    from: number,
    to: number,
  ): void {
    // A job whose parallelism has changed has other numbers.
    const vertex = this.#vertexOf[job]![subtask] ?? -1;
    if (vertex >= 0 && this.#pipeline.jobs[job]!.vertices[vertex]!.hasWindows !== true)
      this.#applied[job]![vertex]! += to - from;
  }

  windowFired(job: number, subtask: number, _task: number, _window: unknown, results: number): void {
    const vertex = this.#vertexOf[job]![subtask] ?? -1;
    if (vertex >= 0) this.#applied[job]![vertex]! += results;
  }

  written(_job: number, _writer: number, topic: string, _transaction: number, records: number): void {
    this.#written[this.#pipeline.topics.indexOf(topic)]! += records;
  }

  unsentDropped(_job: number, _writer: number, topic: string, records: number): void {
    this.#dropped[this.#pipeline.topics.indexOf(topic)]! += records;
  }

  appended(topic: number, _originPartition: number, _route: number, from: number, to: number): void {
    this.#appended[topic]! += to - from;
  }

  recordsLost(topic: number, records: number): void {
    this.#lost[topic]! += records;
  }

  recordsRepeated(topic: number, records: number): void {
    this.#repeated[topic]! += records;
  }

  /** At the end of a run. @param isQuiet nothing has failed, and everything is drained. */
  violations(
    ledger: DeliveryLedger,
    routesOf: (topic: string) => readonly Route[],
    isQuiet: boolean,
    endOf?: EndOfTopic,
  ): readonly string[] {
    const found: string[] = [];
    const { jobs, topics, readers } = this.#pipeline;
    topics.forEach((topic, number) => {
      const writers = jobs.filter(({ sinks }) => sinks.some((sink) => sink.topic === topic));
      if (writers.length === 0) return;
      const written = this.#written[number]!;
      const kept = written - this.#dropped[number]!;
      const appended = this.#appended[number]!;
      const isRead = isQuiet && readers.some((reader) => reader.topic === topic);
      if (appended > kept + this.#repeated[number]! || (isRead && appended < kept - this.#lost[number]!))
        found.push(`topic ${topic}: its log took ${appended} records of ${kept} that were written and kept`);
      const whole = writers.every(({ sinks, vertices }) =>
        sinks.every((sink) => sink.topic !== topic || vertices.some(({ writes }) => writes.includes(topic))),
      );
      if (!whole) return;
      const processed = jobs.reduce(
        (sum, { vertices }, job) =>
          sum +
          vertices.reduce(
            (all, { writes }, vertex) => all + (writes.includes(topic) ? this.#applied[job]![vertex]! : 0),
            0,
          ),
        0,
      );
      if (written > processed || (isRead && written < processed))
        found.push(`topic ${topic}: ${written} records were written of ${processed} that were processed`);
    });
    readers.forEach(({ name, topic }, reader) => {
      const invented = ledger.invented(reader, routesOf(topic), (origin) => endOf?.(topic, origin));
      if (invented > 0) found.push(`reader ${name} saw ${invented} records that nobody made`);
    });
    return found;
  }
}
