import type { FlinkObserver } from "../flink/index.ts";
import { RampHistogram } from "./ramp-histogram.ts";

/** A sink writer: its job, the name of its operator, and where its markers count. */
export interface MarkedSink {
  readonly job: number;
  readonly operator: string;
  /** number of a histogram. */
  readonly topic: number;
}

/** What latency markers tell of each topic: from a source's emission to the writer of a sink, of markers emitted from `from`
 *  until `until`. */
export class LatencyMarkerRecorder implements Pick<FlinkObserver, "latencyReported"> {
  /** By topic, ns. */
  readonly histograms: readonly RampHistogram[];
  readonly #sinks: readonly MarkedSink[];
  readonly #from: number;
  readonly #until: number;

  /** @param from ns. @param until ns. */
  constructor(topics: number, sinks: readonly MarkedSink[], from: number, until: number) {
    this.histograms = Array.from({ length: topics }, () => new RampHistogram());
    this.#sinks = sinks;
    this.#from = from;
    this.#until = until;
  }

  latencyReported(job: number, operator: string, _subtask: number, markedTime: number, at: number): void {
    if (markedTime < this.#from || markedTime >= this.#until) return;
    const sink = this.#sinks.find((one) => one.job === job && one.operator === operator);
    if (sink === undefined) return;
    const latency = at - markedTime;
    this.histograms[sink.topic]!.add(1, latency, latency);
  }
}
