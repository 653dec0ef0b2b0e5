/** Models: when what a broker has is handed to a polling consumer: one fetch on its way per broker; answered when there are
 *    fetch.min.bytes or after fetch.max.wait.ms, parked until then; the bytes of a burst take their time, and as many
 *    answers as max.partition.fetch.bytes asks for.
 *  Source: kafka DelayedFetch, Fetcher; a parked fetch is checked again when the high watermark or the last stable offset
 *    moves.
 *  Leaves out: where each answer of a burst is cut (its records come evenly), fetch sessions (KIP-227 spares bytes of
 *    requests, not trips), max.poll.records (the consumer polls without pause). */

/** What a consumer fetches by. Bytes, and ns. */
export interface FetchSettings {
  /** client to broker and back. */
  readonly roundTrip: number;
  /** the consumer's thread. */
  readonly wakeup: number;
  readonly recordBytes: number;
  /** ns a byte takes from the broker to the consumer. */
  readonly byteTime: number;
  readonly maxPartitionFetchBytes: number;
  readonly fetchMaxBytes: number;
  readonly fetchMinBytes: number;
  readonly fetchMaxWait: number;
  /** records a second that the connection carries on average; matters to fetch.min.bytes only. */
  readonly rate: number;
}

/** ns between two answers where what is asked for is never there at once: the trip, or the time in which fetch.min.bytes
 *  come together, at most a trip and fetch.max.wait.ms. */
export function fetchPeriod(settings: FetchSettings): number {
  const cycle = settings.roundTrip + settings.wakeup;
  const wanted = recordsWanted(settings);
  if (wanted <= 1) return cycle;
  const filling = settings.rate > 0 ? (wanted / settings.rate) * 1e9 : Number.POSITIVE_INFINITY;
  return Math.max(cycle, Math.min(filling, cycle + settings.fetchMaxWait));
}

function recordsWanted({ fetchMinBytes, recordBytes }: FetchSettings): number {
  return Math.ceil(fetchMinBytes / recordBytes);
}

/** The fetches of one consumer to one broker, in closed form. */
export class FetchLoop {
  /** Set by `deliver`: when the first and the last record of the run are in the consumer's hands, ns. */
  first = 0;
  last = 0;
  readonly #cycle: number;
  readonly #inbound: number;
  readonly #period: number;
  readonly #wanted: number;
  readonly #waitedShare: number;
  readonly #recordTime: number;
  readonly #mostPerAnswer: number;
  /** When the latest answer left the broker, ns. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** The latest burst takes up the connection from then to then, ns. */
  #burstAt = Number.NEGATIVE_INFINITY;
  #burstEnd = Number.NEGATIVE_INFINITY;

  /** @param partitions of the consumer on this broker. */
  constructor(settings: FetchSettings, partitions: number) {
    this.#cycle = settings.roundTrip + settings.wakeup;
    this.#inbound = settings.roundTrip / 2 + settings.wakeup;
    this.#period = fetchPeriod(settings);
    this.#wanted = recordsWanted(settings);
    this.#waitedShare = this.#period < this.#cycle + settings.fetchMaxWait ? 1 - 1 / this.#wanted : 1;
    this.#recordTime = settings.recordBytes * settings.byteTime;
    const bytes = Math.min(settings.maxPartitionFetchBytes, settings.fetchMaxBytes / Math.max(1, partitions));
    this.#mostPerAnswer = Math.max(1, Math.floor(bytes / settings.recordBytes));
  }

  /** `count` records become readable evenly from `first` to `last` (ns); sets this.first and this.last. */
  deliver(count: number, first: number, last: number): void {
    const transfer = count * this.#recordTime;
    if (count > 1 && transfer > last - first) this.#deliverBurst(count, first, transfer);
    else if (this.#period > this.#cycle) this.#deliverHeld(first, last);
    else this.#deliverAsItComes(count, first, last);
  }

  #deliverAsItComes(count: number, first: number, last: number): void {
    const cycle = this.#cycle;
    const start = this.#startOf(first);
    let end = last;
    if (count > 1 && last - first < cycle * (count - 1)) {
      const answers = Math.ceil((last - start) / cycle);
      end = answers > 0 ? start + answers * cycle : start;
    }
    if (end < start) end = start;
    this.#answer(start, end);
  }

  /** When the answer leaves that takes what is readable at `first`. */
  #startOf(first: number): number {
    const cycle = this.#cycle;
    const answered = this.#answeredAt;
    if (first < this.#burstEnd && first >= this.#burstAt) return this.#burstEnd;
    // It shares the answer that an earlier record waits for, or finds the next fetch on its way. An answer further off
    // than a cycle belongs to a run that lies behind this one: writers are settled one after the other.
    if (first <= answered) return answered - first <= cycle ? answered : first;
    return first < answered + cycle ? answered + cycle : first;
  }

  /** Answers come a period apart, as little is there. */
  #deliverHeld(first: number, last: number): void {
    this.first = Math.round(this.#heldUntil(first) + this.#inbound);
    this.last = Math.round(this.#heldUntil(last) + this.#inbound);
  }

  /** The last of n records that fill an answer takes it along at once, so that n - 1 gaps are waited for, not n. */
  #heldUntil(time: number): number {
    const answer = Math.ceil(time / this.#period) * this.#period;
    return time + (answer - time) * this.#waitedShare;
  }

  /** More than the connection carries as it comes: answer after answer, each at most so many bytes. */
  #deliverBurst(count: number, first: number, transfer: number): void {
    const enough = count >= this.#wanted || this.#period === this.#cycle;
    const start = enough ? this.#startOf(first) : first + this.#period - this.#cycle;
    const most = this.#mostPerAnswer;
    const answers = Math.ceil(count / most);
    const lastAnswer = start + (answers - 1) * this.#cycle + transfer;
    this.#burstAt = first;
    this.#burstEnd = start + transfer;
    const firstAnswer = start + Math.min(count, most) * this.#recordTime;
    this.first = Math.round(firstAnswer + this.#inbound);
    this.last = Math.round(lastAnswer + this.#inbound);
    // The answer left before its bytes did.
    if (start > this.#answeredAt) this.#answeredAt = start + (answers - 1) * this.#cycle;
  }

  #answer(start: number, end: number): void {
    if (end > this.#answeredAt) this.#answeredAt = end;
    this.first = Math.round(start + this.#inbound);
    this.last = Math.round(end + this.#inbound);
  }
}
