/** Models: the network between clients (in TaskManagers, readers, the load's producers) and brokers: cut for a while in one direction or both, and single messages that are
 *    lost. A cut closes no connection: what is sent meanwhile goes out again by TCP's back-off, or over a new connection once
 *    a request has timed out. A lost message is answered by nobody, so that its client waits for request.timeout.ms.
 *  Source: RFC 6298 (retransmission after 200 ms, doubled up to 120 s, as in Linux); kafka NetworkClient
 *    (request.timeout.ms, reconnect.backoff.max.ms).
 *  Leaves out: jitter, handshakes, bandwidth; request.timeout.ms other than the default of 30 s where a cut lasts longer. */

import { firstRetryAfter } from "./record-producer.ts";

/** Messages that can be lost. */
export type LostMessage =
  | "EndTxn request"
  | "EndTxn response"
  | "Produce request"
  | "Produce response"
  | "WriteTxnMarkers request";

/** Who talks to brokers: in a TaskManager, the process of this number; else the reader or the load's producer of this
 *  number. `job` is the one whose client it is, -2 where it is none's. */
export interface ClientPlace {
  readonly kind: ClientKind;
  readonly client: number;
  readonly job: number;
}

export type ClientKind = "taskmanager" | "reader" | "producer";

/** Every one of them. */
export const ALL = -1;

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

const FIRST_RETRANSMISSION = 200e6;
const LAST_RETRANSMISSION = 120e9;
const REQUEST_TIMEOUT = 30e9;
const RECONNECT_BACKOFF_MAX = 1e9;

/** When what was sent at `from` first gets through a cut that lasts for `duration`, ns, and whether requests have timed out
 *  before. */
export function throughAgainAt(
  from: number,
  duration: number,
): { readonly until: number; readonly timedOut: boolean } {
  const healedAt = from + duration;
  const timedOut = duration > REQUEST_TIMEOUT;
  const retransmitted = firstRetryAfter(from, healedAt, FIRST_RETRANSMISSION, LAST_RETRANSMISSION);
  const reconnected = timedOut
    ? firstRetryAfter(from + REQUEST_TIMEOUT, healedAt, RECONNECT_BACKOFF_MAX, RECONNECT_BACKOFF_MAX)
    : Number.POSITIVE_INFINITY;
  return { until: Math.min(retransmitted, reconnected), timedOut };
}

export class ClientLinks {
  readonly #cuts: LinkCut[] = [];
  readonly #losses: { readonly message: LostMessage; readonly job: number }[] = [];

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

  /** The next message of this kind is lost. @param job number, or ALL. */
  loseNext(message: LostMessage, job: number): void {
    this.#losses.push({ message, job });
  }

  /** Whether a message that is sent now is the one to be lost. */
  isLost(message: LostMessage, job: number): boolean {
    const at = this.#losses.findIndex(
      (loss) => loss.message === message && (loss.job === ALL || loss.job === job),
    );
    if (at < 0) return false;
    this.#losses.splice(at, 1);
    return true;
  }

  /** Whether a Produce request that `client` sends now, or its answer, is to be lost. */
  isProduceFaultDue(client: ClientPlace | undefined): boolean {
    return this.#losses.some(
      ({ message, job }) => message.startsWith("Produce") && (job === ALL || job === client?.job),
    );
  }

  /** Whether the way between the two is cut at `at`. */
  isTroubled(client: ClientPlace | undefined, broker: number, at: number): boolean {
    return (
      client !== undefined &&
      this.#cuts.some((cut) => cut.from <= at && at < cut.until && reaches(cut, client, broker))
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
      through = firstRetryAfter(closedAt, cut.healedAt, RECONNECT_BACKOFF_MAX, RECONNECT_BACKOFF_MAX);
    }
    return through;
  }

  /** Until when requests or responses between the two don't pass; `at` when they do. */
  cutUntil(client: ClientPlace | undefined, broker: number, at: number): number {
    return Math.max(this.requestPassesAt(client, broker, at), this.responsePassesAt(client, broker, at));
  }

  /** When the latest answer left `broker` that `client` can have had by `at`, ns. */
  latestPassedBy(client: ClientPlace, broker: number, at: number): number {
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
    let passes = at;
    for (const cut of this.#cuts) {
      if (!cut[direction] || !reaches(cut, client, broker)) continue;
      if (cut.healedAt <= openedAt) continue;
      if (cut.from <= passes && passes < cut.until) passes = cut.until;
    }
    return passes;
  }
}

/** Whether a cut lies between the two. */
export function reaches(cut: LinkCut, client: ClientPlace, broker: number): boolean {
  return (
    cut.kind === client.kind &&
    (cut.client === ALL || cut.client === client.client) &&
    (cut.broker === ALL || cut.broker === broker)
  );
}
