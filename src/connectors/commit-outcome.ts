/** Models: how the committer judges the answer to EndTxn.
 *  Source: flink-connector-kafka KafkaCommitter (the same in 3.4, 4.0 and 5.0); kafka-clients TransactionManager.EndTxnHandler
 *    (which exception each error becomes).
 *  Leaves out: other exceptions of the client itself than its time-out, a RetriableException. */

import {
  CONCURRENT_TRANSACTIONS,
  COORDINATOR_NOT_AVAILABLE,
  INVALID_PRODUCER_EPOCH,
  INVALID_TXN_STATE,
  type KafkaError,
  NONE,
  NOT_COORDINATOR,
  PRODUCER_FENCED,
  REQUEST_TIMED_OUT,
  UNKNOWN_PRODUCER_ID,
} from "../kafka/index.ts";
import type { CommitOutcome } from "./committer.ts";

/** A known reason means that the transaction can't be committed any more: its records are dropped, and the job goes on. */
export function commitOutcome(error: KafkaError): CommitOutcome {
  switch (error) {
    case NONE:
      return "success";
    case CONCURRENT_TRANSACTIONS:
    case COORDINATOR_NOT_AVAILABLE:
    case NOT_COORDINATOR:
    case REQUEST_TIMED_OUT:
      return "retryLater";
    case PRODUCER_FENCED:
    case INVALID_PRODUCER_EPOCH:
    case INVALID_TXN_STATE:
    case UNKNOWN_PRODUCER_ID:
      return "signalFailedWithKnownReason";
    default:
      return "signalFailedWithUnknownReason";
  }
}
