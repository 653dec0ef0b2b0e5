import { ArrivalsThroughTime, LatencyThroughTime } from "../metrics/index.ts";
import { jobVertices, type Lineage, type Pipeline, type TaskMetrics, type World } from "../pipeline/index.ts";

/** What a reader or a subtask goes through, at one time. */
export interface SeriesRow {
  /** A reader, or `job/vertex[0]`. */
  readonly subject: string;
  /** Of a reader: `latency_mean_ms`, `latency_max_ms` of what was created in the slot, `delivered_records` of what came in it. Of a
   *  subtask: `busy_share`,
   *  `back_pressured_share` of the slot, `input_queue_buffers`, `output_queue_buffers` at its end. */
  readonly measure: string;
  /** Beginning of the slot, ms of the virtual clock. */
  readonly fromMs: number;
  readonly value: number;
}

const MILLISECOND = 1e6;

/** ms that a task has been accounted for. */
function ageOf(metrics: TaskMetrics): number {
  return metrics.accumulateBusyTimeMs + metrics.accumulateIdleTimeMs + metrics.accumulateBackPressuredTimeMs;
}

/** Latencies of readers and gauges of tasks in slots of time. */
export class TimeSeries {
  readonly latency: LatencyThroughTime;
  readonly arrivals: ArrivalsThroughTime;
  readonly #pipeline: Pipeline;
  readonly #slot: number;
  readonly #rows: SeriesRow[] = [];
  /** What the accumulated times of a subtask were at the last look, ms. */
  readonly #before = new Map<string, TaskMetrics>();

  /** @param slot ns. */
  constructor(pipeline: Pipeline, lineage: Lineage, slot: number) {
    this.#pipeline = pipeline;
    this.#slot = slot;
    this.arrivals = new ArrivalsThroughTime(pipeline.readers.length, slot);
    this.latency = new LatencyThroughTime(pipeline.readers.length, lineage, slot);
  }

  /** Looks at the tasks at the end of a slot, ns. */
  look(world: World, now: number): void {
    this.#pipeline.jobs.forEach((job, number) => {
      const metrics = world.taskMetrics(number);
      jobVertices(job).forEach(({ name }, vertex) => {
        metrics[vertex]!.forEach((one, subtask) => {
          this.#add(`${job.name}/${name}[${subtask}]`, one, now);
        });
      });
    });
  }

  /** A subtask without a task has no row. */
  #add(subject: string, metrics: TaskMetrics | null, now: number): void {
    const earlier = this.#before.get(subject);
    if (metrics === null) {
      this.#before.delete(subject);
      return;
    }
    this.#before.set(subject, metrics);
    const fromMs = (now - this.#slot) / MILLISECOND;
    const add = (measure: string, value: number): void =>
      void this.#rows.push({ subject, measure, fromMs, value });
    // A new attempt counts from 0.
    const isNew = earlier === undefined || ageOf(earlier) > ageOf(metrics);
    const share = (name: "accumulateBusyTimeMs" | "accumulateBackPressuredTimeMs"): number =>
      Math.min(1, Math.max(0, metrics[name] - (isNew ? 0 : earlier[name])) / (this.#slot / MILLISECOND));
    add("busy_share", share("accumulateBusyTimeMs"));
    add("back_pressured_share", share("accumulateBackPressuredTimeMs"));
    add("input_queue_buffers", metrics.inputQueueLength);
    add("output_queue_buffers", metrics.outputQueueLength);
  }

  /** Everything, readers first. */
  rows(): readonly SeriesRow[] {
    const readers = this.#pipeline.readers.flatMap(({ name }, reader) =>
      this.latency.slots(reader).flatMap(({ records, sum, max }, slot): SeriesRow[] => {
        if (records === 0) return [];
        const fromMs = (slot * this.#slot) / MILLISECOND;
        return [
          { subject: name, measure: "latency_mean_ms", fromMs, value: sum / records / MILLISECOND },
          { subject: name, measure: "latency_max_ms", fromMs, value: max / MILLISECOND },
        ];
      }),
    );
    const arrivals = this.#pipeline.readers.flatMap(({ name }, reader) =>
      this.arrivals.slots(reader).map((value, slot): SeriesRow => {
        const fromMs = (slot * this.#slot) / MILLISECOND;
        return { subject: name, measure: "delivered_records", fromMs, value };
      }),
    );
    return [...readers, ...arrivals, ...this.#rows];
  }
}
