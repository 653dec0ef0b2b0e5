/** Models: the errors that the transaction protocol answers with, by Kafka's own codes.
 *  Source: kafka org.apache.kafka.common.protocol.Errors (4.1).
 *  Leaves out: errors of authorisation, of unsupported versions and of requests that don't parse. */

export const NONE = 0;
/** TimeoutException of a client whose max.block.ms is over. */
export const REQUEST_TIMED_OUT = 7;
export const COORDINATOR_LOAD_IN_PROGRESS = 14;
export const COORDINATOR_NOT_AVAILABLE = 15;
export const NOT_COORDINATOR = 16;
export const INVALID_PRODUCER_EPOCH = 47;
export const INVALID_TXN_STATE = 48;
export const INVALID_PRODUCER_ID_MAPPING = 49;
export const INVALID_TRANSACTION_TIMEOUT = 50;
export const CONCURRENT_TRANSACTIONS = 51;
export const UNKNOWN_PRODUCER_ID = 59;
export const PRODUCER_FENCED = 90;

const NAMES = {
  [NONE]: "NONE",
  [REQUEST_TIMED_OUT]: "REQUEST_TIMED_OUT",
  [COORDINATOR_LOAD_IN_PROGRESS]: "COORDINATOR_LOAD_IN_PROGRESS",
  [COORDINATOR_NOT_AVAILABLE]: "COORDINATOR_NOT_AVAILABLE",
  [NOT_COORDINATOR]: "NOT_COORDINATOR",
  [INVALID_PRODUCER_EPOCH]: "INVALID_PRODUCER_EPOCH",
  [INVALID_TXN_STATE]: "INVALID_TXN_STATE",
  [INVALID_PRODUCER_ID_MAPPING]: "INVALID_PRODUCER_ID_MAPPING",
  [INVALID_TRANSACTION_TIMEOUT]: "INVALID_TRANSACTION_TIMEOUT",
  [CONCURRENT_TRANSACTIONS]: "CONCURRENT_TRANSACTIONS",
  [UNKNOWN_PRODUCER_ID]: "UNKNOWN_PRODUCER_ID",
  [PRODUCER_FENCED]: "PRODUCER_FENCED",
} as const;

/** One of the codes above. */
export type KafkaError = keyof typeof NAMES;

/** Kafka's name of an error. */
export function errorName(error: KafkaError): string {
  return NAMES[error];
}
