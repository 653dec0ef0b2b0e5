/** Models: the produce requests of one producer to one broker: up to max.in.flight.requests.per.connection on their
 *    way, served one at a time in order; what comes while all are on their way joins the next request.
 *  Source: kafka RecordAccumulator, Sender, SocketServer (the channel is muted while a request is handled).
 *  Leaves out: batches split at max.request.size, retries, buffer.memory, idle connections. */

/** Where the records of a run went: `count` records whose requests started at `first` … `last`, evenly. */
export interface RequestRun {
  count: number;
  first: number;
  last: number;
}

/** ns a record waits at most, on average over its batch, between its arrival at the broker, had it been sent at once, and
 *  the start of its request: half a service time for its batch to form and all requests in flight but its own to be
 *  served, less the round trip that they hide. */
export function longestRequestWait(roundTrip: number, service: number, maxInFlight: number): number {
  return Math.max(service / 2, (maxInFlight - 0.5) * service - roundTrip);
}

/** The closed form of the request queue. Record k of a run that is sent at x + k * spacing starts at the broker at
 *  min(max(x_k + h, z + k * s), x_k + h + c * S): at once when the connection is free, else one service time after
 *  the request before it, and never later than the requests in flight take, since all that waits shares one request. */
export class ProducerConnection {
  /** `runs[0 .. runCount)` is the answer of the last send; reused by the next. */
  readonly runs: readonly RequestRun[] = [
    { count: 0, first: 0, last: 0 },
    { count: 0, first: 0, last: 0 },
  ];
  runCount = 0;
  readonly #outbound: number;
  readonly #service: number;
  readonly #loop: number;
  readonly #longestWait: number;
  #freeAt = 0;

  /** @param roundTrip ns, client to broker and back. @param service ns a request holds the connection.
   *  @param loop ns one pass of the Sender takes. @param maxInFlight requests on their way at most. */
  constructor(roundTrip: number, service: number, loop: number, maxInFlight: number) {
    this.#outbound = roundTrip / 2;
    this.#service = service;
    this.#loop = loop;
    this.#longestWait = longestRequestWait(roundTrip, service, maxInFlight);
  }

  /** Sends `count` records at times evenly from `first` to `last` (ns); fills `runs` with at most two parts.
   *  @returns when the last request's answer leaves the broker, ns. */
  send(count: number, first: number, last: number): number {
    const arrival = first + this.#outbound;
    const start = arrival > this.#freeAt ? arrival : this.#freeAt;
    const wait = start - arrival;
    const run = this.runs[0]!;
    const service = this.#service;
    if (count === 1) {
      run.count = 1;
      run.first = wait > this.#longestWait ? arrival + this.#longestWait : start;
      run.last = run.first;
      this.runCount = 1;
      this.#freeAt = run.first + service;
      return this.#freeAt;
    }
    const spacing = (last - first) / (count - 1);
    const step = spacing < this.#loop ? (spacing / this.#loop) * service : service;
    if (step <= spacing) this.#drain(count, arrival, wait, spacing, step);
    else this.#fill(count, arrival, wait, spacing, step);
    const end = this.runs[this.runCount - 1]!.last;
    this.#freeAt = end + service;
    return this.#freeAt;
  }

  /** The queue shrinks along the run: first one service time apart, then as sent. */
  #drain(count: number, arrival: number, wait: number, spacing: number, step: number): void {
    const behind = wait > 0 && spacing > step ? Math.min(count, Math.ceil(wait / (spacing - step))) : 0;
    if (behind === 0) {
      this.#one(count, arrival, arrival + (count - 1) * spacing);
      return;
    }
    const from = wait > this.#longestWait ? arrival + this.#longestWait : arrival + wait;
    this.#split(behind, count, from, step, arrival + behind * spacing, spacing);
  }

  /** The queue grows along the run, until all requests are on their way. */
  #fill(count: number, arrival: number, wait: number, spacing: number, step: number): void {
    const room = this.#longestWait - wait;
    const filling = room > 0 ? Math.min(count, Math.ceil(room / (step - spacing))) : 0;
    const full = arrival + filling * spacing + this.#longestWait;
    if (filling === 0) this.#one(count, full, full + (count - 1) * spacing);
    else this.#split(filling, count, arrival + wait, step, full, spacing);
  }

  #one(count: number, first: number, last: number): void {
    const run = this.runs[0]!;
    run.count = count;
    run.first = first;
    run.last = last;
    this.runCount = 1;
  }

  #split(head: number, count: number, first: number, step: number, next: number, spacing: number): void {
    this.#one(head, first, first + (head - 1) * step);
    if (head === count) return;
    const tail = this.runs[1]!;
    tail.count = count - head;
    tail.first = next;
    tail.last = next + (count - head - 1) * spacing;
    this.runCount = 2;
  }
}
