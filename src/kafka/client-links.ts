/** Models: the network between clients (in TaskManagers, readers, the load's producers) and brokers: cut or slow for a while in one
 *    direction or both, and single messages that are lost, held up or delivered twice. A cut closes no connection: what is sent
 *    meanwhile goes out again by TCP's back-off, or over a new connection once a request has timed out. A lost message is
 *    answered by nobody, so that its client waits for request.timeout.ms. Nothing overtakes on a connection.
 *  Source: RFC 6298 (retransmission after 200 ms, doubled up to 120 s, as in Linux); kafka NetworkClient
 *    (request.timeout.ms, reconnect.backoff.max.ms).
 *  Leaves out: jitter, handshakes, bandwidth; request.timeout.ms other than the default of 30 s where a cut lasts longer. */

import { firstRetryAfter } from "./client-retries.ts";

/** Messages that a fault can pick. */
export type FaultyMessage =
  | "EndTxn request"
  | "EndTxn response"
  | "Produce request"
  | "Produce response"
  | "WriteTxnMarkers request";

/** Who talks to brokers: in a TaskManager, the process of this number; else the reader or the load's producer of this
 *  number. `job` is the one whose client it is, or NO_JOB. */
export interface ClientPlace {
  readonly kind: ClientKind;
  readonly client: number;
  readonly job: number;
}

export type ClientKind = "taskmanager" | "reader" | "producer";

/** Every one of them. */
export const ALL = -1;
/** Of clients that are no job's. */
export const NO_JOB = -2;

export interface LinkCut {
  readonly kind: ClientKind;
  /** number of the client, or ALL of its kind. */
  readonly client: number;
  readonly broker: number;
  readonly requests: boolean;
  readonly responses: boolean;
  readonly from: number;
  /** when it is over, and when what was sent first gets through, ns. */
  readonly healedAt: number;
  readonly until: number;
  /** Requests have timed out: their clients send again what nobody has acknowledged. */
  readonly timedOut: boolean;
}

/** What is sent from `from` until `until` takes `by` longer, and what is sent later comes no sooner. Times in ns. */
export type LinkDelay = Pick<LinkCut, "kind" | "client" | "broker" | "requests" | "responses" | "from"> & {
  readonly until: number;
  readonly by: number;
};

interface MessageFault {
  readonly what: "lost" | "duplicated" | "delayed";
  readonly message: FaultyMessage;
  readonly job: number;
  /** ns; 0 unless delayed. */
  readonly by: number;
  /** To how many messages it is still to happen. */
  times: number;
}

/** Of TCP, RFC 6298. */
const RETRANSMISSIONS = { retryBackoff: 200e6, retryBackoffMax: 120e9 };
const REQUEST_TIMEOUT = 30e9;
/** reconnect.backoff.max.ms, which a broker that is long gone has reached. */
const RECONNECTIONS = { retryBackoff: 1e9, retryBackoffMax: 1e9 };

/** When what was sent at `from` first gets through a cut that lasts for `duration`, ns, and whether requests have timed out
 *  before. */
export function throughAgainAt(
  from: number,
  duration: number,
): { readonly until: number; readonly timedOut: boolean } {
  const healedAt = from + duration;
  const timedOut = duration > REQUEST_TIMEOUT;
  const retransmitted = firstRetryAfter(from, healedAt, RETRANSMISSIONS);
  const reconnected = timedOut
    ? firstRetryAfter(from + REQUEST_TIMEOUT, healedAt, RECONNECTIONS)
    : Number.POSITIVE_INFINITY;
  return { until: Math.min(retransmitted, reconnected), timedOut };
}

export class ClientLinks {
  readonly #cuts: LinkCut[] = [];
  readonly #delays: LinkDelay[] = [];
  #messageFaults: MessageFault[] = [];

  /** Nothing passes from `from` on for `duration`, ns. @returns the cut, with the time at which clients are through again. */
  cut(
    cut: Pick<LinkCut, "kind" | "client" | "broker" | "requests" | "responses" | "from">,
    duration: number,
  ): LinkCut {
    const { from } = cut;
    const whole = { ...cut, healedAt: from + duration, ...throughAgainAt(from, duration) };
    this.#cuts.push(whole);
    return whole;
  }

  delay(delay: LinkDelay): void {
    this.#delays.push(delay);
  }

  /** The next `times` messages of this kind are lost. @param job number, or ALL. */
  loseNext(message: FaultyMessage, job: number, times = 1): void {
    this.#messageFaults.push({ what: "lost", message, job, by: 0, times });
  }

  /** The next `times` messages of this kind are delivered twice. */
  duplicateNext(message: FaultyMessage, job: number, times = 1): void {
    this.#messageFaults.push({ what: "duplicated", message, job, by: 0, times });
  }

  /** The next `times` messages of this kind take `by` ns longer. */
  delayNext(message: FaultyMessage, job: number, by: number, times = 1): void {
    this.#messageFaults.push({ what: "delayed", message, job, by, times });
  }

  /** Whether a message that is sent now is one to be lost. */
  isLost(message: FaultyMessage, job: number): boolean {
    return this.#take("lost", message, job) !== undefined;
  }

  isDuplicated(message: FaultyMessage, job: number): boolean {
    return this.#take("duplicated", message, job) !== undefined;
  }

  /** ns that a message which is sent now is held up. */
  delayOf(message: FaultyMessage, job: number): number {
    return this.#take("delayed", message, job)?.by ?? 0;
  }

  #take(what: MessageFault["what"], message: FaultyMessage, job: number): MessageFault | undefined {
    if (this.#messageFaults.length === 0) return undefined;
    const fault = this.#messageFaults.find(
      (one) => one.what === what && one.message === message && (one.job === ALL || one.job === job),
    );
    if (fault !== undefined && --fault.times === 0)
      this.#messageFaults = this.#messageFaults.filter((one) => one !== fault);
    return fault;
  }

  /** Whether something is to happen to a Produce request that `client` sends now, or to its answer. */
  isProduceFaultDue(client: ClientPlace | undefined): boolean {
    if (this.#messageFaults.length === 0) return false;
    return this.#messageFaults.some(
      ({ message, job }) => message.startsWith("Produce") && (job === ALL || job === client?.job),
    );
  }

  /** Whether the way between the two is cut or slow at `at`. */
  isTroubled(client: ClientPlace | undefined, broker: number, at: number): boolean {
    if (client === undefined || (this.#cuts.length === 0 && this.#delays.length === 0)) return false;
    return (
      this.#cuts.some((cut) => cut.from <= at && at < cut.until && reaches(cut, client, broker)) ||
      this.#delays.some(
        (slow) => slow.from <= at && at < slow.until + slow.by && reaches(slow, client, broker),
      )
    );
  }

  /** Whether what `client` sends to `broker` at `at` is held up without its connection being cut. */
  isSlow(client: ClientPlace | undefined, broker: number, at: number): boolean {
    return (
      client !== undefined &&
      this.#delays.some(
        (slow) => slow.requests && slow.from <= at && at < slow.until && reaches(slow, client, broker),
      )
    );
  }

  /** When a request that `client` sends to `broker` at `at` gets through, over a connection made at `openedAt`, ns. */
  requestPassesAt(client: ClientPlace | undefined, broker: number, at: number, openedAt?: number): number {
    return this.#passesAt(client, broker, at, "requests", openedAt);
  }

  responsePassesAt(client: ClientPlace | undefined, broker: number, at: number, openedAt?: number): number {
    return this.#passesAt(client, broker, at, "responses", openedAt);
  }

  /** When a client gets through over a new connection whose first attempt was at `closedAt`, not before `at`, ns. */
  reconnectsAt(client: ClientPlace | undefined, broker: number, closedAt: number, at: number): number {
    if (client === undefined) return at;
    let through = at;
    for (const cut of this.#cuts) {
      if (!reaches(cut, client, broker) || cut.healedAt <= through || cut.from > through) continue;
      through = firstRetryAfter(closedAt, cut.healedAt, RECONNECTIONS);
    }
    return through;
  }

  /** When what is on its way in a direction gets through, as far as cuts go; `at` when there is none, ns. */
  heldUntil(
    client: ClientPlace | undefined,
    broker: number,
    at: number,
    direction: "requests" | "responses",
  ): number {
    return client === undefined ? at : this.#throughCuts(client, broker, at, direction, 0);
  }

  /** When a request that is sent at `at` has got through and its answer would have, were it given at once; `at` when nothing is
   *  in the way, ns. */
  cutUntil(client: ClientPlace | undefined, broker: number, at: number): number {
    return this.responsePassesAt(client, broker, this.requestPassesAt(client, broker, at));
  }

  /** The latest `at` of cutUntil that is over by `time`, ns. */
  latestPassedBy(client: ClientPlace, broker: number, time: number): number {
    if (this.#delays.length === 0 && this.#cuts.length === 0) return time;
    let at = time;
    for (const direction of ["responses", "requests"] as const) {
      for (const slow of this.#delays)
        if (slow[direction] && reaches(slow, client, broker)) at = sentBy(slow, at);
    }
    const cut = this.#cuts.find(
      (one) =>
        (one.requests || one.responses) && reaches(one, client, broker) && one.from <= at && at < one.until,
    );
    return cut === undefined ? at : cut.from;
  }

  #passesAt(
    client: ClientPlace | undefined,
    broker: number,
    at: number,
    direction: "requests" | "responses",
    openedAt = 0,
  ): number {
    if (client === undefined) return at;
    let passes = this.#throughCuts(client, broker, at, direction, openedAt);
    for (const slow of this.#delays)
      if (slow[direction] && reaches(slow, client, broker)) passes = arrivesAt(slow, passes);
    return passes;
  }

  #throughCuts(
    client: ClientPlace,
    broker: number,
    at: number,
    direction: "requests" | "responses",
    openedAt: number,
  ): number {
    let passes = at;
    for (const cut of this.#cuts) {
      if (!cut[direction] || !reaches(cut, client, broker)) continue;
      if (cut.healedAt <= openedAt) continue;
      if (cut.from <= passes && passes < cut.until) passes = cut.until;
    }
    return passes;
  }
}

function arrivesAt({ from, until, by }: LinkDelay, sentAt: number): number {
  if (sentAt < from || sentAt >= until + by) return sentAt;
  return sentAt < until ? sentAt + by : until + by;
}

/** The latest time of sending at which arrivesAt is over by `time`. */
function sentBy({ from, until, by }: LinkDelay, time: number): number {
  if (time < from || time >= until + by) return time;
  return Math.max(from, time - by);
}

/** Whether a cut, or what else is wrong with a link, lies between the two. */
export function reaches(
  cut: Pick<LinkCut, "kind" | "client" | "broker">,
  client: ClientPlace,
  broker: number,
): boolean {
  return (
    cut.kind === client.kind &&
    (cut.client === ALL || cut.client === client.client) &&
    (cut.broker === ALL || cut.broker === broker)
  );
}
