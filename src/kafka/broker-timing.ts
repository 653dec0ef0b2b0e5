/** Models: how long the parts of a request take, for every client and broker of one cluster.
 *  Source: kafka SocketServer (one request at a time per connection), DelayedProduce, ReplicaManager;
 *    acks=all completes when every in-sync follower has fetched past the batch.
 *  Leaves out: followers that are busy fetching (each append is taken to find its followers' fetches parked),
 *    request queues shared by connections, transfer time of the bytes, fsync (none on the produce path). */

/** All in ns. */
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
}

/** From the leader's append until the high watermark has passed the batch, ns. */
export function replicationDelay(timing: BrokerTiming, replicationFactor: number): number {
  return replicationFactor > 1 ? timing.replicationRoundTrip + timing.append : 0;
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
