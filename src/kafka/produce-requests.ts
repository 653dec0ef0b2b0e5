/** Models: what brokers do with the requests of a producer's connections, one by one: each is served when the one before is
 *    answered; each of its batches is appended, known, or refused, and it is answered once all are replicated or refused.
 *  Source: kafka SocketServer (a channel is muted while its request is handled), ReplicaManager, DelayedProduce.
 *  Leaves out: request.timeout.ms as the broker keeps it, since the client has given up by then. */

import type { BrokerState } from "./broker-cluster.ts";
import type { ClientLinks, ClientPlace } from "./client-links.ts";
import type { ClientRetries } from "./client-retries.ts";
import type { FollowedBatch, LeaderLog, Run } from "./leader-log.ts";
import type { LossReason } from "./observations.ts";
import { ANSWER_AGAIN, APPEND_BATCH, REFUSE_INVALID_PRODUCER_EPOCH } from "./producer-state.ts";
import type { SendError } from "./record-producer.ts";
import type { ProduceAnswer } from "./sequenced-sender.ts";
import type { Topic } from "./topic.ts";

/** Times in ns. */
export interface BatchSenderSettings extends ClientRetries {
  readonly acks: "0" | "1" | "all";
  readonly idempotence: boolean;
  readonly maxInFlight: number;
  /** from sending until the leader has appended. */
  readonly appendTime: number;
  /** the part of it that a request holds its connection. */
  readonly handling: number;
  /** from the answer until the client knows it. */
  readonly answerTime: number;
  /** records of a batch at most, and of all batches of a request. */
  readonly recordsOfBatch: number;
  readonly recordsOfRequest: number;
  /** a request's hold on its connection. */
  readonly service: number;
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

/** A batch in a request: with the sequence number and the epoch that it has by then. */
export interface PartitionProduceData {
  readonly batch: FollowedBatch;
  readonly sequence: number;
  readonly producerEpoch: number;
  /** as the broker knows it. */
  readonly producerId: number;
  /** what its log has of it, if it is in there. */
  run: Run | undefined;
  /** It is neither replicated nor refused. */
  acksPending: boolean;
  answer: ProduceAnswer;
  /** when it was replicated or refused, ns. */
  doneAt: number;
}

/** One sending of a batch each of some partitions with one leader. Times in ns. */
export interface ProduceRequest {
  partitions: readonly PartitionProduceData[];
  readonly sentAt: number;
  /** when its leader would append it; infinite: it is lost on its way. */
  appendsAt: number;
  /** Its answer comes through, so much later than usual, ns. */
  readonly isAnswerable: boolean;
  readonly answerDelay: number;
  /** It was held up on its way, and comes though its connection is gone. */
  readonly isLate: boolean;
  /** The same request comes twice, this time right behind the first. */
  readonly copyOf: ProduceRequest | undefined;
  /** The broker has turned to it, and is done with it. */
  isTaken: boolean;
  takenAt: number;
  isAnswered: boolean;
  /** when the client hears of it; infinite: not known, or never. */
  answeredAt: number;
}

export interface Connection {
  readonly broker: number;
  /** Unanswered, oldest first. */
  requests: ProduceRequest[];
  /** Sent over a connection before, and still on their way. */
  strays: ProduceRequest[];
  /** Partition at which the Sender begins when it fills the next request. */
  drainFrom: number;
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
  #next({ requests }: Connection): ProduceRequest | undefined {
    const first = requests.find(({ isAnswered }) => !isAnswered);
    return first === undefined || first.isTaken ? undefined : first;
  }

  servedAt(connection: Connection): number {
    let at = Number.POSITIVE_INFINITY;
    if (this.#settings.stateOf(connection.broker) !== "works") return at;
    const next = this.#next(connection);
    if (next !== undefined) return Math.max(next.appendsAt, connection.freeAt);
    for (const { isTaken, isAnswered, partitions } of connection.requests) {
      if (!isTaken || isAnswered) continue;
      for (const data of partitions)
        if (data.acksPending) at = Math.min(at, this.#decidedAt(connection.broker, data));
    }
    return at;
  }

  /** When a batch that was taken is replicated, or refused; infinite: it can't be foreseen, ns. */
  #decidedAt(broker: number, { batch, run }: PartitionProduceData): number {
    const { partition } = batch;
    if (this.#isRefused(broker, batch, run)) return this.#refusedFrom(broker, partition);
    const isOpen = this.#topic.statusOf(partition) === "open";
    return isOpen ? this.#topic.logs[partition]!.replicatedAt(run!.last) : Number.POSITIVE_INFINITY;
  }

  /** Whether `broker` doesn't lead, or didn't when it was sent a batch. */
  #isRefused(broker: number, { partition }: FollowedBatch, run: Run | undefined): boolean {
    return run === undefined || this.#topic.leader(partition) !== broker;
  }

  /** From when on `broker` knows that it doesn't lead `partition`, ns; 0 where it leads it. */
  #refusedFrom(broker: number, partition: number): number {
    return this.#topic.leader(partition) === broker ? 0 : this.refusedFrom[partition]!;
  }

  /** What the broker does with the requests of a connection by `now`. @returns whether anything. */
  serve(connection: Connection, now: number): boolean {
    let isChanged = false;
    const { broker } = connection;
    if (this.#settings.stateOf(broker) !== "works") return false;
    for (const request of connection.requests) {
      if (!request.isTaken || request.isAnswered) continue;
      for (const data of request.partitions) {
        if (data.acksPending && this.#decide(broker, request.takenAt, data, now)) isChanged = true;
      }
      this.#answerIfDone(request, connection);
    }
    for (;;) {
      const next = this.#next(connection);
      if (next === undefined || next.appendsAt > now || connection.freeAt > now) break;
      this.#take(connection, next, Math.max(next.appendsAt, connection.freeAt, this.changedAt), now);
      isChanged = true;
    }
    for (const stray of connection.strays.filter((one) => one.appendsAt <= now && hasCome(one))) {
      connection.strays = connection.strays.filter((one) => one !== stray);
      for (const data of stray.partitions)
        this.#takeStray(broker, data, Math.max(stray.appendsAt, this.changedAt));
      stray.isTaken = true;
      isChanged = true;
    }
    return isChanged;
  }

  /** @returns whether a batch that was taken is replicated or refused by `now`. */
  #decide(broker: number, takenAt: number, data: PartitionProduceData, now: number): boolean {
    const { batch, run } = data;
    const { partition } = batch;
    if (this.#isRefused(broker, batch, run)) {
      if (this.#refusedFrom(broker, partition) > now) return false;
      decide(data, "NOT_LEADER_OR_FOLLOWER", now);
      return true;
    }
    if (!run!.isReplicated) return false;
    const replicatedAt = this.#topic.logs[partition]!.replicatedAt(run!.last);
    decide(data, "NONE", Math.min(now, Math.max(takenAt, replicatedAt)));
    return true;
  }

  /** Nobody waits for the answer. */
  #takeStray(broker: number, data: PartitionProduceData, now: number): void {
    const { partition, spans, transaction } = data.batch;
    // What comes when its transaction is over is refused: the coordinator knows of none (KIP-890).
    if (transaction !== this.transaction && this.#settings.idempotence) return;
    if (this.#topic.leader(partition) === broker && this.takes(partition)) this.append(data, now);
    else if (this.#settings.acks === "0") this.#listener.lost(partition, spans.records, "leader lost");
  }

  /** @param now when the broker is asked what it does by then, not before `at`, ns. */
  #take(connection: Connection, request: ProduceRequest, at: number, now: number): void {
    request.isTaken = true;
    request.takenAt = at;
    for (const data of request.partitions) {
      const { partition } = data.batch;
      const { broker } = connection;
      if (this.#topic.leader(partition) !== broker) {
        // A leader that is cut off and has been replaced takes it, and hears later that it is none.
        if (this.#refusedFrom(broker, partition) <= now) decide(data, "NOT_LEADER_OR_FOLLOWER", at);
      } else if (!this.takes(partition)) decide(data, "NOT_ENOUGH_REPLICAS", at);
      else this.#answerOf(data, this.append(data, at), at);
    }
    this.#answerIfDone(request, connection);
  }

  #answerOf(data: PartitionProduceData, effect: number, at: number): void {
    if (effect === REFUSE_INVALID_PRODUCER_EPOCH) decide(data, "INVALID_PRODUCER_EPOCH", at);
    else if (effect !== APPEND_BATCH && effect !== ANSWER_AGAIN)
      decide(data, "OUT_OF_ORDER_SEQUENCE_NUMBER", at);
    else if (this.#settings.acks !== "all" || data.run === undefined) decide(data, "NONE", at);
  }

  /** @returns the effect of onBatch at the leader. */
  append(data: PartitionProduceData, at: number): number {
    const { batch, sequence, producerEpoch, producerId } = data;
    const { idempotence, transactionProtocol } = this.#settings;
    const log = this.#logs[batch.partition]!;
    const isAgain = batch.appended > 0;
    const effect = log.offer(
      batch,
      idempotence ? { baseSequence: sequence, producerEpoch, producerId } : undefined,
      transactionProtocol,
      at,
    );
    data.run = batch.run;
    if (effect !== APPEND_BATCH) return effect;
    const isBehind = log.isBehindLater(batch);
    if (idempotence && !this.hasGivenUp) return effect;
    if (isAgain) this.#listener.repeated(batch.partition, batch.spans.records);
    else if (isBehind) this.#listener.repeated(batch.partition, 0);
    return effect;
  }

  /** A batch had been appended at `at`, ns, before anybody looked at its request. */
  appendBefore(
    request: ProduceRequest,
    data: PartitionProduceData,
    connection: Connection,
    at: number,
  ): void {
    request.isTaken = true;
    this.append(data, at);
    if (this.#settings.acks === "1") decide(data, "NONE", at);
    this.#answerIfDone(request, connection);
  }

  /** All of a request is replicated or refused: the broker answers, and its connection is free for the next one. */
  #answerIfDone(request: ProduceRequest, connection: Connection): void {
    const { links, client, answerTime, handling } = this.#settings;
    if (request.partitions.some(({ acksPending }) => acksPending)) return;
    let answersAt = 0;
    for (const { doneAt } of request.partitions) answersAt = Math.max(answersAt, doneAt);
    for (const { batch } of request.partitions) {
      const freeAt = this.#topic.logs[batch.partition]!.markedAt(answersAt + handling);
      connection.freeAt = Math.max(connection.freeAt, freeAt);
    }
    request.isAnswered = true;
    if (!request.isAnswerable) return;
    const passes =
      links.responsePassesAt(client, connection.broker, answersAt, connection.openedAt) +
      request.answerDelay +
      answerTime;
    request.answeredAt = Math.max(passes, connection.lastAnsweredAt);
    connection.lastAnsweredAt = request.answeredAt;
  }
}

function decide(data: PartitionProduceData, answer: ProduceAnswer, at: number): void {
  data.acksPending = false;
  data.answer = answer;
  data.doneAt = at;
}

/** A copy comes behind what it is a copy of. */
export function hasCome({ copyOf }: ProduceRequest): boolean {
  return copyOf === undefined || copyOf.isTaken;
}
