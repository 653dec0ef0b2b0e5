/** Models: how long the parts of a request take, for every client and broker of one cluster; a follower learns of an append
 *    by its parked fetch, or by the next one when a fetch is under way.
 *  Source: kafka SocketServer (one request at a time per connection), DelayedProduce, DelayedFetch, ReplicaManager,
 *    ReplicaFetcherThread (one fetch at a time per leader); acks=all completes when every in-sync follower has fetched past
 *    the batch, which the leader learns from its following fetch.
 *  Leaves out: the phase of each single append in its followers' fetches (its mean is taken), request queues shared by
 *    connections, transfer time of the bytes, fsync (none on the produce path). */

import { exp, invariant } from "../engine/index.ts";
import { longestRequestWait } from "./producer-connection.ts";
import type { DiskDelays } from "./slow-disk.ts";

/** Times in ns. */
export interface BrokerTiming {
  /** client to broker and back. */
  readonly roundTrip: number;
  /** broker to broker and back. */
  readonly replicationRoundTrip: number;
  /** one append to the page cache. */
  readonly append: number;
  /** a request's hold on its connection besides append and replication. */
  readonly requestHandling: number;
  /** a client thread waking up for a response. */
  readonly clientWakeup: number;
  /** share of the appends, 0 to 1, that find a follower's fetch under way (see followersBusy); without it none. */
  readonly followersBusy?: number;
}

/** The share of appends that come while a follower's fetch is under way, 0 to 1, when a leader appends `appendsPerSecond`
 *  at random times to its partitions and a fetch takes `cycle` ns. A parked fetch takes off with the first append;
 *  cycles follow each other as long as one sees at least one append, so a busy time has e^(λc) of them on average, with
 *  λc appends each, and ends parked: 1 append in 1 + λc e^(λc) finds it so. */
export function followersBusy(appendsPerSecond: number, cycle: number): number {
  invariant(appendsPerSecond >= 0 && cycle >= 0, "rates and times aren't negative");
  const perCycle = (appendsPerSecond * cycle) / 1e9;
  if (perCycle > 100) return 1;
  const behind = perCycle * exp(perCycle);
  return behind / (1 + behind);
}

/** From the leader's append until the high watermark has passed the batch, ns, on average. A parked fetch takes one fetch
 *  cycle; one under way first has to end, after a wait that is even over the cycle, and the slowest of the followers
 *  decides. */
export function replicationDelay(timing: BrokerTiming, replicationFactor: number): number {
  if (replicationFactor <= 1) return 0;
  const cycle = timing.replicationRoundTrip + timing.append;
  const followers = replicationFactor - 1;
  const busy = timing.followersBusy ?? 0;
  return Math.round(cycle * (1 + (busy * followers) / (followers + 1)));
}

/** From a record that opens a batch until the Sender drains the batch, ns, when nothing fills it before. The Sender hears of
 *  a new batch by a wake-up, sleeps for linger.ms, and wakes up late again: what comes until then goes along, so that a burst
 *  which repeats with the period linger.ms catches the batch that the one before it opened.
 *  Source: kafka KafkaProducer.doSend (wakeup on a new batch), RecordAccumulator.ready, Sender.runOnce. */
export function timeInAccumulator(timing: BrokerTiming, linger: number): number {
  return linger === 0 ? 0 : linger + 2 * timing.clientWakeup;
}

/** From the start of a request at the broker until its batch is in the leader's log, ns. */
export function appendDelay(timing: BrokerTiming): number {
  return timing.requestHandling + timing.append;
}

/** How long one produce request holds its connection, ns. */
export function produceService(
  timing: BrokerTiming,
  replicationFactor: number,
  acks: "0" | "1" | "all",
): number {
  return appendDelay(timing) + (acks === "all" ? replicationDelay(timing, replicationFactor) : 0);
}

/** Who writes a partition, as far as its requests queue at a broker. */
export interface WriterLoad {
  readonly acks: "0" | "1" | "all";
  readonly maxInFlight: number;
  /** records a second of one connection to a broker. */
  readonly recordsPerSecond: number;
}

/** What slow disks add, ns, when an append takes `leader` times as long at the leader, and `followers` times at its slowest
 *  follower. `appendsPerSecond`: of one leader, as in followersBusy. `writer`: undefined: requests don't queue. */
export function diskDelays(
  timing: BrokerTiming,
  replicationFactor: number,
  appendsPerSecond: number,
  writer: WriterLoad | undefined,
  leader: number,
  followers: number,
): DiskDelays {
  const slowAppend = timing.append * followers;
  const cycle = timing.replicationRoundTrip + slowAppend;
  const busy = followers === 1 ? (timing.followersBusy ?? 0) : followersBusy(appendsPerSecond, cycle);
  const slow = { ...timing, append: slowAppend, followersBusy: busy };
  const replication = replicationDelay(slow, replicationFactor) - replicationDelay(timing, replicationFactor);
  const append = timing.append * (leader - 1);
  if (writer === undefined) return { append, queueing: 0, replication };
  const { acks, maxInFlight, recordsPerSecond } = writer;
  const wait = (service: number): number =>
    (recordsPerSecond / 1e9) * service >= 1 ? longestRequestWait(timing.roundTrip, service, maxInFlight) : 0;
  const service = produceService(timing, replicationFactor, acks);
  const slowService = service + append + (acks === "all" ? replication : 0);
  return { append, queueing: wait(slowService) - wait(service), replication };
}
