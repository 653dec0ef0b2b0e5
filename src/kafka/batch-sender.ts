/** Models: a producer's batches one by one, where something is wrong between it and a broker: a request takes a batch each of
 *    the partitions that its broker leads, up to max.request.size, from partition to partition in turn; at most
 *    max.in.flight requests on each connection, each answered, timed out or lost with its connection (produce-requests.ts);
 *    what fails goes again by back-off, in the order that sequence numbers keep or that nothing keeps.
 *  Source: kafka Sender.sendProduceRequests, RecordAccumulator (drainBatchesForOneNode: a partition whose retry or unresolved
 *    sequence has to wait ends the pass), NetworkClient, InFlightRequests, KAFKA-15415 (no back-off behind a new leader),
 *    KIP-951 (who leads comes with the refusal).
 *  Leaves out: as client-retries.ts, known-leaders.ts and broker-connections.ts. */

import { invariant } from "../engine/index.ts";
import { Outbox, SpanList } from "../records/index.ts";
import { BrokerConnections } from "./broker-connections.ts";
import { backoffAfter } from "./client-retries.ts";
import { KnownLeaders } from "./known-leaders.ts";
import type { FollowedBatch, LeaderLog } from "./leader-log.ts";
import type { LossReason } from "./observations.ts";
import type { LeaderChange } from "./partition-change.ts";
import {
  type BatchSenderListener,
  type BatchSenderSettings,
  type Connection,
  type PartitionProduceData,
  ProduceRequests,
} from "./produce-requests.ts";
import type { SendError } from "./record-producer.ts";
import {
  ABORTABLE_ERROR,
  COMPLETE_BATCH,
  FAIL_BATCH,
  mayDrain,
  mayRetry,
  onAnswer,
  onDeliveryTimeout,
  onDrain,
  onRetry,
  PRODUCER_FENCED,
  type ProduceAnswer,
  resumeSequence,
  SEND_BATCH,
  type SequencedSender,
  sequencedSender,
} from "./sequenced-sender.ts";
import type { Topic } from "./topic.ts";
import {
  onAnswerUnsequenced,
  onDrainUnsequenced,
  onGivenUpUnsequenced,
  onRetryUnsequenced,
  unsequencedSender,
} from "./unsequenced-sender.ts";

interface PartitionQueue {
  isFollowed: boolean;
  /** In the accumulator, oldest first. */
  readonly queue: FollowedBatch[];
}

export class BatchSender {
  readonly #topic: Topic;
  readonly #settings: BatchSenderSettings;
  readonly #logs: readonly LeaderLog[];
  readonly #separate: boolean;
  readonly #listener: BatchSenderListener;
  readonly #partitions: readonly PartitionQueue[];
  readonly #leaders: KnownLeaders;
  readonly #connections: BrokerConnections;
  readonly #brokers: ProduceRequests;
  readonly #outbox = new Outbox();
  readonly #batches = new Map<number, FollowedBatch>();
  #sequenced: SequencedSender | undefined;
  readonly #unsequenced;
  #lastNumber = 0;
  /** Partitions that are followed. */
  #followed = 0;
  #isDead = false;
  #error: SendError | undefined;

  constructor(
    topic: Topic,
    settings: BatchSenderSettings,
    logs: readonly LeaderLog[],
    separate: boolean,
    listener: BatchSenderListener,
  ) {
    this.#topic = topic;
    this.#settings = settings;
    this.#logs = logs;
    this.#separate = separate;
    this.#listener = listener;
    this.#partitions = logs.map(() => ({ isFollowed: false, queue: [] }));
    this.#leaders = new KnownLeaders(topic, settings);
    this.#connections = new BrokerConnections(topic, settings, listener);
    this.#brokers = new ProduceRequests(topic, settings, logs, listener);
    this.#unsequenced = unsequencedSender(logs.length);
  }

  /** Whether the batches of `partition` are followed one by one. */
  follows(partition: number): boolean {
    return this.#partitions[partition]!.isFollowed;
  }

  /** Whether nothing of `partition` is unacknowledged. */
  isDone(partition: number): boolean {
    for (const batch of this.#batches.values()) if (batch.partition === partition) return false;
    return true;
  }

  /** Batches that are neither acknowledged nor given up. */
  get unfinished(): number {
    return this.#batches.size;
  }

  /** It rises whenever a sequence can't be continued outside transactions. */
  get producerEpoch(): number {
    return this.#sequenced?.producerEpoch ?? 0;
  }

  /** Whether `batch` is neither acknowledged nor given up. */
  isWaitingFor(batch: FollowedBatch): boolean {
    return this.#batches.has(batch.number);
  }

  /** Whether no request is on its way. */
  get isQuiet(): boolean {
    return this.#connections.isQuiet;
  }

  /** Follows `partition` from now on, in which `sequence` records of `transaction` are acknowledged. */
  follow(partition: number, transaction: number, sequence: number): void {
    this.#partitions[partition]!.isFollowed = true;
    this.#followed++;
    if (!this.#settings.idempotence) return;
    const isOver = transaction < this.#brokers.transaction;
    const sender = this.#sequencesOf(isOver ? this.#brokers.transaction : transaction);
    const next = isOver ? 0 : sequence;
    resumeSequence(sender, partition, next);
    this.#logs[partition]!.know(this.#brokers.transaction, sender.producerEpoch, next);
  }

  /** @returns the next sequence number of a partition that nothing is wrong with any more, which is left to itself; -1: it isn't
   *  so far. */
  leave(partition: number, now: number): number {
    const entry = this.#partitions[partition]!;
    const leader = this.#topic.leader(partition);
    const { links, client, idempotence } = this.#settings;
    if (entry.queue.length > 0 || this.#leaders.of(partition) !== leader) return -1;
    if (!this.isDone(partition)) return -1;
    const { requests, strays, isOpen } = this.#connections.to(leader);
    if (!isOpen || requests.length > 0 || strays.length > 0) return -1;
    if (links.isTroubled(client, leader, now)) return -1;
    const sequenced = idempotence ? this.#sequenced?.partitions[partition] : undefined;
    // What was given up may be missing, and then the leader refuses what comes next.
    if (sequenced !== undefined && sequenced.acknowledgedTo !== sequenced.nextSequence) return -1;
    entry.isFollowed = false;
    this.#followed--;
    return sequenced?.nextSequence ?? 0;
  }

  /** A transaction has a producer epoch of its own, and its sequence numbers begin at 0. */
  #sequencesOf(transaction: number): SequencedSender {
    if (this.#sequenced === undefined || this.#brokers.transaction !== transaction) {
      this.#sequenced = sequencedSender(transaction, this.#logs.length, transaction !== 0);
      this.#brokers.transaction = transaction;
    }
    return this.#sequenced;
  }

  // ---- what comes

  /** Takes a batch that had been sent before its partition was followed: appended at `at`, or to be then, ns. */
  adopt(partition: number, spans: SpanList, transaction: number, at: number, now: number): void {
    const { appendTime, acks, links, client } = this.#settings;
    const broker = this.#leaders.of(partition);
    const connection = this.#connections.to(broker);
    const batch = this.#batch(partition, spans, transaction, at - appendTime);
    this.#outbox.clear();
    this.#drain(batch);
    const appendsAt = at <= now ? at : Math.max(at, links.heldUntil(client, broker, now, "requests"));
    const data = this.#produceData(batch, connection);
    const isAppended = at <= now;
    const request = this.#connections.adopt(data, connection, at - appendTime, appendsAt, isAppended);
    if (isAppended) this.#brokers.appendBefore(request, data, connection, at);
    else connection.lastAppendsAt = Math.max(connection.lastAppendsAt, appendsAt);
    if (acks === "0") this.#onAnswer(batch, "NONE", now);
  }

  /** Takes the records of `spans`, which came at `at` (ns) and may share a batch with those before. */
  add(partition: number, spans: SpanList, transaction: number, at: number): void {
    const { queue } = this.#partitions[partition]!;
    const { recordsOfBatch } = this.#settings;
    // The records of a batch come all at once; those of several runs side by side would lose their order.
    spans.interleaved = false;
    const last = queue.at(-1);
    if (last !== undefined && last.transaction === transaction && last.spans.records < recordsOfBatch) {
      last.filledAt = at;
      spans.moveFront(Math.min(spans.records, recordsOfBatch - last.spans.records), last.spans);
    }
    while (spans.records > 0) {
      const part = new SpanList(this.#separate);
      spans.moveFront(Math.min(spans.records, recordsOfBatch), part);
      queue.push(this.#batch(partition, part, transaction, at));
    }
  }

  #batch(partition: number, spans: SpanList, transaction: number, createdAt: number): FollowedBatch {
    const batch = {
      number: ++this.#lastNumber,
      partition,
      transaction,
      spans,
      createdAt,
      filledAt: createdAt,
      attempts: 0,
      readyAt: 0,
      sentTo: -1,
      appended: 0,
      run: undefined,
    };
    this.#batches.set(batch.number, batch);
    return batch;
  }

  /** The process is gone. @returns how many records were only in its memory. */
  kill(now: number): number {
    let dropped = 0;
    this.#isDead = true;
    const onTheirWay = this.#connections.abandon((partition) => this.#brokers.takes(partition));
    for (const batch of this.#batches.values()) {
      if (batch.appended === 0 && !onTheirWay.has(batch)) dropped += batch.spans.records;
    }
    this.#batches.clear();
    for (const { queue } of this.#partitions) queue.length = 0;
    this.advance(now);
    return dropped;
  }

  // ---- what changes

  /** The leader of `partition` is gone, or is another one. */
  onElection(partition: number, { how, noticedBy, stillAnswers }: LeaderChange, now: number): void {
    this.#leaders.onElection(partition, now);
    this.#brokers.refusedFrom[partition] = stillAnswers === true ? noticedBy : 0;
    if (how === "returned") this.#close(this.#topic.leader(partition), now);
  }

  /** `broker` doesn't work any more: what it refuses is known at once, what it doesn't answer after request.timeout.ms. */
  onBrokerGone(broker: number, now: number): void {
    const state = this.#settings.stateOf(broker);
    if (state !== "frozen") this.#connections.dropStrays(broker);
    if (state === "refuses") this.#close(broker, now);
  }

  /** The connection to `broker` ends: nothing on it is answered any more. */
  #close(broker: number, now: number): void {
    const unanswered = this.#connections.close(broker, now);
    if (unanswered === undefined) return;
    this.#leaders.onConnectionLost(broker, now);
    for (const { partitions } of unanswered)
      for (const { batch } of partitions) this.#onAnswer(batch, "NOT_ANSWERED", now);
  }

  /** The way between the client and `broker` is cut from now on: what is on it comes later. */
  onCut(broker: number, now: number): void {
    this.#connections.onCut(broker, now);
  }

  // ---- what happens

  /** Does all that is due by `now`, and tells in the end of what failed. `isChanged`: not only have records come. */
  advance(now: number, isChanged = true): void {
    if (this.#followed === 0 && this.isQuiet) return;
    if (isChanged) this.#brokers.changedAt = now;
    for (let isDone = false; !isDone; ) {
      isDone = true;
      for (const connection of this.#connections.all) {
        if (this.#brokers.serve(connection, now)) isDone = false;
        if (this.#receive(connection, now)) isDone = false;
      }
      if (this.#isDead) continue;
      this.#expire(now);
      if (this.#drainAll(now)) isDone = false;
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined && !this.#isDead) this.#listener.failed(error);
  }

  /** When something is due next, as far as it can be foreseen; infinite: nothing, ns. */
  nextAt(now: number): number {
    let at = Number.POSITIVE_INFINITY;
    if (this.#followed === 0 && this.isQuiet) return at;
    const { deliveryTimeout } = this.#settings;
    for (const connection of this.#connections.all)
      at = Math.min(at, this.#brokers.servedAt(connection), this.#connections.nextAt(connection));
    for (const { createdAt } of this.#batches.values()) at = Math.min(at, createdAt + deliveryTimeout);
    return Math.min(at, this.#nextToSend(now).at);
  }

  // ---- the client

  /** What the client hears by `now`. @returns whether anything. */
  #receive(connection: Connection, now: number): boolean {
    let isChanged = false;
    // Answers come in the order of their requests.
    while (connection.requests.length > 0 && connection.requests[0]!.answeredAt <= now) {
      const { partitions, answeredAt } = connection.requests.shift()!;
      isChanged = true;
      this.#brokers.changedAt = Math.max(this.#brokers.changedAt, answeredAt);
      for (const { batch, answer } of partitions) {
        if (answer === "NOT_LEADER_OR_FOLLOWER") this.#leaders.onRefusal(batch.partition, answeredAt);
        this.#onAnswer(batch, answer, answeredAt);
      }
    }
    const [oldest] = connection.requests;
    if (oldest !== undefined && oldest.sentAt + this.#settings.requestTimeout <= now) {
      this.#close(connection.broker, now);
      isChanged = true;
    }
    return isChanged;
  }

  #onAnswer(batch: FollowedBatch, answer: ProduceAnswer, now: number): void {
    const { idempotence, retries } = this.#settings;
    const { partition, number } = batch;
    if (!this.#batches.has(number)) return;
    if (answer !== "NONE" && batch.attempts > retries) {
      this.#giveUp(batch, "retries exhausted", ERRORS[answer] ?? "NetworkException");
      return;
    }
    batch.readyAt = now + backoffAfter(batch.attempts, this.#settings);
    this.#outbox.clear();
    if (idempotence) onAnswer(this.#sequenced!, partition, number, answer, this.#outbox);
    else onAnswerUnsequenced(this.#unsequenced, partition, number, answer, this.#outbox);
    this.#perform();
  }

  #perform(): void {
    const { effects, a, length } = this.#outbox;
    for (let i = 0; i < length; i++) {
      const batch = this.#batches.get(a[i]!);
      switch (effects[i]) {
        case COMPLETE_BATCH:
          this.#complete(batch!);
          break;
        case FAIL_BATCH:
          if (batch !== undefined) this.#complete(batch);
          break;
        case ABORTABLE_ERROR:
          this.#error = "OutOfOrderSequenceException";
          break;
        case PRODUCER_FENCED:
          this.#error = "InvalidProducerEpochException";
          break;
      }
    }
  }

  #complete({ number }: FollowedBatch): void {
    this.#batches.delete(number);
  }

  /** What has waited for delivery.timeout.ms fails. */
  #expire(now: number): void {
    for (const batch of [...this.#batches.values()]) {
      if (batch.createdAt + this.#settings.deliveryTimeout > now) continue;
      this.#giveUp(batch, "delivery timeout", "TimeoutException");
    }
  }

  #giveUp(batch: FollowedBatch, reason: LossReason, error: SendError): void {
    const { partition, number, spans } = batch;
    const { queue } = this.#partitions[partition]!;
    const queued = queue.indexOf(batch);
    if (queued >= 0) queue.splice(queued, 1);
    else {
      this.#brokers.hasGivenUp = true;
      this.#outbox.clear();
      if (this.#settings.idempotence) onDeliveryTimeout(this.#sequenced!, partition, number, this.#outbox);
      else onGivenUpUnsequenced(this.#unsequenced, partition, number, this.#outbox);
      this.#perform();
    }
    this.#complete(batch);
    if (batch.appended === 0) this.#listener.lost(partition, spans.records, reason);
    this.#error ??= error;
  }

  /** When the batch at the head of `partition` may be sent unless an answer comes first, ns. */
  #drainsAt(head: FollowedBatch, now: number): number {
    const { partition } = head;
    const { stateOf, maxInFlight } = this.#settings;
    const known = this.#leaders.knownFrom(partition);
    if (known === Number.POSITIVE_INFINITY) return known;
    const leader = this.#leaders.askedFor(partition);
    const isLeaderless = this.#topic.statusOf(partition) === "no-leader" && stateOf(leader) === "works";
    if (isLeaderless || this.#connections.to(leader).requests.length >= maxInFlight)
      return Number.POSITIVE_INFINITY;
    return Math.max(known, this.#backsOffUntil(head, leader), this.#connections.opensAt(leader, now));
  }

  /** There is no back-off behind another leader. */
  #backsOffUntil({ sentTo, readyAt }: FollowedBatch, leader: number): number {
    return sentTo === leader ? readyAt : Number.NEGATIVE_INFINITY;
  }

  /** The batch of `partition` that goes next; undefined: none, or it isn't followed. */
  #head(partition: number): FollowedBatch | undefined {
    const { queue, isFollowed } = this.#partitions[partition]!;
    if (!isFollowed) return undefined;
    const again = this.#settings.idempotence
      ? this.#sequenced?.partitions[partition]?.retries[0]?.batch
      : this.#unsequenced.partitions[partition]!.retries[0];
    return again === undefined ? queue[0] : this.#batches.get(again);
  }

  /** Whether `head` has to wait for batches of its partition before it. */
  #mustWait(head: FollowedBatch): boolean {
    if (!this.#settings.idempotence) return false;
    const { partition, transaction } = head;
    const sequenced = this.#sequenced?.partitions[partition];
    if (sequenced !== undefined && sequenced.retries.length > 0) return !mayRetry(sequenced);
    return !mayDrain(this.#sequencesOf(transaction), partition);
  }

  /** When a pass of the Sender sends anything over `connection` unless an answer comes first, ns. */
  #passAt({ broker, drainFrom }: Connection, now: number): number {
    let at = Number.POSITIVE_INFINITY;
    let endsFrom = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#partitions.length; i++) {
      const partition = (drainFrom + i) % this.#partitions.length;
      if (this.#leaders.askedFor(partition) !== broker) continue;
      const head = this.#head(partition);
      if (head === undefined) continue;
      if (this.#mustWait(head)) endsFrom = Math.min(endsFrom, this.#backsOffUntil(head, broker));
      else {
        const drainsAt = Math.max(this.#drainsAt(head, now), this.#brokers.changedAt);
        if (drainsAt < endsFrom) at = Math.min(at, drainsAt);
      }
    }
    return at;
  }

  /** The connection over which the next request goes unless an answer comes first. */
  #nextToSend(now: number): { readonly connection: Connection | undefined; readonly at: number } {
    let next: Connection | undefined;
    let at = Number.POSITIVE_INFINITY;
    for (let partition = 0; partition < this.#partitions.length; partition++)
      if (this.follows(partition)) this.#connections.to(this.#leaders.askedFor(partition));
    for (const connection of this.#connections.all) {
      const passAt = this.#passAt(connection, now);
      if (passAt >= at) continue;
      at = passAt;
      next = connection;
    }
    return { connection: next, at };
  }

  /** Sends what can be sent. @returns whether anything. */
  #drainAll(now: number): boolean {
    let isChanged = false;
    for (;;) {
      const { connection, at } = this.#nextToSend(now);
      if (connection === undefined || at > now) return isChanged;
      this.#drainFor(connection, at, now);
      isChanged = true;
    }
  }

  /** A pass of the Sender at `at`: a batch each of the partitions of one broker in one request. */
  #drainFor(connection: Connection, at: number, now: number): void {
    const { recordsOfRequest } = this.#settings;
    const { broker, drainFrom } = connection;
    const drained: FollowedBatch[] = [];
    let records = 0;
    let sentAt = at;
    for (let i = 0; i < this.#partitions.length; i++) {
      const partition = (drainFrom + i) % this.#partitions.length;
      if (this.#leaders.askedFor(partition) !== broker) continue;
      connection.drainFrom = partition;
      const head = this.#head(partition);
      if (head === undefined) continue;
      if (this.#mustWait(head)) {
        if (this.#backsOffUntil(head, broker) <= at) break;
        continue;
      }
      if (this.#drainsAt(head, now) > at) continue;
      if (drained.length > 0 && records + head.spans.records > recordsOfRequest) break;
      records += head.spans.records;
      sentAt = Math.max(sentAt, head.filledAt);
      drained.push(head);
    }
    this.#brokers.changedAt = sentAt;
    if (!connection.isOpen) {
      connection.isOpen = true;
      connection.openedAt = sentAt;
    }
    for (const batch of drained) this.#takeHead(batch);
    const data = drained.map((batch) => this.#produceData(batch, connection));
    this.#connections.send(data, connection, sentAt);
    if (this.#settings.acks === "0") for (const batch of drained) this.#onAnswer(batch, "NONE", sentAt);
  }

  #takeHead(batch: FollowedBatch): void {
    const { partition } = batch;
    const entry = this.#partitions[partition]!;
    this.#leaders.learn(partition);
    this.#outbox.clear();
    if (entry.queue[0] === batch) {
      entry.queue.shift();
      this.#drain(batch);
    } else if (this.#settings.idempotence) onRetry(this.#sequenced!, partition, this.#outbox);
    else onRetryUnsequenced(this.#unsequenced, partition, this.#outbox);
    invariant(this.#outbox.effects[0] === SEND_BATCH, "what need not wait is sent");
  }

  #drain(batch: FollowedBatch): void {
    const { partition, number, spans, transaction } = batch;
    if (this.#settings.idempotence)
      onDrain(this.#sequencesOf(transaction), partition, number, spans.records, this.#outbox);
    else onDrainUnsequenced(this.#unsequenced, partition, number, this.#outbox);
  }

  #produceData(batch: FollowedBatch, { broker }: Connection): PartitionProduceData {
    const entry = this.#sequenced?.partitions[batch.partition]?.inFlight.find(
      (one) => one.batch === batch.number,
    );
    batch.attempts++;
    batch.sentTo = broker;
    return {
      batch,
      sequence: entry?.baseSequence ?? 0,
      producerEpoch: entry?.producerEpoch ?? 0,
      producerId: batch.transaction,
      run: undefined,
      acksPending: true,
      answer: "NONE",
      doneAt: 0,
    };
  }
}

/** What a caller is told whose batch got this answer once too often. */
const ERRORS: Readonly<Partial<Record<ProduceAnswer, SendError>>> = {
  NOT_ENOUGH_REPLICAS: "NotEnoughReplicasException",
  NOT_LEADER_OR_FOLLOWER: "NotLeaderOrFollowerException",
  OUT_OF_ORDER_SEQUENCE_NUMBER: "OutOfOrderSequenceException",
};
