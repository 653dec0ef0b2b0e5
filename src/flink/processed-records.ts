import type { SpanList } from "../records/index.ts";

/** Hears of ranks [from, to) of a route of an origin partition. */
export type RankListener = (originPartition: number, route: number, from: number, to: number) => void;

/** Tells which records a task has processed, before the state is asked for that holds them. */
export class ProcessedRecords {
  readonly #tell: RankListener | undefined;

  /** @param tell undefined: nobody listens. */
  constructor(tell: RankListener | undefined) {
    this.#tell = tell;
  }

  /** All of these are processed. */
  tell(spans: SpanList): void {
    const tell = this.#tell;
    if (tell === undefined) return;
    for (let i = 0; i < spans.count; i++)
      tell(spans.partition[i]!, spans.route[i]!, spans.from[i]!, spans.to[i]!);
  }
}
