import type { ConnectorObserver } from "../connectors/index.ts";
import type { FlinkObserver } from "../flink/index.ts";
import type { KafkaObserver } from "../kafka/index.ts";

/** **NoVisibilityBeforeCompletion.** A record that an exactly-once sink wrote is delivered to a read_committed reader
 *  only after the checkpoint that its transaction belongs to has completed. */
export class VisibilityAfterCompletion
  implements
    Pick<KafkaObserver, "delivered">,
    Pick<ConnectorObserver, "preCommitted">,
    Pick<FlinkObserver, "checkpointCompleted">
{
  readonly violations: string[] = [];
  readonly #committedReaders: ReadonlySet<number>;
  readonly #checkpointOf = new Map<number, { readonly job: number; readonly checkpoint: number }>();
  readonly #completedAt: Map<number, number>[];
  /** Many deliveries in a row are of one transaction. */
  #lastTransaction = 0;
  #lastCompletedAt = 0;

  /** @param committedReaders numbers of the readers with isolation.level read_committed. */
  constructor(committedReaders: ReadonlySet<number>, jobs: number) {
    this.#committedReaders = committedReaders;
    this.#completedAt = Array.from({ length: jobs }, () => new Map());
  }

  preCommitted(job: number, _writer: number, checkpoint: number, transaction: number): void {
    this.#checkpointOf.set(transaction, { job, checkpoint });
    if (this.#checkpointOf.size > KEPT) this.#forgetOldest(this.#checkpointOf);
  }

  checkpointCompleted(
    job: number,
    checkpoint: number,
    _triggeredAt: number,
    _latestAckAt: number,
    at: number,
  ): void {
    const completed = this.#completedAt[job]!;
    completed.set(checkpoint, at);
    if (completed.size > KEPT) this.#forgetOldest(completed);
  }

  delivered(
    reader: number,
    originPartition: number,
    _route: number,
    from: number,
    _to: number,
    first: number,
    _last: number,
    transaction: number,
  ): void {
    if (transaction === 0 || (transaction === this.#lastTransaction && this.#lastCompletedAt <= first))
      return;
    if (!this.#committedReaders.has(reader)) return;
    const owner = this.#checkpointOf.get(transaction);
    const completed = owner && this.#completedAt[owner.job]!.get(owner.checkpoint);
    if (completed !== undefined && completed <= first) {
      this.#lastTransaction = transaction;
      this.#lastCompletedAt = completed;
      return;
    }
    if (this.violations.length >= MOST_REPORTED) return;
    this.violations.push(
      `rank ${from} of origin partition ${originPartition} was delivered at ${first} ns, ` +
        `before the checkpoint of transaction ${transaction} completed`,
    );
  }

  #forgetOldest(map: Map<number, unknown>): void {
    const oldest = map.keys().next().value;
    if (oldest !== undefined) map.delete(oldest);
  }
}

/** Checkpoints and transactions remembered; far more than can be open at once. */
const KEPT = 65_536;

const MOST_REPORTED = 20;
