import { SpanList } from "../records/index.ts";

/** Hears of ranks [from, to) of a route of an origin partition. */
export type RankListener = (originPartition: number, route: number, from: number, to: number) => void;

/** Tells which records a task has processed: buffer by buffer, once they are, and before the state is asked for that holds
 *  them. */
export class ProcessedRecords {
  readonly #separate: boolean;
  readonly #tell: RankListener | undefined;
  /** What of the buffer in service has not been told, where part of it has. */
  #untold: SpanList | undefined;

  /** @param tell undefined: nobody listens. */
  constructor(separate: boolean, tell: RankListener | undefined) {
    this.#separate = separate;
    this.#tell = tell;
  }

  /** All of these are processed. */
  tell(spans: SpanList): void {
    const tell = this.#tell;
    if (tell === undefined) return;
    for (let i = 0; i < spans.count; i++)
      tell(spans.partition[i]!, spans.route[i]!, spans.from[i]!, spans.to[i]!);
  }

  /** A snapshot begins in the middle of the buffer in service: `done` of it is processed, the second time more than before. */
  tellUpTo(done: SpanList, rest: SpanList): void {
    const before = this.#untold;
    this.#untold = new SpanList(this.#separate);
    rest.copyTo(this.#untold);
    if (before === undefined) {
      this.tell(done);
      return;
    }
    const told = new SpanList(this.#separate);
    before.moveFront(before.records - rest.records, told);
    this.tell(told);
  }

  /** The buffer in service, which had these records, is processed. */
  endBuffer(spans: SpanList): void {
    this.tell(this.#untold ?? spans);
    this.forgetBuffer();
  }

  /** The buffer in service, of which all was told, is processed. */
  forgetBuffer(): void {
    this.#untold = undefined;
  }
}
