/** Models: the produce requests of one producer to one broker: up to max.in.flight.requests.per.connection on their
 *    way, served one at a time in order; what comes while all are on their way joins the next request.
 *  Source: kafka RecordAccumulator, Sender, SocketServer (the channel is muted while a request is handled).
 *  Leaves out: batches split at max.request.size, retries, buffer.memory, idle connections. */

/** ns a record waits at most, on average over its batch, between its arrival at the broker, had it been sent at once, and
 *  the start of its request: half a service time for its batch to form and all requests in flight but its own to be
 *  served, less the round trip that they hide. */
export function longestRequestWait(roundTrip: number, service: number, maxInFlight: number): number {
  return Math.max(service / 2, (maxInFlight - 0.5) * service - roundTrip);
}

/** The closed form of the request queue. Record k of a run that is sent at x_k = x + k * spacing waits
 *  w_k = min(max(0, w + k * (s - spacing)), longest): it starts at once when the connection is free, else one service
 *  time s after the request before it, and never later than the requests in flight take, since all that waits shares one
 *  request. The run leaves as one curve, late by a straight line with the mean of its w_k, so that means are exact. */
export class ProducerConnection {
  /** Set by `send`: when the requests of the run's first and last record start at the broker, ns. */
  first = 0;
  last = 0;
  readonly #outbound: number;
  readonly #service: number;
  readonly #loop: number;
  readonly #longestWait: number;
  /** From a request's start until the answer to the one max.in.flight before it, ns; negative when that is earlier. */
  readonly #answerAfterStart: number;
  // The last record sent: when it came to the broker, and when its request started there.
  #lastArrival = Number.NEGATIVE_INFINITY;
  #lastStart = Number.NEGATIVE_INFINITY;

  /** @param roundTrip ns, client to broker and back. @param service ns a request holds the connection.
   *  @param loop ns one pass of the Sender takes. @param maxInFlight requests on their way at most. */
  constructor(roundTrip: number, service: number, loop: number, maxInFlight: number) {
    this.#outbound = roundTrip / 2;
    this.#service = service;
    this.#loop = loop;
    this.#longestWait = longestRequestWait(roundTrip, service, maxInFlight);
    this.#answerAfterStart = roundTrip / 2 + loop - (maxInFlight - 1) * service;
  }

  /** When the request that starts at the broker at `start` left the producer, of a record that was ready at `ready`, ns:
   *  once the answer to the request max.in.flight before it was there, and in time for its start. */
  sentAt(ready: number, start: number): number {
    const answered = start + this.#answerAfterStart;
    const latest = start - this.#outbound;
    const wanted = ready > answered ? ready : answered;
    return wanted < latest ? wanted : latest;
  }

  /** Sends `count` records at times evenly from `first` to `last` (ns); sets this.first and this.last.
   *  @returns when the connection is free again by the exact starts, ns. */
  send(count: number, first: number, last: number): number {
    const arrival = first + this.#outbound;
    const longest = this.#longestWait;
    let wait = this.#lastStart + this.#step(arrival - this.#lastArrival) - arrival;
    if (!(wait > 0)) wait = 0;
    else if (wait > longest) wait = longest;
    if (count === 1) {
      this.first = this.last = arrival + wait;
      return this.#remember(arrival, wait);
    }
    const spacing = (last - first) / (count - 1);
    const growth = this.#step(spacing) - spacing;
    let sum: number;
    let lastWait: number;
    if (growth > 0) {
      const filling = Math.min(count, Math.ceil((longest - wait) / growth));
      sum = filling * wait + (growth * filling * (filling - 1)) / 2 + (count - filling) * longest;
      lastWait = filling === count ? wait + (count - 1) * growth : longest;
    } else {
      const behind = growth === 0 ? (wait > 0 ? count : 0) : Math.min(count, Math.ceil(wait / -growth));
      sum = behind * wait + (growth * behind * (behind - 1)) / 2;
      lastWait = behind === count ? wait + (count - 1) * growth : 0;
    }
    // A pass of the Sender serves what came since the one before: the others wait for it, half of it on average.
    if (spacing < this.#loop)
      sum += (count - 1) * (1 - spacing / this.#loop) * Math.min(this.#service, longest) * 0.5;
    const lastArrival = last + this.#outbound;
    const mean = Math.min(sum / count, longest);
    const lowest = Math.max(0, 2 * mean - longest);
    const highest = Math.min(longest, 2 * mean);
    const tail = Math.min(highest, Math.max(lowest, mean + (lastWait - wait) / 2));
    this.first = arrival + 2 * mean - tail;
    this.last = Math.max(this.first, lastArrival + tail);
    return this.#remember(lastArrival, lastWait);
  }

  /** When the answer to the last run's last record leaves the broker, ns: not before that record's request starts, where the
   *  line through the run ends behind its exact start. */
  lastAnsweredAt(): number {
    return (this.last > this.#lastStart ? this.last : this.#lastStart) + this.#service;
  }

  /** From one record's start to the next one's at the earliest: a whole service time, or less when the Sender picks up
   *  several in one pass. */
  #step(spacing: number): number {
    return spacing < this.#loop ? (spacing / this.#loop) * this.#service : this.#service;
  }

  #remember(arrival: number, wait: number): number {
    this.#lastArrival = arrival;
    this.#lastStart = arrival + wait;
    return this.#lastStart + this.#service;
  }
}
