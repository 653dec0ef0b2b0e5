/** Models: when what a broker has is handed to a polling consumer: one fetch on its way per broker, answered at once
 *    when there is something, parked otherwise.
 *  Source: kafka DelayedFetch, Fetcher: fetch.min.bytes 1, and a parked fetch is checked again when the high watermark
 *    or the last stable offset moves.
 *  Leaves out: fetch.min.bytes above 1, fetch.max.wait.ms (an empty answer moves nothing), transfer time of the
 *    bytes, max.partition.fetch.bytes, max.poll.records (the consumer polls without pause). */

/** The fetches of one consumer to one broker, in closed form. */
export class FetchLoop {
  /** Set by `deliver`: when the first and the last record of the run are in the consumer's hands, ns. */
  first = 0;
  last = 0;
  readonly #cycle: number;
  readonly #inbound: number;
  /** When the latest answer left the broker, ns. */
  #answeredAt = Number.NEGATIVE_INFINITY;

  /** @param roundTrip ns, client to broker and back. @param wakeup ns, the consumer's thread. */
  constructor(roundTrip: number, wakeup: number) {
    this.#cycle = roundTrip + wakeup;
    this.#inbound = roundTrip / 2 + wakeup;
  }

  /** `count` records become readable evenly from `first` to `last` (ns); sets this.first and this.last. */
  deliver(count: number, first: number, last: number): void {
    const cycle = this.#cycle;
    const answered = this.#answeredAt;
    let start = first;
    // It shares the answer that an earlier record waits for, or finds the next fetch on its way. An answer further off
    // than a cycle belongs to a run that lies behind this one: writers are settled one after the other.
    if (first <= answered) {
      if (answered - first <= cycle) start = answered;
    } else if (first < answered + cycle) start = answered + cycle;
    let end = last;
    if (count > 1 && last - first < cycle * (count - 1)) {
      const answers = Math.ceil((last - start) / cycle);
      end = answers > 0 ? start + answers * cycle : start;
    }
    if (end < start) end = start;
    if (end > answered) this.#answeredAt = end;
    this.first = Math.round(start + this.#inbound);
    this.last = Math.round(end + this.#inbound);
  }
}
