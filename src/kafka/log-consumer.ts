import type { IsolationLevel } from "./isolation-level.ts";

/** Ranks [from, to) of `route` of `originPartition` come from `partition` evenly from `first` to `last` (ns);
 *  `transaction` is the number of the transaction they were written in, 0 for none. */
export type RecordTaker = (
  partition: number,
  originPartition: number,
  route: number,
  from: number,
  to: number,
  first: number,
  last: number,
  transaction: number,
) => void;

/** Whoever reads partition logs. */
export interface LogConsumer {
  readonly isolationLevel: IsolationLevel;
  /** It is told of what is readable at the broker, whether or not anybody can fetch it. */
  readonly isAtBroker?: boolean;
  /** Records become readable at the broker; see RecordTaker. */
  readonly readable: RecordTaker;
}
