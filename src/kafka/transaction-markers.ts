/** Models: the queue of WriteTxnMarkers requests from one coordinator to one broker: one on its way at a time. Decisions that
 *    one follower's fetch made durable in one go share a request; what comes later travels by itself, in order.
 *  Source: kafka TransactionMarkerChannelManager, InterBrokerSendThread (a pass of the sender makes one request of what is
 *    enqueued then; requests that were made are not merged any more; the network client has one request in flight a
 *    destination), KafkaApis.handleWriteTxnMarkersRequest.
 *  Leaves out: retries after an error, requests that wait for 30 s, passes that catch what two threads enqueue within
 *    microseconds. */

export interface MarkerRequest {
  readonly createdAt: number;
  /** Transactional ids whose markers it carries. */
  readonly ids: number[];
}

/** Times in ns. */
export class MarkerQueue {
  readonly #merges: boolean;
  /** When the answer to the last request is back. */
  #freeAt = 0;
  #last: MarkerRequest | undefined;

  /** @param merges decisions become durable together: __transaction_state has followers. */
  constructor(merges: boolean) {
    this.#merges = merges;
  }

  /** Enqueues the markers of transactional id `id` at `now`. @returns the request that carries them, and whether it is new. */
  enqueue(id: number, now: number): { readonly request: MarkerRequest; readonly isNew: boolean } {
    if (this.#merges && this.#last?.createdAt === now) {
      this.#last.ids.push(id);
      return { request: this.#last, isNew: false };
    }
    this.#last = { createdAt: now, ids: [id] };
    return { request: this.#last, isNew: true };
  }

  /** When a new request leaves, ns. `service`: from there until its answer is back. */
  leavesAt(now: number, service: number): number {
    const leaves = Math.max(now, this.#freeAt);
    this.#freeAt = leaves + service;
    return leaves;
  }
}
