/** Models: what brokers do with the requests of a producer's connections, one by one: each is served when the one before is
 *    answered; its batch is appended, known, or refused, and answered once it is replicated.
 *  Source: kafka SocketServer (a channel is muted while its request is handled), ReplicaManager, DelayedProduce.
 *  Leaves out: requests of several partitions (each batch is a request). */

import type { BrokerState } from "./broker-cluster.ts";
import type { ClientLinks, ClientPlace } from "./client-links.ts";
import type { FollowedBatch, LeaderLog, Run } from "./leader-log.ts";
import type { LossReason } from "./observations.ts";
import { ANSWER_AGAIN, APPEND_BATCH, REFUSE_INVALID_PRODUCER_EPOCH } from "./producer-state.ts";
import type { SendError } from "./record-producer.ts";
import type { ProduceAnswer } from "./sequenced-sender.ts";
import type { Topic } from "./topic.ts";

/** Times in ns. */
export interface BatchSenderSettings {
  readonly acks: "0" | "1" | "all";
  readonly idempotence: boolean;
  readonly maxInFlight: number;
  /** how often a batch is sent again. */
  readonly retries: number;
  readonly retryBackoff: number;
  readonly retryBackoffMax: number;
  readonly requestTimeout: number;
  readonly deliveryTimeout: number;
  /** from sending until the leader has appended. */
  readonly appendTime: number;
  /** the part of it that a request holds its connection. */
  readonly handling: number;
  /** from the answer until the client knows it. */
  readonly answerTime: number;
  /** records of a partition that one request takes at most. */
  readonly recordsOfRequest: number;
  readonly links: ClientLinks;
  /** undefined: it runs in no TaskManager. */
  readonly client: ClientPlace | undefined;
  readonly stateOf: (broker: number) => BrokerState;
  readonly transactionProtocol: 1 | 2;
}

/** What a sender tells. */
export interface BatchSenderListener {
  /** A batch of so many records is appended once more, or, 0, behind later ones. */
  repeated(partition: number, records: number): void;
  /** So many records are in no log and never will be. */
  lost(partition: number, records: number, reason: LossReason): void;
  failed(error: SendError): void;
}

/** One sending of a batch. Times in ns. */
export interface Request {
  readonly batch: FollowedBatch;
  readonly sequence: number;
  readonly producerEpoch: number;
  /** as the broker knows it. */
  readonly producerId: number;
  readonly sentAt: number;
  /** when its leader would append it; infinite: it is lost on its way. */
  appendsAt: number;
  /** Its answer comes through, so much later than usual, ns. */
  readonly isAnswerable: boolean;
  readonly answerDelay: number;
  /** It was held up on its way, and comes though its connection is gone. */
  readonly isLate: boolean;
  /** The same request comes twice, this time right behind the first. */
  readonly copyOf: Request | undefined;
  /** The broker has turned to it; what its log has of it, if it is in there; and whether it is done with it. */
  isTaken: boolean;
  takenAt: number;
  run: Run | undefined;
  isAnswered: boolean;
  answer: ProduceAnswer;
  /** when the client hears of it; infinite: not known, or never. */
  answeredAt: number;
}

export interface Connection {
  readonly broker: number;
  /** Unanswered, oldest first. */
  requests: Request[];
  /** Sent over a connection before, and still on their way. */
  strays: Request[];
  /** Nothing passes any more in a direction, since a message was lost. */
  requestsLost: boolean;
  responsesLost: boolean;
  /** Until when the broker handles a request of it, and when the last one comes and is answered, ns. */
  freeAt: number;
  lastAppendsAt: number;
  lastAnsweredAt: number;
  isOpen: boolean;
  openedAt: number;
  closedAt: number;
  /** Its broker is known to work since; NaN: not. */
  worksSince: number;
}

export class ProduceRequests {
  readonly #topic: Topic;
  readonly #settings: BatchSenderSettings;
  readonly #logs: readonly LeaderLog[];
  readonly #listener: BatchSenderListener;
  /** When anything changed last, ns. What comes is told of up to a flush late, and is sent in the past where it could be. */
  changedAt = 0;
  /** Transaction that the producer is in; 0: none. */
  transaction = 0;
  /** A batch that had been sent was given up: sequence numbers begin anew, whatever the log has. */
  hasGivenUp = false;
  /** Per partition: from when on the leader before refuses what it is sent; until then it is cut off and doesn't know, ns. */
  readonly refusedFrom: Float64Array;

  constructor(
    topic: Topic,
    settings: BatchSenderSettings,
    logs: readonly LeaderLog[],
    listener: BatchSenderListener,
  ) {
    this.#topic = topic;
    this.#settings = settings;
    this.#logs = logs;
    this.#listener = listener;
    this.refusedFrom = new Float64Array(logs.length);
  }

  takes(partition: number): boolean {
    const status = this.#topic.statusOf(partition);
    return status !== "no-leader" && (this.#settings.acks !== "all" || status !== "not-enough-replicas");
  }

  /** The request that the broker turns to next: not before the one before is answered. */
  #next({ requests }: Connection): Request | undefined {
    const first = requests.find(({ isAnswered }) => !isAnswered);
    return first === undefined || first.isTaken ? undefined : first;
  }

  servedAt(connection: Connection): number {
    let at = Number.POSITIVE_INFINITY;
    if (this.#settings.stateOf(connection.broker) !== "works") return at;
    const next = this.#next(connection);
    if (next !== undefined)
      return Math.max(next.appendsAt, connection.freeAt, this.#refusedFrom(connection.broker, next));
    for (const request of connection.requests) {
      const { run, isTaken, isAnswered, batch } = request;
      if (!isTaken || isAnswered || run === undefined) continue;
      if (this.#topic.leader(batch.partition) !== connection.broker)
        at = Math.min(at, this.#refusedFrom(connection.broker, request));
      else if (this.#topic.statusOf(batch.partition) === "open")
        at = Math.min(at, this.#replicatedAt(request));
    }
    return at;
  }

  /** When the followers have what the leader has of a request, ns; 0 where they had it before. */
  #replicatedAt({ run, batch }: Request): number {
    return run === undefined ? 0 : this.#topic.logs[batch.partition]!.replicatedAt(run.last);
  }

  /** From when on `broker` knows that it doesn't lead the partition of a request, ns; 0 where it leads it. */
  #refusedFrom(broker: number, { batch }: Request): number {
    const { partition } = batch;
    return this.#topic.leader(partition) === broker ? 0 : this.refusedFrom[partition]!;
  }

  /** What the broker does with the requests of a connection by `now`. @returns whether anything. */
  serve(connection: Connection, now: number): boolean {
    let isChanged = false;
    const { broker } = connection;
    if (this.#settings.stateOf(broker) !== "works") return false;
    for (const request of connection.requests) {
      if (!request.isTaken || request.isAnswered || this.#refusedFrom(broker, request) > now) continue;
      if (this.#topic.leader(request.batch.partition) !== broker)
        this.answer(request, connection, "NOT_LEADER_OR_FOLLOWER", now);
      else if (request.run?.isReplicated === true)
        this.answer(
          request,
          connection,
          "NONE",
          Math.min(now, Math.max(request.takenAt, this.#replicatedAt(request))),
        );
      else continue;
      isChanged = true;
    }
    for (;;) {
      const next = this.#next(connection);
      if (next === undefined || next.appendsAt > now || connection.freeAt > now) break;
      if (this.#refusedFrom(broker, next) > now) break;
      this.#take(connection, next, Math.max(next.appendsAt, connection.freeAt, this.changedAt));
      isChanged = true;
    }
    for (const stray of connection.strays.filter((one) => one.appendsAt <= now && hasCome(one))) {
      connection.strays = connection.strays.filter((one) => one !== stray);
      this.#takeStray(broker, stray, Math.max(stray.appendsAt, this.changedAt));
      isChanged = true;
    }
    return isChanged;
  }

  /** Nobody waits for the answer. */
  #takeStray(broker: number, request: Request, now: number): void {
    const { partition, spans, transaction } = request.batch;
    // What comes when its transaction is over is refused: the coordinator knows of none (KIP-890).
    if (transaction !== this.transaction && this.#settings.idempotence) return;
    if (this.#topic.leader(partition) === broker && this.takes(partition)) this.append(request, now);
    else if (this.#settings.acks === "0") this.#listener.lost(partition, spans.records, "leader lost");
  }

  #take(connection: Connection, request: Request, now: number): void {
    const { partition } = request.batch;
    request.isTaken = true;
    request.takenAt = now;
    if (this.#topic.leader(partition) !== connection.broker) {
      this.answer(request, connection, "NOT_LEADER_OR_FOLLOWER", now);
      return;
    }
    if (!this.takes(partition)) {
      this.answer(request, connection, "NOT_ENOUGH_REPLICAS", now);
      return;
    }
    const effect = this.append(request, now);
    if (effect !== APPEND_BATCH && effect !== ANSWER_AGAIN) {
      const refused =
        effect === REFUSE_INVALID_PRODUCER_EPOCH ? "INVALID_PRODUCER_EPOCH" : "OUT_OF_ORDER_SEQUENCE_NUMBER";
      this.answer(request, connection, refused, now);
    } else if (this.#settings.acks !== "all" || request.run === undefined)
      this.answer(request, connection, "NONE", now);
  }

  /** @returns the effect of onBatch at the leader. */
  append(request: Request, at: number): number {
    const { batch, sequence, producerEpoch, producerId } = request;
    const { idempotence, transactionProtocol } = this.#settings;
    const log = this.#logs[batch.partition]!;
    const isAgain = batch.appended > 0;
    const effect = log.offer(
      batch,
      idempotence ? { baseSequence: sequence, producerEpoch, producerId } : undefined,
      transactionProtocol,
      at,
    );
    request.isTaken = true;
    request.run = batch.run;
    if (effect !== APPEND_BATCH) return effect;
    const isBehind = log.isBehindLater(batch);
    if (idempotence && !this.hasGivenUp) return effect;
    if (isAgain) this.#listener.repeated(batch.partition, batch.spans.records);
    else if (isBehind) this.#listener.repeated(batch.partition, 0);
    return effect;
  }

  /** The broker answers at `at`: its connection is free for the next request. */
  answer(request: Request, connection: Connection, answer: ProduceAnswer, at: number): void {
    const { links, client, answerTime, handling } = this.#settings;
    const { partition } = request.batch;
    connection.freeAt = Math.max(connection.freeAt, this.#topic.logs[partition]!.markedAt(at + handling));
    request.isAnswered = true;
    request.answer = answer;
    if (!request.isAnswerable) return;
    const passes =
      links.responsePassesAt(client, connection.broker, at, connection.openedAt) +
      request.answerDelay +
      answerTime;
    request.answeredAt = Math.max(passes, connection.lastAnsweredAt);
    connection.lastAnsweredAt = request.answeredAt;
  }
}

/** A copy comes behind what it is a copy of. */
export function hasCome({ copyOf }: Request): boolean {
  return copyOf === undefined || copyOf.isTaken;
}
