/** Models: when a client tries again what has failed, and when it gives up: back-offs that double up to a largest one, retries
 *    that are counted, delivery.timeout.ms; and when it finds another leader than the one that it knew.
 *  Source: kafka ExponentialBackoff, Sender.canRetry, ProducerBatch.hasReachedDeliveryTimeout, Metadata (requestUpdate, its
 *    back-off), CommonClientConfigs.
 *  Leaves out: jitter, a fifth of each back-off either way. */

import type { LeaderChange } from "./partition-change.ts";

/** Times in ns. */
export interface RetryBackoff {
  /** retry.backoff.ms */
  readonly retryBackoff: number;
  /** retry.backoff.max.ms */
  readonly retryBackoffMax: number;
}

/** Times in ns. */
export interface ClientRetries extends RetryBackoff {
  /** how often a batch is sent again. */
  readonly retries: number;
  readonly requestTimeout: number;
  readonly deliveryTimeout: number;
}

/** ns to wait after so many (>= 1) failures in a row. */
export function backoffAfter(failures: number, { retryBackoff, retryBackoffMax }: RetryBackoff): number {
  return Math.min(retryBackoffMax, retryBackoff * 2 ** (failures - 1));
}

/** First attempt at or after `until` of a client whose first one failed at `failedAt`, ns. */
export function firstRetryAfter(failedAt: number, until: number, of: RetryBackoff): number {
  let at = failedAt;
  for (let failures = 1; at < until; failures++) {
    const wait = backoffAfter(failures, of);
    if (wait <= 0) return until;
    at += wait;
  }
  return at;
}

/** ns from the first attempt until a batch that is refused at once, each time, is given up: when its last retry has failed, or
 *  when delivery.timeout.ms is over. */
export function givenUpAfter(of: ClientRetries): number {
  const { retries, deliveryTimeout } = of;
  if (retries > 0 && backoffAfter(1, of) <= 0) return deliveryTimeout;
  let all = 0;
  for (let failures = 1; failures <= retries && all < deliveryTimeout; failures++)
    all += backoffAfter(failures, of);
  return Math.min(deliveryTimeout, all);
}

/** When a client knows that its leader is none any more: it is told, or has waited for `patience` ns. */
export function noticesLossAt({ noticedBy, lostAt }: LeaderChange, patience: number): number {
  return Math.min(noticedBy, lostAt + patience);
}

/** When a client that has noticed the loss of its leader at `noticedAt` knows the one elected at `electedAt`, ns. */
export function findsLeaderAt(noticedAt: number, electedAt: number, of: RetryBackoff): number {
  return firstRetryAfter(noticedAt, Math.max(noticedAt, electedAt), of);
}
