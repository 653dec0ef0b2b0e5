/** Models: the markers that coordinators send to the leaders of the partitions of a transaction, and what comes of them there:
 *    a marker is in the log when its request has taken its way, and readers may go on when it is replicated. One for a
 *    partition without a leader, or that doesn't replicate, is sent again once that is over.
 *  Source: kafka TransactionMarkerChannelManager, KafkaApis.handleWriteTxnMarkersRequest; the queue of one destination is
 *    transaction-markers.ts.
 *  Leaves out: epochs of coordinators in markers. */

import type { Simulation } from "../engine/index.ts";
import { appendDelay, type BrokerTiming } from "./broker-timing.ts";
import { ALL } from "./client-links.ts";
import type { KafkaObserver } from "./observations.ts";
import type { Topic } from "./topic.ts";
import { MarkerQueue, type MarkerRequest } from "./transaction-markers.ts";
import type { TransactionMetadata } from "./transaction-metadata.ts";
import type { CoordinatorNetwork } from "./transaction-requests.ts";

/** request.timeout.ms of requests between brokers, ns. */
const MARKER_REQUEST_TIMEOUT = 30e9;

/** What a channel has of coordinators. */
export interface MarkerSource {
  /** An id that `coordinator` is ending by now; undefined: it isn't. */
  ending(coordinator: number, id: number): TransactionMetadata | undefined;
  /** The high watermark of each of `partitions` has passed the marker. */
  onMarkersWritten(coordinator: number, id: number, partitions: readonly number[]): void;
  /** A partition that transactions may have written can be written again. */
  onPartitionOpen(topicPartition: number): void;
}

interface MarkerCounters {
  markerRequests: number;
  markers: number;
}

export class TransactionMarkerChannels {
  readonly #sim: Simulation;
  readonly #timing: BrokerTiming;
  readonly #brokers: number;
  readonly #network: CoordinatorNetwork;
  readonly #observer: KafkaObserver;
  readonly #counters: MarkerCounters;
  readonly #source: MarkerSource;
  readonly #topics: Topic[] = [];
  /** At coordinator * brokers + destination. */
  readonly #queues: readonly MarkerQueue[];
  readonly #requests = new Map<number, MarkerRequest>();
  readonly #kind: number;
  #lastRequest = 0;

  /** @param merges see MarkerQueue. */
  constructor(
    sim: Simulation,
    timing: BrokerTiming,
    brokers: number,
    merges: boolean,
    network: CoordinatorNetwork,
    observer: KafkaObserver,
    counters: MarkerCounters,
    source: MarkerSource,
  ) {
    this.#sim = sim;
    this.#timing = timing;
    this.#brokers = brokers;
    this.#network = network;
    this.#observer = observer;
    this.#counters = counters;
    this.#source = source;
    this.#queues = Array.from({ length: brokers * brokers }, () => new MarkerQueue(merges));
    this.#kind = sim.defineKind("markers written", (request, queue) => this.#onWritten(request, queue));
  }

  /** The number by which requests name `partition` of `topic`. */
  topicPartition(topic: Topic, partition: number): number {
    let index = this.#topics.indexOf(topic);
    if (index < 0) {
      index = this.#topics.push(topic) - 1;
      const first = index * PARTITIONS;
      topic.listen({
        onPartitionChanged: (changed, { status }) => {
          if (status === "open") this.#source.onPartitionOpen(first + changed);
        },
      });
    }
    return index * PARTITIONS + partition;
  }

  /** Brings all topics that transactions have written up to `now`. */
  settle(now: number): void {
    for (const topic of this.#topics) topic.settle(now);
  }

  /** Sends the markers of transactional id `id` to the leaders of `partitions`, a request a leader. */
  send(coordinator: number, id: number, partitions: readonly number[]): void {
    const { now } = this.#sim;
    const replicationOf = new Map<number, number>();
    for (const topicPartition of partitions) {
      const log = this.#topicOf(topicPartition).logs[topicPartition % PARTITIONS]!;
      const leader = this.#leaderOf(topicPartition);
      const delay = log.replicatedAt(log.markedAt(now)) - now;
      replicationOf.set(leader, Math.max(delay, replicationOf.get(leader) ?? 0));
    }
    for (const [broker, replication] of replicationOf) this.#sendTo(coordinator, broker, id, replication);
  }

  #sendTo(coordinator: number, broker: number, id: number, replication: number): void {
    const { now } = this.#sim;
    const { replicationRoundTrip } = this.#timing;
    const { links, surroundings } = this.#network;
    const number = coordinator * this.#brokers + broker;
    const queue = this.#queues[number]!;
    const { request, isNew } = queue.enqueue(id, now);
    if (!isNew) return;
    const atBroker = appendDelay(this.#timing) + replication;
    // Nothing else goes to that broker until the request has timed out.
    const isLost = links.isLost("WriteTxnMarkers request", ALL);
    const heldUp = links.delayOf("WriteTxnMarkers request", ALL);
    const wasted = isLost ? MARKER_REQUEST_TIMEOUT : Math.min(MARKER_REQUEST_TIMEOUT, heldUp);
    // What comes a second time finds the transaction ended.
    links.isDuplicated("WriteTxnMarkers request", ALL);
    const through = surroundings.passesAt(coordinator, broker, now);
    const leaves = queue.leavesAt(through, wasted + replicationRoundTrip + atBroker) + wasted;
    this.#requests.set(++this.#lastRequest, request);
    this.#counters.markerRequests++;
    const written = Math.round(leaves + replicationRoundTrip / 2 + atBroker);
    this.#sim.scheduleAt(written, this.#kind, this.#lastRequest, number);
  }

  #onWritten(number: number, queue: number): void {
    const request = this.#requests.get(number)!;
    this.#requests.delete(number);
    const coordinator = Math.floor(queue / this.#brokers);
    const destination = queue % this.#brokers;
    const { now } = this.#sim;
    if (this.#network.surroundings.stateOf(coordinator) !== "works") return;
    const ids = request.ids.filter((id) => this.#source.ending(coordinator, id) !== undefined);
    this.#settleOf(ids, coordinator);
    for (const id of ids) {
      const metadata = this.#source.ending(coordinator, id);
      if (metadata === undefined) continue;
      const written = metadata.current.partitions.filter(
        (one) => this.#leaderOf(one) === destination && this.#isOpen(one),
      );
      // Without a leader that replicates it, a marker is sent again once there is one.
      if (written.length === 0) continue;
      const commit = metadata.current.state === "PrepareCommit";
      for (const topicPartition of written) {
        const { name, logs } = this.#topicOf(topicPartition);
        const log = logs[topicPartition % PARTITIONS]!;
        this.#observer.markerWritten?.(name, log.partition, metadata.transaction, commit, now);
        if (commit) log.commit(metadata.transaction, now);
        else log.abort(metadata.transaction, now);
        this.#counters.markers++;
      }
      this.#source.onMarkersWritten(coordinator, id, written);
    }
  }

  /** Brings the topics of these ids' transactions up to now. */
  #settleOf(ids: readonly number[], coordinator: number): void {
    const touched = new Set<Topic>();
    for (const id of ids) {
      for (const topicPartition of this.#source.ending(coordinator, id)!.current.partitions)
        touched.add(this.#topicOf(topicPartition));
    }
    for (const topic of touched) topic.settle(this.#sim.now);
  }

  #topicOf(topicPartition: number): Topic {
    return this.#topics[Math.floor(topicPartition / PARTITIONS)]!;
  }

  #leaderOf(topicPartition: number): number {
    return this.#topicOf(topicPartition).leader(topicPartition % PARTITIONS);
  }

  #isOpen(topicPartition: number): boolean {
    return this.#topicOf(topicPartition).statusOf(topicPartition % PARTITIONS) === "open";
  }
}

/** More partitions than a topic has. */
const PARTITIONS = 65_536;
