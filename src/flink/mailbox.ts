/** Models: the mailbox of a task thread: mails in order of arrival, run between two records.
 *  Source: flink MailboxProcessor, TaskMailboxImpl (Flink 2.1).
 *  Leaves out: urgent mails (there are no unaligned checkpoints here), timers. */

import type { CheckpointProperties } from "./checkpoint-properties.ts";
import { Fifo } from "./fifo.ts";

/** From the JobManager. `other`: of a completion the checkpoint that it subsumed, of an abort the latest completed one;
 *  0: none. */
export interface Mail {
  readonly kind: "trigger-checkpoint" | "notify-checkpoint-complete" | "notify-checkpoint-aborted";
  readonly checkpoint: number;
  /** ns, when the JobManager triggered the checkpoint. */
  readonly triggeredAt: number;
  readonly properties: CheckpointProperties;
  readonly other: number;
}

export class Mailbox {
  readonly #mails = new Fifo<Mail>();

  get isEmpty(): boolean {
    return this.#mails.length === 0;
  }

  put(mail: Mail): void {
    this.#mails.push(mail);
  }

  take(): Mail | undefined {
    return this.#mails.shift();
  }
}
