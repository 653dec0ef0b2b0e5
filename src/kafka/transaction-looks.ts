/** Models: when the coordinators look for transactions that have timed out and for ids that have been idle: periodically, each
 *    with its own phase. A look for time-outs that finds nothing needs no event; the latest one for idle ids is made up for
 *    before a request is answered.
 *  Source: kafka TransactionCoordinator.startup (transaction.abort.timed.out.transaction.cleanup.interval.ms),
 *    TransactionStateManager.enableTransactionalIdExpiration.
 *  Leaves out: how long a look takes. */

import type { Simulation } from "../engine/index.ts";

/** Times in ns. */
export interface TransactionLooksSettings {
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  readonly sweepInterval: number;
  /** from 0 to the first look of each broker, 0 <= phase < interval. */
  readonly sweepPhases: readonly number[];
  /** transactional.id.expiration.ms, and transaction.remove.expired.transaction.cleanup.interval.ms: how often each broker looks
   *  for ids that have been idle for so long, with the phase of its other look. */
  readonly idExpiration: number;
  readonly expiryInterval: number;
}

export class TransactionLooks {
  readonly #sim: Simulation;
  readonly #settings: TransactionLooksSettings;
  readonly #kind: number;
  /** Per broker: when the next look for time-outs is due; infinite: none. */
  readonly #sweepAt: Float64Array;
  /** Per broker: its latest look for ids that have been idle, ns. */
  readonly #expiredAt: Float64Array;

  /** @param onSweep a broker looks for transactions that have timed out. */
  constructor(
    sim: Simulation,
    settings: TransactionLooksSettings,
    brokers: number,
    onSweep: (broker: number) => void,
  ) {
    this.#sim = sim;
    this.#settings = settings;
    this.#sweepAt = new Float64Array(brokers).fill(Number.POSITIVE_INFINITY);
    this.#expiredAt = new Float64Array(brokers);
    this.#kind = sim.defineKind("look for timed-out transactions", (broker) => {
      this.#sweepAt[broker] = Number.POSITIVE_INFINITY;
      onSweep(broker);
    });
  }

  /** `broker` has a transaction that is to be over by `deadline`, ns. */
  planSweep(broker: number, deadline: number): void {
    const { sweepInterval, sweepPhases } = this.#settings;
    const phase = sweepPhases[broker]!;
    const from = Math.max(deadline, this.#sim.now);
    const at = phase + (Math.floor((from - phase) / sweepInterval) + 1) * sweepInterval;
    if (at >= this.#sweepAt[broker]!) return;
    this.#sweepAt[broker] = at;
    this.#sim.scheduleAt(at, this.#kind, broker, 0);
  }

  /** When `broker` looked last for ids that have been idle, ns; undefined: it was asked for that look before. */
  expiryLook(broker: number): number | undefined {
    const { expiryInterval, sweepPhases } = this.#settings;
    const phase = sweepPhases[broker]!;
    const look = phase + Math.floor((this.#sim.now - phase) / expiryInterval) * expiryInterval;
    if (look <= this.#expiredAt[broker]!) return undefined;
    this.#expiredAt[broker] = look;
    return look;
  }
}
