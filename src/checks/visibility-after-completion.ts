import type { ConnectorObserver } from "../connectors/index.ts";
import type { FlinkObserver } from "../flink/index.ts";
import type { KafkaObserver } from "../kafka/index.ts";

/** **NoVisibilityBeforeCompletion.** A record that an exactly-once sink wrote is delivered to a read_committed reader
 *  only after the checkpoint that its transaction belongs to has completed, or, when that one failed, a later one: what a
 *  failed checkpoint leaves uncommitted is committed with the next that completes. */
export class VisibilityAfterCompletion
  implements
    Pick<KafkaObserver, "delivered">,
    Pick<ConnectorObserver, "preCommitted">,
    Pick<FlinkObserver, "checkpointCompleted">
{
  readonly violations: string[] = [];
  /** By number of the reader: 1 for those with isolation.level read_committed. */
  readonly #isCommitted: Uint8Array;
  readonly #checkpointOf = new Map<number, { readonly job: number; readonly checkpoint: number }>();
  /** Per job, in the order of ids and of times. */
  readonly #completed: { readonly checkpoint: number; readonly at: number }[][];
  /** Many deliveries are of a few transactions: the last ones found, and when their checkpoints completed, ns. */
  readonly #found = new Float64Array(FOUND);
  readonly #foundAt = new Float64Array(FOUND);

  /** @param committedReaders numbers of the readers with isolation.level read_committed. */
  constructor(committedReaders: ReadonlySet<number>, jobs: number) {
    this.#isCommitted = new Uint8Array(Math.max(-1, ...committedReaders) + 1);
    for (const reader of committedReaders) this.#isCommitted[reader] = 1;
    this.#completed = Array.from({ length: jobs }, () => []);
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
    const completed = this.#completed[job]!;
    completed.push({ checkpoint, at });
    if (completed.length > 2 * KEPT) completed.splice(0, KEPT);
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
    if (transaction === 0 || this.#isCommitted[reader] !== 1) return;
    const place = transaction % FOUND;
    if (this.#found[place] === transaction && this.#foundAt[place]! <= first) return;
    const owner = this.#checkpointOf.get(transaction);
    const completed = owner && this.#completionOf(owner.job, owner.checkpoint);
    if (completed !== undefined && completed <= first) {
      this.#found[place] = transaction;
      this.#foundAt[place] = completed;
      return;
    }
    if (this.violations.length >= MOST_REPORTED) return;
    this.violations.push(
      `rank ${from} of origin partition ${originPartition} was delivered at ${first} ns, ` +
        `before the checkpoint of transaction ${transaction} completed`,
    );
  }

  /** When the first completion of this checkpoint or a later one was, ns. */
  #completionOf(job: number, checkpoint: number): number | undefined {
    const completed = this.#completed[job]!;
    let low = 0;
    let high = completed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (completed[middle]!.checkpoint < checkpoint) low = middle + 1;
      else high = middle;
    }
    return completed[low]?.at;
  }

  #forgetOldest(map: Map<number, unknown>): void {
    const oldest = map.keys().next().value;
    if (oldest !== undefined) map.delete(oldest);
  }
}

/** Checkpoints and transactions remembered; far more than can be open at once. */
const KEPT = 65_536;

const MOST_REPORTED = 20;

const FOUND = 64;
