/** Models: a producer's connections, one to each broker: what is on its way over them, what is lost or held up, when they end
 *    and when they are made again.
 *  Source: kafka NetworkClient, InFlightRequests, ClusterConnectionStates.
 *  Leaves out: a connection is made again at once when its broker works, by retry.backoff.ms when it had been gone. */

import { NO_JOB } from "./client-links.ts";
import { firstRetryAfter } from "./client-retries.ts";
import type { FollowedBatch } from "./leader-log.ts";
import {
  type BatchSenderListener,
  type BatchSenderSettings,
  type Connection,
  hasCome,
  type PartitionProduceData,
  type ProduceRequest,
} from "./produce-requests.ts";
import type { Topic } from "./topic.ts";

export class BrokerConnections {
  /** By broker, as far as any was asked for. */
  readonly all: Connection[] = [];
  readonly #topic: Topic;
  readonly #settings: BatchSenderSettings;
  readonly #listener: BatchSenderListener;

  constructor(topic: Topic, settings: BatchSenderSettings, listener: BatchSenderListener) {
    this.#topic = topic;
    this.#settings = settings;
    this.#listener = listener;
  }

  to(broker: number): Connection {
    while (this.all.length <= broker) {
      this.all.push({
        broker: this.all.length,
        requests: [],
        strays: [],
        drainFrom: 0,
        requestsLost: false,
        responsesLost: false,
        freeAt: 0,
        lastAppendsAt: 0,
        lastAnsweredAt: 0,
        isOpen: true,
        openedAt: 0,
        closedAt: 0,
        worksSince: Number.NaN,
      });
    }
    return this.all[broker]!;
  }

  /** Whether no request is on its way. */
  get isQuiet(): boolean {
    for (const { requests, strays } of this.all) if (requests.length > 0 || strays.length > 0) return false;
    return true;
  }

  /** When a request can be sent to `broker`, ns. */
  opensAt(broker: number, now: number): number {
    const connection = this.to(broker);
    const { stateOf, links, client } = this.#settings;
    if (connection.isOpen) return Number.NEGATIVE_INFINITY;
    if (stateOf(broker) !== "works") return Number.POSITIVE_INFINITY;
    if (Number.isNaN(connection.worksSince)) connection.worksSince = now;
    const { closedAt, worksSince } = connection;
    const tried = firstRetryAfter(closedAt, worksSince, this.#settings);
    return links.reconnectsAt(client, broker, closedAt, Math.max(tried, now));
  }

  /** When anything comes over `connection` or is given up on it, as far as it can be foreseen, ns. */
  nextAt({ broker, strays, requests }: Connection): number {
    const { requestTimeout, stateOf } = this.#settings;
    let at = Number.POSITIVE_INFINITY;
    if (stateOf(broker) === "works")
      for (const stray of strays) if (hasCome(stray)) at = Math.min(at, stray.appendsAt);
    const [oldest] = requests;
    if (oldest !== undefined) at = Math.min(at, oldest.answeredAt, oldest.sentAt + requestTimeout);
    return at;
  }

  /** The connection to `broker` ends. @returns the requests that nobody will answer, oldest first; undefined: it had ended. */
  close(broker: number, now: number): readonly ProduceRequest[] | undefined {
    const connection = this.to(broker);
    const { requests } = connection;
    if (!connection.isOpen && requests.length === 0) return undefined;
    connection.requests = [];
    connection.strays = [
      // What the first one has not got to its broker, the second hasn't either.
      ...connection.strays.filter(({ copyOf, isLate }) => copyOf === undefined || copyOf.isTaken || isLate),
      ...requests.filter(({ isLate, isTaken }) => isLate && !isTaken),
    ];
    connection.isOpen = false;
    connection.closedAt = now;
    connection.worksSince = Number.NaN;
    connection.requestsLost = connection.responsesLost = false;
    connection.freeAt = connection.lastAppendsAt = connection.lastAnsweredAt = 0;
    return requests;
  }

  /** What is on its way to a broker that is gone comes nowhere; with acks=0 nobody will ever know. */
  dropStrays(broker: number): void {
    const connection = this.to(broker);
    const { acks } = this.#settings;
    if (acks === "0") for (const { partitions } of connection.strays) this.#tellLost(partitions);
    connection.strays = [];
  }

  /** The producer is gone: what is on its way to leaders that `take` it comes all the same. @returns those batches. */
  abandon(takes: (partition: number) => boolean): ReadonlySet<FollowedBatch> {
    const onTheirWay = new Set<FollowedBatch>();
    for (const connection of this.all) {
      const { requests, strays, broker } = connection;
      connection.strays = [...strays, ...requests].filter(
        ({ isTaken, appendsAt }) => !isTaken && appendsAt < Number.POSITIVE_INFINITY,
      );
      for (const request of connection.strays) {
        request.partitions = request.partitions.filter(
          ({ batch: { partition } }) => this.#topic.leader(partition) === broker && takes(partition),
        );
        for (const { batch } of request.partitions) onTheirWay.add(batch);
      }
      connection.strays = connection.strays.filter(({ partitions }) => partitions.length > 0);
      connection.requests = [];
    }
    return onTheirWay;
  }

  /** The way between the client and `broker` is cut from now on: what is on it comes later. */
  onCut(broker: number, now: number): void {
    const { links, client } = this.#settings;
    const connection = this.to(broker);
    const requestsPass = links.heldUntil(client, broker, now, "requests");
    const responsesPass = links.heldUntil(client, broker, now, "responses");
    for (const request of connection.requests) {
      if (!request.isTaken) request.appendsAt = Math.max(request.appendsAt, requestsPass);
      request.answeredAt = Math.max(request.answeredAt, responsesPass);
    }
    connection.lastAppendsAt = Math.max(connection.lastAppendsAt, requestsPass);
    connection.lastAnsweredAt = Math.max(connection.lastAnsweredAt, responsesPass);
  }

  /** Sends a request; with acks=0 nobody waits for its answer. */
  send(data: readonly PartitionProduceData[], connection: Connection, now: number): void {
    const { links, client, appendTime, acks } = this.#settings;
    const job = client?.job ?? NO_JOB;
    connection.requestsLost ||= links.isLost("Produce request", job);
    connection.responsesLost ||= links.isLost("Produce response", job);
    const { broker, openedAt } = connection;
    const heldUp = links.delayOf("Produce request", job);
    const passes = links.requestPassesAt(client, broker, now, openedAt) + heldUp + appendTime;
    let appendsAt = Number.POSITIVE_INFINITY;
    if (!connection.requestsLost) {
      appendsAt = connection.lastAppendsAt;
      for (const { batch } of data)
        appendsAt = Math.max(appendsAt, this.#topic.logs[batch.partition]!.markedAt(passes));
      connection.lastAppendsAt = appendsAt;
    }
    const request: ProduceRequest = {
      ...produceRequest(data, connection, now, appendsAt),
      answerDelay: links.delayOf("Produce response", job),
      isLate: heldUp > 0 || links.isSlow(client, broker, now),
    };
    const copy = links.isDuplicated("Produce request", job)
      ? { ...request, partitions: data.map((one) => ({ ...one })), copyOf: request }
      : undefined;
    // Its client drops an answer that comes twice.
    links.isDuplicated("Produce response", job);
    if (acks !== "0") {
      connection.requests.push(request);
      if (copy !== undefined) connection.strays.push(copy);
      return;
    }
    if (connection.requestsLost) this.#tellLost(data);
    else connection.strays.push(request);
    if (copy !== undefined && !connection.requestsLost)
      connection.strays.push({ ...copy, copyOf: undefined });
  }

  /** The request of a batch that had been sent before its partition was followed, appended or to be appended at `appendsAt`.
   *  One of another partition at this time was in it, too: a connection's requests are a service time apart. */
  adopt(
    data: PartitionProduceData,
    connection: Connection,
    sentAt: number,
    appendsAt: number,
    isAppended: boolean,
  ): ProduceRequest {
    const { acks, service } = this.#settings;
    const { requests } = connection;
    const shared = requests.find(
      (one) =>
        !one.isAnswered &&
        one.isTaken === isAppended &&
        Math.abs(one.appendsAt - appendsAt) < service &&
        one.partitions.every(({ batch }) => batch.partition !== data.batch.partition),
    );
    if (shared !== undefined && acks !== "0") {
      shared.partitions = [...shared.partitions, data];
      return shared;
    }
    const request = produceRequest([data], connection, sentAt, appendsAt);
    if (acks !== "0") {
      // Those of several partitions are adopted one partition after the other.
      const later = requests.findIndex((one) => one.appendsAt > appendsAt);
      requests.splice(later < 0 ? requests.length : later, 0, request);
    } else if (!isAppended) connection.strays.push(request);
    return request;
  }

  #tellLost(partitions: readonly PartitionProduceData[]): void {
    for (const { batch } of partitions)
      this.#listener.lost(batch.partition, batch.spans.records, "leader lost");
  }
}

function produceRequest(
  partitions: readonly PartitionProduceData[],
  { responsesLost }: Connection,
  sentAt: number,
  appendsAt: number,
): ProduceRequest {
  return {
    partitions,
    sentAt,
    appendsAt,
    isAnswerable: !responsesLost,
    answerDelay: 0,
    isLate: false,
    copyOf: undefined,
    isTaken: false,
    takenAt: 0,
    isAnswered: false,
    answeredAt: Number.POSITIVE_INFINITY,
  };
}
